//! The certificate of the signing key: it is in the env section as `signingKey` and gives the contract an end.
//!
//! The guest refuses to boot a contract after the certificate's `notAfter` (contract-format, section 5). According to the
//! sources, the issuer does not matter to the guest: it can be an authority made for this one certificate, an existing one,
//! or a company's, which gets a request.

mod authority;
mod days;
mod error;
mod name;
mod request;

use jiff::Timestamp;
use openssl::nid::Nid;
use openssl::x509::{X509, X509KeyUsage, X509Ref};

use crate::certificate::authority::Authority;
use crate::verifying_key::VerifyingKey;
use crate::x509::{CertificateFacts, fingerprint, one_line, signature_is_strong};

pub use authority::CertificateAuthority;
pub use days::{BACKDATED, Days};
pub use error::Error;
pub use name::{Name, NameError};
pub use request::SigningRequest;

/// A certificate over the signing key: a leaf, which may sign no other certificate.
pub struct SigningCertificate {
    x509: X509,
    facts: CertificateFacts,
}

impl SigningCertificate {
    fn new(x509: X509) -> Result<Self, Error> {
        let facts = CertificateFacts::read(&x509).map_err(|_| Error::Openssl("read the certificate"))?;
        Ok(Self { x509, facts })
    }

    /// Subject, serial, fingerprint, validity.
    pub fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    /// The issuer's name on one line.
    pub fn issuer(&self) -> String {
        one_line(self.x509.issuer_name())
    }

    /// One PEM block, nothing around it: the form that the contract's schema takes (contract-format, section 5).
    pub fn to_pem(&self) -> Result<String, Error> {
        pem(&self.x509)
    }
}

/// Refuses a certificate that no contract can use now: what [`check_form`] refuses, and one that is not yet or no longer valid.
/// A bare key has no end, and passes.
pub fn check(key: &VerifyingKey, at: Timestamp) -> Result<(), Error> {
    check_form(key)?;
    key.validity().map_or(Ok(()), |validity| validity.check(at, Error::NotYetValid, Error::Expired))
}

/// Refuses what is no signing certificate on any day: an authority's, one that is not for signing, one with a weak signature.
pub fn check_form(key: &VerifyingKey) -> Result<(), Error> {
    if key.is_authority() {
        return Err(Error::Authority(key.facts().map_or_else(String::new, |facts| facts.subject.clone())));
    }
    let Some(x509) = key.certificate() else { return Ok(()) };
    if x509.key_usage().is_some_and(|usage| !usage.contains(X509KeyUsage::DIGITAL_SIGNATURE)) {
        return Err(Error::NoDigitalSignature);
    }
    if let Some(hash) = weak_hash(x509) {
        return Err(Error::WeakHash(hash));
    }
    Ok(())
}

/// The hash of its signature, if collisions are known for it. OpenSSL names none for Ed25519 and RSA-PSS.
fn weak_hash(x509: &X509Ref) -> Option<String> {
    let algorithm = x509.signature_algorithm().object();
    let digest = algorithm.nid().signature_algorithms().map(|them| them.digest);
    if digest == Some(Nid::UNDEF) || signature_is_strong(algorithm) {
        return None;
    }
    let name = digest.and_then(|digest| digest.long_name().ok());
    Some(name.map_or_else(|| algorithm.to_string(), str::to_uppercase))
}

/// Refuses the key that exists only inside the guest (contract-format, section 1): somebody confused two certificates.
pub fn check_not_guest_key(key_fingerprint: &str, encryption: &CertificateFacts) -> Result<(), Error> {
    if key_fingerprint == encryption.key_fingerprint { Err(Error::GuestsOwn) } else { Ok(()) }
}

const PKCS7: &[u8] = b"-----BEGIN PKCS7-----";

/// Finds the certificate for `key` in a company authority's answer: PEM or DER, with its chain or with text around it. Refuses
/// what [`check`] refuses. `key_name` is the key's name in messages.
pub fn received(
    bytes: &[u8],
    key: &VerifyingKey,
    key_name: &str,
    at: Timestamp,
) -> Result<SigningCertificate, Error> {
    if bytes.windows(PKCS7.len()).any(|window| window == PKCS7) {
        return Err(Error::Pkcs7);
    }
    let all: Vec<X509> = Authority::parse_all(bytes)?.into_iter().map(|it| it.0).collect();
    let is_ours = |x509: &&X509| x509.public_key().is_ok_and(|its| its.public_eq(key.key()));
    let ours: Vec<&X509> = all.iter().filter(is_ours).collect();
    let leaf = match ours.as_slice() {
        [leaf] => *leaf,
        [] => {
            let first = all.first().ok_or(Error::SeveralLeaves(0))?;
            return Err(Error::OtherKey {
                found: fingerprint(first).map_err(|_| Error::Openssl("read the certificate's key"))?,
                other: key_name.to_owned(),
                expected: key.fingerprint().to_owned(),
            });
        }
        several => return Err(Error::SeveralLeaves(several.len())),
    };
    check(&VerifyingKey::from_certificate(leaf).map_err(Error::LeafKey)?, at)?;
    SigningCertificate::new(leaf.clone())
}

fn pem(x509: &X509) -> Result<String, Error> {
    let written = x509.to_pem().ok().and_then(|pem| String::from_utf8(pem).ok());
    written.ok_or(Error::Openssl("write the certificate"))
}
