//! What the running guest says of itself, signed with the image's attestation key (contract-format, section 8).
//!
//! ```text
//! se-checksums.txt      the record, where the contract has no `attestationPublicKey`
//! se-checksums.txt.enc  the record in a token under that key, where it has one
//! se-signature.bin      RSA[attestation key](SHA-256(record)): over the plain text in both cases
//! ```

use contract_core::attestation::AttestationRecord;
use contract_core::platform::Prefix;
use contract_core::random::Randomness;
use contract_core::token::{Recipient, SealError, seal};
use contract_core::user_data::{Form, UserDataFacts};
use findings::{Advice, Blame};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Rsa, RsaRef};
use openssl::sign::Signer;
use openssl::x509::X509;
use zeroize::Zeroizing;

use crate::guest_key::{self, GuestKeyError, KEY_BITS};
use crate::report::BootReport;

/// The name of a record that anybody may read.
pub const PLAIN: &str = "se-checksums.txt";

/// The name of a record that the auditor alone can read.
pub const ENCRYPTED: &str = "se-checksums.txt.enc";

/// The name of its signature.
pub const SIGNATURE: &str = "se-signature.bin";

/// A stand-in for the image's attestation key.
pub struct AttestationKey(Rsa<Private>);

impl AttestationKey {
    /// Draws a key of [`KEY_BITS`]. Takes seconds.
    pub fn generate() -> Result<Self, GuestKeyError> {
        Ok(Self(Rsa::generate(KEY_BITS)?))
    }

    /// Reads an unencrypted PEM: PKCS#8 or PKCS#1.
    pub fn from_pem(pem: &[u8]) -> Result<Self, GuestKeyError> {
        guest_key::read(pem).map(Self)
    }

    /// The key at rest: PKCS#8, unencrypted, as the guest's own.
    pub fn to_pem(&self) -> Result<Zeroizing<Vec<u8>>, GuestKeyError> {
        guest_key::at_rest(&self.0)
    }

    /// Whether a certificate in PEM form is about this key.
    pub fn is_certified_by(&self, pem: &[u8]) -> Result<bool, GuestKeyError> {
        let public =
            X509::from_pem(pem).and_then(|it| it.public_key()).map_err(|_| GuestKeyError::NotACertificate)?;
        Ok(PKey::from_rsa(self.0.clone())?.public_eq(&public))
    }

    /// What a certificate is made for.
    pub(crate) fn rsa(&self) -> &RsaRef<Private> {
        &self.0
    }

    fn sign(&self, text: &str) -> Result<Vec<u8>, ErrorStack> {
        let key = PKey::from_rsa(self.0.clone())?;
        Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(text.as_bytes())
    }
}

/// Why there is no record.
#[derive(Debug, thiserror::Error)]
pub enum AttestError {
    /// OpenSSL refused to sign.
    #[error("OpenSSL could not sign")]
    Sign(#[from] ErrorStack),
    /// It could not be encrypted.
    #[error(transparent)]
    Encrypt(#[from] SealError),
}

impl Advice for AttestError {
    fn blame(&self) -> Blame {
        Blame::Machine
    }

    fn hints(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What the guest writes: each file's name and content.
pub struct Attested {
    /// [`PLAIN`] or [`ENCRYPTED`].
    pub record: (&'static str, Vec<u8>),
    /// [`SIGNATURE`].
    pub signature: (&'static str, Vec<u8>),
}

impl Attested {
    /// The record of a boot. A token has the prefix of the contract's own; which one a contract of plain sections gets,
    /// no source says.
    pub fn of(
        report: &BootReport,
        key: &AttestationKey,
        randomness: &mut dyn Randomness,
    ) -> Result<Self, AttestError> {
        let lines = report.attestation.iter().map(|digest| (digest.name, digest.sha256.clone()));
        let text = lines.collect::<AttestationRecord>().to_string();
        let signature = (SIGNATURE, key.sign(&text)?);
        let record = match &report.attestation_key {
            None => (PLAIN, text.into_bytes()),
            Some(auditor) => {
                let prefix = report.user_data.as_ref().map_or(Prefix::HyperProtectBasic, prefix);
                (ENCRYPTED, seal(&text, Recipient::Auditor(auditor), prefix, randomness)?.into_bytes())
            }
        };
        Ok(Self { record, signature })
    }
}

fn prefix(facts: &UserDataFacts) -> Prefix {
    let of = |form: &Form| match form {
        Form::Token(token) => Some(token.prefix),
        Form::Plain => None,
    };
    of(&facts.workload.form).or(of(&facts.env.form)).unwrap_or(Prefix::HyperProtectBasic)
}
