//! What the story tests share: the built binaries, keys that the `openssl` command made, and a folder in which
//! four personas and a guest live side by side.
//!
//! Nothing here calls the library: what our binaries make is judged by other people's tools.
#![expect(clippy::missing_panics_doc, reason = "a test's helper fails by panicking")]

mod binaries;
mod case;
mod keys;
mod listing;
mod story;

pub use binaries::{binaries, repository};
pub use case::Case;
pub use listing::{Entry, listing};
pub use story::{Outcome, Story};
