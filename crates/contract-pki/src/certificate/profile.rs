//! What an image's certificate looks like: it carries neither `KeyUsage` nor `BasicConstraints` (contract-format, section 9),
//! and no purpose. The authority above IBM's intermediate sells code signing certificates to anybody, so what says of
//! itself that it is for something else is not taken, whoever signed it.

use openssl::asn1::Asn1Object;
use openssl::x509::X509Ref;
use pkcs8::der::asn1::{AnyRef, ObjectIdentifier};
use pkcs8::der::{Decode as _, Tag, Tagged as _};

use crate::certificate::refusal::{Reason, Refusal, refuse};
use crate::certificate::role::Role;
use crate::extensions::{Extension, elements, of_certificate};
use crate::x509::algorithm_name;

const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
/// Key identifiers, alternative names, CRL distribution points, policies: none of them makes it another's.
const HARMLESS: [&str; 5] = ["2.5.29.14", "2.5.29.35", "2.5.29.17", "2.5.29.31", "2.5.29.32"];

/// `keyCertSign` and `cRLSign` (RFC 5280, section 4.2.1.3), in the first byte of the bits.
const SIGNS_FOR_OTHERS: u8 = 0b0000_0110;

/// Refuses what an image's certificate never says.
pub(super) fn verify<R: Role>(x509: &X509Ref) -> Result<(), Refusal> {
    if x509.subject_name().entries().next().is_none() {
        return Err(refuse(x509, Reason::NoSubject));
    }
    let unreadable = || refuse(x509, Reason::Unreadable);
    let der = x509.to_der().map_err(|_| unreadable())?;
    let extensions = of_certificate(&der).ok_or_else(unreadable)?;
    let faults: Vec<_> = extensions.iter().filter_map(|it| look_at::<R>(it).err()).collect();
    // what it is for says more than what its key is not for
    let says_more = faults.iter().find(|it| !matches!(it, Reason::ImageKeyUsage(_)));
    says_more.or(faults.first()).map_or(Ok(()), |reason| Err(refuse(x509, reason.clone())))
}

fn look_at<R: Role>(extension: &Extension<'_>) -> Result<(), Reason> {
    let value = AnyRef::from_der(extension.value).map_err(|_| Reason::Unreadable)?;
    let parts = || elements(value.value()).ok_or(Reason::Unreadable);
    let fault = match extension.oid {
        // `SEQUENCE { cA BOOLEAN DEFAULT FALSE, … }`: what is not plainly false is true to some reader
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

/// As OpenSSL calls it: `Code Signing`.
fn name(purpose: ObjectIdentifier) -> String {
    let text = purpose.to_string();
    Asn1Object::from_str(&text).map_or(text, |object| algorithm_name(&object))
}
