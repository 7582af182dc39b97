//! The attestation record: the running guest's report about itself (contract-format, section 8).
//!
//! ```text
//! se-checksums.txt     = lines "<sha256 hex> <name>" LF
//! se-checksums.txt.enc = token(se-checksums.txt), under the auditor key of the contract, if there is one
//! se-signature.bin     = RSA[attestation certificate](SHA-256(se-checksums.txt))
//! ```
//!
//! Layouts differ by image version: `env`, `contract: env` and `contract:env` are one line, and older images show neither
//! section. Lines of text (the image's version first, the machine, dates) are among them.
//!
//! The signature is over the plain text, PKCS#1 v1.5: [`VerifyingKey::verifies`](contract_pki::verifying_key::VerifyingKey::verifies).

pub mod comparison;
pub mod signature;

use std::collections::BTreeMap;
use std::fmt;

use findings::{Advice, Blame};

use crate::statement::is_sha256;

/// Longest attestation record, or token of one, that is read: usual ones have a few hundred bytes.
pub const LONGEST: u64 = 1 << 20;

/// Why a text is no attestation record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    /// Two lines of one name: of two readers, one might take the first and one the last.
    #[error("line {line}: a second line `{name}`")]
    Twice { line: usize, name: String },
    #[error("it has no line `<sha256> <name>`")]
    NoLine,
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec!["name the record as the guest wrote it: `se-checksums.txt`".into()]
    }
}

/// What records name behind `contract:`, and some older ones without it.
const CONTRACT: [&str; 4] = ["workload", "env", "attestationPublicKey", "envWorkloadSignature"];

/// The last image version, up to which records may lack lines of the contract.
const LAST_OLDER: [u32; 2] = [24, 3];

/// An attestation record in plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttestationRecord {
    lines: BTreeMap<String, String>,
    remarks: Vec<String>,
    image_version: Option<String>,
}

impl AttestationRecord {
    /// Reads the lines; spaces and the `*` of `sha256sum` before a name are not part of it. Any other line is a remark.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let version = text.lines().find(|line| !line.trim().is_empty()).map(str::trim);
        let image_version = version.filter(|line| is_version(line)).map(str::to_owned);
        let mut record = Self { image_version, ..Self::default() };
        for (at, line) in text.lines().enumerate() {
            match checksum(line) {
                Some((sha256, name)) => {
                    let name = canonical(name);
                    if record.lines.insert(name.clone(), sha256.to_owned()).is_some() {
                        return Err(Error::Twice { line: at + 1, name });
                    }
                }
                None if line.trim().is_empty() => {}
                None => record.remarks.push(line.trim_end().to_owned()),
            }
        }
        if record.lines.is_empty() { Err(Error::NoLine) } else { Ok(record) }
    }

    /// Name to lower-case hex SHA-256. Lines of the contract have the names of current images: `contract:env`.
    pub fn lines(&self) -> &BTreeMap<String, String> {
        &self.lines
    }

    /// All other lines.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The version of the guest image, if the record begins with it.
    pub fn image_version(&self) -> Option<&str> {
        self.image_version.as_deref()
    }

    /// Whether the layout of this record may lack the line although the contract has the value: one of the contract, and
    /// an image up to 24.3.
    pub fn may_lack(&self, name: &str) -> bool {
        let numbers = |version: &str| version.split('.').map(str::parse).collect::<Result<Vec<u32>, _>>();
        let version = self.image_version().and_then(|version| numbers(version).ok());
        let is_older = version.is_some_and(|version| version.iter().take(2).le(&LAST_OLDER));
        is_older && name.starts_with(PREFIX)
    }
}

/// A record of these names and checksums, as the guest writes it.
impl<N: Into<String>> FromIterator<(N, String)> for AttestationRecord {
    fn from_iter<I: IntoIterator<Item = (N, String)>>(lines: I) -> Self {
        let lines = lines.into_iter().map(|(name, sha256)| (name.into(), sha256)).collect();
        Self { lines, ..Self::default() }
    }
}

impl fmt::Display for AttestationRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.remarks.iter().try_for_each(|remark| writeln!(f, "{remark}"))?;
        self.lines.iter().try_for_each(|(name, sha256)| writeln!(f, "{sha256} {name}"))
    }
}

/// Before the names of the contract's values.
const PREFIX: &str = "contract:";

/// The name by which current images show a line: older ones have a space behind the colon, or the bare name.
fn canonical(name: &str) -> String {
    match name.strip_prefix(PREFIX) {
        Some(bare) => format!("{PREFIX}{}", bare.trim_start_matches(' ')),
        None if CONTRACT.contains(&name) => format!("{PREFIX}{name}"),
        None => name.to_owned(),
    }
}

/// `24.11.0`.
fn is_version(line: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    line.contains('.') && line.split('.').all(is_number)
}

fn checksum(line: &str) -> Option<(&str, &str)> {
    let (sha256, name) = line.split_once(' ')?;
    let name = name.trim_start_matches([' ', '*']).trim_end();
    (is_sha256(sha256) && !name.is_empty()).then_some((sha256, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0000000000000000000000000000000000000000000000000000000000000001";
    const TWO: &str = "0000000000000000000000000000000000000000000000000000000000000002";

    #[test]
    fn lines_are_read_as_sha256sum_and_the_guest_write_them() {
        let text =
            format!("Image age: 3 days\n{ONE} contract:env\r\n{TWO}  cidata/user-data\n\n{TWO} *a b\n");
        let record = AttestationRecord::parse(&text).unwrap();
        let lines: Vec<_> = record.lines().iter().map(|(name, sha256)| (&**name, &**sha256)).collect();
        assert_eq!(lines, [("a b", TWO), ("cidata/user-data", TWO), ("contract:env", ONE)]);
        assert_eq!(record.remarks(), ["Image age: 3 days"]);
        assert_eq!(AttestationRecord::parse(&record.to_string()).unwrap(), record);
    }

    #[test]
    fn names_of_older_images_are_the_same_lines() {
        for name in ["contract:env", "contract: env", "env", "env  ", "  contract:  env"] {
            let record = AttestationRecord::parse(&format!("{ONE} {name}\n")).unwrap();
            assert_eq!(record.lines().keys().collect::<Vec<_>>(), ["contract:env"], "{name:?}");
        }
        // no other word is a line of the contract without saying so
        for name in ["Env", "images", "contract :env", "contract", "baseimage"] {
            let record = AttestationRecord::parse(&format!("{ONE} {name}\n")).unwrap();
            assert_eq!(record.lines().keys().collect::<Vec<_>>(), [name]);
        }
        let both = format!("{ONE} env\n{TWO} contract:env\n");
        let expected = Error::Twice { line: 2, name: "contract:env".into() };
        assert_eq!(AttestationRecord::parse(&both), Err(expected));
    }

    #[test]
    fn an_older_image_may_lack_lines_of_the_contract_and_no_others() {
        let may_lack = |first: &str, name: &str| {
            AttestationRecord::parse(&format!("{first}\n{ONE} a\n")).unwrap().may_lack(name)
        };
        for version in ["0.0.0", "1.0.0", "23.11.0", "24.3", "24.3.3", "\n 24.3.3 "] {
            assert!(may_lack(version, "contract:env"), "{version}");
            assert!(!may_lack(version, "cidata/user-data"), "{version}");
        }
        for version in
            ["24.4.0", "24.11.0", "25.1", "26.7.1", "", "24", "24.x", "24.3.", "a\n24.3.3", "99999999999.1"]
        {
            assert!(!may_lack(version, "contract:env"), "{version}");
        }
    }

    #[test]
    fn a_name_twice_and_no_name_at_all_are_refused() {
        let twice = format!("{ONE} contract:env\n{TWO} contract:env\n");
        let expected = Error::Twice { line: 2, name: "contract:env".into() };
        assert_eq!(AttestationRecord::parse(&twice), Err(expected.clone()));
        // a second reader would show both under one name
        let spaced = twice.replace(&format!("{TWO} "), &format!("{TWO} * "));
        assert_eq!(AttestationRecord::parse(&spaced), Err(expected));
        for none in ["", "\n", "hello\n", &format!("{ONE}\n"), &format!("{} x\n", &ONE[1..])] {
            assert_eq!(AttestationRecord::parse(none), Err(Error::NoLine), "{none:?}");
        }
    }
}
