//! What is read off any certificate or key in the same way: names, dates, fingerprints, algorithms.

use std::fmt;

use findings::text::hex;
use jiff::Timestamp;
use openssl::asn1::{Asn1ObjectRef, Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id};
use openssl::rsa::RsaRef;
use openssl::x509::{X509NameRef, X509Ref};

/// Smallest RSA key that is taken, to encrypt or to verify. Every certificate of IBM's that was seen has 4096 bits.
pub const MINIMUM_BITS: u32 = 2048;

/// `sha256:` and the lower-case hex SHA-256 of a key's DER `SubjectPublicKeyInfo`.
///
/// By way of the RSA type, whose encoder costs a tenth of the one that OpenSSL 3 looks up for any key.
pub fn key_fingerprint<T: HasPublic>(key: &RsaRef<T>) -> Result<String, ErrorStack> {
    Ok(format!("sha256:{}", hex(&openssl::sha::sha256(&key.public_key_to_der()?))))
}

/// A certificate's name on one line, in its own order; an attribute without a name by its OID. Values are escaped as RFC 4514 does, so that no value looks like
/// two parts.
pub fn one_line(name: &X509NameRef) -> String {
    let parts = name.entries().map(|entry| {
        let value = entry.data().to_string().unwrap_or_else(|_| "?".to_owned());
        let object = entry.object();
        match object.nid() {
            // OpenSSL's name for all that it does not know, so two attributes would look alike
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

/// An ASN.1 time as a point in time. `99991231235959Z`, which means no end at all (RFC 5280, section 4.1.2.5), lies a day
/// behind the last one that we count with.
pub fn timestamp(time: &Asn1TimeRef) -> Result<Timestamp, ErrorStack> {
    let since_epoch = Asn1Time::from_unix(0)?.diff(time)?;
    let seconds = i64::from(since_epoch.days) * 86_400 + i64::from(since_epoch.secs);
    Timestamp::from_second(seconds.min(Timestamp::MAX.as_second())).map_err(|_| ErrorStack::get())
}

/// Whether it is where [`timestamp`] puts what has no end.
pub fn is_endless(at: Timestamp) -> bool {
    at.as_second() >= Timestamp::MAX.as_second()
}

/// The UTC day of a point in time: `2026-08-12`; that of RFC 5280 where there is no end.
pub fn day(at: Timestamp) -> impl fmt::Display {
    if is_endless(at) {
        return "9999-12-31".to_owned();
    }
    let text = at.to_string();
    text.split_once('T').map_or(text.clone(), |(day, _)| day.to_owned())
}

/// `sha256:` and the hex SHA-256 of the DER `SubjectPublicKeyInfo`, of a key of any type.
pub fn fingerprint(x509: &X509Ref) -> Result<String, ErrorStack> {
    let key = x509.public_key()?.public_key_to_der()?;
    Ok(format!("sha256:{}", hex(&openssl::sha::sha256(&key))))
}

/// Whether a signature's hash is one that nobody can find collisions for: SHA-256 and its longer siblings.
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

/// Where a certificate's issuer publishes what it revoked.
pub fn crl_distribution_points(x509: &X509Ref) -> Vec<String> {
    let points = x509.crl_distribution_points();
    let names = points.iter().flatten().filter_map(|point| point.distpoint()?.fullname());
    names.flatten().filter_map(|name| name.uri()).map(str::to_owned).collect()
}

/// The name of a key's algorithm for messages.
pub fn key_type(id: Id) -> String {
    id_name(id).map_or_else(|| format!("number {}", id.as_raw()), str::to_owned)
}

fn id_name(id: Id) -> Option<&'static str> {
    Some(match id {
        Id::EC => "EC",
        Id::ED25519 => "Ed25519",
        Id::ED448 => "Ed448",
        Id::X25519 => "X25519",
        Id::DSA => "DSA",
        Id::DH => "DH",
        Id::RSA_PSS => "RSA-PSS",
        _ => return None,
    })
}
