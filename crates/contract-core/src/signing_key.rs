//! The contract signer's private key (contract-format, section 5).

use std::ops::Deref;

use openssl::md::Md;
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use zeroize::Zeroizing;

use crate::private_key::{PrivateKey, Purpose};

pub use crate::private_key::{BITS, Error};

/// An RSA private key that signs contracts.
#[derive(Debug)]
pub struct SigningKey(PrivateKey);

impl SigningKey {
    /// Makes a key of [`BITS`] bits; takes a second or several.
    pub fn generate() -> Result<Self, Error> {
        PrivateKey::generate(Purpose::Signing).map(Self)
    }

    /// Reads PKCS#8 or PKCS#1, protected or not; `passphrase` is asked only if it is needed.
    pub fn parse(
        pem: &str,
        passphrase: &mut dyn FnMut() -> Result<Zeroizing<Vec<u8>>, String>,
    ) -> Result<Self, Error> {
        PrivateKey::parse(pem, Purpose::Signing, passphrase).map(Self)
    }

    /// RSASSA-PKCS1-v1_5 over a SHA-256 digest (contract-format, section 5).
    pub fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>, Error> {
        let sign = || {
            let mut context = PkeyCtx::new(self.key())?;
            context.sign_init()?;
            context.set_rsa_padding(Padding::PKCS1)?;
            context.set_signature_md(Md::sha256())?;
            let mut signature = Vec::new();
            context.sign_to_vec(digest, &mut signature)?;
            Ok::<_, openssl::error::ErrorStack>(signature)
        };
        sign().map_err(|_| Error::Openssl("sign"))
    }
}

impl Deref for SigningKey {
    type Target = PrivateKey;

    fn deref(&self) -> &PrivateKey {
        &self.0
    }
}
