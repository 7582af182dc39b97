//! The states of an IBM Hyper Protect contract, in the order in which one becomes the next.
//!
//! The library creates no file, reads no clock, no environment and no terminal, and starts no process: time,
//! randomness and passphrases are arguments. It reads what a section's tags and an archive's folder name.
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

// the states
pub mod token; // 3
pub mod handoff; // 4
pub mod contract; // 5
pub mod user_data; // 6
pub mod boot_media; // 7

// what the states are made with
pub mod age_file;
pub mod digest;
pub mod env_certificates;
mod kdf;
pub mod kind;
pub mod lifetime;
pub mod names;
pub mod packed;
pub mod secret;
pub mod statement;

// what the running guest says of itself
pub mod attestation;

// who vouches for a statement
