//! The key that an image's certificate has to hold: written down once, held against every certificate after that.

use std::fmt;
use std::str::FromStr;

use crate::certificate::{CertificateFacts, Error};

/// `sha256:` and 64 digits of lower-case hex: a key's fingerprint, as everything here shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    /// Refuses a certificate with another key, whatever else it says: the same subject was seen with several keys
    /// (contract-format, section 9).
    pub fn check(&self, facts: &CertificateFacts) -> Result<(), Error> {
        if facts.key_fingerprint == self.0 {
            return Ok(());
        }
        Err(Error::OtherKey { pinned: self.0.clone(), found: facts.key_fingerprint.clone() })
    }
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("sha256:").unwrap_or_default();
        if digits.len() == 64 && digits.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("`{text}` is no fingerprint; expected `sha256:` and 64 digits of lower-case hex"))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
