//! Facts that are read from any certificate or key in the same way: names, dates, fingerprints, algorithms.

use std::cmp::Ordering;
use std::fmt;

use findings::text::hex;
use jiff::Timestamp;
use openssl::asn1::{Asn1ObjectRef, Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id};
use openssl::rsa::RsaRef;
use openssl::x509::{X509NameRef, X509Ref};
use serde::{Deserialize, Serialize};

use crate::validity::Validity;

/// Smallest RSA key that is accepted, to encrypt or to verify. All known certificates of IBM have 4096 bits.
pub const MINIMUM_BITS: u32 = 2048;

/// The public facts of a certificate, shown at every encryption and stated in the handoff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateFacts {
    /// Subject, in the certificate's order: `C=IN, …, CN=…`.
    pub subject: String,
    /// Serial number, upper-case hex as `openssl x509 -serial` shows it.
    pub serial: String,
    /// `sha256:` and the hex SHA-256 of the key's DER `SubjectPublicKeyInfo`.
    pub key_fingerprint: String,
    /// First second of validity.
    pub not_before: Timestamp,
    /// Last second of validity.
    pub not_after: Timestamp,
}

impl CertificateFacts {
    /// Reads a certificate with a key of any type.
    pub fn read(x509: &X509Ref) -> Result<Self, ErrorStack> {
        Self::with_fingerprint(x509, fingerprint(x509)?)
    }

    pub(crate) fn with_fingerprint(x509: &X509Ref, key_fingerprint: String) -> Result<Self, ErrorStack> {
        let Validity { not_before, not_after } = validity(x509)?;
        let serial = x509.serial_number().to_bn()?.to_hex_str()?.to_string();
        Ok(Self { subject: one_line(x509.subject_name()), serial, key_fingerprint, not_before, not_after })
    }

    /// Both dates.
    pub fn validity(&self) -> Validity {
        Validity { not_before: self.not_before, not_after: self.not_after }
    }

    /// Whether both describe one certificate: by its key, its validity and its serial number. How a tool spells the subject
    /// or the digits of the serial does not matter.
    pub fn is_same_certificate(&self, other: &Self) -> bool {
        let facts = |it: &Self| {
            let (sign, digits) = it.serial.split_at(usize::from(it.serial.starts_with('-')));
            let serial = format!("{sign}{}", digits.trim_start_matches('0').to_ascii_lowercase());
            (it.key_fingerprint.clone(), it.validity(), serial)
        };
        facts(self) == facts(other)
    }
}

/// Both dates of a certificate.
pub fn validity(x509: &X509Ref) -> Result<Validity, ErrorStack> {
    Ok(Validity { not_before: timestamp(x509.not_before())?, not_after: timestamp(x509.not_after())? })
}

/// `sha256:` and the lower-case hex SHA-256 of a key's DER `SubjectPublicKeyInfo`.
///
/// Uses the RSA type: its encoder costs a tenth of the one that OpenSSL 3 looks up for any key.
pub fn key_fingerprint<T: HasPublic>(key: &RsaRef<T>) -> Result<String, ErrorStack> {
    Ok(format!("sha256:{}", hex(&openssl::sha::sha256(&key.public_key_to_der()?))))
}

/// A certificate's name on one line, in its own order; an attribute without a name by its OID. Values are escaped as in
/// RFC 4514, so that no value looks like two parts.
pub fn one_line(name: &X509NameRef) -> String {
    let parts = name.entries().map(|entry| {
        let value = entry.data().to_string().unwrap_or_else(|_| "?".to_owned());
        let object = entry.object();
        match object.nid() {
            // OpenSSL has one name for all unknown attributes: two of them would look alike
            Nid::UNDEF => format!("{object}={}", escaped(&value)),
            nid => format!("{}={}", nid.short_name().unwrap_or("?"), escaped(&value)),
        }
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut text = String::with_capacity(value.len());
    for (at, char) in value.chars().enumerate() {
        let is_special = matches!(char, ',' | '+' | '"' | '\\' | '<' | '>' | ';')
            || char == ' ' && (at == 0 || at == last)
            || char == '#' && at == 0;
        text.extend(is_special.then_some('\\').into_iter().chain([char]));
    }
    text
}

/// An ASN.1 time as a point in time. `99991231235959Z`, which means no end (RFC 5280, section 4.1.2.5), is a day after the
/// last one that [`Timestamp`] can hold, and becomes that one.
pub fn timestamp(time: &Asn1TimeRef) -> Result<Timestamp, ErrorStack> {
    let since_epoch = Asn1Time::from_unix(0)?.diff(time)?;
    let seconds = i64::from(since_epoch.days) * 86_400 + i64::from(since_epoch.secs);
    Timestamp::from_second(seconds.min(Timestamp::MAX.as_second())).map_err(|_| ErrorStack::get())
}

/// Whether a point in time means that there is no end: see [`timestamp`].
pub fn is_endless(at: Timestamp) -> bool {
    at.as_second() >= Timestamp::MAX.as_second()
}

/// The UTC day of a point in time: `2026-08-12`; `9999-12-31` if there is no end.
pub fn day(at: Timestamp) -> impl fmt::Display {
    if is_endless(at) {
        return "9999-12-31".to_owned();
    }
    let text = at.to_string();
    text.split_once('T').map_or(text.clone(), |(day, _)| day.to_owned())
}

/// As [`key_fingerprint`], of a certificate with a key of any type.
pub fn fingerprint(x509: &X509Ref) -> Result<String, ErrorStack> {
    let key = x509.public_key()?.public_key_to_der()?;
    Ok(format!("sha256:{}", hex(&openssl::sha::sha256(&key))))
}

/// Whether a certificate was signed with the key of this issuer.
pub(crate) fn is_signed_by(x509: &X509Ref, issuer: &X509Ref) -> bool {
    issuer.public_key().and_then(|key| x509.verify(&key)).unwrap_or(false)
}

/// Whether two names are equal as RFC 5280 compares them.
pub(crate) fn same_name(one: &X509NameRef, other: &X509NameRef) -> bool {
    one.try_cmp(other).is_ok_and(Ordering::is_eq)
}

/// Whether a signature uses SHA-256, SHA-384 or SHA-512, for which no collisions are known.
pub fn signature_is_strong(algorithm: &Asn1ObjectRef) -> bool {
    let digest = algorithm.nid().signature_algorithms().map(|them| them.digest);
    digest.is_some_and(|digest| [Nid::SHA256, Nid::SHA384, Nid::SHA512].contains(&digest))
}

/// The algorithm that a certificate is signed with.
pub fn signature_algorithm(x509: &X509Ref) -> String {
    algorithm_name(x509.signature_algorithm().object())
}

/// OpenSSL's long name of an algorithm, or its numbers.
pub fn algorithm_name(object: &Asn1ObjectRef) -> String {
    object.nid().long_name().map_or_else(|_| object.to_string(), str::to_owned)
}

/// The addresses of the revocation lists of a certificate's issuer.
pub fn crl_distribution_points(x509: &X509Ref) -> Vec<String> {
    let points = x509.crl_distribution_points();
    let names = points.iter().flatten().filter_map(|point| point.distpoint()?.fullname());
    names.flatten().filter_map(|name| name.uri()).map(str::to_owned).collect()
}

/// The addresses of the issuer's own certificate: `CA Issuers` of the Authority Information Access.
pub fn ca_issuers(x509: &X509Ref) -> Vec<String> {
    let accesses = x509.authority_info();
    let issuers = accesses.iter().flatten().filter(|it| it.method().nid() == Nid::AD_CA_ISSUERS);
    issuers.filter_map(|it| it.location().uri()).map(str::to_owned).collect()
}

/// The name of a key's algorithm for messages.
pub fn key_type(id: Id) -> String {
    let name = match id {
        Id::EC => "EC",
        Id::ED25519 => "Ed25519",
        Id::ED448 => "Ed448",
        Id::X25519 => "X25519",
        Id::DSA => "DSA",
        Id::DH => "DH",
        Id::RSA_PSS => "RSA-PSS",
        _ => return format!("number {}", id.as_raw()),
    };
    name.to_owned()
}
