//! The auditor key in the contract, plain or encrypted for the guest.

use contract_pki::certificate::{CertificateFacts, VerifiedCertificate};
use contract_pki::platform::Prefix;
use contract_pki::random::Randomness;
use contract_pki::verifying_key::{self, VerifyingKey};
use contract_pki::x509::day;
use findings::{Advice, Blame};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Error;
use super::record::{Accepted, Danger};
use crate::statement::Statement;
use crate::token::{self, Recipient};
use crate::user_data::AuditorKeyForm;

/// The key under which the guest will encrypt its attestation record (contract-format, section 8).
pub struct AuditorKey {
    /// `None` if it was encrypted before: only the guest can read it.
    key: Option<VerifyingKey>,
    /// What goes into the contract, or is encrypted for it.
    text: String,
    /// What it is encrypted under; if `None`, anyone can read it in the user data.
    guest: Option<VerifiedCertificate>,
}

impl AuditorKey {
    /// Takes a key that goes into the contract as PEM, or as a token for the guest of this certificate.
    pub fn new(key: VerifyingKey, guest: Option<VerifiedCertificate>) -> Result<Self, verifying_key::Error> {
        Ok(Self { text: key.to_pem()?, key: Some(key), guest })
    }

    /// Keeps the value that a contract had before it was signed.
    pub fn from_contract(value: &str) -> Result<Self, UnusableAuditorKey> {
        let key = match AuditorKeyForm::new(value) {
            AuditorKeyForm::Pem(key) | AuditorKeyForm::Base64(key) => Some(key),
            AuditorKeyForm::Token(_) => None,
            AuditorKeyForm::Unusable(reason) => return Err(UnusableAuditorKey(reason)),
        };
        Ok(Self { key, text: value.to_owned(), guest: None })
    }

    /// Whether both are one key; `None` if one was encrypted before.
    pub fn is_same(&self, other: &Self) -> Option<bool> {
        let (key, other) = (self.key.as_ref()?, other.key.as_ref()?);
        Some(key.fingerprint() == other.fingerprint())
    }

    /// The encryption certificate, if one is needed.
    pub(super) fn guest(&self) -> Option<&CertificateFacts> {
        self.guest.as_ref().map(VerifiedCertificate::facts)
    }

    /// The value of `attestationPublicKey` as it is written: a PEM in quotes, a token plain.
    pub(super) fn scalar(&self, prefix: Prefix, randomness: &mut dyn Randomness) -> Result<String, Error> {
        match (&self.guest, &self.key) {
            (Some(guest), _) => {
                token::seal(&self.text, Recipient::Guest(guest), prefix, randomness).map_err(Error::Encrypt)
            }
            (None, Some(_)) => Ok(strict_yaml::quote(self.text.trim_end()).to_string()),
            (None, None) => Ok(self.text.trim_end().to_owned()),
        }
    }

    /// `None` if nobody but the guest knows which key it is.
    pub(super) fn record(&self) -> Option<AuditorKeyRecord> {
        let fingerprint = self.key.as_ref()?.fingerprint().to_owned();
        Some(AuditorKeyRecord { fingerprint, encrypted: self.guest.is_some() })
    }

    pub(super) fn is_same_key(&self, other: &VerifyingKey) -> bool {
        self.key.as_ref().is_some_and(|key| key.fingerprint() == other.fingerprint())
    }

    /// What the signer cannot check.
    pub(super) fn unchecked(&self) -> Option<String> {
        let text = "whose key is in the encrypted `attestationPublicKey`, which was kept as it was";
        self.key.is_none().then(|| text.to_owned())
    }

    /// Refuses the guest's own key: nobody else could open an attestation record that is encrypted under it.
    pub(super) fn check_not_guest_key(&self, statement: &Statement) -> Result<(), Error> {
        let it = &statement.predicate;
        let stated = &it.encryption_certificate.key_fingerprint;
        if self.key.as_ref().is_some_and(|key| key.fingerprint() == stated) {
            return Err(Error::AttestationKeyOfGuest(it.section.as_str()));
        }
        Ok(())
    }

    /// Refuses a key that is encrypted for another guest than the halves.
    pub(super) fn check_same_guest(&self, statement: &Statement) -> Result<(), Error> {
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

    /// The dangers that were accepted when the certificate became a [`VerifiedCertificate`].
    pub(super) fn accepted(&self, at: Timestamp) -> Vec<Accepted> {
        let Some(guest) = &self.guest else { return Vec::new() };
        let end = guest.facts().not_after;
        let expired = guest.facts().validity().has_ended(at).then(|| {
            let text =
                format!("the auditor key is encrypted under a certificate that expired on {}", day(end));
            Accepted::new(Danger::Other, &text, "--danger-accept-expired-certificate")
        });
        let foreign = guest.foreign().map(|why| {
            let text =
                format!("the auditor key is encrypted under another certificate than an image's: {why}");
            Accepted::new(Danger::Other, &text, "--danger-accept-foreign-certificate")
        });
        expired.into_iter().chain(foreign).collect()
    }
}

/// Why the `attestationPublicKey` of a contract is not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its `attestationPublicKey` is of no use to a guest: {0}")]
pub struct UnusableAuditorKey(String);

impl Advice for UnusableAuditorKey {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec!["replace it by the auditor's PEM, or remove it and name the key with `--auditor-key PEM`".into()]
    }
}

/// The auditor key of a contract. If it is encrypted, only the signer states which one it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AuditorKeyRecord {
    /// `sha256:` and the lower-case hex SHA-256 of the key's DER `SubjectPublicKeyInfo`.
    pub fingerprint: String,
    /// Whether only the guest can read it.
    pub encrypted: bool,
}

impl AuditorKeyRecord {
    /// In the form of [`AuditorKeyRecord::found`].
    pub(super) fn shown(&self) -> String {
        let how = if self.encrypted { "encrypted" } else { "plain" };
        format!("{}, {how}", self.fingerprint)
    }

    /// What user data holds in its place. A token may hold any key, and so also the recorded one.
    pub(super) fn found(&self, value: Option<&str>) -> String {
        match value.map(AuditorKeyForm::new) {
            None => "none".to_owned(),
            Some(AuditorKeyForm::Token(_)) => {
                Self { encrypted: true, fingerprint: self.fingerprint.clone() }.shown()
            }
            Some(AuditorKeyForm::Pem(key) | AuditorKeyForm::Base64(key)) => {
                Self { encrypted: false, fingerprint: key.fingerprint().to_owned() }.shown()
            }
            Some(AuditorKeyForm::Unusable(reason)) => reason,
        }
    }
}
