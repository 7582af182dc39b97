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
    /// A folded or plain scalar of YAML.
    #[error("its line breaks are gone; PEM is several lines")]
    NoLineEnds,
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
    let no_block = || if text.contains("-----BEGIN ") { PemError::NoLineEnds } else { PemError::NoBlock };
    let name = lines.find_map(|line| label(line, "-----BEGIN ")).ok_or_else(no_block)?;
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
    line.trim_end().strip_prefix(opening)?.strip_suffix("-----").filter(|label| is_label(label))
}

/// As in all labels that are in use.
fn is_label(text: &str) -> bool {
    text.len() <= LONGEST_LABEL
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ')
}

/// `ENCRYPTED PRIVATE KEY` has 21 characters.
const LONGEST_LABEL: usize = 64;

/// The PEM blocks of a text alone, if there is something around them: what `openssl x509 -text`, `openssl ca` and exports of
/// PKCS#12 write. `None` if there is nothing to cut, or a block has no end.
pub fn without_text(text: &str) -> Option<Zeroizing<String>> {
    let mut kept = Zeroizing::new(String::with_capacity(text.len()));
    let mut inside = None;
    for line in text.split_inclusive('\n') {
        let opened = inside.or_else(|| label(line, "-----BEGIN "));
        if opened.is_some() {
            kept.push_str(line);
        }
        inside = opened.filter(|name| label(line, "-----END ") != Some(*name));
    }
    (inside.is_none() && !kept.is_empty() && kept.len() < text.len()).then_some(kept)
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
    /// By the label of a block.
    #[error("has text around its PEM block, which the schema refuses")]
    Text(String),
    #[error("has a damaged header line")]
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
            Self::Text(label) if label == "CERTIFICATE" => {
                "keep the block alone, `openssl x509 -in FILE`, or take `!file FILE`, which does it"
            }
            Self::Text(label) if label == "PUBLIC KEY" => {
                "keep the block alone, `openssl pkey -pubin -in FILE`, or take `!file FILE`, which does it"
            }
            Self::Text(_) => "keep the block alone, or take `!file FILE`, which does it",
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
    let mut blocks: Vec<Block> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if !rest.starts_with('-') {
            let label = text.lines().find_map(|line| label(line, "-----BEGIN ")).unwrap_or_default();
            return Err(Damage::Text(label.to_owned()));
        }
        let (label, body) = rest
            .strip_prefix("-----BEGIN ")
            .and_then(|rest| rest.split_once("-----"))
            .filter(|(label, _)| is_label(label))
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
        blocks.push(Block { label: label.to_owned(), der: body_of(body).ok_or(Damage::Body)? });
        rest = behind.trim_ascii_start();
        if rest.len() == behind.len() && !rest.is_empty() {
            return Err(Damage::Header);
        }
    }
    if blocks.is_empty() { Err(Damage::Header) } else { Ok(blocks) }
}

/// Base64 that the contract's schema takes.
pub struct SchemaBase64 {
    /// Decoded; wiped, because it may be a private key.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Whether it has line breaks or other white space, which no source shows that a guest takes.
    pub broken: bool,
}

/// Why a text is not base64 that the contract's schema takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Base64Error {
    #[error("neither PEM nor base64")]
    NotBase64,
    #[error("base64 with white space where the schema refuses it")]
    WhiteSpace,
}

impl SchemaBase64 {
    /// `^(?:[A-Za-z\d+/]{4}\s*)*(?:[A-Za-z\d+/]{3}=|[A-Za-z\d+/]{2}==)?$`: white space only after groups of four characters,
    /// and none behind padding.
    pub fn parse(text: &str) -> Result<Self, Base64Error> {
        let mut joined = Zeroizing::new(String::with_capacity(text.len()));
        let mut groups = true;
        for piece in text.split_ascii_whitespace() {
            groups &= piece.len() % 4 == 0;
            joined.push_str(piece);
        }
        let bytes = STANDARD.decode(joined.as_bytes()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| Base64Error::NotBase64)?;
        let broken = joined.len() < text.len();
        let is_outside = |c: char| c.is_ascii_whitespace();
        let behind_padding = joined.ends_with('=') && text.ends_with(is_outside);
        if groups && !behind_padding && !text.starts_with(is_outside) {
            return Ok(Self { bytes, broken });
        }
        Err(Base64Error::WhiteSpace)
    }
}

/// The bytes between header and footer lines, whose pattern takes white space at both ends.
fn body_of(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let base64 = SchemaBase64::parse(text.trim_ascii()).ok()?;
    (!base64.bytes.is_empty()).then_some(base64.bytes)
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
    fn text_around_blocks_is_cut() {
        let cut = |text: &str| without_text(text).map(|kept| kept.to_string());
        assert_eq!(cut(&format!("Bag Attributes\n{GOOD}\nsubject\n{GOOD}")), Some(GOOD.repeat(2)));
        assert_eq!(
            cut(&format!("-----BEGIN Y\n{}", GOOD.replace('\n', "\r\n"))),
            Some(GOOD.replace('\n', "\r\n"))
        );
        for whole in [GOOD.to_owned(), "text".to_owned(), format!("a\n{}", GOOD.replace("END X", "END Y"))] {
            assert_eq!(cut(&whole), None, "{whole}");
        }
    }

    #[test]
    fn each_damage_has_its_own_error() {
        for (text, damage) in [
            (GOOD.replace('\n', "\\n"), Damage::WrittenLineEnds),
            (GOOD.replace('\n', " "), Damage::NoLineEnds),
            (GOOD.replace("-----BEGIN", "----BEGIN"), Damage::Header),
            (GOOD.replace("X-----\nA", "X----\nA"), Damage::Header),
            (format!("Subject: me\n{GOOD}"), Damage::Text("X".to_owned())),
            (format!("\n{GOOD}"), Damage::Text("X".to_owned())),
            (format!("{GOOD}behind"), Damage::Text("X".to_owned())),
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
