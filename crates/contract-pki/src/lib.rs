//! What OpenSSL knows of a contract: keys, certificates and chains, and the platforms whose images they belong to.
//!
//! Nothing here reads a file, a clock or the environment: times, randomness and passphrases are arguments.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_macros))]

// Ground: names, dates, fingerprints; DER; PEM; randomness.
mod extensions;
pub mod pem;
pub mod random;
pub mod validity;
pub mod x509;

// Whose image a certificate belongs to.
pub mod platform;

// Keys: the public one verifies; the type of a private one states its use.
pub mod verifying_key;
pub mod private_key;

// The image's certificates and their chains; the certificate of a signing key.
pub mod certificate;
pub mod signing_certificate;
