//! What a received file is, judged by its first bytes.

use std::path::Path;

use contract_core::age_file;
use contract_pki::platform::Prefix;

use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::input::{self, Input};

/// How the `_type` of every version begins.
const RECORD: &[u8] = b"urn:hyper-protect-contract:record:";

/// What the first bytes of a file show.
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
    /// Opens a part of a contract, and determines what it is.
    pub fn open(path: &Path) -> Result<(Input, Self), Failure> {
        Input::open_if(path, |beginning| {
            let looks = Self::from_beginning(beginning);
            if looks == Self::Other && !is_text(beginning) {
                let message = format!(
                    "`{}` is neither a handoff nor a token, a record or user data: it does not begin with text",
                    input::name(path)
                );
                return Err(Failure::new(ExitCode::Rejected, message)
                    .hint("check what it is: `head -c 64 FILE | xxd`, or `file FILE`"));
            }
            Ok(looks)
        })
    }

    fn from_beginning(beginning: &[u8]) -> Self {
        if beginning.is_empty() {
            Self::Empty
        } else if Prefix::ALL.iter().any(|prefix| beginning.starts_with(prefix.as_str().as_bytes())) {
            Self::Token
        } else if is_tar(beginning) {
            Self::Tar
        } else if age_file::is_age(beginning) {
            Self::Age
        } else if beginning.starts_with(b"{")
            && beginning.windows(RECORD.len()).any(|window| window == RECORD)
        {
            Self::Record
        } else {
            Self::Other
        }
    }
}

/// Whether a file begins with a tar header: by its magic, or by its checksum in the oldest form, which has no magic.
fn is_tar(beginning: &[u8]) -> bool {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    let has_checksum = |field: &[u8]| {
        let digits = String::from_utf8_lossy(field);
        let spaces = sum(&[b' '; 8]);
        u64::from_str_radix(digits.trim_matches(['\0', ' ']), 8) == Ok(sum(beginning) - sum(field) + spaces)
    };
    beginning.get(257..262) == Some(b"ustar")
        || beginning.len() == 512 && beginning.get(148..156).is_some_and(has_checksum)
}

/// Whether bytes may begin YAML; the reader reports what is wrong with a text.
fn is_text(beginning: &[u8]) -> bool {
    !beginning.iter().any(|byte| *byte < b'\t' || *byte == 0x7f)
}
