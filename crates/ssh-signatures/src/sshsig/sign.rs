//! Signing. An ECDSA signature takes its random number from OpenSSL's generator; Ed25519 needs none, so that tests can compare
//! its signatures.

use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::hash;
use openssl::sign::Signer;

use crate::ssh_key::KeyType;
use crate::ssh_key::private::PrivateKey;
use crate::ssh_key::wire::{put, put_positive};
use crate::sshsig::{Error, Hash, MAGIC, Namespace, VERSION, armor};

impl PrivateKey {
    /// An armored signature over `message`, as `ssh-keygen -Y sign -n NAMESPACE` makes it.
    pub fn sign(&self, message: &[u8], namespace: Namespace) -> Result<String, Error> {
        self.sealed(message, namespace).map_err(|_| Error::CannotSign)
    }

    fn sealed(&self, message: &[u8], namespace: Namespace) -> Result<String, ErrorStack> {
        // OpenSSH's choice
        let hash = Hash::Sha512;
        let signed = hash.signed(namespace.as_str(), message)?;
        let mut signature = Vec::new();
        put(&mut signature, self.public().kind().name().as_bytes());
        put(&mut signature, &self.signature(&signed)?);
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        for field in
            [self.public().blob(), namespace.as_str().as_bytes(), b"", hash.name().as_bytes(), &signature]
        {
            put(&mut bytes, field);
        }
        Ok(armor::close(&bytes))
    }

    /// Ed25519: 64 bytes; ECDSA: `mpint(r) || mpint(s)`.
    fn signature(&self, signed: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let KeyType::Ecdsa(curve) = self.public().kind() else {
            return Signer::new_without_digest(self.pair())?.sign_oneshot_to_vec(signed);
        };
        let pair = self.pair().ec_key()?;
        let numbers = EcdsaSig::sign(&hash(curve.digest(), signed)?, &pair)?;
        let mut signature = Vec::new();
        put_positive(&mut signature, &numbers.r().to_vec());
        put_positive(&mut signature, &numbers.s().to_vec());
        Ok(signature)
    }
}
