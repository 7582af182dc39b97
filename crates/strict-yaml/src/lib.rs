//! YAML as the guest reads it: a small tree with exact places, built from the events of serde-saphyr's parser.
//!
//! Why not serde: it stops at the first error, its errors show the value, which may be a secret, and it does not say
//! which bytes a value has, which an edit in place (`contract_section::splice`) needs.
//!
//! The reader accepts only what every reader of the libyaml family reads in the same way (`rules`). In a section it also
//! refuses a second document, anchors, aliases, merge keys, directives, explicit (`?`) and repeated keys, and all tags but
//! our own. A value that begins with `!`, `&` or `*` is often a secret without quotes: no error repeats the text.
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

pub mod plain;
mod quote;
mod reader;
mod rules;

use std::{fmt, ops::Range};

use findings::{Advice, Blame, join};
use zeroize::Zeroizing;

pub use quote::quote;
pub use reader::{parse, parse_descriptors};

/// How much the reader accepts.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Depth of mappings and sequences.
    pub nesting: usize,
    /// Values: scalars, mappings and sequences; an alias counts as all that it repeats.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, nesting: 64, nodes: 200_000 }
    }
}

/// Whether the document may use the tags of a persona's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tags {
    /// No tag at all: what a guest reads.
    Refused,
    /// `!file` and `!folder`: what a persona writes.
    FileAndFolder,
}

/// A tag for content that is in another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `!file`: the content of the named file.
    File,
    /// `!folder`: the named folder, packed.
    Folder,
}

/// One YAML document.
#[derive(Clone, Debug)]
pub struct Document {
    /// What the document holds.
    pub root: Node,
}

/// A value and its bytes in the source.
#[derive(Clone)]
pub struct Node {
    /// All bytes of the value in the source: its tag, its quotes, a block scalar's header.
    pub span: Range<usize>,
    /// One-based.
    pub line: usize,
    /// One-based, in characters.
    pub column: usize,
    /// Our own tag, if the value has one.
    pub tag: Option<Tag>,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone)]
pub enum Kind {
    /// A text. A missing value is an empty plain text.
    Scalar {
        /// After unescaping and unfolding.
        text: Zeroizing<String>,
        /// How it was written.
        style: Style,
    },
    /// `- a` or `[a]`.
    Sequence(Vec<Node>),
    /// `a: b` or `{a: b}`, in the order of the source.
    Mapping(Vec<(Key, Node)>),
}

/// A mapping's key.
#[derive(Clone)]
pub struct Key {
    /// After unescaping.
    pub text: String,
    /// Its bytes in the source, quotes included.
    pub span: Range<usize>,
    /// One-based.
    pub line: usize,
    /// One-based, in characters.
    pub column: usize,
    /// How it was written.
    pub style: Style,
}

/// How a scalar was written; only a plain one can be anything but text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: may be a number, a boolean or nothing.
    Plain,
    /// In quotes: text.
    Quoted,
    /// `|` or `>`: text.
    Block,
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> Option<&[(Key, Self)]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items of a sequence.
    pub fn items(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The value under a key.
    pub fn entry(&self, name: &str) -> Option<&Self> {
        self.entries()?.iter().find(|(key, _)| key.text == name).map(|(_, node)| node)
    }

    /// Visits every scalar in the value, with its path below `path`: `volumes.data.kms[0].crn`.
    pub fn visit_scalars<'n>(&'n self, path: &str, visit: &mut dyn FnMut(&str, &'n Self)) {
        match &self.kind {
            Kind::Scalar { .. } => visit(path, self),
            Kind::Sequence(items) => {
                for (at, item) in items.iter().enumerate() {
                    item.visit_scalars(&format!("{path}[{at}]"), visit);
                }
            }
            Kind::Mapping(entries) => {
                for (key, node) in entries {
                    node.visit_scalars(&join(path, &key.text), visit);
                }
            }
        }
    }

    /// Whether there is no value: `key:`, `~`, `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, style: Style::Plain } if plain::is_null(text))
    }

    /// Whether both are equal, without their places: shapes, texts, and which scalars are plain.
    pub fn same(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Scalar { text, style }, Kind::Scalar { text: other, style: other_style }) => {
                text == other && (*style == Style::Plain) == (*other_style == Style::Plain)
            }
            (Kind::Sequence(items), Kind::Sequence(others)) => {
                items.len() == others.len() && items.iter().zip(others).all(|(a, b)| a.same(b))
            }
            (Kind::Mapping(entries), Kind::Mapping(others)) => {
                entries.len() == others.len()
                    && entries
                        .iter()
                        .zip(others)
                        .all(|((key, a), (other, b))| key.text == other.text && a.same(b))
            }
            _ => false,
        }
    }
}

/// Shows the shape; texts and keys may be secrets.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Scalar { text, style } => write!(f, "{style:?}(<{} characters>)", text.chars().count()),
            Kind::Sequence(items) => f.debug_list().entries(items).finish(),
            Kind::Mapping(entries) => f.debug_set().entries(entries.iter().map(|(_, node)| node)).finish(),
        }
    }
}

/// Why a text is refused. Never holds a part of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More bytes than the caller allows.
    #[error("line 1: the text is larger than {limit} bytes")]
    TooLarge {
        /// What the caller allows.
        limit: usize,
    },
    /// A file that starts with U+FEFF.
    #[error("line 1, column 1: the file starts with a byte order mark")]
    ByteOrderMark,
    /// A value is outside of the text: the reader's own mistake.
    #[error("line 1: internal error: a value is outside of the text")]
    Internal,
    /// Bytes that are not UTF-8.
    #[error("line {line}: the text is not UTF-8")]
    NotUtf8 {
        /// One-based.
        line: usize,
    },
    /// Not YAML, or YAML that this reader does not accept.
    #[error("line {line}, column {column}: {fault}")]
    At {
        /// One-based.
        line: usize,
        /// One-based.
        column: usize,
        /// What is wrong there.
        fault: Fault,
    },
}

/// What is wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The parser's message, which quotes nothing.
    #[error("{0}")]
    Syntax(String),
    /// NUL, escape and the like.
    #[error("control character U+{0:04X}")]
    ControlCharacter(u32),
    /// U+0085, U+2028, U+2029.
    #[error("the character U+{0:04X}, which ends a line for some readers and not for others")]
    LineBreak(u32),
    /// CR without LF.
    #[error("a carriage return without a line feed")]
    CarriageReturn,
    /// A tab outside of quotes, comments and the text of a block scalar.
    #[error("a tab where readers expect spaces")]
    Tab,
    /// `\/`, `\ud83d` and what YAML does not know.
    #[error("an escape that not every reader knows")]
    Escape,
    /// `[a?]`, `[:a]`.
    #[error("unquoted text in brackets that holds `?`, or begins or ends with `:`")]
    FlowScalar,
    /// `{a:}`.
    #[error("no space after `:`")]
    Colon,
    /// `"a"#b`.
    #[error("no space before `#`")]
    Comment,
    /// A key of several lines, or its colon on another line.
    #[error("a key that is not on one line with its `:`")]
    KeyLines,
    /// A document that is a block scalar with its text at the first column.
    #[error("the text of a block scalar without indentation")]
    BlockIndent,
    /// `&a.b`, `*a.b`.
    #[error("an anchor's name with other characters than letters, digits, `-` and `_`")]
    Name,
    /// `...` before a document.
    #[error("`...` without a document before it")]
    DocumentEnd,
    /// A document after `...` without `---`.
    #[error("a document that does not begin with `---`")]
    DocumentStart,
    /// `%YAML`, `%TAG`.
    #[error("directives are not allowed")]
    Directive,
    /// `&name`.
    #[error("anchors are not allowed")]
    Anchor,
    /// `*name`.
    #[error("aliases are not allowed")]
    Alias,
    /// `<<`.
    #[error("merge keys are not allowed")]
    MergeKey,
    /// `!something`.
    #[error("unknown tag")]
    Tag,
    /// A tag on something other than a path.
    #[error("`!file` and `!folder` take a path")]
    TagWithoutPath,
    /// `? key`, or a key that is no text.
    #[error("only plain and quoted keys are allowed")]
    Key,
    /// `null: x`, `~: x`.
    #[error("a key that some readers take for `null`")]
    NullKey,
    /// The same key twice in one mapping.
    #[error("duplicate key: first on line {first}")]
    DuplicateKey {
        /// The line of the first one.
        first: usize,
    },
    /// More values than the caller allows.
    #[error("more than {0} values, aliases counted as what they repeat")]
    TooMany(usize),
    /// Aliases that repeat more text than the caller allows.
    #[error("aliases repeat more than {0} bytes of text")]
    TooMuch(usize),
    /// Mappings and sequences deeper than the caller allows.
    #[error("nested too deeply")]
    TooDeep,
    /// A second document.
    #[error("more than one document")]
    SecondDocument,
    /// No document.
    #[error("the text is empty")]
    Empty,
}

impl Error {
    /// The one-based line.
    pub fn line(&self) -> usize {
        match self {
            Self::TooLarge { .. } | Self::ByteOrderMark | Self::Internal => 1,
            Self::NotUtf8 { line } | Self::At { line, .. } => *line,
        }
    }

    /// The message without its place.
    pub fn reason(&self) -> String {
        let message = self.to_string();
        message.split_once(": ").map(|(_, reason)| reason.to_owned()).unwrap_or(message)
    }

    fn hint(&self) -> &'static str {
        let fault = match self {
            Self::TooLarge { .. } => return "keep large content outside: `archive: !folder play`",
            Self::ByteOrderMark => return "save the file as UTF-8 without a byte order mark",
            Self::Internal => return "please report this, with the shape of the file but without its secrets",
            Self::NotUtf8 { .. } => return "save the file as UTF-8: `iconv -t UTF-8`",
            Self::At { fault, .. } => fault,
        };
        match fault {
            Fault::Syntax(_) => "check the indentation, and that quotes and brackets are closed",
            Fault::ControlCharacter(_) => "remove it, or write it as an escape in double quotes: `\"\\x1b\"`",
            Fault::LineBreak(_) => "remove it, or write it as an escape in double quotes: `\"\\u2028\"`",
            Fault::CarriageReturn => "end lines with LF or CRLF: `tr '\\r' '\\n' < FILE`",
            Fault::Tab => "write spaces; a tab that belongs to a value is `\\t` in double quotes",
            Fault::Escape => "write the character itself: `/` needs no escape",
            Fault::FlowScalar => "put the text in double quotes",
            Fault::Colon => "write `key: value`, or put a text with `:` in double quotes",
            Fault::Comment => "write ` # comment`, or put a text with `#` in double quotes",
            Fault::KeyLines => "write the key and its `:` on one line",
            Fault::BlockIndent => "indent the text",
            Fault::Name => "use only letters, digits, `-` and `_` in the name",
            Fault::DocumentEnd => "remove the line `...`",
            Fault::DocumentStart => "begin each document with a line `---`",
            Fault::TooMany(_) => "write fewer values; quote a text which begins with `[` or `{`",
            Fault::TooMuch(_) => "write fewer aliases, or shorter texts behind the anchors",
            Fault::Directive => "remove the line which begins with `%`",
            Fault::Anchor | Fault::Alias => {
                "quote a value which begins with `&` or `*`; repeat shared values"
            }
            Fault::MergeKey => "write the merged fields here",
            Fault::Tag => "quote a value which begins with `!`; the tags are `!file PATH` and `!folder PATH`",
            Fault::TagWithoutPath => "write `!file data.seed` or `!folder play`",
            Fault::Key => "write `key: value`, and quote a value which begins with `?`, `{` or `[`",
            Fault::NullKey => "put the key in double quotes",
            Fault::DuplicateKey { .. } => "keep one of them",
            Fault::TooDeep => "write fewer levels; quote values which begin with `[` or `{`",
            Fault::SecondDocument => "keep one document: remove `---` and what follows",
            Fault::Empty => "write the fields into the file, as `name: value`",
        }
    }
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec![self.hint().to_owned()]
    }
}

/// The bytes as text, or the line where they stop being UTF-8.
pub fn text(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (before, _) = bytes.split_at_checked(error.valid_up_to()).unwrap_or((bytes, &[]));
        Error::NotUtf8 { line: before.split(|byte| *byte == b'\n').count() }
    })
}
