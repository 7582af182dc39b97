//! The signature of an attestation record (contract-format, section 8).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_pki::verifying_key::VerifyingKey;
use findings::text::hex;
use findings::{Advice, Blame};
use openssl::sha::sha256;

/// Longest signature file that is read: base64 of the largest RSA signature is shorter.
pub const LONGEST: usize = 64 << 10;

/// Why a signature is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Refusal {
    #[error("{0} bytes that are no RSA signature, neither raw nor in base64")]
    NotASignature(usize),
    #[error("it was not made with the attestation certificate's key, or it is damaged")]
    OtherKey,
    #[error(
        "it is the signature of another record, or the record was changed: signed is {signed}, and this one is {found}"
    )]
    OtherRecord { signed: String, found: String },
}

impl Advice for Refusal {
    fn blame(&self) -> Blame {
        match self {
            Self::NotASignature(_) => Blame::Input,
            Self::OtherKey | Self::OtherRecord { .. } => Blame::Refusal,
        }
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::NotASignature(_) => {
                "name the file that the guest wrote: `--signature se-signature.bin`".into()
            }
            Self::OtherKey => {
                "take the attestation certificate of the image's own version: `--attestation-certificate CRT`"
                    .into()
            }
            Self::OtherRecord { .. } => {
                "take record and signature from the same boot, byte for byte: `sha256sum se-checksums.txt`"
                    .into()
            }
        }]
    }
}

/// The signed digest: SHA-256 of the record's bytes, in hex.
pub fn digest(record: &[u8]) -> String {
    hex(&sha256(record))
}

/// Verifies RSASSA-PKCS1-v1_5 with SHA-256 over a record's bytes; the signature is raw, or in base64.
pub fn verify(record: &[u8], signature: &[u8], key: &VerifyingKey) -> Result<(), Refusal> {
    let signature = raw(signature).ok_or(Refusal::NotASignature(signature.len()))?;
    let found = sha256(record);
    if key.verifies(&found, &signature) {
        return Ok(());
    }
    let signed = key.signed_digest(&signature).filter(|signed| *signed != found).ok_or(Refusal::OtherKey)?;
    Err(Refusal::OtherRecord { signed: hex(&signed), found: hex(&found) })
}

/// The signature, if the file has the size of one, as it is or decoded.
fn raw(file: &[u8]) -> Option<Vec<u8>> {
    let is_one = |bytes: &[u8]| matches!(bytes.len(), 256 | 384 | 512 | 768 | 1024 | 2048);
    let text: Vec<u8> = file.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    // base64 of a signature may be as long as a larger signature
    let decoded = STANDARD.decode(text).ok().filter(|bytes| is_one(bytes));
    decoded.or_else(|| is_one(file).then(|| file.to_vec()))
}
