//! A stand-in for the private key of a guest image.
//!
//! The image's private key exists only inside the guest (contract-format, section 1). Whoever rehearses makes one of the
//! same kind ([`crate::stand_in`]) and hands out its certificate in place of the image's.

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Rsa, RsaRef};
use zeroize::Zeroizing;

use findings::{Advice, Blame};

/// Size of every encryption certificate's key that was seen (contract-format, section 2).
pub const KEY_BITS: u32 = 4096;

/// The private key that opens tokens. Neither printed nor written by anything but `keygen`.
pub struct GuestKey(Rsa<Private>);

/// Why there is no guest key.
#[derive(Debug, thiserror::Error)]
pub enum GuestKeyError {
    /// The file is no private key that can be read without a passphrase.
    #[error("not an unencrypted RSA private key in PEM form")]
    NotAKey,
    /// The file beside the key is no certificate.
    #[error("not a certificate in PEM form")]
    NotACertificate,
    /// OpenSSL could not make the pair.
    #[error("OpenSSL cannot make the guest's keys")]
    Openssl(#[from] ErrorStack),
}

impl Advice for GuestKeyError {
    fn blame(&self) -> Blame {
        match self {
            Self::NotAKey | Self::NotACertificate => Blame::Input,
            Self::Openssl(_) => Blame::Machine,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NotAKey | Self::NotACertificate => {
                vec!["make one with `guest-rehearsal keygen -o guest`".into()]
            }
            Self::Openssl(_) => Vec::new(),
        }
    }
}

impl GuestKey {
    /// Draws a key of [`KEY_BITS`]. Takes seconds.
    pub fn generate() -> Result<Self, GuestKeyError> {
        Ok(Self(Rsa::generate(KEY_BITS)?))
    }

    /// Reads an unencrypted PEM: PKCS#8 or PKCS#1.
    pub fn from_pem(pem: &[u8]) -> Result<Self, GuestKeyError> {
        read(pem).map(Self)
    }

    /// The key at rest: PKCS#8, unencrypted, since whoever holds it is the guest.
    pub fn to_pem(&self) -> Result<Zeroizing<Vec<u8>>, GuestKeyError> {
        at_rest(&self.0)
    }

    /// What opens the guest's tokens.
    pub(crate) fn rsa(&self) -> &RsaRef<Private> {
        &self.0
    }
}

/// An unencrypted RSA key.
pub(crate) fn read(pem: &[u8]) -> Result<Rsa<Private>, GuestKeyError> {
    // without a callback OpenSSL would ask on the terminal
    let key = PKey::private_key_from_pem_callback(pem, |_| Ok(0)).map_err(|_| GuestKeyError::NotAKey)?;
    key.rsa().map_err(|_| GuestKeyError::NotAKey)
}

/// PKCS#8, unencrypted.
pub(crate) fn at_rest(key: &RsaRef<Private>) -> Result<Zeroizing<Vec<u8>>, GuestKeyError> {
    let key = PKey::from_rsa(key.to_owned())?;
    Ok(Zeroizing::new(key.private_key_to_pem_pkcs8()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn openssl_reads_the_key_at_rest() {
        let pem = testing::guest_key().to_pem().unwrap();
        assert!(pem.starts_with(b"-----BEGIN PRIVATE KEY-----\n"));
        let check = testing::openssl(&["pkey", "-noout", "-check"], &pem);
        assert_eq!(check, b"Key is valid\n");
    }

    #[test]
    fn an_encrypted_key_is_refused_without_a_prompt() {
        let pem = testing::guest_key().to_pem().unwrap();
        let encrypted = testing::openssl(&["pkey", "-aes256", "-passout", "pass:secret"], &pem);
        assert!(matches!(GuestKey::from_pem(&encrypted), Err(GuestKeyError::NotAKey)));
    }
}
