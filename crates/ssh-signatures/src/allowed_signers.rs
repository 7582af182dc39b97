//! `allowed_signers`: who may vouch for which half, in OpenSSH's own format (ssh-keygen(1), ALLOWED SIGNERS).
//!
//! `line = principals [options] type base64 [comment]`, with options `namespaces="…"`, `valid-after="…"`,
//! `valid-before="…"`. Read as OpenSSH reads it, with three differences: a file with a bad line is refused as a whole,
//! where OpenSSH finds the line only if it gets there; a time without `Z` is UTC and not the machine's own time, so that
//! all who read the file read the same; `cert-authority` lines and types of keys that may not vouch grant nothing. The
//! last two are told as warnings.

mod line;
mod pattern;
mod principal;
mod time;

use jiff::Timestamp;

use crate::ssh_key::PublicKey;
use crate::sshsig::{Namespace, VerifiedSignature};
use findings::{Advice, Blame};
use findings::{Findings, Place};

pub use line::{Entry, LineError, new_line};
pub use pattern::Principals;
pub use principal::Misleading;
pub use time::{parse as parse_time, write as write_time};

/// Bytes of the file.
pub const LIMIT: usize = 1 << 20;

/// The file, every line read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedSigners(Vec<Entry>);

/// Why a key may not vouch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// On no line.
    #[error("nobody allowed: the key {fingerprint} is not among the allowed signers")]
    Unknown {
        /// Of the key.
        fingerprint: String,
    },
    /// On lines for other purposes.
    #[error("`{principals}` may not vouch for the {} section: the key {fingerprint} is not allowed in the namespace `{namespace}`", .namespace.section())]
    Namespace {
        /// Whose key it is.
        principals: String,
        /// Of the key.
        fingerprint: String,
        /// What it signed for.
        namespace: Namespace,
    },
    /// `valid-after`
    #[error("the key {fingerprint} of `{principals}` is not yet valid: it begins at {after}")]
    NotYet {
        /// Whose key it is.
        principals: String,
        /// Of the key.
        fingerprint: String,
        /// When it begins.
        after: Timestamp,
    },
    /// `valid-before`
    #[error("the key {fingerprint} of `{principals}` is no longer valid: it ended at {before}")]
    Expired {
        /// Whose key it was.
        principals: String,
        /// Of the key.
        fingerprint: String,
        /// When it ended.
        before: Timestamp,
    },
}

impl NotAllowed {
    /// How close it came to being allowed: of several lines with one key, the closest is told.
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
                format!("see who may vouch for what: `contract-signer trust list`; each section needs a key of its own: `contract-signer trust add PRINCIPAL OTHER-KEY.pub --{}`", namespace.section())
            }
            Self::NotYet { .. } | Self::Expired { .. } => {
                "ask for a handoff signed with a key that is valid now; `contract-signer trust list` shows them".into()
            }
        }]
    }
}

/// A persona of whom a signature and the allowed signers say: this key signed, and it may. Made by
/// [`AllowedSigners::vouch`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    principals: Principals,
    /// Of every line that names the key, for whatever: one person may stand on several.
    every: Vec<Principals>,
    key: PublicKey,
    namespace: Namespace,
    at: Timestamp,
}

impl Vouched {
    /// Who vouches, as the line says it.
    pub fn principals(&self) -> &Principals {
        &self.principals
    }

    /// The key that signed.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// For which section.
    pub fn namespace(&self) -> Namespace {
        self.namespace
    }

    /// At which time the line's validity was looked at.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Whether both are one key: one private key, also where a hardware key's application differs.
    pub fn is_same_key(&self, other: &Self) -> bool {
        self.key.is_same_pair(&other.key)
    }

    /// Whether one name could stand for both, on whichever lines.
    pub fn may_be_same_principal(&self, other: &Self) -> bool {
        self.every.iter().any(|one| other.every.iter().any(|another| one.may_share_a_name(another)))
    }
}

impl AllowedSigners {
    /// Reads the file; `file` is its name in findings. The findings of a file that was read are warnings.
    pub fn parse(text: &str, file: &str) -> (Result<Self, Invalid>, Findings) {
        let mut findings = Findings::default();
        let mut entries = Vec::new();
        for (number, text) in (1..).zip(text.lines()) {
            let place = || Place { file: file.to_owned(), line: Some(number), field: String::new() };
            match line::parse(text, number) {
                Ok(None) => {}
                Ok(Some(entry)) => {
                    for field in entry.zoneless() {
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

    /// The first line with a name that a reader could take for this one: another case, a dot at its end, another normal
    /// form, or letters of another script.
    pub fn similar(&self, principal: &str) -> Option<(&Entry, &str)> {
        self.0.iter().find_map(|entry| Some((entry, entry.principals.similar(principal)?)))
    }

    /// Who may vouch with this key, for this, at this time: the first line that allows it, as in `ssh-keygen -Y verify`;
    /// or the reason of the line that came closest.
    pub fn who(
        &self,
        key: &PublicKey,
        namespace: Namespace,
        at: Timestamp,
    ) -> Result<&Principals, NotAllowed> {
        self.judge(self.0.iter(), key, namespace, at)
    }

    /// As [`AllowedSigners::who`], of the lines alone that name this principal: what `ssh-keygen -Y verify -I` asks.
    pub fn may(
        &self,
        principal: &str,
        key: &PublicKey,
        namespace: Namespace,
        at: Timestamp,
    ) -> Result<&Principals, NotAllowed> {
        self.judge(self.0.iter().filter(|entry| entry.principals.names(principal)), key, namespace, at)
    }

    /// Who vouches with a signature that holds.
    pub fn vouch(&self, signature: VerifiedSignature, at: Timestamp) -> Result<Vouched, NotAllowed> {
        let namespace = signature.namespace();
        let principals = self.who(signature.key(), namespace, at)?.clone();
        let of_this_key = self.0.iter().filter(|entry| entry.key.is_same_pair(signature.key()));
        let every = of_this_key.map(|entry| entry.principals.clone()).collect();
        Ok(Vouched { principals, every, key: signature.into_key(), namespace, at })
    }

    #[expect(clippy::unused_self, reason = "what is returned is borrowed from it")]
    fn judge<'a>(
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

/// A file with lines that nobody can read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{file}` has {count} bad lines")]
pub struct Invalid {
    /// Its name.
    pub file: String,
    /// How many.
    pub count: usize,
}

impl Advice for Invalid {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec!["mend them, or put a `#` before each; `contract-signer trust list` shows them all".into()]
    }
}
