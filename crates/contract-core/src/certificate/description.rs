//! Everything about a guest image's certificate that helps to tell whether it is the right one.

use openssl::asn1::Asn1ObjectRef;
use openssl::x509::X509Ref;
use serde::Serialize;

use super::{CertificateFacts, ImageCertificate, Role, one_line};
use crate::platform::Platform;

/// What `certificate show` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// Subject, serial, fingerprint, validity.
    #[serde(flatten)]
    pub facts: CertificateFacts,
    /// Who signed it, as it says itself: nothing is verified here.
    pub issuer: String,
    /// `RSA`: no other is taken.
    pub key_type: &'static str,
    /// Bits of the key.
    pub key_bits: u32,
    /// `sha512WithRSAEncryption` on all that were seen.
    pub signature_algorithm: String,
    /// Where its issuer publishes what was revoked (contract-format, section 9).
    pub crl_distribution_points: Vec<String>,
    /// Signed with its own key: a stand-in, for a rehearsal.
    pub self_signed: bool,
    /// The platforms that such a subject was seen with; none for one that says nothing.
    pub suggested_platforms: &'static [Platform],
}

impl<R: Role> ImageCertificate<R> {
    /// Describes the certificate; nothing is verified.
    pub fn describe(&self) -> Description {
        let facts = self.facts.clone();
        Description {
            issuer: one_line(self.x509.issuer_name()),
            key_type: "RSA",
            key_bits: self.key.bits(),
            signature_algorithm: signature_algorithm(&self.x509),
            crl_distribution_points: crl_distribution_points(&self.x509),
            self_signed: self.is_self_signed(),
            suggested_platforms: Platform::suggested_by(&facts.subject),
            facts,
        }
    }
}

/// OpenSSL's name of the algorithm, or its numbers.
pub(super) fn signature_algorithm(x509: &X509Ref) -> String {
    algorithm_name(x509.signature_algorithm().object())
}

pub(super) fn algorithm_name(object: &Asn1ObjectRef) -> String {
    object.nid().long_name().map_or_else(|_| object.to_string(), str::to_owned)
}

pub(super) fn crl_distribution_points(x509: &X509Ref) -> Vec<String> {
    let points = x509.crl_distribution_points();
    let names = points.iter().flatten().filter_map(|point| point.distpoint()?.fullname());
    names.flatten().filter_map(|name| name.uri()).map(str::to_owned).collect()
}
