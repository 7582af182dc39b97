//! What the env section brings for TLS: the log server's authorities, the guest's own certificate and key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract_core::certificate::{day, one_line, timestamp};
use contract_core::section::Syslog;
use jiff::Timestamp;
use openssl::pkey::{PKey, Private};
use openssl::ssl::SslContextBuilder;
use openssl::x509::{X509, X509Ref};
use zeroize::Zeroizing;

use super::super::Fault;

/// As whom the guest comes.
pub enum Client {
    /// Without a certificate.
    Nobody,
    /// With one.
    Certified {
        /// `cert`
        certificate: X509,
        /// `key`
        key: PKey<Private>,
        /// What a log server may dislike about it, in words that follow its name; often nothing.
        flaw: String,
    },
}

impl Client {
    /// `cert` and `key`, which have to belong together; one alone is of no use.
    pub fn of(syslog: &Syslog, authorities: &[X509], at: Timestamp) -> Result<Self, Fault> {
        let (certificate, key) = match (&syslog.cert, &syslog.key) {
            (Some(certificate), Some(key)) => (certificate, key),
            (None, None) => return Ok(Self::Nobody),
            (Some(_), None) => return Err(Fault::Half { has: "cert", lacks: "key" }),
            (None, Some(_)) => return Err(Fault::Half { has: "key", lacks: "cert" }),
        };
        let certificate = certificates(certificate).and_then(|found| found.into_iter().next());
        let certificate = certificate.ok_or(Fault::Unreadable { field: "cert" })?;
        let key = private_key(key.expose()).ok_or(Fault::Unreadable { field: "key" })?;
        if !certificate.public_key()?.public_eq(&key) {
            return Err(Fault::ForeignKey);
        }
        let flaw = flaw(&certificate, authorities, at);
        Ok(Self::Certified { certificate, key, flaw })
    }

    /// Comes with it.
    pub fn present(&self, builder: &mut SslContextBuilder) -> Result<(), Fault> {
        if let Self::Certified { certificate, key, .. } = self {
            // OpenSSL refuses here what is too weak for it
            builder.set_certificate(certificate).map_err(|error| Fault::unusable("cert", &error))?;
            builder.set_private_key(key).map_err(|error| Fault::unusable("key", &error))?;
        }
        Ok(())
    }

    /// The server does not want it, and says why if it says anything.
    pub fn refused(&self, words: &'static str) -> Fault {
        match self {
            Self::Nobody => Fault::ClientWanted,
            Self::Certified { certificate, flaw, .. } => Fault::ClientRefused {
                subject: one_line(certificate.subject_name()),
                flaw: flaw.clone(),
                words,
            },
        }
    }
}

/// What this side can tell of a refused certificate.
fn flaw(certificate: &X509Ref, authorities: &[X509], at: Timestamp) -> String {
    if let Ok(end) = timestamp(certificate.not_after())
        && end < at
    {
        return format!(", which expired on {}", day(end));
    }
    if let Ok(from) = timestamp(certificate.not_before())
        && at < from
    {
        return format!(", which is valid from {} on", day(from));
    }
    let vouches = |it: &X509| it.public_key().is_ok_and(|key| certificate.verify(&key).unwrap_or(false));
    if authorities.iter().any(vouches) {
        return String::new();
    }
    ", which no authority in `server` signed".to_owned()
}

/// `server`: one certificate at least.
pub fn authorities(text: &str) -> Result<Vec<X509>, Fault> {
    certificates(text).filter(|found| !found.is_empty()).ok_or(Fault::Unreadable { field: "server" })
}

/// In the forms that the section's reader takes.
pub fn certificates(text: &str) -> Option<Vec<X509>> {
    if is_pem(text.as_bytes()) {
        return X509::stack_from_pem(text.as_bytes()).ok();
    }
    let bytes = unbase64(text)?;
    if is_pem(&bytes) {
        return X509::stack_from_pem(&bytes).ok();
    }
    X509::from_der(&bytes).ok().map(|certificate| vec![certificate])
}

fn private_key(text: &str) -> Option<PKey<Private>> {
    // never asks at the terminal
    let from_pem = |pem: &[u8]| PKey::private_key_from_pem_callback(pem, |_| Ok(0)).ok();
    if is_pem(text.as_bytes()) {
        return from_pem(text.as_bytes());
    }
    let bytes = unbase64(text)?;
    if is_pem(&bytes) { from_pem(&bytes) } else { PKey::private_key_from_der(&bytes).ok() }
}

fn is_pem(bytes: &[u8]) -> bool {
    bytes.starts_with(b"-----BEGIN ")
}

fn unbase64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut joined = Zeroizing::new(String::with_capacity(text.len()));
    joined.extend(text.split_ascii_whitespace());
    STANDARD.decode(joined.as_bytes()).ok().map(Zeroizing::new)
}
