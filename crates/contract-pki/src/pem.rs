//! PEM, read strictly: one block, nothing beside it, so that nobody wonders which of two keys was taken.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// Why a text is not the single PEM block that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// Empty, or white space only.
    #[error("it is empty")]
    Empty,
    /// No `-----BEGIN` line.
    #[error("it is not PEM: no `-----BEGIN …-----` line")]
    NoBlock,
    /// A byte order mark or UTF-16.
    #[error("it begins with a byte order mark; PEM is plain ASCII")]
    ByteOrderMark,
    /// BEGIN without the matching END.
    #[error("its `-----BEGIN {0}-----` has no matching `-----END {0}-----`")]
    NoEnd(String),
    /// Something between BEGIN and END is not base64.
    #[error("the base64 inside its `{0}` block is damaged")]
    Body(String),
    /// More than one block.
    #[error("it holds {0} PEM blocks where one is expected")]
    SeveralBlocks(usize),
}

/// One PEM block: its label (`CERTIFICATE`) and its DER bytes.
pub struct Block {
    /// What stands between `-----BEGIN ` and `-----`.
    pub label: String,
    /// The decoded body; wiped, because it may be a private key.
    pub der: Zeroizing<Vec<u8>>,
}

/// The single PEM block of a text. Explanatory text around it (RFC 7468, section 2) is passed over; CRLF is read.
pub fn only_block(text: &str) -> Result<Block, PemError> {
    if text.starts_with('\u{feff}') {
        return Err(PemError::ByteOrderMark);
    }
    if text.trim().is_empty() {
        return Err(PemError::Empty);
    }
    let count = blocks(text);
    if count > 1 {
        return Err(PemError::SeveralBlocks(count));
    }
    let mut lines = text.lines();
    let name = lines.find_map(|line| label(line, "-----BEGIN ")).ok_or(PemError::NoBlock)?;
    let mut body = Zeroizing::new(String::with_capacity(text.len()));
    for line in lines {
        if label(line, "-----END ") == Some(name) {
            let der = STANDARD.decode(body.as_bytes()).map_err(|_| PemError::Body(name.to_owned()))?;
            return Ok(Block { label: name.to_owned(), der: Zeroizing::new(der) });
        }
        body.push_str(line.trim());
    }
    Err(PemError::NoEnd(name.to_owned()))
}

/// How many PEM blocks begin in a text.
pub fn blocks(text: &str) -> usize {
    text.lines().filter(|line| label(line, "-----BEGIN ").is_some()).count()
}

fn label<'a>(line: &'a str, opening: &str) -> Option<&'a str> {
    line.trim_end().strip_prefix(opening)?.strip_suffix("-----")
}
