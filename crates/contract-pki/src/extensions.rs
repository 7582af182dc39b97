//! Extensions of certificates and revocation lists (RFC 5280, sections 4.2 and 5.2). OpenSSL's binding shows neither those
//! of a list nor which of them are critical. This is the only code that walks DER.

use openssl::x509::X509Ref;
use pkcs8::der::asn1::{AnyRef, ObjectIdentifier};
use pkcs8::der::{Decode as _, Reader as _, SliceReader, Tag, Tagged as _};

pub(crate) const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");

/// `Extension = SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }`
pub(crate) struct Extension<'a> {
    pub oid: ObjectIdentifier,
    pub critical: bool,
    pub value: &'a [u8],
}

/// A sequence of elements; `None` if one of them is not DER.
pub(crate) fn elements(bytes: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut all = Vec::new();
    if bytes.is_empty() {
        return Some(all);
    }
    let mut reader = SliceReader::new(bytes).ok()?;
    while !reader.is_finished() {
        all.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(all)
}

/// The element inside an optional, tagged one.
pub(crate) fn inside(tagged: AnyRef<'_>) -> Option<AnyRef<'_>> {
    elements(tagged.value())?.first().copied()
}

/// `SEQUENCE OF Extension`
pub(crate) fn extensions(list: AnyRef<'_>) -> Option<Vec<Extension<'_>>> {
    elements(list.value())?.into_iter().map(extension).collect()
}

fn extension(element: AnyRef<'_>) -> Option<Extension<'_>> {
    let parts = elements(element.value())?;
    let (oid, critical, value) = match *parts.as_slice() {
        [oid, value] => (oid, false, value),
        [oid, critical, value] => (oid, critical.decode_as().ok()?, value),
        _ => return None,
    };
    Some(Extension { oid: oid.decode_as().ok()?, critical, value: value.value() })
}

/// Whether an element has the context-specific tag of this number.
pub(crate) fn is_tagged(element: &AnyRef<'_>, number: u32) -> bool {
    matches!(element.tag(), Tag::ContextSpecific { number: it, .. } if it.value() == number)
}

/// The extensions of a certificate's DER; empty if it has no list of them.
pub(crate) fn of_certificate(der: &[u8]) -> Option<Vec<Extension<'_>>> {
    let certificate = *elements(der)?.first()?;
    let tbs = inside(certificate)?;
    match elements(tbs.value())?.into_iter().find(|it| is_tagged(it, 3)) {
        Some(list) => extensions(inside(list)?),
        None => Some(Vec::new()),
    }
}

/// Whether `BasicConstraints` (RFC 5280, section 4.2.1.9) states `CA:TRUE`; `None` if the certificate does not decode.
pub(crate) fn is_authority(x509: &X509Ref) -> Option<bool> {
    let der = x509.to_der().ok()?;
    let Some(extension) = of_certificate(&der)?.into_iter().find(|it| it.oid == BASIC_CONSTRAINTS) else {
        return Some(false);
    };
    let constraints = *elements(extension.value)?.first()?;
    let first = elements(constraints.value())?.first().copied();
    Some(first.is_some_and(|it| it.decode_as::<bool>().unwrap_or(false)))
}
