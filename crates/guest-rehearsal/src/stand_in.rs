//! Stand-ins for what comes with a guest image, and for those who vouch for it (contract-format, section 9).
//!
//! ```text
//! root                      signs itself, may sign others
//! └ intermediate            for signing code, and no authority: like the real one
//!   ├ encryption certificate    of the guest's key
//!   └ attestation certificate   of the key that signs attestation records
//! ```
//!
//! The chain is a link shorter than the real one, and names no revocation list: there is nobody to publish one.

use std::io;
use std::thread::{self, Builder, ScopedJoinHandle};

use jiff::Timestamp;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Rsa, RsaRef};
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier};
use openssl::x509::{X509, X509Builder, X509Name, X509NameRef};

use crate::attestation::AttestationKey;
use crate::guest_key::{GuestKey, GuestKeyError};

/// The certificates of an image are valid for one year (contract-format, section 9).
const DAYS: i64 = 365;

/// Whoever vouches outlives what is vouched for.
const DAYS_OF_AUTHORITIES: i64 = 3650;

/// Enough for a rehearsal, and made in a moment; of the image's own keys the size is the real one.
const BITS_OF_AUTHORITIES: u32 = 3072;

/// All that `guest-rehearsal keygen` writes.
pub struct StandIn {
    /// Opens tokens.
    pub guest_key: GuestKey,
    /// Signs attestation records.
    pub attestation_key: AttestationKey,
    /// The certificates, in PEM.
    pub certificates: Certificates,
}

/// What is public of it, each in PEM.
pub struct Certificates {
    /// The encryption certificate.
    pub encrypt: Vec<u8>,
    /// The attestation certificate.
    pub attestation: Vec<u8>,
    /// Whose key signed both.
    pub intermediate: Vec<u8>,
    /// Whose key signed that.
    pub root: Vec<u8>,
}

impl StandIn {
    /// Draws four keys, which takes seconds. Two are kept; those of the authorities sign once, and are wiped.
    pub fn make(from: Timestamp) -> Result<Self, GuestKeyError> {
        let (guest_key, attestation_key, authorities) = thread::scope(|scope| {
            let make_authorities = || Authorities::make(from);
            let guest_key = Builder::new().spawn_scoped(scope, GuestKey::generate);
            let authorities = Builder::new().spawn_scoped(scope, make_authorities);
            let attestation_key = AttestationKey::generate();
            (joined(guest_key, GuestKey::generate), attestation_key, joined(authorities, make_authorities))
        });
        let (guest_key, attestation_key) = (guest_key?, attestation_key?);
        let certificates = authorities?.vouch_for(&guest_key, &attestation_key, from)?;
        Ok(Self { guest_key, attestation_key, certificates })
    }
}

/// What a thread made; where none could be started, this one makes it.
fn joined<T, E>(
    thread: io::Result<ScopedJoinHandle<'_, Result<T, E>>>,
    here: impl FnOnce() -> Result<T, E>,
) -> Result<T, GuestKeyError>
where
    GuestKeyError: From<E>,
{
    let made = match thread {
        Ok(thread) => thread.join().map_err(|_| GuestKeyError::Openssl(ErrorStack::get()))?,
        Err(_) => here(),
    };
    Ok(made?)
}

/// Those who vouch, with the intermediate's key.
struct Authorities {
    root: X509,
    intermediate: X509,
    key: PKey<Private>,
}

impl Authorities {
    fn make(from: Timestamp) -> Result<Self, ErrorStack> {
        let root_key = PKey::from_rsa(Rsa::generate(BITS_OF_AUTHORITIES)?)?;
        let root_name = name(ORGANIZATION, "root of a rehearsal (not of an authority)")?;
        let mut root = begin(&root_name, &root_key, (from, DAYS_OF_AUTHORITIES))?;
        root.set_issuer_name(&root_name)?;
        root.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        root.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
        let identifier = SubjectKeyIdentifier::new().build(&root.x509v3_context(None, None))?;
        root.append_extension(identifier)?;
        root.sign(&root_key, MessageDigest::sha512())?;

        let key = PKey::from_rsa(Rsa::generate(BITS_OF_AUTHORITIES)?)?;
        let own_name = name(ORGANIZATION, "intermediate of a rehearsal (not of IBM)")?;
        let mut intermediate = begin(&own_name, &key, (from, DAYS_OF_AUTHORITIES))?;
        intermediate.set_issuer_name(&root_name)?;
        intermediate.append_extension(BasicConstraints::new().critical().build()?)?;
        intermediate.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
        intermediate.append_extension(ExtendedKeyUsage::new().code_signing().build()?)?;
        let identifier = SubjectKeyIdentifier::new().build(&intermediate.x509v3_context(None, None))?;
        intermediate.append_extension(identifier)?;
        intermediate.sign(&root_key, MessageDigest::sha512())?;
        Ok(Self { root: root.build(), intermediate: intermediate.build(), key })
    }

    fn vouch_for(
        self,
        guest_key: &GuestKey,
        attestation_key: &AttestationKey,
        from: Timestamp,
    ) -> Result<Certificates, ErrorStack> {
        let encrypt = self.issue("encryption", guest_key.rsa(), from)?;
        let attestation = self.issue("attestation", attestation_key.rsa(), from)?;
        let (intermediate, root) = (self.intermediate.to_pem()?, self.root.to_pem()?);
        Ok(Certificates { encrypt, attestation, intermediate, root })
    }

    /// Like the real ones: RSA with SHA-512, and neither `KeyUsage` nor `BasicConstraints`.
    fn issue(&self, kind: &str, key: &RsaRef<Private>, from: Timestamp) -> Result<Vec<u8>, ErrorStack> {
        let key = PKey::from_rsa(key.to_owned())?;
        let name = name(ORGANIZATION, &format!("{kind} certificate of a rehearsal (not of a guest image)"))?;
        let mut certificate = begin(&name, &key, (from, DAYS))?;
        certificate.set_issuer_name(self.intermediate.subject_name())?;
        certificate.sign(&self.key, MessageDigest::sha512())?;
        certificate.build().to_pem()
    }
}

const ORGANIZATION: &str = "guest-rehearsal";

/// What all certificates of a rehearsal have: a number, a name, a key, so many days.
pub(crate) fn begin(
    name: &X509NameRef,
    key: &PKey<Private>,
    (from, days): (Timestamp, i64),
) -> Result<X509Builder, ErrorStack> {
    let mut builder = X509::builder()?;
    builder.set_version(2)?; // counted from zero: X.509 v3
    builder.set_serial_number(serial_number()?.as_ref())?;
    builder.set_subject_name(name)?;
    builder.set_not_before(Asn1Time::from_unix(from.as_second())?.as_ref())?;
    builder.set_not_after(Asn1Time::from_unix(from.as_second() + days * 86_400)?.as_ref())?;
    builder.set_pubkey(key)?;
    Ok(builder)
}

/// A name of two parts, as the certificates of a rehearsal bear it.
pub(crate) fn name(organization: &str, common_name: &str) -> Result<X509Name, ErrorStack> {
    let mut name = X509Name::builder()?;
    name.append_entry_by_text("O", organization)?;
    name.append_entry_by_text("CN", common_name)?;
    Ok(name.build())
}

/// 159 random bits, since certificates of one issuer must not share a serial number, nor exceed 20 bytes.
fn serial_number() -> Result<Asn1Integer, ErrorStack> {
    let mut serial = BigNum::new()?;
    serial.rand(159, MsbOption::MAYBE_ZERO, false)?;
    serial.to_asn1_integer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn the_certificates_look_like_the_image_s() {
        let from = Timestamp::from_second(1_790_000_000).unwrap();
        let authorities = Authorities::make(from).unwrap();
        let made = authorities.vouch_for(testing::guest_key(), testing::attestation_key(), from).unwrap();
        for (kind, certificate) in [("encryption", &made.encrypt), ("attestation", &made.attestation)] {
            let text = testing::openssl(&["x509", "-noout", "-text"], certificate);
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
}
