//! `allowed_signers`: who may vouch for which half, in OpenSSH's own format (ssh-keygen(1), ALLOWED SIGNERS).
//!
//! `line = principals [options] type base64 [comment]`, with options `namespaces="…"`, `valid-after="…"`,
//! `valid-before="…"`. Read as OpenSSH reads it, with three differences: a file with a bad line is refused as a whole, and
//! not only when a search reaches the line; a time without `Z` is UTC and not local time, so that all readers agree;
//! `cert-authority` lines and types of keys that may not vouch grant nothing. The last two cause warnings.

mod line;
mod pattern;
mod principal;

use findings::{Advice, Blame, Findings, Place};
use jiff::Timestamp;

use crate::ssh_key::PublicKey;
use crate::sshsig::{Namespace, VerifiedSignature};

pub use line::{Entry, LineError, new_line, parse_time, write_time};
pub use pattern::Principals;
pub use principal::Misleading;

/// Bytes of the file.
pub const LIMIT: usize = 1 << 20;

/// The file, every line read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedSigners(Vec<Entry>);

/// Why a key may not vouch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum NotAllowed {
    #[error("nobody allowed: the key {fingerprint} is not among the allowed signers")]
    Unknown { fingerprint: String },
    #[error("`{principals}` may not vouch for the {} section: the key {fingerprint} is not allowed in the namespace `{namespace}`", .namespace.section())]
    Namespace { principals: String, fingerprint: String, namespace: Namespace },
    #[error("the key {fingerprint} of `{principals}` is not yet valid: it begins at {after}")]
    NotYet { principals: String, fingerprint: String, after: Timestamp },
    #[error("the key {fingerprint} of `{principals}` is no longer valid: it ended at {before}")]
    Expired { principals: String, fingerprint: String, before: Timestamp },
}

impl NotAllowed {
    /// How close the line was to allowing it: of several lines with one key, the closest is reported.
    fn closeness(&self) -> u8 {
        match self {
            Self::Unknown { .. } => 0,
            Self::Namespace { .. } => 1,
            Self::Expired { .. } => 2,
            Self::NotYet { .. } => 3,
        }
    }
}

impl Advice for NotAllowed {
    fn blame(&self) -> Blame {
        Blame::Refusal
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::Unknown { .. } => {
                "compare the fingerprint with its owner, then: `contract-signer trust add PRINCIPAL KEY.pub --workload` or `--env`".into()
            }
            Self::Namespace { namespace, .. } => {
                format!("see who may vouch for what: `contract-signer trust list`; each section needs a separate key: `contract-signer trust add PRINCIPAL OTHER-KEY.pub --{}`", namespace.section())
            }
            Self::NotYet { .. } | Self::Expired { .. } => {
                "ask for a handoff signed with a key that is valid now; `contract-signer trust list` shows them".into()
            }
        }]
    }
}

/// Proof that a key signed, and that the allowed signers allow it. Only [`AllowedSigners::vouch`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    principals: Principals,
    /// Those of all lines with this key, whatever they allow: one person may be on several lines.
    every: Vec<Principals>,
    key: PublicKey,
    namespace: Namespace,
    at: Timestamp,
}

impl Vouched {
    /// Who vouches, as written on the line.
    pub fn principals(&self) -> &Principals {
        &self.principals
    }

    /// The key that signed.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The section's namespace.
    pub fn namespace(&self) -> Namespace {
        self.namespace
    }

    /// The time at which the line's validity was checked.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Whether both have one private key. The application of a hardware key may differ.
    pub fn is_same_key(&self, other: &Self) -> bool {
        self.key.is_same_pair(&other.key)
    }

    /// Whether one name could match a line of each.
    pub fn may_be_same_principal(&self, other: &Self) -> bool {
        self.every.iter().any(|one| other.every.iter().any(|another| one.may_share_a_name(another)))
    }
}

impl AllowedSigners {
    /// Reads the file; `file` is its name in findings. If the file is accepted, all findings are warnings.
    pub fn parse(text: &str, file: &str) -> (Result<Self, Invalid>, Findings) {
        let mut findings = Findings::default();
        let mut entries = Vec::new();
        for (number, text) in (1..).zip(text.lines()) {
            let place = || Place { file: file.to_owned(), line: Some(number), field: String::new() };
            match line::parse(text, number) {
                Ok(None) => {}
                Ok(Some(entry)) => {
                    for field in &entry.times_without_zone {
                        findings.warning(
                            Place { field: (*field).to_owned(), ..place() },
                            "a time without `Z`: it is read as UTC here, and in its own time zone by `ssh-keygen`",
                            "write a `Z` after it",
                        );
                    }
                    entries.push(entry);
                }
                Err(error) if error.grants_nothing() => {
                    findings.warning(place(), format!("passed over: {error}"), error.hint());
                }
                Err(error) => findings.error(place(), error.to_string(), error.hint()),
            }
        }
        let read = if findings.errors() == 0 {
            Ok(Self(entries))
        } else {
            Err(Invalid { file: file.to_owned(), count: findings.errors() })
        };
        (read, findings)
    }

    /// The lines that name a key, in their order.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The first line with a name that a reader could confuse with this one: another case, a dot at its end, another normal
    /// form, or letters of another script.
    pub fn similar(&self, principal: &str) -> Option<(&Entry, &str)> {
        self.0.iter().find_map(|entry| Some((entry, entry.principals.similar(principal)?)))
    }

    /// Who may vouch with this key, for this section, at this time: the first line that allows it, as in
    /// `ssh-keygen -Y verify`; or the reason of the closest line.
    pub fn find(
        &self,
        key: &PublicKey,
        namespace: Namespace,
        at: Timestamp,
    ) -> Result<&Principals, NotAllowed> {
        self.find_in(self.0.iter(), key, namespace, at)
    }

    /// As [`AllowedSigners::find`], only on lines that name this principal: as `ssh-keygen -Y verify -I` does it.
    pub fn find_principal(
        &self,
        principal: &str,
        key: &PublicKey,
        namespace: Namespace,
        at: Timestamp,
    ) -> Result<&Principals, NotAllowed> {
        self.find_in(self.0.iter().filter(|entry| entry.principals.names(principal)), key, namespace, at)
    }

    /// Who vouches with a verified signature.
    pub fn vouch(&self, signature: VerifiedSignature, at: Timestamp) -> Result<Vouched, NotAllowed> {
        let namespace = signature.namespace();
        let principals = self.find(signature.key(), namespace, at)?.clone();
        let of_this_key = self.0.iter().filter(|entry| entry.key.is_same_pair(signature.key()));
        let every = of_this_key.map(|entry| entry.principals.clone()).collect();
        Ok(Vouched { principals, every, key: signature.into_key(), namespace, at })
    }

    #[expect(clippy::unused_self, reason = "what is returned is borrowed from it")]
    fn find_in<'a>(
        &'a self,
        entries: impl Iterator<Item = &'a Entry>,
        key: &PublicKey,
        namespace: Namespace,
        at: Timestamp,
    ) -> Result<&'a Principals, NotAllowed> {
        let fingerprint = key.fingerprint();
        let mut closest = NotAllowed::Unknown { fingerprint: fingerprint.clone() };
        for entry in entries.filter(|entry| entry.key == *key) {
            let Err(reason) = entry.allows(namespace, at, &fingerprint) else { return Ok(&entry.principals) };
            if reason.closeness() > closest.closeness() {
                closest = reason;
            }
        }
        Err(closest)
    }
}

/// A file with lines that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{file}` has {count} bad lines")]
pub struct Invalid {
    /// The file's name.
    pub file: String,
    /// How many lines are bad.
    pub count: usize,
}

impl Advice for Invalid {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec!["fix them, or put a `#` before each; `contract-signer trust list` shows them all".into()]
    }
}
