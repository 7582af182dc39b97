//! PEM, read strictly: as one block, so that nobody wonders which of two keys was used, or as the contract's schema has it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// Why a text is not the single PEM block that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum PemError {
    #[error("it is empty")]
    Empty,
    #[error("it is not PEM: no `-----BEGIN …-----` line")]
    NoBlock,
    #[error("it begins with a byte order mark; PEM is plain ASCII")]
    ByteOrderMark,
    #[error("its `-----BEGIN {0}-----` has no matching `-----END {0}-----`")]
    NoEnd(String),
    #[error("the base64 inside its `{0}` block is damaged")]
    Body(String),
    #[error("it holds {0} PEM blocks where one is expected")]
    SeveralBlocks(usize),
}

/// One PEM block: its label (`CERTIFICATE`) and its DER bytes.
pub struct Block {
    /// The text between `-----BEGIN ` and `-----`.
    pub label: String,
    /// The decoded body; wiped, because it may be a private key.
    pub der: Zeroizing<Vec<u8>>,
}

/// The single PEM block of a text. Explanatory text around it (RFC 7468, section 2) is ignored; CRLF is accepted.
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

/// How a PEM text in a section is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Damage {
    /// `"` and `'` confused: `\n` is two characters.
    #[error("holds the two characters `\\n` instead of line ends")]
    WrittenLineEnds,
    /// A folded scalar.
    #[error("has lost its line ends")]
    NoLineEnds,
    #[error("has a damaged header line, or something beside its PEM blocks")]
    Header,
    #[error("has a damaged footer line, or none")]
    Footer,
    #[error("has a damaged body between its header and footer lines")]
    Body,
}

impl Damage {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::WrittenLineEnds => "put it in double quotes, or take `!file FILE.pem`",
            Self::NoLineEnds => "write it as a block, `|` and indented lines, or take `!file FILE.pem`",
            Self::Header | Self::Footer | Self::Body => "copy the file again, or take `!file FILE.pem`",
        }
    }
}

/// All blocks of a text that holds nothing else, in the form that the contract's schema asks for.
pub fn schema_blocks(text: &str) -> Result<Vec<Block>, Damage> {
    if text.contains("\\n") {
        return Err(Damage::WrittenLineEnds);
    }
    let mut blocks = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (label, body) = rest
            .strip_prefix("-----BEGIN ")
            .and_then(|rest| rest.split_once("-----"))
            .filter(|(label, _)| {
                label.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ')
            })
            .ok_or(Damage::Header)?;
        if !body.starts_with(['\n', '\r']) {
            return Err(if body.starts_with(' ') { Damage::NoLineEnds } else { Damage::Header });
        }
        let (body, behind) = body.split_once("-----END ").ok_or(Damage::Footer)?;
        let behind =
            behind.strip_prefix(label).and_then(|rest| rest.strip_prefix("-----")).ok_or(Damage::Footer)?;
        if !body.ends_with(|c: char| c.is_ascii_whitespace()) {
            return Err(Damage::Footer);
        }
        blocks.push(Block { label: label.to_owned(), der: schema_base64(body).ok_or(Damage::Body)? });
        rest = behind.trim_ascii_start();
        if rest.len() == behind.len() && !rest.is_empty() {
            return Err(Damage::Header);
        }
    }
    if blocks.is_empty() { Err(Damage::Header) } else { Ok(blocks) }
}

/// Base64 with white space only between groups of four characters, as the pattern of the contract's schema requires it.
pub fn schema_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut joined = Zeroizing::new(String::with_capacity(text.len()));
    for piece in text.split_ascii_whitespace() {
        if piece.len() % 4 != 0 {
            return None;
        }
        joined.push_str(piece);
    }
    STANDARD.decode(joined.as_bytes()).ok().filter(|der| !der.is_empty()).map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "-----BEGIN X-----\nAAAA\nAAAA\n-----END X-----\n";

    #[test]
    fn blocks_in_a_row() {
        let two = format!("{GOOD}{GOOD}");
        let labels: Vec<_> =
            schema_blocks(&two).unwrap().into_iter().map(|block| (block.label, block.der.len())).collect();
        assert_eq!(labels, [("X".to_owned(), 6), ("X".to_owned(), 6)]);
        assert!(schema_blocks(GOOD.trim_end()).is_ok());
        assert!(schema_blocks(&GOOD.replace('\n', "\r\n")).is_ok());
        assert!(schema_blocks(&GOOD.replace("\nA", "\n  A")).is_ok());
    }

    #[test]
    fn each_damage_has_its_own_error() {
        for (text, damage) in [
            (GOOD.replace('\n', "\\n"), Damage::WrittenLineEnds),
            (GOOD.replace('\n', " "), Damage::NoLineEnds),
            (GOOD.replace("-----BEGIN", "----BEGIN"), Damage::Header),
            (GOOD.replace("X-----\nA", "X----\nA"), Damage::Header),
            (format!("Subject: me\n{GOOD}"), Damage::Header),
            (format!("{GOOD}behind"), Damage::Header),
            (format!("{}{GOOD}", GOOD.trim_end()), Damage::Header),
            (String::new(), Damage::Header),
            (GOOD.replace("-----END X", "-----END Y"), Damage::Footer),
            (GOOD.replace("END X-----", "END X----"), Damage::Footer),
            (GOOD.replace("-----END X-----", ""), Damage::Footer),
            (GOOD.replace("AAAA\n-----END", "AAAA-----END"), Damage::Footer),
            (GOOD.replacen("AAAA", "AA*A", 1), Damage::Body),
            (GOOD.replacen("AAAA", "AAA", 1), Damage::Body),
            (GOOD.replace("AAAA\n", ""), Damage::Body),
        ] {
            assert_eq!(schema_blocks(&text).map(|_| ()), Err(damage), "{text:?}");
        }
    }
}
