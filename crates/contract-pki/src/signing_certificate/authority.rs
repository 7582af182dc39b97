//! The issuing authority: one that is made for one certificate and discarded, or an existing one.

use jiff::Timestamp;
use openssl::asn1::Asn1Integer;
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{HasPublic, Id, PKey, PKeyRef, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use openssl::x509::{X509, X509Builder, X509KeyUsage, X509NameRef};
use zeroize::Zeroizing;

use crate::certificate::authority::Authority;
use crate::extensions::is_authority;
use crate::private_key::{BITS, Purpose, private_key};
use crate::random::Randomness;
use crate::signing_certificate::days::to_asn1;
use crate::signing_certificate::{Days, Error, Name, SigningCertificate, pem};
use crate::validity::Validity;
use crate::verifying_key::VerifyingKey;
use crate::x509::{MINIMUM_BITS, one_line, same_name, validity};

/// An authority with its private key. Nothing here writes the key, and OpenSSL wipes it on drop.
pub struct CertificateAuthority {
    x509: X509,
    key: PKey<Private>,
    validity: Validity,
}

impl CertificateAuthority {
    /// Makes one for a single certificate: RSA of [`BITS`], for the same days. Takes a second or several.
    pub fn for_once(days: Days, at: Timestamp, randomness: &mut dyn Randomness) -> Result<Self, Error> {
        let validity = days.validity(at)?;
        let key = Rsa::generate(BITS).and_then(PKey::from_rsa);
        let key = key.map_err(|_| Error::Openssl("make the authority's key"))?;
        let name = Name::new([("O", "contract-signer"), ("CN", "authority of a single certificate")])?;
        let serial = serial_number(randomness)?;
        let make = || {
            let name = name.to_x509()?;
            let mut x509 = builder(&serial, &name, &name, &key, validity)?;
            x509.append_extension(BasicConstraints::new().critical().ca().pathlen(0).build()?)?;
            x509.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
            let identifier = SubjectKeyIdentifier::new().build(&x509.x509v3_context(None, None))?;
            x509.append_extension(identifier)?;
            x509.sign(&key, digest_for(&key))?;
            Ok::<_, ErrorStack>(x509.build())
        };
        let x509 = make().map_err(|_| Error::Openssl("make the authority"))?;
        Ok(Self { x509, key, validity })
    }

    /// Reads an existing one, PEM or DER, and its private key in PEM; refuses one that cannot issue now.
    pub fn parse(
        certificate: &[u8],
        key: &str,
        at: Timestamp,
        passphrase: &mut dyn FnMut() -> Result<Zeroizing<Vec<u8>>, String>,
    ) -> Result<Self, Error> {
        let x509 = match <[Authority; 1]>::try_from(Authority::parse_all(certificate)?) {
            Ok([authority]) => authority.0,
            Err(several) => return Err(Error::SeveralAuthorities(several.len())),
        };
        let unreadable = |_| Error::Openssl("read the authority's certificate");
        let subject = one_line(x509.subject_name());
        if is_authority(&x509) != Some(true) {
            return Err(Error::NoAuthority(subject));
        }
        if x509.key_usage().is_some_and(|usage| !usage.contains(X509KeyUsage::KEY_CERT_SIGN)) {
            return Err(Error::NoCertSign(subject));
        }
        let validity = validity(&x509).map_err(unreadable)?;
        validity.check(
            at,
            |begin| Error::AuthorityNotYetValid { subject: subject.clone(), begin },
            |end| Error::AuthorityExpired { subject: subject.clone(), end },
        )?;
        let public = x509.public_key().map_err(unreadable)?;
        if public.id() == Id::RSA && public.bits() < MINIMUM_BITS {
            return Err(Error::AuthorityTooShort(public.bits()));
        }
        // last, since it may ask for a passphrase
        let (key, _) = private_key(key, Purpose::Signing, passphrase).map_err(Error::AuthorityKey)?;
        if !key.public_eq(&public) {
            return Err(Error::AuthorityKeyOfAnother(subject));
        }
        Ok(Self { x509, key, validity })
    }

    /// On one line.
    pub fn subject(&self) -> String {
        one_line(self.x509.subject_name())
    }

    /// Its certificate: one PEM block.
    pub fn to_pem(&self) -> Result<String, Error> {
        pem(&self.x509)
    }

    /// Certifies a signing key under a name.
    pub fn issue(
        &self,
        key: &VerifyingKey,
        subject: &Name,
        days: Days,
        at: Timestamp,
        randomness: &mut dyn Randomness,
    ) -> Result<SigningCertificate, Error> {
        let subject = subject.to_x509().map_err(|_| Error::Openssl("write the subject"))?;
        let issuer = self.x509.subject_name();
        if same_name(issuer, &subject) {
            return Err(Error::NameOfAuthority(self.subject()));
        }
        let validity = days.validity_within(self.validity, at)?;
        let serial = serial_number(randomness)?;
        let issue = || {
            let mut x509 = builder(&serial, issuer, &subject, key.key(), validity)?;
            x509.append_extension(BasicConstraints::new().critical().build()?)?;
            x509.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
            let identifier =
                SubjectKeyIdentifier::new().build(&x509.x509v3_context(Some(&self.x509), None))?;
            x509.append_extension(identifier)?;
            // an authority without an identifier has none to name
            if self.x509.subject_key_id().is_some() {
                let context = x509.x509v3_context(Some(&self.x509), None);
                let identifier = AuthorityKeyIdentifier::new().keyid(true).build(&context)?;
                x509.append_extension(identifier)?;
            }
            x509.sign(&self.key, digest_for(&self.key))?;
            Ok::<_, ErrorStack>(x509.build())
        };
        SigningCertificate::new(issue().map_err(|_| Error::Openssl("issue the certificate"))?)
    }
}

fn builder<K: HasPublic>(
    serial: &Asn1Integer,
    issuer: &X509NameRef,
    subject: &X509NameRef,
    key: &PKeyRef<K>,
    validity: Validity,
) -> Result<X509Builder, ErrorStack> {
    let (begin, end) = to_asn1(validity)?;
    let mut x509 = X509::builder()?;
    x509.set_version(2)?; // counted from zero: X.509 v3
    x509.set_serial_number(serial)?;
    x509.set_issuer_name(issuer)?;
    x509.set_subject_name(subject)?;
    x509.set_not_before(&begin)?;
    x509.set_not_after(&end)?;
    x509.set_pubkey(key)?;
    Ok(x509)
}

/// 159 random bits: positive, and in 20 bytes at most (RFC 5280, section 4.1.2.2).
fn serial_number(randomness: &mut dyn Randomness) -> Result<Asn1Integer, Error> {
    let mut bytes = [0; 20];
    randomness.fill(&mut bytes)?;
    let [first, ..] = &mut bytes;
    *first &= 0x7f;
    let number = BigNum::from_slice(&bytes).and_then(|number| number.to_asn1_integer());
    number.map_err(|_| Error::Openssl("write a serial number"))
}

/// SHA-256 or longer, as strong as the key; Edwards curves include a digest.
fn digest_for(key: &PKeyRef<Private>) -> MessageDigest {
    match (key.id(), key.bits()) {
        (Id::ED25519 | Id::ED448, _) => MessageDigest::null(),
        (Id::EC, 257..=384) => MessageDigest::sha384(),
        (Id::EC, 385..) => MessageDigest::sha512(),
        _ => MessageDigest::sha256(),
    }
}
