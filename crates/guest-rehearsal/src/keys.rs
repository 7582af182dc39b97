//! Stand-ins for the private keys of a guest image, and how keys and certificates are read from PEM.
//!
//! The image's private keys exist only inside the guest (contract-format, section 1). A rehearsal makes keys of the same
//! kind, and certificates that replace the image's ([`crate::certificates`]).

use std::fmt::Write as _;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use findings::{Advice, Blame};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Rsa, RsaRef};
use openssl::x509::X509;
use zeroize::Zeroizing;

/// Size of the key of every known encryption certificate (contract-format, section 2).
pub const KEY_BITS: u32 = 4096;

/// A private key of the image. Only `keygen` writes it; nothing prints it.
pub struct ImageKey<Use> {
    rsa: Rsa<Private>,
    used_for: PhantomData<Use>,
}

/// Marks a [`GuestKey`].
pub enum OpensTokens {}

/// Marks an [`ImageAttestationKey`].
pub enum SignsRecords {}

/// The private key that opens tokens.
pub type GuestKey = ImageKey<OpensTokens>;

/// The private key that signs attestation records.
pub type ImageAttestationKey = ImageKey<SignsRecords>;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file is not a private key, or it needs a passphrase.
    #[error("not an unencrypted RSA private key in PEM form")]
    NotAKey,
    /// The file next to the key is not a certificate.
    #[error("not a certificate in PEM form")]
    NotACertificate,
    /// OpenSSL could not make a key or certificate.
    #[error("OpenSSL cannot make the guest's keys")]
    Openssl(#[from] ErrorStack),
}

impl Advice for KeyError {
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

impl<Use> ImageKey<Use> {
    /// Generates a key of [`KEY_BITS`]. This takes seconds.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self { rsa: Rsa::generate(KEY_BITS)?, used_for: PhantomData })
    }

    /// Reads an unencrypted PEM: PKCS#8 or PKCS#1.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        let rsa = unencrypted(pem).and_then(|key| key.rsa().ok()).ok_or(KeyError::NotAKey)?;
        Ok(Self { rsa, used_for: PhantomData })
    }

    /// PKCS#8 in PEM, unencrypted: anyone who has this file can act as the guest.
    pub fn to_pem(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        Ok(Zeroizing::new(self.key()?.private_key_to_pem_pkcs8()?))
    }

    /// Whether a certificate in PEM form is for this key.
    pub fn is_certified_by(&self, pem: &[u8]) -> Result<bool, KeyError> {
        let public =
            X509::from_pem(pem).and_then(|it| it.public_key()).map_err(|_| KeyError::NotACertificate)?;
        Ok(self.key()?.public_eq(&public))
    }

    pub(crate) fn key(&self) -> Result<PKey<Private>, ErrorStack> {
        PKey::from_rsa(self.rsa.clone())
    }

    pub(crate) fn rsa(&self) -> &RsaRef<Private> {
        &self.rsa
    }
}

/// The certificates of a field, in the forms that the section's reader takes.
pub(crate) fn certificates(text: &str) -> Option<Vec<X509>> {
    let bytes = pem_or_der(text)?;
    if is_pem(&bytes) {
        return X509::stack_from_pem(&bytes).ok();
    }
    X509::from_der(&bytes).ok().map(|certificate| vec![certificate])
}

/// The private key of a field, in the forms that the section's reader takes.
pub(crate) fn private_key(text: &str) -> Option<PKey<Private>> {
    let bytes = pem_or_der(text)?;
    if is_pem(&bytes) { unencrypted(&bytes) } else { PKey::private_key_from_der(&bytes).ok() }
}

/// A PEM unchanged; anything else decoded from base64.
fn pem_or_der(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if is_pem(text.as_bytes()) {
        return Some(Zeroizing::new(text.as_bytes().to_vec()));
    }
    let mut joined = Zeroizing::new(String::with_capacity(text.len()));
    joined.extend(text.split_ascii_whitespace());
    STANDARD.decode(joined.as_bytes()).ok().map(Zeroizing::new)
}

/// A private key without a passphrase.
pub(crate) fn unencrypted(pem: &[u8]) -> Option<PKey<Private>> {
    // without a callback OpenSSL would ask on the terminal
    PKey::private_key_from_pem_callback(pem, |_| Ok(0)).ok()
}

fn is_pem(bytes: &[u8]) -> bool {
    bytes.starts_with(b"-----BEGIN ")
}

/// Lower-case hex of a secret. The capacity is exact, because a string that grows leaves copies behind.
pub(crate) fn secret_hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut hex = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        write!(hex, "{byte:02x}").unwrap_or_else(|_| unreachable!("a string takes every text"));
    }
    hex
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
        assert!(matches!(GuestKey::from_pem(&encrypted), Err(KeyError::NotAKey)));
    }
}
