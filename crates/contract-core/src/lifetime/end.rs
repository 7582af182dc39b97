//! One thing that ends, and how far that is from a point in time.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use crate::env_certificates::CertificateField;
use crate::kind::SectionName;

/// What ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Under whose key the sections are encrypted.
    EncryptionCertificate,
    /// One that stands in the env section.
    Certificate(CertificateField),
}

impl What {
    /// `signing certificate`
    pub fn name(self) -> &'static str {
        match self {
            Self::EncryptionCertificate => "encryption certificate",
            Self::Certificate(CertificateField::SigningKey) => "signing certificate",
            Self::Certificate(CertificateField::SyslogServer) => "syslog CA certificate",
            Self::Certificate(CertificateField::SyslogCert) => "syslog client certificate",
            Self::Certificate(CertificateField::Cacerts) => "CA certificate under `cacerts`",
            Self::Certificate(CertificateField::Grep11CaCert) => "grep11 CA certificate",
            Self::Certificate(CertificateField::Grep11ClientCert) => "grep11 client certificate",
        }
    }

    /// Who has to do what, so that the next contract lives longer.
    pub fn renewal(self) -> &'static str {
        match self {
            Self::EncryptionCertificate => {
                "take the next guest image's certificate, encrypt both halves again with `encrypt --certificate PEM`, and sign them"
            }
            Self::Certificate(CertificateField::SigningKey) => {
                "certify the signing key anew, `contract-signer certify --days 365`; then `env-deployer encrypt --signing-key CERTIFICATE`, and sign"
            }
            Self::Certificate(_) => {
                "ask the env deployer to renew it, to encrypt with `env-deployer encrypt`, and sign again"
            }
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for What {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One thing that ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// What it is.
    pub what: What,
    /// Whose statements say so; none: it is at hand.
    pub sections: Vec<SectionName>,
    /// First second of validity.
    pub since: Timestamp,
    /// Last second of validity.
    pub until: Timestamp,
}

/// How a thing stands at a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It begins later.
    NotBegun,
    /// It ends after so many whole days.
    EndsIn(i64),
    /// It ended so many whole days before.
    EndedAgo(i64),
}

/// `encryption certificate of the workload half`, where the halves may differ.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.what, &*self.sections) {
            (What::EncryptionCertificate, [section]) => write!(f, "{} of the {section} half", self.what),
            (_, []) => write!(f, "{} at hand", self.what),
            _ => write!(f, "{}", self.what),
        }
    }
}

impl End {
    /// How it stands.
    pub fn state(&self, at: Timestamp) -> State {
        let days = |long: SignedDuration| long.as_hours() / 24;
        if at > self.until {
            State::EndedAgo(days(at.duration_since(self.until)))
        } else if at < self.since {
            State::NotBegun
        } else {
            State::EndsIn(days(self.until.duration_since(at)))
        }
    }

    /// Whole days until its end, rounded down: negative once it has ended.
    pub fn days(&self, at: Timestamp) -> i64 {
        self.until.duration_since(at).as_secs().div_euclid(24 * 60 * 60)
    }

    /// When to act, to have this much time left.
    pub fn act_by(&self, notice: SignedDuration) -> Timestamp {
        self.until.checked_sub(notice).unwrap_or(Timestamp::MIN)
    }

    /// Whether it has ended, has not begun, or ends within this time: exactly at its end counts.
    pub fn is_due(&self, at: Timestamp, within: SignedDuration) -> bool {
        self.state(at) == State::NotBegun || self.until.duration_since(at) <= within
    }
}
