//! State 3 back to state 1: opens a token as the guest would (contract-format, section 2).
//!
//! ```text
//! token = prefix "." base64(RSA[certificate](password)) "." base64("Salted__" || salt || AES[PBKDF2(password, salt)](section))
//! ```
//!
//! This is the only code of the project that does.

use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::symm::{Cipher, decrypt};
use zeroize::Zeroizing;

use crate::guest_key::GuestKey;

/// Rounds of PBKDF2 that `openssl enc -pbkdf2` makes by default.
const ROUNDS: usize = 10_000;

/// Length of a password that was not cut.
pub const PASSWORD_LENGTH: usize = 32;

/// The bytes that a token carries after its prefix.
#[derive(Clone, Copy, Debug)]
pub struct Sealed<'a> {
    /// The password, wrapped under the guest's public key.
    pub wrapped_password: &'a [u8],
    /// The salt of the password's derivation.
    pub salt: &'a [u8],
    /// The section, encrypted.
    pub ciphertext: &'a [u8],
}

/// A section as it came out of its token.
pub struct Opened {
    /// The plain YAML document.
    pub section: Zeroizing<String>,
    /// How many bytes of the password the guest's reader used.
    pub password_length: usize,
    /// Whether the password was cut at an LF or NUL (contract-format, section 2, the password trap).
    pub password_cut: bool,
}

/// Why a token does not open.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// One error for a wrong key, a damaged password and a damaged section: newer OpenSSL does not tell them apart.
    #[error("does not open with this guest key: it was made for another certificate, or it is damaged")]
    NotOpened,
    /// What came out is no text.
    #[error("opens to bytes that are not UTF-8: it was made for another certificate, or it is damaged")]
    NotText,
}

/// Opens a token with the guest's key.
pub fn open(key: &GuestKey, sealed: Sealed<'_>) -> Result<Opened, OpenError> {
    let unwrapped = key.unwrap_password(sealed.wrapped_password).ok_or(OpenError::NotOpened)?;
    let password = cut(&unwrapped);
    let section = decrypt_section(password, sealed.salt, sealed.ciphertext)?;
    Ok(Opened { section, password_length: password.len(), password_cut: password.len() < unwrapped.len() })
}

/// The part of a password that a reader of lines sees: up to the first LF or NUL.
fn cut(password: &[u8]) -> &[u8] {
    password.split(|byte| matches!(byte, b'\n' | 0)).next().unwrap_or_default()
}

fn decrypt_section(password: &[u8], salt: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<String>, OpenError> {
    let mut derived = Zeroizing::new([0; 48]);
    pbkdf2_hmac(password, salt, ROUNDS, MessageDigest::sha256(), &mut *derived)
        .map_err(|_| OpenError::NotOpened)?;
    let (key, iv) = derived.split_at(32);
    let section =
        decrypt(Cipher::aes_256_cbc(), key, Some(iv), ciphertext).map_err(|_| OpenError::NotOpened)?;
    match String::from_utf8(section) {
        Ok(section) => Ok(Zeroizing::new(section)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(OpenError::NotText)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    const SECTION: &str = "type: workload\n";

    fn open_parts(parts: &(Vec<u8>, Vec<u8>)) -> Result<Opened, OpenError> {
        let (wrapped_password, salted) = parts;
        let sealed = Sealed { wrapped_password, salt: &salted[8..16], ciphertext: &salted[16..] };
        open(testing::guest_key(), sealed)
    }

    #[test]
    fn the_test_vector_opens() {
        let ciphertext = testing::unbase64("U2FsdGVkX18AAQIDBAUGBy6uBFG5Sv4wvvc2E0FzT7I=");
        let section =
            decrypt_section(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", &ciphertext[8..16], &ciphertext[16..])
                .unwrap();
        assert_eq!(section.as_str(), SECTION);
    }

    #[test]
    fn a_token_of_the_openssl_command_opens() {
        let opened = open_parts(&testing::seal_with_openssl(&[b'x'; 32], SECTION)).unwrap();
        assert_eq!(opened.section.as_str(), SECTION);
        assert_eq!((opened.password_length, opened.password_cut), (32, false));
    }

    #[test]
    fn a_password_is_cut_where_the_guest_s_reader_cuts_it() {
        // the command that makes the token cuts at LF in the same way: it is the judge of ours
        for (password, length) in [
            (b"\nABCDEFGHIJKLMNOPQRSTUVWXYZ01234".to_vec(), 0),
            (b"ABC\nDEFGHIJKLMNOPQRSTUVWXYZ01234".to_vec(), 3),
            (b"ABCDE\0GHIJKLMNOPQRSTUVWXYZ\n12345".to_vec(), 5),
        ] {
            let opened = open_parts(&testing::seal_with_openssl(&password, SECTION)).unwrap();
            assert_eq!(opened.section.as_str(), SECTION);
            assert_eq!((opened.password_length, opened.password_cut), (length, true));
        }
    }

    #[test]
    fn a_wrong_key_and_a_damaged_token_are_one_error() {
        let sound = testing::seal_with_openssl(&[b'x'; 32], SECTION);
        let mut wrong_key = sound.clone();
        wrong_key.0[100] ^= 1;
        let mut damaged = sound.clone();
        let last = damaged.1.len() - 1;
        damaged.1[last] ^= 1;
        let mut short = sound;
        short.1.truncate(last);
        for parts in [wrong_key, damaged, short] {
            assert!(matches!(open_parts(&parts), Err(OpenError::NotOpened | OpenError::NotText)));
        }
    }
}
