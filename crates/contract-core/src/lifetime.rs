//! Until when a contract lives: everything that ends, by what its two statements say.
//!
//! The encryption certificate is valid for one year (contract-format, section 9); a contract whose `signingKey` is a
//! certificate expires with it (section 5); the log server's certificates and the others of the env section (section 7) end
//! when their issuers meant them to. Dates and nothing else: whose certificates they are, the statement does not tell.

mod end;
mod not_stated;

use crate::env_certificates::CertificateField;
use contract_pki::validity::Validity;
use jiff::{SignedDuration, Timestamp};

use crate::kind::SectionName;
use crate::statement::{Predicate, Statement};
use crate::user_data::Refusal;
use contract_pki::verifying_key::VerifyingKey;

pub use end::{End, State, What};
pub use not_stated::NotStated;

/// How long before an end somebody should act: two persons have to encrypt again, and a third to sign.
pub const NOTICE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// All that ends, what does not, and what nobody states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifetime {
    ends: Vec<End>,
    endless: Vec<&'static str>,
    not_stated: Vec<NotStated>,
}

impl Lifetime {
    /// Of both halves, as far as they are stated: a bare token states nothing.
    pub fn of(workload: Option<&Statement>, env: Option<&Statement>) -> Self {
        let mut all = Self::default();
        for (section, half) in [(SectionName::Workload, workload), (SectionName::Env, env)] {
            // a record may hold any statement anywhere
            match half.filter(|half| half.predicate.section == section) {
                Some(half) => all.half(&half.predicate),
                None => all.not_stated.push(NotStated::Half(section)),
            }
        }
        all.ends.sort_by_key(|end| end.until);
        all
    }

    /// Of one half alone, which states nothing of the other.
    pub fn of_one(half: &Statement) -> Self {
        let (mut all, other) = match half.predicate.section {
            SectionName::Workload => (Self::of(Some(half), None), SectionName::Env),
            SectionName::Env => (Self::of(None, Some(half)), SectionName::Workload),
        };
        for it in &mut all.not_stated {
            if *it == NotStated::Half(other) {
                *it = NotStated::OtherHalf(other);
            }
        }
        all
    }

    fn half(&mut self, half: &Predicate) {
        let certificate = &half.encryption_certificate;
        self.add(
            What::EncryptionCertificate,
            Some(half.section),
            Validity { not_before: certificate.not_before, not_after: certificate.not_after },
        );
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

    /// With the certificate that a verifier has at hand, whatever the env section holds.
    #[must_use]
    pub fn with_signing_key(mut self, key: &VerifyingKey) -> Self {
        if let (Some(not_before), Some(not_after)) = (key.begins(), key.expires()) {
            let what = What::Certificate(CertificateField::SigningKey);
            self.add(what, None, Validity { not_before, not_after });
            self.ends.sort_by_key(|end| end.until);
        }
        self
    }

    /// One thing that two speak of is one thing.
    fn add(&mut self, what: What, section: Option<SectionName>, validity: Validity) {
        let Validity { not_before: since, not_after: until } = validity;
        match self.ends.iter_mut().find(|end| (end.what, end.since, end.until) == (what, since, until)) {
            Some(end) => end.sections.extend(section),
            None => self.ends.push(End { what, sections: section.into_iter().collect(), since, until }),
        }
    }

    /// Everything that ends, the first to end at the front.
    pub fn ends(&self) -> &[End] {
        &self.ends
    }

    /// What ends first; none where no date is known.
    pub fn first(&self) -> Option<&End> {
        self.ends.first()
    }

    /// Whether the guest would take the signing certificate, as far as it is known: the contract expires with it.
    pub fn signing_certificate_holds(&self, at: Timestamp) -> Result<(), Refusal> {
        let signing = |end: &&End| end.what == What::Certificate(CertificateField::SigningKey);
        self.ends.iter().filter(signing).try_for_each(|end| match end.state(at) {
            State::NotBegun => Err(Refusal::NotYetValid(end.since)),
            State::EndedAgo(_) => Err(Refusal::Expired(end.until)),
            State::EndsIn(_) => Ok(()),
        })
    }

    /// What does not end, in words.
    pub fn endless(&self) -> &[&'static str] {
        &self.endless
    }

    /// What nobody states.
    pub fn not_stated(&self) -> &[NotStated] {
        &self.not_stated
    }

    /// What nobody states although it was asked about: where it ends before all that is known, nobody can tell.
    pub fn unknown(&self) -> impl Iterator<Item = NotStated> {
        self.not_stated.iter().copied().filter(|it| !matches!(it, NotStated::OtherHalf(_)))
    }

    /// What has ended, has not begun, or ends within this time: exactly at its end counts.
    pub fn due(&self, at: Timestamp, within: SignedDuration) -> impl Iterator<Item = &End> {
        self.ends.iter().filter(move |end| end.is_due(at, within))
    }
}

#[cfg(test)]
mod tests;
