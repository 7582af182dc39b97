//! Keys, certificates and chains, with OpenSSL, and the platforms whose images they belong to.
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

// Ground
mod extensions; //              the only reader of DER: extensions of certificates and lists
pub mod pem; //                 one strict reader of PEM
pub mod random; //              randomness as an argument
pub mod validity; //            two dates and one rule for both ends
pub mod x509; //                names, dates, fingerprints, a certificate's public facts
pub mod platform; //            the product that an image belongs to

// Keys
pub mod verifying_key; //       a public key that verifies, perhaps in a certificate
pub mod private_key; //         a private key; its type states its use

// Certificates
pub mod certificate; //         those of a guest image, their chains and revocation lists
pub mod signing_certificate; // that of a signing key
