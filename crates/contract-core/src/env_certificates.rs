//! The fields of an env section that hold certificates, and the dates of those.

use std::collections::BTreeMap;

use contract_pki::validity::Validity;
use serde::{Deserialize, Serialize};

/// A field of the env section that holds certificates (contract-format, sections 5 and 7), without the names that its
/// author chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CertificateField {
    /// `signingKey`, where it is a certificate: the contract expires with it.
    #[serde(rename = "signingKey")]
    SigningKey,
    /// `logging.syslog.server`
    #[serde(rename = "logging.syslog.server")]
    SyslogServer,
    /// `logging.syslog.cert`
    #[serde(rename = "logging.syslog.cert")]
    SyslogCert,
    /// `cacerts`
    #[serde(rename = "cacerts")]
    Cacerts,
    /// `grep11.caCert` of any volume
    #[serde(rename = "grep11.caCert")]
    Grep11CaCert,
    /// `grep11.clientCert` of any volume
    #[serde(rename = "grep11.clientCert")]
    Grep11ClientCert,
}

/// The dates of an env section's certificates; of several in one kind of field, those of the first to end.
pub type Certificates = BTreeMap<CertificateField, Validity>;

/// Keeps the first to end.
pub fn keep_first(certificates: &mut Certificates, field: CertificateField, validity: Validity) {
    let first = certificates.entry(field).or_insert(validity);
    if validity.not_after < first.not_after {
        *first = validity;
    }
}
