//! A stand-in for the key pair of a guest image.
//!
//! The image's private key exists only inside the guest (contract-format, section 1). Whoever rehearses makes a
//! pair of the same kind and hands out its certificate in place of the image's.

use jiff::Timestamp;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Rsa, RsaRef};
use openssl::x509::{X509, X509Name};
use zeroize::Zeroizing;

use contract_core::advice::{Advice, Blame};

/// Size of every encryption certificate's key that was seen (contract-format, section 2).
pub const KEY_BITS: u32 = 4096;

/// Encryption certificates are valid for one year (contract-format, section 9).
const DAYS: i64 = 365;

/// The private key that opens tokens. Neither printed nor written by anything but `keygen`.
pub struct GuestKey(Rsa<Private>);

/// Why there is no guest key.
#[derive(Debug, thiserror::Error)]
pub enum GuestKeyError {
    /// The file is no private key that can be read without a passphrase.
    #[error("not an unencrypted RSA private key in PEM form")]
    NotAKey,
    /// OpenSSL could not make the pair.
    #[error("cannot make the guest's key pair")]
    Openssl(#[from] ErrorStack),
}

impl Advice for GuestKeyError {
    fn blame(&self) -> Blame {
        match self {
            Self::NotAKey => Blame::Input,
            Self::Openssl(_) => Blame::Machine,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NotAKey => vec!["make one with `guest-rehearsal keygen -o guest`".into()],
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
        // without a callback OpenSSL would ask on the terminal
        let key = PKey::private_key_from_pem_callback(pem, |_| Ok(0)).map_err(|_| GuestKeyError::NotAKey)?;
        key.rsa().map(Self).map_err(|_| GuestKeyError::NotAKey)
    }

    /// The key at rest: PKCS#8, unencrypted, since whoever holds it is the guest.
    pub fn to_pem(&self) -> Result<Zeroizing<Vec<u8>>, GuestKeyError> {
        let key = PKey::from_rsa(self.0.clone())?;
        Ok(Zeroizing::new(key.private_key_to_pem_pkcs8()?))
    }

    /// The encryption certificate: like IBM's, it carries neither `KeyUsage` nor `BasicConstraints` and is signed
    /// with RSA and SHA-512 (contract-format, section 9). Unlike IBM's, it signs itself and says what it is.
    pub fn certificate(&self, from: Timestamp) -> Result<Vec<u8>, GuestKeyError> {
        let key = PKey::from_rsa(self.0.clone())?;
        let name = name("guest-rehearsal", "encryption certificate of a rehearsal, not of a guest image")?;
        let mut certificate = X509::builder()?;
        certificate.set_version(2)?; // counted from zero: X.509 v3
        certificate.set_serial_number(serial_number()?.as_ref())?;
        certificate.set_subject_name(&name)?;
        certificate.set_issuer_name(&name)?;
        certificate.set_not_before(Asn1Time::from_unix(from.as_second())?.as_ref())?;
        certificate.set_not_after(Asn1Time::from_unix(from.as_second() + DAYS * 86_400)?.as_ref())?;
        certificate.set_pubkey(&key)?;
        certificate.sign(&key, MessageDigest::sha512())?;
        Ok(certificate.build().to_pem()?)
    }

    /// What opens the guest's tokens.
    pub(crate) fn rsa(&self) -> &RsaRef<Private> {
        &self.0
    }
}

/// A name of two parts, as the certificates of a rehearsal bear it.
pub(crate) fn name(organization: &str, common_name: &str) -> Result<X509Name, ErrorStack> {
    let mut name = X509Name::builder()?;
    name.append_entry_by_text("O", organization)?;
    name.append_entry_by_text("CN", common_name)?;
    Ok(name.build())
}

/// 159 random bits, since certificates of one issuer must not share a serial number, nor exceed 20 bytes.
pub(crate) fn serial_number() -> Result<Asn1Integer, ErrorStack> {
    let mut serial = BigNum::new()?;
    serial.rand(159, MsbOption::MAYBE_ZERO, false)?;
    serial.to_asn1_integer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn the_certificate_looks_like_the_image_s() {
        let from = Timestamp::from_second(1_790_000_000).unwrap();
        let certificate = testing::guest_key().certificate(from).unwrap();
        let text = testing::openssl(&["x509", "-noout", "-text"], &certificate);
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("Signature Algorithm: sha512WithRSAEncryption"), "{text}");
        assert!(text.contains("not of a guest image"), "{text}");
        assert!(!text.contains("X509v3 extensions"), "{text}");
        let dates = testing::openssl(&["x509", "-noout", "-dates"], &certificate);
        let dates = String::from_utf8(dates).unwrap();
        assert_eq!(dates, "notBefore=Sep 21 14:13:20 2026 GMT\nnotAfter=Sep 21 14:13:20 2027 GMT\n");
    }

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
