//! Opens a token with the private key that it was made for (contract-format, section 2). A token contains a section, or
//! anything else that is encrypted in the same form.
//!
//! ```text
//! token = prefix "." base64(RSA[certificate](password)) "." base64("Salted__" || salt || AES[PBKDF2(password, salt)](section))
//! ```
//!
//! No other code of the project opens tokens. Two crates link it: `guest-rehearsal`, with a stand-in for the guest's key, and
//! `contract-auditor`, for which the guest encrypts its attestation record in the same form (section 8).
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
        reason = "tests may panic, and write files"
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

/// The default rounds of `openssl enc -pbkdf2`.
const ROUNDS: usize = 10_000;

/// Bytes of salt of `openssl enc`.
const SALT: usize = 8;

/// Length of a complete password.
pub const PASSWORD_LENGTH: usize = 32;

/// The content of a token.
pub struct Opened {
    /// The plain text: a section's YAML document, or an attestation record.
    pub text: Zeroizing<String>,
    /// Length of the password that the guest uses, in bytes.
    pub password_length: usize,
    /// Whether it was cut at an LF or NUL (contract-format, section 2, the password trap).
    pub password_cut: bool,
}

/// Why a token does not open.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// A wrong key, a damaged password or a damaged text: new versions of OpenSSL do not distinguish them.
    #[error("does not open with this key: it was made for another one, or it is damaged")]
    NotOpened,
    /// The content is not text.
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

/// RSA PKCS#1 v1.5. With a wrong key, OpenSSL 3.2 and later return random bytes: success proves nothing.
fn unwrap_password(key: &RsaRef<Private>, wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut password = Zeroizing::new(vec![0; key.size() as usize]);
    let length = key.private_decrypt(wrapped, &mut password, Padding::PKCS1).ok()?;
    password.truncate(length);
    Some(password)
}

/// The part of a password that is read as a line: up to the first LF or NUL.
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

/// Decrypts in place, so that the remains of a failure are wiped with the buffer.
fn decrypt_into(text: &mut [u8], key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Result<usize, ErrorStack> {
    let mut cipher = Crypter::new(Cipher::aes_256_cbc(), Mode::Decrypt, key, Some(iv))?;
    let length = cipher.update(ciphertext, text)?;
    Ok(length + cipher.finalize(text.split_at_mut(length).1)?)
}

#[cfg(test)]
mod tests;
