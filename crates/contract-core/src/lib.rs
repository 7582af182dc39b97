//! The states of an IBM Hyper Protect contract, in the order in which one becomes the next.
//!
//! The library creates no file, reads no clock, no environment and no terminal, and starts no process: time,
//! randomness and passphrases are arguments.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::disallowed_methods,
        clippy::disallowed_macros
    )
)]

// Ground
pub mod kind; //             workload and env, as types and as a value
pub mod names; //            names that a section's author chooses
pub mod secret; //           a value that is never shown
pub mod digest; //           a writer that counts and hashes
mod kdf; //                  the password-based key of a token
pub mod age_file; //         age files for several recipients
pub mod packed; //           the public facts of an archive
pub mod env_certificates; // the dates of an env section's certificates
pub mod statement; //        what a persona states about a token

// The states
pub mod token; //            3: a section that only the guest can open
pub mod handoff; //          4: a token with its statement and signature
pub mod contract; //         5: two halves that agree, and the signing record
pub mod user_data; //        6: the contract as the guest receives it
pub mod boot_media; //       7: the medium with the user data
pub mod initdata; //         7 for CCCO: the pod's annotation with the user data
pub mod received; //         any of them, in a file of any tool

// Beside the contract
pub mod sealed_secret; //    a secret of a CCCO pod, which the keys in a section open

// After the boot
pub mod lifetime; //         when a contract ends
pub mod attestation; //      the running guest's report about itself
