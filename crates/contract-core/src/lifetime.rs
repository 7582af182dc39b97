//! The lifetime of a contract: all dates on which something of it ends, according to its two statements.
//!
//! The encryption certificate is valid for one year (contract-format, section 9); a contract whose `signingKey` is a
//! certificate expires with it (section 5); the log server's certificates and the others of the env section (section 7) end
//! when their issuers decided. A statement holds these dates only, and not whose certificates they are.

use std::fmt;

use contract_pki::validity::{Standing, Validity};
use contract_pki::verifying_key::VerifyingKey;
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use crate::env_certificates::CertificateField;
use crate::kind::SectionName;
use crate::statement::{Predicate, Statement};
use crate::user_data::Refusal;

/// How long before an end somebody should act: two persons have to encrypt again, and a third to sign.
pub const NOTICE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Everything that ends, that does not end, and that has no stated date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifetime {
    ends: Vec<End>,
    endless: Vec<&'static str>,
    not_stated: Vec<NotStated>,
}

impl Lifetime {
    /// Takes the dates of both halves; `None` is a bare token, which states nothing.
    pub fn from_halves(workload: Option<&Statement>, env: Option<&Statement>) -> Self {
        let mut all = Self::default();
        for (section, half) in [(SectionName::Workload, workload), (SectionName::Env, env)] {
            // a signing record may hold any statement in either place
            match half.filter(|half| half.predicate.section == section) {
                Some(half) => all.add_half(&half.predicate),
                None => all.not_stated.push(NotStated::Half(section)),
            }
        }
        all.ends.sort_by_key(|end| end.validity.not_after);
        all
    }

    /// Takes the dates of one half, for which those of the other half do not count as missing.
    pub fn from_one_half(half: &Statement) -> Self {
        let (mut all, other) = match half.predicate.section {
            SectionName::Workload => (Self::from_halves(Some(half), None), SectionName::Env),
            SectionName::Env => (Self::from_halves(None, Some(half)), SectionName::Workload),
        };
        for it in &mut all.not_stated {
            if *it == NotStated::Half(other) {
                *it = NotStated::OtherHalf(other);
            }
        }
        all
    }

    fn add_half(&mut self, half: &Predicate) {
        let validity = half.encryption_certificate.validity();
        self.add(What::EncryptionCertificate, Some(half.section), validity);
        if half.section == SectionName::Workload {
            return;
        }
        let Some(certificates) = &half.certificates else {
            return self.not_stated.push(NotStated::EnvCertificates);
        };
        for (field, validity) in certificates {
            self.add(What::Certificate(*field), Some(half.section), *validity);
        }
        if half.signing_key.is_some() && !certificates.contains_key(&CertificateField::SigningKey) {
            self.endless.push("signing key: a bare key");
        }
    }

    /// Adds the certificate that a verifier was given, whatever the env section holds.
    #[must_use]
    pub fn with_signing_key(mut self, key: &VerifyingKey) -> Self {
        if let Some(validity) = key.validity() {
            self.add(What::Certificate(CertificateField::SigningKey), None, validity);
            self.ends.sort_by_key(|end| end.validity.not_after);
        }
        self
    }

    /// Adds a certificate once, also if both halves state it.
    fn add(&mut self, what: What, section: Option<SectionName>, validity: Validity) {
        match self.ends.iter_mut().find(|end| (end.what, end.validity) == (what, validity)) {
            Some(end) => end.sections.extend(section),
            None => self.ends.push(End { what, sections: section.into_iter().collect(), validity }),
        }
    }

    /// Everything that ends, the first end first.
    pub fn ends(&self) -> &[End] {
        &self.ends
    }

    /// The first end; `None` if no date is known.
    pub fn first(&self) -> Option<&End> {
        self.ends.first()
    }

    /// Whether the guest accepts the signing certificate, as far as it is known: the contract expires with it.
    pub fn check_signing_certificate(&self, at: Timestamp) -> Result<(), Refusal> {
        let signing = |end: &&End| end.what == What::Certificate(CertificateField::SigningKey);
        let mut all = self.ends.iter().filter(signing);
        all.try_for_each(|end| end.validity.check(at, Refusal::NotYetValid, Refusal::Expired))
    }

    /// What does not end, in words.
    pub fn endless(&self) -> &[&'static str] {
        &self.endless
    }

    /// The dates that nobody states.
    pub fn not_stated(&self) -> &[NotStated] {
        &self.not_stated
    }

    /// The dates that should be stated but are missing: one of them could be the first end.
    pub fn missing(&self) -> impl Iterator<Item = NotStated> {
        self.not_stated.iter().copied().filter(|it| !matches!(it, NotStated::OtherHalf(_)))
    }

    /// Everything that has ended, has not begun, or ends within this time, its last second included.
    pub fn ending(&self, at: Timestamp, within: SignedDuration) -> impl Iterator<Item = &End> {
        self.ends.iter().filter(move |end| end.is_ending(at, within))
    }
}

/// What ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The certificate that the sections are encrypted under.
    EncryptionCertificate,
    /// One in the env section.
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

    /// What to do, and by whom, so that the next contract ends later.
    pub fn renewal(self) -> &'static str {
        match self {
            Self::EncryptionCertificate => {
                "take the next guest image's certificate, encrypt both halves again with `encrypt --certificate PEM`, and sign them"
            }
            Self::Certificate(CertificateField::SigningKey) => {
                "certify the signing key again, `contract-signer certify --days 365`; then `env-deployer encrypt --signing-key CERTIFICATE`, and sign"
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
    /// The halves that state it; empty if the certificate itself was given.
    pub sections: Vec<SectionName>,
    /// Its dates.
    pub validity: Validity,
}

/// A point in time compared with an [`End`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has not begun.
    NotBegun,
    /// It ends after so many whole days.
    EndsIn(i64),
    /// It ended so many whole days before.
    EndedAgo(i64),
}

/// `encryption certificate of the workload half`, because the halves may differ.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.what, &*self.sections) {
            (What::EncryptionCertificate, [section]) => write!(f, "{} of the {section} half", self.what),
            (_, []) => write!(f, "{} that was given", self.what),
            _ => write!(f, "{}", self.what),
        }
    }
}

impl End {
    /// Compares a point in time with its dates.
    pub fn state(&self, at: Timestamp) -> State {
        let days = self.validity.not_after.duration_since(at).as_hours() / 24;
        match self.validity.at(at) {
            Standing::NotYet => State::NotBegun,
            Standing::Valid => State::EndsIn(days),
            Standing::Ended => State::EndedAgo(-days),
        }
    }

    /// Whole days until its end, rounded down: negative once it has ended.
    pub fn days(&self, at: Timestamp) -> i64 {
        self.validity.not_after.duration_since(at).as_secs().div_euclid(24 * 60 * 60)
    }

    /// Whether it has ended, has not begun, or ends within this time, its last second included.
    pub fn is_ending(&self, at: Timestamp, within: SignedDuration) -> bool {
        self.validity.at(at) == Standing::NotYet || self.validity.not_after.duration_since(at) <= within
    }

    /// When to act, to have this much time left.
    pub fn act_by(&self, notice: SignedDuration) -> Timestamp {
        self.validity.not_after.checked_sub(notice).unwrap_or(Timestamp::MIN)
    }
}

/// Dates that nobody states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStated {
    /// All dates of a half: it is a bare token, or no signing record describes it.
    Half(SectionName),
    /// The dates of the other half than that of a handoff.
    OtherHalf(SectionName),
    /// Those of the env section's certificates: an earlier version made the statement.
    EnvCertificates,
}

impl NotStated {
    /// What to do, and by whom, so that they are stated.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Half(SectionName::Workload) | Self::OtherHalf(SectionName::Workload) => {
                "ask the workload provider for the handoff of `workload-provider encrypt` instead of a bare token, and sign it"
            }
            Self::Half(SectionName::Env) | Self::OtherHalf(SectionName::Env) => {
                "ask the env deployer for the handoff of `env-deployer encrypt` instead of a bare token, and sign it"
            }
            Self::EnvCertificates => {
                "ask the env deployer to encrypt again with this version, `env-deployer encrypt`, and sign that"
            }
        }
    }
}

impl fmt::Display for NotStated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Half(section) | Self::OtherHalf(section) => write!(f, "the dates of the {section} half"),
            Self::EnvCertificates => f.write_str(
                "the env section's own certificates, signing and syslog: an earlier version made the statement",
            ),
        }
    }
}

impl Serialize for NotStated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
