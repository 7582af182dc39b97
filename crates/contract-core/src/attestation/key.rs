//! The contract auditor's private key, to whose public half the guest encrypts its record (contract-format, section 8).

use std::ops::Deref;

use openssl::pkey::Private;
use openssl::rsa::Rsa;
use zeroize::Zeroizing;

use crate::private_key::{Error, PrivateKey, Purpose};

/// An RSA private key that opens attestation records. Nothing here opens any: see the crate `open-token`.
#[derive(Debug)]
pub struct AttestationKey(PrivateKey);

impl AttestationKey {
    /// Makes a key of [`BITS`](crate::private_key::BITS) bits; takes a second or several.
    pub fn generate() -> Result<Self, Error> {
        PrivateKey::generate(Purpose::Attestation).map(Self)
    }

    /// Reads PKCS#8 or PKCS#1, protected or not; `passphrase` is asked only if it is needed.
    pub fn parse(
        pem: &str,
        passphrase: &mut dyn FnMut() -> Result<Zeroizing<Vec<u8>>, String>,
    ) -> Result<Self, Error> {
        PrivateKey::parse(pem, Purpose::Attestation, passphrase).map(Self)
    }

    /// For whoever opens a record with it.
    pub fn rsa(&self) -> Result<Rsa<Private>, Error> {
        self.key().rsa().map_err(|_| Error::Openssl("use the key"))
    }
}

impl Deref for AttestationKey {
    type Target = PrivateKey;

    fn deref(&self) -> &PrivateKey {
        &self.0
    }
}
