//! Plays the guest: what would the real one do with this user data?
//!
//! The real guest holds the private key of its image and nobody else does. A rehearsal has a key of its own
//! instead, made by `guest-rehearsal keygen`, and user data made for that key. The library prints nothing.
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
        reason = "tests may fail loudly, and lay out files of their own"
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
