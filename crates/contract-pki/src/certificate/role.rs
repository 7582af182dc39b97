//! What a guest image's certificate is for. Both kinds have the same shape, the same chain, and are verified by the same
//! procedure (contract-format, sections 8 and 9); the marker keeps one from being used as the other.

use crate::certificate::CertificateFacts;
use crate::certificate::refusal::{Reason, Refusal};

/// Marks the certificate that sections are encrypted under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {}

/// Marks the certificate whose key the guest signs its attestation record with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attestation {}

/// One of the two.
pub trait Role: sealed::Sealed {
    /// `encryption` or `attestation`.
    const NAME: &'static str;
    /// How the documented addresses call it (contract-format, section 9): `encrypt` or `attestation`.
    const PUBLISHED: &'static str;
    /// Of these bits of a `KeyUsage` (RFC 5280, section 4.2.1.3, first byte) one must be set, where there is a `KeyUsage`.
    const KEY_USAGE: u8;

    /// Refuses a certificate whose subject names another role.
    fn verify_subject(_: &CertificateFacts) -> Result<(), Refusal> {
        Ok(())
    }
}

impl Role for Encryption {
    const NAME: &'static str = "encryption";
    const PUBLISHED: &'static str = "encrypt";
    /// `keyEncipherment`, `dataEncipherment`
    const KEY_USAGE: u8 = 0b0011_0000;

    fn verify_subject(facts: &CertificateFacts) -> Result<(), Refusal> {
        facts.verify_subject()
    }
}

impl Role for Attestation {
    const NAME: &'static str = "attestation";
    const PUBLISHED: &'static str = "attestation";
    /// `digitalSignature`, `nonRepudiation`
    const KEY_USAGE: u8 = 0b1100_0000;
}

/// Common names of IBM's intermediates, as the certificates that they issued name them.
const INTERMEDIATES: [&str; 3] = [
    "International Business Machines Corporation",
    "IBM Deutschland Research & Development GmbH",
    "HyperProtect Production Signing Service",
];

impl CertificateFacts {
    /// Refuses a subject that is not an encryption certificate's. A subject that says nothing is taken: the names of later
    /// images are not known.
    pub fn verify_subject(&self) -> Result<(), Refusal> {
        let name = self.subject.rsplit_once("CN=").map_or("", |(_, name)| name);
        let name = name.split(", ").next().unwrap_or_default();
        let words = name.to_lowercase();
        let role = if words.contains("attestation") {
            "an attestation certificate"
        } else if INTERMEDIATES.contains(&name)
            || words.contains("intermediate")
            || words.starts_with("digicert ")
        {
            "the certificate of an intermediate or an authority"
        } else {
            return Ok(());
        };
        Err(Refusal { subject: self.subject.clone(), reason: Reason::OtherRole(role) })
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Encryption {}
    impl Sealed for super::Attestation {}
}
