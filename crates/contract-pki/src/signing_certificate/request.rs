//! A request for a certificate, PKCS#10 (RFC 2986), for a company's authority.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::stack::Stack;
use openssl::x509::X509Req;
use openssl::x509::extension::{BasicConstraints, KeyUsage};

use crate::pem;
use crate::private_key::SigningKey;
use crate::signing_certificate::{Error, Name};
use crate::verifying_key::VerifyingKey;

/// A request with a valid signature: its maker has the private key.
pub struct SigningRequest {
    request: X509Req,
    key: VerifyingKey,
}

impl SigningRequest {
    /// Requests a leaf that may sign; signed over SHA-256.
    pub fn make(key: &SigningKey, subject: &Name) -> Result<Self, Error> {
        let make = || {
            let subject = subject.to_x509()?;
            let mut extensions = Stack::new()?;
            extensions.push(BasicConstraints::new().critical().build()?)?;
            extensions.push(KeyUsage::new().critical().digital_signature().build()?)?;
            let mut request = X509Req::builder()?;
            request.set_version(0)?; // counted from zero: the only one
            request.set_subject_name(&subject)?;
            request.set_pubkey(key.key())?;
            request.add_extensions(&extensions)?;
            request.sign(key.key(), MessageDigest::sha256())?;
            Ok::<_, ErrorStack>(request.build())
        };
        let request = make().map_err(|_| Error::Openssl("make the request"))?;
        Ok(Self { request, key: key.public().clone() })
    }

    /// Reads a request, PEM or DER, and verifies its own signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let request = match X509Req::from_der(bytes) {
            Ok(request) => request,
            Err(_) => from_pem(&String::from_utf8_lossy(bytes))?,
        };
        let key = request.public_key().map_err(|_| Error::RequestDamaged)?;
        if !request.verify(&key).unwrap_or(false) {
            return Err(Error::RequestSignature);
        }
        Ok(Self { key: VerifyingKey::from_key(key).map_err(Error::RequestKey)?, request })
    }

    /// The key to certify.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The requested name, checked by the rules of [`Name`].
    pub fn subject(&self) -> Result<Name, Error> {
        Ok(Name::from_x509(self.request.subject_name())?)
    }

    /// One PEM block.
    pub fn to_pem(&self) -> Result<String, Error> {
        let written = self.request.to_pem().ok().and_then(|pem| String::from_utf8(pem).ok());
        written.ok_or(Error::Openssl("write the request"))
    }
}

fn from_pem(text: &str) -> Result<X509Req, Error> {
    let block = pem::only_block(text)?;
    match block.label.as_str() {
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
            X509Req::from_der(&block.der).map_err(|_| Error::RequestDamaged)
        }
        label => Err(Error::RequestLabel(label.to_owned())),
    }
}
