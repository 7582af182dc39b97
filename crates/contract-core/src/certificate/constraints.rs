//! `BasicConstraints` (RFC 5280, section 4.2.1.9), which OpenSSL's binding has no reader for.

use pkcs8::der::asn1::{AnyRef, ObjectIdentifier};
use pkcs8::der::{Decode as _, Reader as _, SliceReader, Tag, TagNumber, Tagged as _};

const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");

/// Whether a certificate says of itself that it may sign others: `CA:TRUE`.
///
/// ```text
/// Certificate    = SEQUENCE { TBS, algorithm, signature }
/// TBS            = SEQUENCE { …, [3] SEQUENCE OF extension }
/// extension      = SEQUENCE { OID, critical BOOLEAN?, OCTET STRING }
/// inside of it   = SEQUENCE { cA BOOLEAN?, pathLen INTEGER? }
/// ```
pub(crate) fn is_authority(der: &[u8]) -> bool {
    says_ca(der).unwrap_or(false)
}

fn says_ca(der: &[u8]) -> Option<bool> {
    let certificate = AnyRef::from_der(der).ok()?;
    let tbs = elements(certificate).into_iter().next()?;
    let explicit = Tag::ContextSpecific { constructed: true, number: TagNumber(3) };
    let extensions = elements(tbs).into_iter().find(|it| it.tag() == explicit)?;
    let extensions = AnyRef::from_der(extensions.value()).ok()?;
    let constraints = elements(extensions).into_iter().map(elements).find(|extension| {
        extension.first().is_some_and(|oid| oid.decode_as::<ObjectIdentifier>() == Ok(BASIC_CONSTRAINTS))
    })?;
    let inside = AnyRef::from_der(constraints.last()?.value()).ok()?;
    elements(inside).first()?.decode_as::<bool>().ok()
}

/// What stands inside a constructed element; what does not decode ends the list.
fn elements(of: AnyRef<'_>) -> Vec<AnyRef<'_>> {
    let Ok(mut reader) = SliceReader::new(of.value()) else { return Vec::new() };
    let mut found = Vec::new();
    while !reader.is_finished() {
        let Ok(element) = AnyRef::decode(&mut reader) else { break };
        found.push(element);
    }
    found
}
