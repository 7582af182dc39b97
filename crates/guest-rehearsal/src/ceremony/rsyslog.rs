//! The certificates of syslog over TLS: one authority, the syslog server, the guest as its client.
//!
//! Client and server must have the same authority, and the server's name stands in its subject alternative name:
//! <https://cloud.ibm.com/docs/vpc?topic=vpc-logging-for-hyper-protect-virtual-servers-for-vpc>.

use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder};
use zeroize::Zeroizing;

use crate::stand_in::{self, name};

/// Enough for a rehearsal, and made in a moment.
const KEY_BITS: u32 = 3072;
const DAYS: i64 = 365;

/// A file of the folder `rsyslog`.
pub struct File {
    /// Its name there.
    pub name: &'static str,
    /// Its content.
    pub pem: Zeroizing<Vec<u8>>,
    /// Whether only its owner may read it.
    pub secret: bool,
}

/// A fresh set for a syslog server of this name.
pub fn files(hostname: &str, from: Timestamp) -> Result<[File; 6], ErrorStack> {
    let authority = Pair::authority(from)?;
    let server = authority.server(hostname, from)?;
    let client = authority.client(from)?;
    let public = |name, pem| File { name, pem: Zeroizing::new(pem), secret: false };
    let secret = |name, pem| File { name, pem, secret: true };
    Ok([
        public("ca.crt", authority.certificate_pem()?),
        secret("ca-key.pem", authority.key_pem()?),
        public("server.crt", server.certificate_pem()?),
        secret("server-key.pem", server.key_pem()?),
        public("client.crt", client.certificate_pem()?),
        secret("client-key.pem", client.key_pem_pkcs1()?),
    ])
}

/// A certificate with its private key.
struct Pair {
    key: PKey<Private>,
    certificate: X509,
}

impl Pair {
    /// An authority that signs itself and may sign nothing but leaves.
    fn authority(from: Timestamp) -> Result<Self, ErrorStack> {
        let (key, mut builder) = begin("ca.paynow.example", from)?;
        builder.set_issuer_name(name(ORGANIZATION, "ca.paynow.example")?.as_ref())?;
        let key_identifier = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
        builder.append_extension(BasicConstraints::new().critical().ca().pathlen(0).build()?)?;
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
        builder.append_extension(key_identifier)?;
        builder.sign(&key, MessageDigest::sha256())?;
        Ok(Self { key, certificate: builder.build() })
    }

    /// The syslog server's pair, for the host name that the env section names.
    fn server(&self, hostname: &str, from: Timestamp) -> Result<Self, ErrorStack> {
        let mut alternative = SubjectAlternativeName::new();
        match hostname.parse::<std::net::IpAddr>() {
            Ok(_) => alternative.ip(hostname),
            Err(_) => alternative.dns(hostname),
        };
        self.issue(hostname, ExtendedKeyUsage::new().server_auth(), Some(&alternative), from)
    }

    /// The guest's pair towards the syslog server.
    fn client(&self, from: Timestamp) -> Result<Self, ErrorStack> {
        self.issue("guest.paynow.example", ExtendedKeyUsage::new().client_auth(), None, from)
    }

    /// The certificate as PEM.
    fn certificate_pem(&self) -> Result<Vec<u8>, ErrorStack> {
        self.certificate.to_pem()
    }

    /// The key as PKCS#8.
    fn key_pem(&self) -> Result<Zeroizing<Vec<u8>>, ErrorStack> {
        self.key.private_key_to_pem_pkcs8().map(Zeroizing::new)
    }

    /// The key as `openssl genrsa` of old leaves it, PKCS#1, which the guest does not read: `!file` converts it.
    fn key_pem_pkcs1(&self) -> Result<Zeroizing<Vec<u8>>, ErrorStack> {
        self.key.rsa()?.private_key_to_pem().map(Zeroizing::new)
    }

    fn issue(
        &self,
        common_name: &str,
        purpose: &ExtendedKeyUsage,
        alternative: Option<&SubjectAlternativeName>,
        from: Timestamp,
    ) -> Result<Self, ErrorStack> {
        let (key, mut builder) = begin(common_name, from)?;
        builder.set_issuer_name(self.certificate.subject_name())?;
        builder.append_extension(BasicConstraints::new().critical().build()?)?;
        builder
            .append_extension(KeyUsage::new().critical().digital_signature().key_encipherment().build()?)?;
        builder.append_extension(purpose.build()?)?;
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let mut identifiers = vec![
            SubjectKeyIdentifier::new().build(&context)?,
            AuthorityKeyIdentifier::new().keyid(true).build(&context)?,
        ];
        if let Some(alternative) = alternative {
            identifiers.push(alternative.build(&context)?);
        }
        for extension in identifiers {
            builder.append_extension(extension)?;
        }
        builder.sign(&self.key, MessageDigest::sha256())?;
        Ok(Self { key, certificate: builder.build() })
    }
}

const ORGANIZATION: &str = "PayNow rehearsal";

/// What every certificate has: a fresh key, a name, a year.
fn begin(common_name: &str, from: Timestamp) -> Result<(PKey<Private>, X509Builder), ErrorStack> {
    let key = PKey::from_rsa(Rsa::generate(KEY_BITS)?)?;
    let builder = stand_in::begin(name(ORGANIZATION, common_name)?.as_ref(), &key, (from, DAYS))?;
    Ok((key, builder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn openssl_accepts_both_leaves_for_their_purpose_and_name() {
        let now = Timestamp::now();
        let authority = Pair::authority(now).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.crt");
        fs_err::write(&ca, authority.certificate_pem().unwrap()).unwrap();
        let ca = ca.to_str().unwrap();
        let server = authority.server("rsyslog.paynow.example", now).unwrap().certificate_pem().unwrap();
        let client = authority.client(now).unwrap().certificate_pem().unwrap();
        let strict = ["verify", "-x509_strict", "-CAfile", ca, "-purpose"];
        testing::openssl(
            &[&strict[..], &["sslserver", "-verify_hostname", "rsyslog.paynow.example"]].concat(),
            &server,
        );
        testing::openssl(&[&strict[..], &["sslclient"]].concat(), &client);
    }

    #[test]
    fn the_client_key_is_what_the_guest_would_not_read() {
        let pair = Pair::authority(Timestamp::now()).unwrap();
        assert!(pair.key_pem_pkcs1().unwrap().starts_with(b"-----BEGIN RSA PRIVATE KEY-----\n"));
        assert!(pair.key_pem().unwrap().starts_with(b"-----BEGIN PRIVATE KEY-----\n"));
    }
}
