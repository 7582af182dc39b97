//! The certificate of the signing key: it stands in the env section as `signingKey` and gives the contract an end.
//!
//! The guest refuses to boot a contract after the certificate's `notAfter` (contract-format, section 5). Who issues it
//! does not matter to the guest as far as the sources tell: an authority made for this one certificate, one that is there
//! already, or a company's, which gets a request.

mod authority;
mod error;
mod lifetime;
mod name;
mod received;
mod request;

use jiff::Timestamp;
use openssl::nid::Nid;
use openssl::x509::{X509, X509KeyUsage, X509Ref};

use crate::certificate::{CertificateFacts, facts};
use crate::verifying_key::VerifyingKey;
use crate::x509::one_line;
use crate::x509::signature_is_strong;

pub use authority::CertificateAuthority;
pub use error::Error;
pub use lifetime::{BACKDATED, Days};
pub use name::{Name, NameError};
pub use received::received;
pub use request::SigningRequest;

/// A certificate over the signing key: a leaf, which may sign no other certificate.
pub struct SigningCertificate {
    x509: X509,
    facts: CertificateFacts,
}

impl SigningCertificate {
    fn of(x509: X509) -> Result<Self, Error> {
        let read = || facts(&x509, &*x509.public_key()?.rsa()?);
        Ok(Self { facts: read().map_err(|_| Error::Openssl("read the certificate"))?, x509 })
    }

    /// Subject, serial, fingerprint, validity.
    pub fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    /// Who signed it, on one line.
    pub fn issuer(&self) -> String {
        one_line(self.x509.issuer_name())
    }

    /// One PEM block, nothing around it: the form that the contract's schema takes (contract-format, section 5).
    pub fn to_pem(&self) -> Result<String, Error> {
        pem(&self.x509)
    }
}

/// Refuses what gives no contract a life today: what [`check_form`] refuses, a certificate before its time or past it. A
/// bare key has no end, and passes.
pub fn check(key: &VerifyingKey, at: Timestamp) -> Result<(), Error> {
    check_form(key)?;
    match (key.begins(), key.expires()) {
        (Some(begin), _) if at < begin => Err(Error::NotYetValid(begin)),
        (_, Some(end)) if at > end => Err(Error::Expired(end)),
        _ => Ok(()),
    }
}

/// Refuses what is no signing certificate on any day: an authority's, one that is not for signing, one that anybody could
/// have made.
pub fn check_form(key: &VerifyingKey) -> Result<(), Error> {
    if key.is_authority() {
        return Err(Error::Authority(key.subject().unwrap_or_default().to_owned()));
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

/// The hash of its signature, where somebody can find collisions for it. Ed25519 and RSA-PSS name none here.
fn weak_hash(x509: &X509Ref) -> Option<String> {
    let algorithm = x509.signature_algorithm().object();
    let digest = algorithm.nid().signature_algorithms().map(|them| them.digest);
    if digest == Some(Nid::UNDEF) || signature_is_strong(algorithm) {
        return None;
    }
    let name = digest.and_then(|digest| digest.long_name().ok());
    Some(name.map_or_else(|| algorithm.to_string(), str::to_uppercase))
}

/// Refuses the key that exists only inside the guest (contract-format, section 1): its certificate was taken for another.
pub fn is_not_the_guest_s(key_fingerprint: &str, encryption: &CertificateFacts) -> Result<(), Error> {
    if key_fingerprint == encryption.key_fingerprint { Err(Error::GuestsOwn) } else { Ok(()) }
}

fn pem(x509: &X509) -> Result<String, Error> {
    let written = x509.to_pem().ok().and_then(|pem| String::from_utf8(pem).ok());
    written.ok_or(Error::Openssl("write the certificate"))
}
