//! Everything about a guest image's certificate that helps to tell whether it is the right one.

use crate::x509::crl_distribution_points;
use crate::x509::signature_algorithm;
use serde::Serialize;

use crate::certificate::{CertificateFacts, ImageCertificate, Role};
use crate::platform::Platform;
use crate::x509::one_line;

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
