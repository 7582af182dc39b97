//! The attestation record of a booted guest, signed with the image attestation key (contract-format, section 8).
//!
//! ```text
//! se-checksums.txt      the record, if the contract has no `attestationPublicKey`
//! se-checksums.txt.enc  the record in a token for that key, if it has one
//! se-signature.bin      RSA[image attestation key](SHA-256(record)): over the plain text in both cases
//! ```

use contract_core::attestation::AttestationRecord;
use contract_core::token::{Recipient, SealError, seal};
use contract_core::user_data::{Form, UserDataFacts};
use contract_pki::platform::Prefix;
use contract_pki::random::Randomness;
use findings::{Advice, Blame};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::sign::Signer;

use crate::keys::ImageAttestationKey;
use crate::report::BootReport;

/// File name of a plain record.
pub const PLAIN: &str = "se-checksums.txt";

/// File name of a record that only the auditor can read.
pub const ENCRYPTED: &str = "se-checksums.txt.enc";

/// File name of the signature.
pub const SIGNATURE: &str = "se-signature.bin";

/// Why there is no record.
#[derive(Debug, thiserror::Error)]
pub enum AttestError {
    /// OpenSSL refused to sign.
    #[error("OpenSSL could not sign")]
    Sign(#[from] ErrorStack),
    /// The record could not be encrypted.
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

/// What the guest writes: name and content of each file.
pub struct Attested {
    /// [`PLAIN`] or [`ENCRYPTED`].
    pub record: (&'static str, Vec<u8>),
    /// [`SIGNATURE`].
    pub signature: (&'static str, Vec<u8>),
}

impl Attested {
    /// Makes the record of a boot. Its token has the same prefix as the contract. No source states the prefix for a
    /// contract of plain sections.
    pub fn new(
        report: &BootReport,
        key: &ImageAttestationKey,
        randomness: &mut dyn Randomness,
    ) -> Result<Self, AttestError> {
        let lines = report.attestation.iter().map(|digest| (digest.name, digest.sha256.clone()));
        let text = lines.collect::<AttestationRecord>().to_string();
        let signature = (SIGNATURE, sign(key, &text)?);
        let record = match &report.auditor_key {
            None => (PLAIN, text.into_bytes()),
            Some(auditor) => {
                let prefix = report.user_data.as_ref().map_or(Prefix::HyperProtectBasic, prefix);
                (ENCRYPTED, seal(&text, Recipient::Auditor(auditor), prefix, randomness)?.into_bytes())
            }
        };
        Ok(Self { record, signature })
    }
}

fn sign(key: &ImageAttestationKey, text: &str) -> Result<Vec<u8>, ErrorStack> {
    let key = key.key()?;
    Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(text.as_bytes())
}

fn prefix(facts: &UserDataFacts) -> Prefix {
    let of = |form: &Form| match form {
        Form::Token(token) => Some(token.prefix),
        Form::Plain(_) => None,
    };
    of(&facts.workload.form).or(of(&facts.env.form)).unwrap_or(Prefix::HyperProtectBasic)
}
