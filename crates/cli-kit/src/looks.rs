//! What a file that came in is, by its first bytes.

use std::io::{Read as _, Seek as _};

use contract_core::age_file;
use contract_core::platform::Prefix;

use crate::input::Input;

/// How the `_type` of every version begins.
const RECORD: &[u8] = b"urn:hyper-protect-contract:record:";

/// What a file begins as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// A bare token.
    Token,
    /// A handoff.
    Tar,
    /// A handoff, encrypted.
    Age,
    /// The record of a signing, if its JSON begins as `sign` writes it.
    Record,
    /// Nothing in it.
    Empty,
    /// Perhaps user data.
    Other,
}

impl Looks {
    /// Looks at the first bytes, and leaves the file at its beginning.
    pub fn of(file: &mut Input) -> Self {
        let mut begin = Vec::new();
        let read = file.by_ref().take(262).read_to_end(&mut begin);
        if read.is_err() || file.rewind().is_err() {
            return Self::Other;
        }
        if begin.is_empty() {
            Self::Empty
        } else if Prefix::ALL.iter().any(|prefix| begin.starts_with(prefix.as_str().as_bytes())) {
            Self::Token
        } else if begin.get(257..262) == Some(b"ustar") {
            Self::Tar
        } else if age_file::is_age(&begin) {
            Self::Age
        } else if begin.starts_with(b"{") && begin.windows(RECORD.len()).any(|it| it == RECORD) {
            Self::Record
        } else {
            Self::Other
        }
    }
}
