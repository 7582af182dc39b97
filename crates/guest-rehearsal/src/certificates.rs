//! Makes the certificates of a rehearsal: those of a guest image, and those of syslog over TLS.
//!
//! ```text
//! root                          signs itself, may sign others            authority     of syslog, signs itself
//! └ intermediate                for signing code, not an authority       ├ server      the syslog server's
//!   ├ encryption certificate    for the guest's key                      └ client      the guest's
//!   └ attestation certificate   for the key that signs attestation records
//! ```
//!
//! The image's chain is one certificate shorter than the real one (contract-format, section 9), and names no revocation list,
//! because nobody would publish it. Syslog's server and client must have the same authority, and the server's name must be
//! in its subject alternative name: <https://cloud.ibm.com/docs/vpc?topic=vpc-logging-for-hyper-protect-virtual-servers-for-vpc>.

use std::io;
use std::thread::{self, Builder, ScopedJoinHandle};

use cli_kit::output::Visibility;
use jiff::Timestamp;
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Extension, X509Name, X509v3Context};
use zeroize::Zeroizing;

use crate::keys::{GuestKey, ImageAttestationKey, KeyError};

/// Certificates of an image are valid for one year (contract-format, section 9); those of syslog too.
const DAYS: i64 = 365;

/// An authority must outlive what it signs.
const DAYS_OF_AUTHORITIES: i64 = 3650;

/// For all keys except the image's: enough for a rehearsal, and fast to make.
const BITS: u32 = 3072;

/// A certificate with its private key, which may sign others.
pub(crate) struct Pair {
    key: PKey<Private>,
    certificate: X509,
}

/// A certificate without its key and issuer.
pub(crate) struct Draft<'a> {
    /// O and CN.
    pub subject: (&'a str, &'a str),
    pub from: Timestamp,
    pub days: i64,
    pub digest: MessageDigest,
}

type Extensions = Vec<X509Extension>;

impl Pair {
    /// Issues a certificate for a key. Without an issuer, it signs itself.
    pub(crate) fn issue(
        draft: &Draft<'_>,
        key: PKey<Private>,
        issuer: Option<&Self>,
        extensions: impl FnOnce(&X509v3Context<'_>) -> Result<Extensions, ErrorStack>,
    ) -> Result<Self, ErrorStack> {
        let (organization, common_name) = draft.subject;
        let mut subject = X509Name::builder()?;
        subject.append_entry_by_text("O", organization)?;
        subject.append_entry_by_text("CN", common_name)?;
        let subject = subject.build();
        let mut serial = BigNum::new()?;
        // a serial number must be unique for its issuer, and have 20 bytes at most
        serial.rand(159, MsbOption::MAYBE_ZERO, false)?;
        let begin = draft.from.as_second();

        let mut x509 = X509::builder()?;
        x509.set_version(2)?; // counted from zero: X.509 v3
        x509.set_serial_number(serial.to_asn1_integer()?.as_ref())?;
        x509.set_subject_name(&subject)?;
        x509.set_issuer_name(issuer.map_or(&*subject, |issuer| issuer.certificate.subject_name()))?;
        x509.set_not_before(Asn1Time::from_unix(begin)?.as_ref())?;
        x509.set_not_after(Asn1Time::from_unix(begin + draft.days * 86_400)?.as_ref())?;
        x509.set_pubkey(&key)?;
        let context = x509.x509v3_context(issuer.map(|issuer| &*issuer.certificate), None);
        for extension in extensions(&context)? {
            x509.append_extension(extension)?;
        }
        x509.sign(issuer.map_or(&key, |issuer| &issuer.key), draft.digest)?;
        Ok(Self { certificate: x509.build(), key })
    }

    pub(crate) fn to_pem(&self) -> Result<Vec<u8>, ErrorStack> {
        self.certificate.to_pem()
    }
}

fn new_key() -> Result<PKey<Private>, ErrorStack> {
    PKey::from_rsa(Rsa::generate(BITS)?)
}

/// Constraints and usage of a certificate that may sign others.
fn authority(constraints: &BasicConstraints, context: &X509v3Context<'_>) -> Result<Extensions, ErrorStack> {
    Ok(vec![
        constraints.build()?,
        KeyUsage::new().critical().key_cert_sign().crl_sign().build()?,
        SubjectKeyIdentifier::new().build(context)?,
    ])
}

/// All that `guest-rehearsal keygen` writes.
pub struct StandIn {
    /// Opens tokens.
    pub guest_key: GuestKey,
    /// Signs attestation records.
    pub attestation_key: ImageAttestationKey,
    /// The certificates, in PEM.
    pub certificates: ImageCertificates,
}

/// The public part, each in PEM.
pub struct ImageCertificates {
    /// The encryption certificate.
    pub encrypt: Vec<u8>,
    /// The attestation certificate.
    pub attestation: Vec<u8>,
    /// Its key signed both.
    pub intermediate: Vec<u8>,
    /// Its key signed the intermediate.
    pub root: Vec<u8>,
}

impl StandIn {
    /// Generates four keys, which takes seconds. The authorities' two sign once and are wiped.
    pub fn make(from: Timestamp) -> Result<Self, KeyError> {
        let (guest_key, attestation_key, authorities) = thread::scope(|scope| {
            let make_authorities = || ImageAuthorities::make(from);
            let guest_key = Builder::new().spawn_scoped(scope, GuestKey::generate);
            let authorities = Builder::new().spawn_scoped(scope, make_authorities);
            let attestation_key = ImageAttestationKey::generate();
            (joined(guest_key, GuestKey::generate), attestation_key, joined(authorities, make_authorities))
        });
        let (guest_key, attestation_key) = (guest_key?, attestation_key?);
        let certificates = authorities?.issue(&guest_key, &attestation_key, from)?;
        Ok(Self { guest_key, attestation_key, certificates })
    }
}

/// The result of a thread; if none could be started, this thread does the work.
fn joined<T, E>(
    thread: io::Result<ScopedJoinHandle<'_, Result<T, E>>>,
    here: impl FnOnce() -> Result<T, E>,
) -> Result<T, KeyError>
where
    KeyError: From<E>,
{
    let made = match thread {
        Ok(thread) => thread.join().map_err(|_| KeyError::Openssl(ErrorStack::get()))?,
        Err(_) => here(),
    };
    Ok(made?)
}

/// The authorities of the image's certificates.
struct ImageAuthorities {
    root: Pair,
    intermediate: Pair,
}

const IMAGE: &str = "guest-rehearsal";

impl ImageAuthorities {
    fn make(from: Timestamp) -> Result<Self, ErrorStack> {
        let draft = |name| Draft {
            subject: (IMAGE, name),
            from,
            days: DAYS_OF_AUTHORITIES,
            digest: MessageDigest::sha512(),
        };
        let name = "root of a rehearsal (not of an authority)";
        let root = Pair::issue(&draft(name), new_key()?, None, |context| {
            authority(BasicConstraints::new().critical().ca(), context)
        })?;
        let name = "intermediate of a rehearsal (not of IBM)";
        let intermediate = Pair::issue(&draft(name), new_key()?, Some(&root), |context| {
            Ok(vec![
                BasicConstraints::new().critical().build()?,
                KeyUsage::new().critical().digital_signature().build()?,
                ExtendedKeyUsage::new().code_signing().build()?,
                SubjectKeyIdentifier::new().build(context)?,
            ])
        })?;
        Ok(Self { root, intermediate })
    }

    /// Like the real ones: RSA with SHA-512, and neither `KeyUsage` nor `BasicConstraints`.
    fn issue(
        self,
        guest_key: &GuestKey,
        attestation_key: &ImageAttestationKey,
        from: Timestamp,
    ) -> Result<ImageCertificates, ErrorStack> {
        let issue = |kind: &str, key| {
            let name = format!("{kind} certificate of a rehearsal (not of a guest image)");
            let draft = Draft { subject: (IMAGE, &name), from, days: DAYS, digest: MessageDigest::sha512() };
            Pair::issue(&draft, key, Some(&self.intermediate), |_| Ok(Vec::new()))?.to_pem()
        };
        Ok(ImageCertificates {
            encrypt: issue("encryption", guest_key.key()?)?,
            attestation: issue("attestation", attestation_key.key()?)?,
            intermediate: self.intermediate.to_pem()?,
            root: self.root.to_pem()?,
        })
    }
}

/// A file of the folder `rsyslog`.
pub(crate) struct SyslogFile {
    /// Its name there.
    pub name: &'static str,
    pub pem: Zeroizing<Vec<u8>>,
    pub visibility: Visibility,
}

/// Makes a new set for a syslog server of this name.
pub(crate) fn syslog_files(hostname: &str, from: Timestamp) -> Result<[SyslogFile; 6], ErrorStack> {
    let authority = syslog_authority(from)?;
    let server = syslog_server(&authority, hostname, from)?;
    let client = syslog_client(&authority, from)?;
    let pkcs8 = |pair: &Pair| pair.key.private_key_to_pem_pkcs8();
    // PKCS#1, as old versions of `openssl genrsa` write it: the guest does not read that, `!file` converts it
    let pkcs1 = client.key.rsa()?.private_key_to_pem()?;
    let public = |name, pem| SyslogFile { name, pem: Zeroizing::new(pem), visibility: Visibility::Public };
    let secret = |name, pem| SyslogFile { name, pem: Zeroizing::new(pem), visibility: Visibility::Secret };
    Ok([
        public("ca.crt", authority.to_pem()?),
        secret("ca-key.pem", pkcs8(&authority)?),
        public("server.crt", server.to_pem()?),
        secret("server-key.pem", pkcs8(&server)?),
        public("client.crt", client.to_pem()?),
        secret("client-key.pem", pkcs1),
    ])
}

fn syslog_draft(name: &str, from: Timestamp) -> Draft<'_> {
    Draft { subject: ("PayNow rehearsal", name), from, days: DAYS, digest: MessageDigest::sha256() }
}

/// Signs itself; may sign only leaf certificates.
fn syslog_authority(from: Timestamp) -> Result<Pair, ErrorStack> {
    Pair::issue(&syslog_draft("ca.paynow.example", from), new_key()?, None, |context| {
        authority(BasicConstraints::new().critical().ca().pathlen(0), context)
    })
}

/// For the host name that the env section names.
fn syslog_server(authority: &Pair, hostname: &str, from: Timestamp) -> Result<Pair, ErrorStack> {
    let mut alternative = SubjectAlternativeName::new();
    match hostname.parse::<std::net::IpAddr>() {
        Ok(_) => alternative.ip(hostname),
        Err(_) => alternative.dns(hostname),
    };
    Pair::issue(&syslog_draft(hostname, from), new_key()?, Some(authority), |context| {
        let mut extensions = syslog_leaf(ExtendedKeyUsage::new().server_auth(), context)?;
        extensions.push(alternative.build(context)?);
        Ok(extensions)
    })
}

fn syslog_client(authority: &Pair, from: Timestamp) -> Result<Pair, ErrorStack> {
    Pair::issue(&syslog_draft("guest.paynow.example", from), new_key()?, Some(authority), |context| {
        syslog_leaf(ExtendedKeyUsage::new().client_auth(), context)
    })
}

fn syslog_leaf(purpose: &ExtendedKeyUsage, context: &X509v3Context<'_>) -> Result<Extensions, ErrorStack> {
    Ok(vec![
        BasicConstraints::new().critical().build()?,
        KeyUsage::new().critical().digital_signature().key_encipherment().build()?,
        purpose.build()?,
        SubjectKeyIdentifier::new().build(context)?,
        AuthorityKeyIdentifier::new().keyid(true).build(context)?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn the_certificates_look_like_those_of_an_image() {
        let from = Timestamp::from_second(1_790_000_000).unwrap();
        let authorities = ImageAuthorities::make(from).unwrap();
        let made = authorities.issue(testing::guest_key(), testing::attestation_key(), from).unwrap();
        for (kind, certificate) in [("encryption", &made.encrypt), ("attestation", &made.attestation)] {
            let text = testing::openssl(&["x509", "-noout", "-text", "-nameopt", "oneline"], certificate);
            let text = String::from_utf8(text).unwrap();
            assert!(text.contains("Signature Algorithm: sha512WithRSAEncryption"), "{text}");
            assert!(text.contains("Public-Key: (4096 bit)"), "{text}");
            assert!(
                text.contains(&format!("{kind} certificate of a rehearsal (not of a guest image)")),
                "{text}"
            );
            assert!(text.contains("Issuer: O = guest-rehearsal, CN = intermediate of a rehearsal"), "{text}");
            assert!(!text.contains("X509v3 extensions"), "{text}");
            let dates = testing::openssl(&["x509", "-noout", "-dates"], certificate);
            let dates = String::from_utf8(dates).unwrap();
            assert_eq!(dates, "notBefore=Sep 21 14:13:20 2026 GMT\nnotAfter=Sep 21 14:13:20 2027 GMT\n");
        }
    }

    #[test]
    fn openssl_accepts_both_leaves_for_their_purpose_and_name() {
        let now = Timestamp::now();
        let authority = syslog_authority(now).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.crt");
        fs_err::write(&ca, authority.to_pem().unwrap()).unwrap();
        let ca = ca.to_str().unwrap();
        let server = syslog_server(&authority, "rsyslog.paynow.example", now).unwrap().to_pem().unwrap();
        let client = syslog_client(&authority, now).unwrap().to_pem().unwrap();
        let strict = ["verify", "-x509_strict", "-CAfile", ca, "-purpose"];
        testing::openssl(
            &[&strict[..], &["sslserver", "-verify_hostname", "rsyslog.paynow.example"]].concat(),
            &server,
        );
        testing::openssl(&[&strict[..], &["sslclient"]].concat(), &client);
    }

    #[test]
    fn only_the_client_key_is_pkcs1() {
        let files = syslog_files("rsyslog.paynow.example", Timestamp::now()).unwrap();
        let begins =
            |name: &str, with: &[u8]| files.iter().any(|it| it.name == name && it.pem.starts_with(with));
        assert!(begins("client-key.pem", b"-----BEGIN RSA PRIVATE KEY-----\n"));
        assert!(begins("server-key.pem", b"-----BEGIN PRIVATE KEY-----\n"));
    }
}
