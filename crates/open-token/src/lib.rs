//! Opens a token with the private key that it was made for (contract-format, section 2): a section, state 3 back to state
//! 1, or what else travels in that form.
//!
//! ```text
//! token = prefix "." base64(RSA[certificate](password)) "." base64("Salted__" || salt || AES[PBKDF2(password, salt)](section))
//! ```
//!
//! This is the only code of the project that does. Two crates link it: `guest-rehearsal`, whose key is a stand-in for the
//! guest's, and `contract-auditor`, to whom the guest encrypts its attestation record in the same form (section 8).
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::disallowed_methods,
        reason = "tests may fail loudly, and lay out files of their own"
    )
)]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_core::token::Token;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::pkey::Private;
use openssl::rsa::{Padding, RsaRef};
use openssl::symm::{Cipher, Crypter, Mode};
use zeroize::Zeroizing;

/// Rounds of PBKDF2 that `openssl enc -pbkdf2` makes by default.
const ROUNDS: usize = 10_000;

/// Bytes of salt that `openssl enc` draws.
const SALT: usize = 8;

/// Length of a password that was not cut.
pub const PASSWORD_LENGTH: usize = 32;

/// What came out of a token.
pub struct Opened {
    /// The plain text: a section's YAML document, or an attestation record.
    pub text: Zeroizing<String>,
    /// How many bytes of the password the guest's reader used.
    pub password_length: usize,
    /// Whether the password was cut at an LF or NUL (contract-format, section 2, the password trap).
    pub password_cut: bool,
}

/// Why a token does not open.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// One error for a wrong key, a damaged password and a damaged text: newer OpenSSL does not tell them apart.
    #[error("does not open with this key: it was made for another one, or it is damaged")]
    NotOpened,
    /// What came out is no text.
    #[error("opens to bytes that are not UTF-8: it was made for another key, or it is damaged")]
    NotText,
}

/// Opens a token.
pub fn open<K>(key: &RsaRef<Private>, token: &Token<K>) -> Result<Opened, OpenError> {
    let (_, wrapped, third) = token.parts();
    let decode = |part: &str| STANDARD.decode(part).map_err(|_| OpenError::NotOpened);
    let (wrapped, third) = (decode(wrapped)?, decode(third)?);
    let salted = third.strip_prefix(b"Salted__").and_then(|salted| salted.split_at_checked(SALT));
    let (salt, ciphertext) = salted.ok_or(OpenError::NotOpened)?;
    let unwrapped = unwrap_password(key, &wrapped).ok_or(OpenError::NotOpened)?;
    let password = cut(&unwrapped);
    let text = decrypt_text(password, salt, ciphertext)?;
    Ok(Opened { text, password_length: password.len(), password_cut: password.len() < unwrapped.len() })
}

/// RSA PKCS#1 v1.5. OpenSSL 3.2 and later answer a wrong key with random bytes, so that success proves nothing.
fn unwrap_password(key: &RsaRef<Private>, wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut password = Zeroizing::new(vec![0; key.size() as usize]);
    let length = key.private_decrypt(wrapped, &mut password, Padding::PKCS1).ok()?;
    password.truncate(length);
    Some(password)
}

/// The part of a password that a reader of lines sees: up to the first LF or NUL.
fn cut(password: &[u8]) -> &[u8] {
    let end = password.iter().position(|byte| matches!(byte, b'\n' | 0));
    password.split_at(end.unwrap_or(password.len())).0
}

fn decrypt_text(password: &[u8], salt: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<String>, OpenError> {
    let mut derived = Zeroizing::new([0; 48]);
    pbkdf2_hmac(password, salt, ROUNDS, MessageDigest::sha256(), &mut *derived)
        .map_err(|_| OpenError::NotOpened)?;
    let (key, iv) = derived.split_at(32);
    let mut text = Zeroizing::new(vec![0; ciphertext.len() + Cipher::aes_256_cbc().block_size()]);
    let length = decrypt_into(&mut text, key, iv, ciphertext).map_err(|_| OpenError::NotOpened)?;
    text.truncate(length);
    match String::from_utf8(std::mem::take(&mut *text)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(OpenError::NotText)
        }
    }
}

/// What a wrong key leaves in the buffer is wiped with it.
fn decrypt_into(text: &mut [u8], key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Result<usize, ErrorStack> {
    let mut cipher = Crypter::new(Cipher::aes_256_cbc(), Mode::Decrypt, key, Some(iv))?;
    let length = cipher.update(ciphertext, text)?;
    Ok(length + cipher.finalize(text.split_at_mut(length).1)?)
}

#[cfg(test)]
mod tests;
