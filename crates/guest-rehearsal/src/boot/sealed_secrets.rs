//! Opens sealed secrets with the keys of the sections, as the guest does for its containers (docs/format/sealed-secret.md).
//!
//! No source states what a guest shows if one does not open.

use contract_core::kind::SectionName;
use contract_core::sealed_secret::{KEY_LENGTH, SealedSecret, TAG_LENGTH};
use contract_pki::verifying_key::VerifyingKey;
use contract_section::SealedSecretKeys;
use findings::text::hex;
use openssl::pkey::Private;
use openssl::rsa::{Padding, Rsa};
use openssl::sha::sha256;
use openssl::symm::{Cipher, decrypt_aead};
use zeroize::Zeroizing;

use crate::keys::unencrypted;
use crate::report::{Halt, Log};

const STEP: &str = "secrets";

/// A sealed secret that a container would get.
pub struct GivenSecret {
    /// Its file.
    pub name: String,
    /// Its content.
    pub secret: SealedSecret,
}

/// The keys of both sections.
pub(crate) struct Keys<'a> {
    /// Of the workload section.
    pub workload: Option<&'a SealedSecretKeys>,
    /// Of the env section.
    pub env: Option<&'a SealedSecretKeys>,
}

impl Keys<'_> {
    fn of(&self, section: SectionName) -> Option<&SealedSecretKeys> {
        match section {
            SectionName::Workload => self.workload,
            SectionName::Env => self.env,
        }
    }
}

/// Verifies and opens each, and reports its size and digest.
pub(crate) fn open(log: &mut Log, keys: &Keys<'_>, given: &[GivenSecret]) -> Result<(), Halt> {
    if given.is_empty() && (keys.workload.is_some() || keys.env.is_some()) {
        log.skipped(
            STEP,
            "there are keys for sealed secrets, and no secret was given: add `--sealed-secret FILE`",
        );
    }
    for GivenSecret { name, secret } in given {
        let section = secret.section;
        let author = section.author();
        let refused = |log: &mut Log, what: &str| {
            let hint = format!("seal it with the keys in the section: `{author} sealed-secret seal`");
            log.refused(STEP, None, format!("`{name}`, for the {section} section: {what}"), &hint)
        };
        let Some(keys) = keys.of(section) else {
            return Err(refused(log, "the section has no keys for sealed secrets"));
        };
        match unseal(secret, keys) {
            Ok(value) => {
                let (bytes, sha256) = (value.len(), hex(&sha256(&value)));
                log.ok(
                    STEP,
                    format!(
                        "`{name}`, for the {section} section: signed, opens to {bytes} bytes, sha256 {sha256}"
                    ),
                );
            }
            Err(what) => return Err(refused(log, what)),
        }
    }
    Ok(())
}

fn unseal(secret: &SealedSecret, keys: &SealedSecretKeys) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let verifies = VerifyingKey::parse(&keys.verification_key).is_ok_and(|key| secret.verifies(&key));
    if !verifies {
        return Err("its signature does not verify with `verificationKey`");
    }
    let rsa = unencrypted(keys.decryption_key.expose().as_bytes()).and_then(|key| key.rsa().ok());
    let value = rsa.and_then(|rsa| decrypt(secret, &rsa));
    value.ok_or("it does not open with `decryptionKey`")
}

/// RSA PKCS#1 v1.5, then AES-256-GCM. With a wrong RSA key, OpenSSL 3.2 and later return random bytes: then the tag is wrong.
fn decrypt(secret: &SealedSecret, rsa: &Rsa<Private>) -> Option<Zeroizing<Vec<u8>>> {
    let mut key = Zeroizing::new(vec![0; rsa.size() as usize]);
    let length = rsa.private_decrypt(&secret.encrypted_key, &mut key, Padding::PKCS1).ok()?;
    let key = key.get(..length).filter(|key| key.len() == KEY_LENGTH)?;
    let ciphertext_length = secret.encrypted_data.len().checked_sub(TAG_LENGTH)?;
    let (ciphertext, tag) = secret.encrypted_data.split_at_checked(ciphertext_length)?;
    decrypt_aead(Cipher::aes_256_gcm(), key, Some(&secret.iv), &[], ciphertext, tag).ok().map(Zeroizing::new)
}
