//! The guest's host name.

use findings::{Advice, Blame};
use strict_yaml::plain;

/// Most characters of a name, and of each part (RFC 1123, section 2.1; RFC 1035, section 2.3.4).
const LONGEST: usize = 253;
const LONGEST_LABEL: usize = 63;

/// A host name by RFC 1123: `paynow`, `paynow.example.com`.
///
/// `hostname = label *("." label)`, each label of letters, digits and hyphens, beginning and ending with a letter or a
/// digit. Kept as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hostname(String);

/// Why a text is no host name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum HostnameError {
    #[error("a host name is not empty")]
    Empty,
    #[error("it has {0} characters, and a host name at most {LONGEST}")]
    TooLong(usize),
    #[error("a part of it is empty: there is a dot too many")]
    EmptyLabel,
    #[error("the part `{label}` has {} characters, and at most {LONGEST_LABEL} are allowed", label.len())]
    LongLabel { label: String },
    #[error("`{0}` is not allowed in a host name: letters, digits and `-` are, and dots between parts")]
    Character(char),
    #[error("the part `{0}` begins or ends with a hyphen")]
    Hyphen(String),
    #[error("its last part `{0}` is a number, as that of an address is")]
    Address(String),
}

impl Advice for HostnameError {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec!["name the guest as in `--hostname paynow` or `--hostname paynow.example.com`".into()]
    }
}

impl Hostname {
    /// Accepts the names of RFC 1123.
    pub fn parse(text: &str) -> Result<Self, HostnameError> {
        if text.is_empty() {
            return Err(HostnameError::Empty);
        }
        if let Some(c) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.')) {
            return Err(HostnameError::Character(c));
        }
        if text.len() > LONGEST {
            return Err(HostnameError::TooLong(text.len()));
        }
        for label in text.split('.') {
            if label.is_empty() {
                return Err(HostnameError::EmptyLabel);
            }
            if label.len() > LONGEST_LABEL {
                return Err(HostnameError::LongLabel { label: label.to_owned() });
            }
            if label.starts_with('-') || label.ends_with('-') {
                return Err(HostnameError::Hyphen(label.to_owned()));
            }
        }
        match text.rsplit('.').next() {
            Some(last) if last.bytes().all(|byte| byte.is_ascii_digit()) => {
                Err(HostnameError::Address(last.to_owned()))
            }
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// As typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file `meta-data`. Quoted only if a reader of YAML would not see a text: `null`, `0x10`,
    /// `1e3`, `no`.
    pub fn meta_data(&self) -> String {
        if plain::classify(&self.0) == plain::Plain::Text {
            format!("local-hostname: {}\n", self.0)
        } else {
            format!("local-hostname: {}\n", *strict_yaml::quote(&self.0))
        }
    }
}
