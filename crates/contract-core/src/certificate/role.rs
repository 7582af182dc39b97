//! What a guest image's certificate is for. Both kinds have the same shape, the same chain, and are verified by the same
//! procedure (contract-format, sections 8 and 9); the marker keeps one from being used as the other.

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
}

impl Role for Encryption {
    const NAME: &'static str = "encryption";
    const PUBLISHED: &'static str = "encrypt";
}

impl Role for Attestation {
    const NAME: &'static str = "attestation";
    const PUBLISHED: &'static str = "attestation";
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Encryption {}
    impl Sealed for super::Attestation {}
}
