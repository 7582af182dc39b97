//! The auditor's key on its way into the contract, plain or encrypted for the guest.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::statement::Statement;
use crate::token::{self, Recipient};
use crate::user_data::AttestationKeyForm;
use contract_pki::certificate::{CertificateFacts, VerifiedCertificate};
use contract_pki::platform::Prefix;
use contract_pki::random::Randomness;
use contract_pki::verifying_key::{self, VerifyingKey};
use contract_pki::x509::day;

/// The key under which the guest will encrypt its attestation record (contract-format, section 8).
pub struct AuditorKey {
    key: VerifyingKey,
    pem: String,
    /// What it is encrypted under; none: anyone who sees the user data sees whose key it is.
    guest: Option<VerifiedCertificate>,
}

impl AuditorKey {
    /// Takes a key that goes into the contract as PEM, or as a token for the guest whose certificate this is.
    pub fn new(key: VerifyingKey, guest: Option<VerifiedCertificate>) -> Result<Self, verifying_key::Error> {
        Ok(Self { pem: key.to_pem()?, key, guest })
    }

    /// The encryption certificate, where one is needed.
    pub(super) fn guest(&self) -> Option<&CertificateFacts> {
        self.guest.as_ref().map(VerifiedCertificate::facts)
    }

    /// The value of `attestationPublicKey` as it is written: a PEM in quotes, a token plain.
    pub(super) fn scalar(&self, prefix: Prefix, randomness: &mut dyn Randomness) -> Result<String, Error> {
        match &self.guest {
            None => Ok(strict_yaml::quote(self.pem.trim_end()).to_string()),
            Some(guest) => {
                token::seal(&self.pem, Recipient::Guest(guest), prefix, randomness).map_err(Error::Encrypt)
            }
        }
    }

    pub(super) fn record(&self) -> AttestationKeyRecord {
        AttestationKeyRecord {
            fingerprint: self.key.fingerprint().to_owned(),
            encrypted: self.guest.is_some(),
        }
    }

    pub(super) fn is(&self, other: &VerifyingKey) -> bool {
        self.key.fingerprint() == other.fingerprint()
    }

    /// Nobody outside the guest could open a record that is encrypted under the guest's own key.
    pub(super) fn is_not_the_guest_s(&self, statement: &Statement) -> Result<(), Error> {
        let it = &statement.predicate;
        if self.key.fingerprint() == it.encryption_certificate.key_fingerprint {
            return Err(Error::AttestationKeyOfGuest(it.section.as_str()));
        }
        Ok(())
    }

    /// The guest that opens both halves must be the one that opens this.
    pub(super) fn is_for_the_guest_of(&self, statement: &Statement) -> Result<(), Error> {
        let (Some(found), stated) = (self.guest(), &statement.predicate.encryption_certificate) else {
            return Ok(());
        };
        if found.key_fingerprint == stated.key_fingerprint {
            return Ok(());
        }
        Err(Error::OtherGuest {
            section: statement.predicate.section.as_str(),
            stated: stated.key_fingerprint.clone(),
            found: found.key_fingerprint.clone(),
        })
    }

    /// What is wrong with the certificate, and was accepted when it became a [`VerifiedCertificate`].
    pub(super) fn accepted(&self, at: Timestamp) -> Vec<String> {
        let Some(guest) = &self.guest else { return Vec::new() };
        let end = guest.facts().not_after;
        let expired = guest.facts().validity().has_ended(at).then(|| {
            format!(
                "the attestation key is encrypted under a certificate that expired on {} (--danger-accept-expired-certificate)",
                day(end)
            )
        });
        let foreign = guest.foreign().map(|why| {
            format!("the attestation key is encrypted under another certificate than an image's: {why} (--danger-accept-foreign-certificate)")
        });
        expired.into_iter().chain(foreign).collect()
    }
}

/// Whose attestation key is in a contract: the signer's word where it is encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AttestationKeyRecord {
    /// `sha256:` and the lower-case hex SHA-256 of the key's DER `SubjectPublicKeyInfo`.
    pub fingerprint: String,
    /// Whether the guest alone can read it.
    pub encrypted: bool,
}

impl AttestationKeyRecord {
    /// As [`AttestationKeyRecord::found`] tells it of user data.
    pub(super) fn said(&self) -> String {
        let how = if self.encrypted { "encrypted" } else { "plain" };
        format!("{}, {how}", self.fingerprint)
    }

    /// What user data hold in its place; in a token any key may be the one that is told.
    pub(super) fn found(&self, value: Option<&str>) -> String {
        match value.map(AttestationKeyForm::of) {
            None => "none".to_owned(),
            Some(AttestationKeyForm::Token(_)) => {
                Self { encrypted: true, fingerprint: self.fingerprint.clone() }.said()
            }
            Some(AttestationKeyForm::Pem(key) | AttestationKeyForm::Base64(key)) => {
                Self { encrypted: false, fingerprint: key.fingerprint().to_owned() }.said()
            }
            Some(AttestationKeyForm::Unusable(reason)) => reason,
        }
    }
}
