//! What of a revocation list OpenSSL's binding does not show: how it is signed, what it is about, and what in it must not
//! be passed over.

use openssl::x509::X509Ref;
use pkcs8::der::asn1::{AnyRef, ObjectIdentifier};
use pkcs8::der::{Tag, Tagged as _};

use crate::certificate::revocation::ListError;
use crate::extensions::{elements, extensions, inside, is_authority, is_tagged};
use crate::x509::crl_distribution_points;

const DELTA: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const SCOPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const REASON: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const INVALIDITY_DATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.24");

/// ```text
/// list = SEQUENCE { tbs, algorithm, signature }
/// tbs  = SEQUENCE { [version,] algorithm, issuer, thisUpdate, [nextUpdate,] [entries,] [[0] extensions] }
/// ```
/// RFC 5280, section 5.1.
pub struct Contents {
    /// The signature's algorithm.
    pub algorithm: ObjectIdentifier,
    /// Where the list says itself that it is about a part of what its issuer issued.
    pub scope: Option<Scope>,
}

/// `issuingDistributionPoint` (RFC 5280, section 5.2.5).
#[derive(Default)]
pub struct Scope {
    /// The addresses of the point that it is for.
    points: Option<Vec<String>>,
    users_only: bool,
    authorities_only: bool,
    attributes_only: bool,
}

impl Contents {
    /// Reads a list's DER; refused is what changes the meaning of entries in a way that is not known here.
    pub fn read(der: &[u8]) -> Result<Self, ListError> {
        let (algorithm, entries, list) = parts(der).ok_or(ListError::NotAList)?;
        let own = list.map_or(Some(Vec::new()), extensions).ok_or(ListError::NotAList)?;
        let mut scope = None;
        for extension in own {
            match extension.oid {
                DELTA => return Err(ListError::Delta),
                SCOPE => scope = Some(Scope::read(extension.value)?),
                other if extension.critical => return Err(ListError::Critical(other.to_string())),
                _ => {}
            }
        }
        for entry in elements(entries).ok_or(ListError::NotAList)? {
            let fields = elements(entry.value()).ok_or(ListError::NotAList)?;
            let Some(list) = fields.get(2) else { continue };
            for extension in extensions(*list).ok_or(ListError::NotAList)? {
                if extension.critical && ![REASON, INVALIDITY_DATE].contains(&extension.oid) {
                    return Err(ListError::Critical(extension.oid.to_string()));
                }
            }
        }
        Ok(Self { algorithm, scope })
    }
}

/// The signature's algorithm, the entries, the extensions.
type Parts<'a> = (ObjectIdentifier, &'a [u8], Option<AnyRef<'a>>);

fn parts(der: &[u8]) -> Option<Parts<'_>> {
    let [list] = *elements(der)? else { return None };
    let [tbs, algorithm, _signature] = *elements(list.value())? else { return None };
    let algorithm = elements(algorithm.value())?.first()?.decode_as().ok()?;
    let fields = elements(tbs.value())?;
    let is_time = |it: &AnyRef<'_>| matches!(it.tag(), Tag::UtcTime | Tag::GeneralizedTime);
    // names and algorithms are sequences as well, and stand before the times
    let behind = || fields.iter().skip_while(|it| !is_time(it));
    let entries = behind().find(|it| it.tag() == Tag::Sequence).map_or(&[][..], |it| it.value());
    Some((algorithm, entries, behind().find(|it| is_tagged(it, 0)).and_then(|it| inside(*it))))
}

impl Scope {
    fn read(value: &[u8]) -> Result<Self, ListError> {
        let point = elements(value).and_then(|it| elements(it.first()?.value()));
        let mut scope = Self::default();
        for field in point.ok_or(ListError::NotAList)? {
            let yes = field.value().iter().any(|byte| *byte != 0);
            match field.tag() {
                Tag::ContextSpecific { number, .. } => match number.value() {
                    0 => scope.points = Some(addresses(field).ok_or(ListError::NotAList)?),
                    1 => scope.users_only = yes,
                    2 => scope.authorities_only = yes,
                    4 if yes => return Err(ListError::Indirect),
                    5 => scope.attributes_only = yes,
                    // some of the reasons only: said, as every scope is
                    _ => {}
                },
                _ => return Err(ListError::NotAList),
            }
        }
        Ok(scope)
    }

    /// Whether a certificate of the list's issuer is one that the list is about.
    pub fn covers(&self, x509: &X509Ref) -> bool {
        let authority = is_authority(x509);
        let named = |points: &Vec<String>| {
            crl_distribution_points(x509).iter().any(|address| points.contains(address))
        };
        !self.attributes_only
            && (!self.users_only || authority == Some(false))
            && (!self.authorities_only || authority == Some(true))
            && self.points.as_ref().is_none_or(named)
    }
}

/// `[0] { fullName [0] { … [6] IA5String … } }`: the names that are addresses.
fn addresses(point: AnyRef<'_>) -> Option<Vec<String>> {
    let name = inside(point)?;
    if !is_tagged(&name, 0) {
        return Some(Vec::new());
    }
    let names = elements(name.value())?;
    let addresses = names.iter().filter(|it| is_tagged(it, 6));
    Some(addresses.map(|it| String::from_utf8_lossy(it.value()).into_owned()).collect())
}
