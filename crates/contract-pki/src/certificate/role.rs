//! The role of a guest image's certificate, and how such a certificate looks. Certificates of both roles have the same form,
//! the same chain and the same procedure (contract-format, sections 8 and 9). The marker types keep them apart.
//!
//! An image's certificate carries neither `KeyUsage` nor `BasicConstraints`, and no purpose. The authority above IBM's
//! intermediate sells code signing certificates to anybody, so a certificate that states another purpose is refused, no
//! matter who signed it.

use openssl::asn1::Asn1Object;
use openssl::x509::X509Ref;
use pkcs8::der::asn1::{AnyRef, ObjectIdentifier};
use pkcs8::der::{Decode as _, Tag, Tagged as _};

use crate::certificate::known::KnownCertificate;
use crate::certificate::refusal::{Reason, Refusal, refuse};
use crate::extensions::{BASIC_CONSTRAINTS, Extension, elements, of_certificate};
use crate::x509::{CertificateFacts, algorithm_name};

/// Marks the certificate that sections are encrypted under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {}

/// Marks the certificate whose key signs the guest's attestation record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attestation {}

/// One of the two.
pub trait Role: sealed::Sealed {
    /// `encryption` or `attestation`.
    const NAME: &'static str;
    /// The word in the documented addresses (contract-format, section 9): `encrypt` or `attestation`.
    const PUBLISHED: &'static str;
    /// One of these bits must be set if there is a `KeyUsage` (RFC 5280, section 4.2.1.3, first byte).
    const KEY_USAGE: u8;

    /// Refuses a certificate whose subject names another role, or whose key is known as that of another role or of a test
    /// image.
    fn verify_facts(facts: &CertificateFacts) -> Result<(), Refusal> {
        Self::other_role(facts)
            .or_else(|| known_otherwise::<Self>(facts))
            .map_or(Ok(()), |reason| Err(Refusal { subject: facts.subject.clone(), reason }))
    }

    /// The other role that its subject names.
    fn other_role(_: &CertificateFacts) -> Option<Reason> {
        None
    }
}

fn known_otherwise<R: Role + ?Sized>(facts: &CertificateFacts) -> Option<Reason> {
    let known = KnownCertificate::with_key(&facts.key_fingerprint).next()?;
    match () {
        () if known.is_for_tests() => Some(Reason::TestImage),
        () if known.kind != R::NAME => Some(Reason::KnownAs(known.kind)),
        () => None,
    }
}

impl Role for Encryption {
    const NAME: &'static str = "encryption";
    const PUBLISHED: &'static str = "encrypt";
    /// `keyEncipherment`, `dataEncipherment`
    const KEY_USAGE: u8 = 0b0011_0000;

    /// Accepts a subject that names no role: the names of later images are not known.
    fn other_role(facts: &CertificateFacts) -> Option<Reason> {
        let name = facts.subject.rsplit_once("CN=").map_or("", |(_, name)| name);
        let name = name.split(", ").next().unwrap_or(name);
        let words = name.to_lowercase();
        if words.contains("attestation") {
            return Some(Reason::OtherRole("an attestation certificate"));
        }
        let is_authority =
            INTERMEDIATES.contains(&name) || words.contains("intermediate") || words.starts_with("digicert ");
        is_authority.then_some(Reason::OtherRole("the certificate of an intermediate or an authority"))
    }
}

impl Role for Attestation {
    const NAME: &'static str = "attestation";
    const PUBLISHED: &'static str = "attestation";
    /// `digitalSignature`, `nonRepudiation`
    const KEY_USAGE: u8 = 0b1100_0000;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Encryption {}
    impl Sealed for super::Attestation {}
}

/// Common names of IBM's intermediates, as issuers in the certificates of images.
const INTERMEDIATES: [&str; 3] = [
    "International Business Machines Corporation",
    "IBM Deutschland Research & Development GmbH",
    "HyperProtect Production Signing Service",
];

const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
/// Key identifiers, alternative names, CRL distribution points, policies: allowed, even if critical.
const HARMLESS: [&str; 5] = ["2.5.29.14", "2.5.29.35", "2.5.29.17", "2.5.29.31", "2.5.29.32"];

/// `keyCertSign` and `cRLSign` (RFC 5280, section 4.2.1.3), in the first byte of the bits.
const SIGNS_FOR_OTHERS: u8 = 0b0000_0110;

/// Refuses extensions that no image's certificate has.
pub(super) fn verify_extensions<R: Role>(x509: &X509Ref) -> Result<(), Refusal> {
    if x509.subject_name().entries().next().is_none() {
        return Err(refuse(x509, Reason::NoSubject));
    }
    let unreadable = || refuse(x509, Reason::Unreadable);
    let der = x509.to_der().map_err(|_| unreadable())?;
    let extensions = of_certificate(&der).ok_or_else(unreadable)?;
    let faults: Vec<_> = extensions.iter().filter_map(|it| check::<R>(it).err()).collect();
    // the least specific reason comes last
    let specific = faults.iter().find(|it| !matches!(it, Reason::ImageKeyUsage(_)));
    specific.or(faults.first()).map_or(Ok(()), |reason| Err(refuse(x509, reason.clone())))
}

fn check<R: Role>(extension: &Extension<'_>) -> Result<(), Reason> {
    let value = AnyRef::from_der(extension.value).map_err(|_| Reason::Unreadable)?;
    let parts = || elements(value.value()).ok_or(Reason::Unreadable);
    let fault = match extension.oid {
        // `SEQUENCE { cA BOOLEAN DEFAULT FALSE, … }`: some reader takes anything but a plain FALSE as true
        BASIC_CONSTRAINTS => {
            let plain = parts()?.first().is_none_or(|it| it.tag() == Tag::Boolean && it.value() == [0]);
            (!plain).then_some(Reason::ImageIsAuthority)
        }
        KEY_USAGE => {
            let [_unused, bits, ..] = *value.value() else { return Err(Reason::Unreadable) };
            if bits & SIGNS_FOR_OTHERS != 0 {
                Some(Reason::ImageSignsOthers)
            } else {
                (bits & R::KEY_USAGE == 0).then_some(Reason::ImageKeyUsage(R::NAME))
            }
        }
        EXTENDED_KEY_USAGE => {
            let purposes = parts()?.into_iter().map(|it| it.decode_as().map(name));
            let purposes: Vec<_> = purposes.collect::<Result<_, _>>().map_err(|_| Reason::Unreadable)?;
            Some(Reason::ImageHasPurpose(purposes.join(", ")))
        }
        oid if extension.critical && !HARMLESS.iter().any(|it| *it == oid.to_string()) => {
            Some(Reason::UnknownExtension(oid.to_string()))
        }
        _ => None,
    };
    fault.map_or(Ok(()), Err)
}

/// OpenSSL's name: `Code Signing`.
fn name(purpose: ObjectIdentifier) -> String {
    let text = purpose.to_string();
    Asn1Object::from_str(&text).map_or(text, |object| algorithm_name(&object))
}
