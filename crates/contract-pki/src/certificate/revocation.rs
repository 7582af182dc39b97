//! Certificate revocation lists: who issued them, how long they are valid, which certificates they name (contract-format,
//! section 9).

use findings::{Advice, Blame};
use jiff::Timestamp;
use openssl::asn1::Asn1Object;
use openssl::x509::{CrlStatus, X509, X509Crl, X509Ref};
use pkcs8::der::asn1::{AnyRef, ObjectIdentifier};
use pkcs8::der::{Tag, Tagged as _};

use crate::certificate::refusal::{Reason, Refusal};
use crate::certificate::text;
use crate::extensions::{elements, extensions, inside, is_authority, is_tagged};
use crate::pem::{self, PemError};
use crate::validity::Validity;
use crate::x509::{
    algorithm_name, crl_distribution_points, one_line, same_name, signature_is_strong, timestamp,
};

/// Why a file is no revocation list.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum ListError {
    #[error("not a revocation list: neither a PEM `X509 CRL` nor DER")]
    NotAList,
    #[error("not a revocation list: {0}")]
    Pem(#[from] PemError),
    #[error("a delta revocation list: it states only what changed since another one")]
    Delta,
    /// It may change what the entries mean (RFC 5280, sections 5.2 and 5.3).
    #[error("a revocation list with a critical extension that is not known here: {0}")]
    Critical(String),
    #[error("an indirect revocation list: its entries name certificates of other issuers")]
    Indirect,
    /// RFC 5280 requires `nextUpdate`: without it, nobody knows whether a list is old.
    #[error("a revocation list without an end of its validity (`nextUpdate`)")]
    NoEnd,
}

impl Advice for ListError {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec!["download the complete list again from the address that `certificate show` shows".into()]
    }
}

/// A well-formed list that is not verified yet.
pub struct RevocationList {
    crl: X509Crl,
    name: String,
    validity: Validity,
    algorithm: Asn1Object,
    scope: Option<Scope>,
}

impl RevocationList {
    /// Reads PEM or DER; `name` is its name in messages.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, ListError> {
        // the first byte of any DER here
        if bytes.first() == Some(&0x30) {
            return Self::from_der(bytes, name);
        }
        let block = pem::only_block(text(bytes).map_err(|_| ListError::NotAList)?)?;
        if block.label != "X509 CRL" {
            return Err(ListError::NotAList);
        }
        Self::from_der(&block.der, name)
    }

    fn from_der(der: &[u8], name: &str) -> Result<Self, ListError> {
        let crl = X509Crl::from_der(der).map_err(|_| ListError::NotAList)?;
        let (algorithm, scope) = contents(der)?;
        let algorithm = Asn1Object::from_str(&algorithm.to_string()).map_err(|_| ListError::NotAList)?;
        let until = crl.next_update().ok_or(ListError::NoEnd)?;
        let dates = timestamp(crl.last_update()).and_then(|from| Ok((from, timestamp(until)?)));
        let (not_before, not_after) = dates.map_err(|_| ListError::NotAList)?;
        Ok(Self {
            crl,
            name: name.to_owned(),
            validity: Validity { not_before, not_after },
            algorithm,
            scope,
        })
    }

    /// Verifies the list itself: issued by one of the chain, signed with its key, valid at this time. Returns the issuer's
    /// place in the chain.
    pub(super) fn verify(&self, chain: &[X509], at: Timestamp) -> Result<usize, Refusal> {
        let refuse = |reason| Refusal { subject: one_line(self.crl.issuer_name()), reason };
        let file = || self.name.clone();
        let is_issuer = |x509: &X509| same_name(x509.subject_name(), self.crl.issuer_name());
        // the first certificate of a chain issues nothing
        let issuer = chain.iter().enumerate().skip(1).find(|(_, x509)| is_issuer(x509));
        let (place, issuer) = issuer.ok_or_else(|| refuse(Reason::ListOfAnother { file: file() }))?;
        if !signature_is_strong(&self.algorithm) {
            let algorithm = algorithm_name(&self.algorithm);
            return Err(refuse(Reason::WeakListSignature { file: file(), algorithm }));
        }
        let signed = issuer.public_key().and_then(|key| self.crl.verify(&key)).unwrap_or(false);
        if !signed {
            return Err(refuse(Reason::ListSignature { file: file() }));
        }
        let early = |from| refuse(Reason::ListNotYetValid { file: file(), from });
        self.validity.check(at, early, |until| refuse(Reason::ListOutdated { file: file(), until }))?;
        Ok(place)
    }

    /// Whether the list is about this certificate of its issuer.
    pub(super) fn covers(&self, x509: &X509) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.covers(x509))
    }

    /// Looks up a certificate of the list's issuer.
    pub(super) fn look_up(&self, x509: &X509) -> Result<Revocation, Refusal> {
        let file = self.name.clone();
        let reason = match self.crl.get_by_cert(x509) {
            CrlStatus::NotRevoked => {
                let (until, partial) = (self.validity.not_after, self.scope.is_some());
                return Ok(Revocation::NotListed { file, until, partial });
            }
            CrlStatus::Revoked(entry) => {
                let since = timestamp(entry.revocation_date()).unwrap_or(self.validity.not_before);
                Reason::Revoked { since, file }
            }
            CrlStatus::RemoveFromCrl(_) => Reason::TakenBack { file },
        };
        Err(Refusal { subject: one_line(x509.subject_name()), reason })
    }
}

/// What is known about a certificate's revocation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Revocation {
    /// No list about it was given.
    NotChecked,
    /// A root is trusted because it was given; nobody revokes it.
    Root,
    /// A verified list does not name it.
    NotListed {
        /// The list.
        file: String,
        /// The end of the list's validity.
        until: Timestamp,
        /// The list covers only a part of its issuer's certificates.
        partial: bool,
    },
}

const DELTA: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const SCOPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const REASON: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const INVALIDITY_DATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.24");

/// The algorithm of the list's signature, and its scope if it has one. An extension that changes the meaning of entries is
/// refused.
fn contents(der: &[u8]) -> Result<(ObjectIdentifier, Option<Scope>), ListError> {
    let (algorithm, entries, list) = parts(der).ok_or(ListError::NotAList)?;
    let list = list.map_or(Some(Vec::new()), extensions).ok_or(ListError::NotAList)?;
    let mut scope = None;
    for extension in list {
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
    Ok((algorithm, scope))
}

/// The signature's algorithm, the entries, the extensions.
type Parts<'a> = (ObjectIdentifier, &'a [u8], Option<AnyRef<'a>>);

/// ```text
/// list = SEQUENCE { tbs, algorithm, signature }
/// tbs  = SEQUENCE { [version,] algorithm, issuer, thisUpdate, [nextUpdate,] [entries,] [[0] extensions] }
/// ```
/// RFC 5280, section 5.1.
fn parts(der: &[u8]) -> Option<Parts<'_>> {
    let [list] = *elements(der)? else { return None };
    let [tbs, algorithm, _signature] = *elements(list.value())? else { return None };
    let algorithm = elements(algorithm.value())?.first()?.decode_as().ok()?;
    let fields = elements(tbs.value())?;
    let is_time = |it: &AnyRef<'_>| matches!(it.tag(), Tag::UtcTime | Tag::GeneralizedTime);
    // names and algorithms are sequences as well, before the times
    let behind = || fields.iter().skip_while(|it| !is_time(it));
    let entries = behind().find(|it| it.tag() == Tag::Sequence).map_or(&[][..], |it| it.value());
    Some((algorithm, entries, behind().find(|it| is_tagged(it, 0)).and_then(|it| inside(*it))))
}

/// `issuingDistributionPoint` (RFC 5280, section 5.2.5): the list covers a part of its issuer's certificates.
#[derive(Default)]
struct Scope {
    /// The addresses of the distribution point.
    points: Option<Vec<String>>,
    users_only: bool,
    authorities_only: bool,
    attributes_only: bool,
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
                    // some of the reasons only: the result says that the list is partial
                    _ => {}
                },
                _ => return Err(ListError::NotAList),
            }
        }
        Ok(scope)
    }

    fn covers(&self, x509: &X509Ref) -> bool {
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

/// `[0] { fullName [0] { … [6] IA5String … } }`: those names that are addresses.
fn addresses(point: AnyRef<'_>) -> Option<Vec<String>> {
    let name = inside(point)?;
    if !is_tagged(&name, 0) {
        return Some(Vec::new());
    }
    let names = elements(name.value())?;
    let addresses = names.iter().filter(|it| is_tagged(it, 6));
    Some(addresses.map(|it| String::from_utf8_lossy(it.value()).into_owned()).collect())
}
