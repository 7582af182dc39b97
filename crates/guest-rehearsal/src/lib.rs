//! Rehearses a boot: what would the real guest do with this user data?
//!
//! Only the real guest has the private key of its image. A rehearsal uses a stand-in, which `guest-rehearsal keygen` makes,
//! and user data that was encrypted for it. The library prints nothing.
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
        reason = "tests may panic, and write files"
    )
)]

pub mod attestation;
pub mod boot;
pub mod ceremony;
pub mod certificates;
pub mod contents;
pub mod hpl;
pub mod keys;
pub mod page;
pub mod report;
pub mod second_reader;

#[cfg(test)]
mod testing;
