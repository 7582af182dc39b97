//! PEM inside a section, block after block, with a name for every way in which copying damages it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// What happened to a PEM text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// `"` and `'` confused: `\n` is two characters.
    #[error("holds the two characters `\\n` instead of line ends")]
    WrittenLineEnds,
    /// A folded scalar.
    #[error("has lost its line ends")]
    NoLineEnds,
    /// Words before the first, between or behind blocks.
    #[error("has a damaged header line, or something beside its PEM blocks")]
    Header,
    /// The END line does not belong to the BEGIN line.
    #[error("has a damaged footer line, or none")]
    Footer,
    /// The base64 between them.
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

/// One block.
pub struct Block {
    /// `CERTIFICATE`
    pub label: String,
    /// The decoded body.
    pub der: Zeroizing<Vec<u8>>,
}

/// All blocks of a text that holds nothing else, in the form that the contract's schema asks for.
pub fn blocks(text: &str) -> Result<Vec<Block>, Damage> {
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
        blocks.push(Block { label: label.to_owned(), der: groups(body).ok_or(Damage::Body)? });
        rest = behind.trim_ascii_start();
        if rest.len() == behind.len() && !rest.is_empty() {
            return Err(Damage::Header);
        }
    }
    if blocks.is_empty() { Err(Damage::Header) } else { Ok(blocks) }
}

/// Base64 whose white space stands only between groups of four characters, as the schema's pattern has it.
pub fn groups(text: &str) -> Option<Zeroizing<Vec<u8>>> {
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
            blocks(&two).unwrap().into_iter().map(|block| (block.label, block.der.len())).collect();
        assert_eq!(labels, [("X".to_owned(), 6), ("X".to_owned(), 6)]);
        assert!(blocks(GOOD.trim_end()).is_ok());
        assert!(blocks(&GOOD.replace('\n', "\r\n")).is_ok());
        assert!(blocks(&GOOD.replace("\nA", "\n  A")).is_ok());
    }

    #[test]
    fn every_damage_has_its_name() {
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
            assert_eq!(blocks(&text).map(|_| ()), Err(damage), "{text:?}");
        }
    }
}
