//! How the libraries report what is wrong: errors with advice, findings with their places, text that is safe to show.
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

mod finding;
pub mod text;

pub use finding::{Advice, Blame, Finding, Findings, Place, Rule, Severity, join, near, nearest};
