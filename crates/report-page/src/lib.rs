//! Writes one HTML page that an auditor can file: complete, without scripts, and with nothing to load.
//!
//! ```text
//! page = shell( style, verdict, sections( facts | table | list | note ) )
//! ```
//!
//! All text passes through [`Html::text`], [`Html::prose`] or [`Html::value`], which escape it and make hidden characters
//! visible. The names of elements and attributes are constants. So no value from outside can become markup. The same input
//! gives the same bytes. The library does no IO and reads no clock.
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
        clippy::string_slice
    )
)]

mod html;
mod page;
mod table;

pub use html::{Fact, Html, Mark};
pub use page::Page;
pub use table::{Row, Table};
