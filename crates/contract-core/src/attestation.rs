//! The attestation record: the running guest's report about itself (contract-format, section 8).
//!
//! ```text
//! se-checksums.txt     = lines "<sha256 hex> <name>" LF
//! se-checksums.txt.enc = token(se-checksums.txt), under the auditor key of the contract, if there is one
//! se-signature.bin     = RSA[attestation certificate](SHA-256(se-checksums.txt))
//! ```
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

/// An attestation record in plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttestationRecord {
    lines: BTreeMap<String, String>,
    remarks: Vec<String>,
}

impl AttestationRecord {
    /// Reads the lines; spaces and the `*` of `sha256sum` before a name are not part of it. Any other line is a remark: no
    /// source states that there are none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut record = Self::default();
        for (at, line) in text.lines().enumerate() {
            match checksum(line) {
                Some((sha256, name)) => {
                    if record.lines.insert(name.to_owned(), sha256.to_owned()).is_some() {
                        return Err(Error::Twice { line: at + 1, name: name.to_owned() });
                    }
                }
                None if line.trim().is_empty() => {}
                None => record.remarks.push(line.to_owned()),
            }
        }
        if record.lines.is_empty() { Err(Error::NoLine) } else { Ok(record) }
    }

    /// Name to lower-case hex SHA-256.
    pub fn lines(&self) -> &BTreeMap<String, String> {
        &self.lines
    }

    /// All other lines.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }
}

/// A record of these names and checksums, as the guest writes it.
impl<N: Into<String>> FromIterator<(N, String)> for AttestationRecord {
    fn from_iter<I: IntoIterator<Item = (N, String)>>(lines: I) -> Self {
        let lines = lines.into_iter().map(|(name, sha256)| (name.into(), sha256)).collect();
        Self { lines, remarks: Vec::new() }
    }
}

impl fmt::Display for AttestationRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.remarks.iter().try_for_each(|remark| writeln!(f, "{remark}"))?;
        self.lines.iter().try_for_each(|(name, sha256)| writeln!(f, "{sha256} {name}"))
    }
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
