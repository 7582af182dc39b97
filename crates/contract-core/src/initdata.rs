//! State 7 of 7 for CCCO: the initdata, an annotation of the pod that contains the user data.
//!
//! `initdata = base64(gzip(toml{algorithm, version, data{"contract.yaml": user data}}))`, on one line without a line end.
//! Source: docs/format/7-initdata.md. Equal user data gives equal initdata: gzip's header has no time and no name.
//!
//! It is read in three forms: the annotation, what base64 decodes it to, and the TOML. What readers may read differently
//! is refused: base64 in several lines, and more than one gzip member.
//!
//! Not authenticated: no source says that a CCCO guest checks or reports a digest of it. The signature in the user data
//! protects `workload` and `env`.

use std::io::{Read as _, Write as _};

use base64::{DecodeError, Engine as _, engine::general_purpose::STANDARD};
use findings::{Advice, Blame};
use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use toml::{Table, Value};
use toml_writer::{ToTomlValue as _, TomlStringBuilder};
use zeroize::Zeroizing;

/// Most bytes of each form, compressed or not: eight times what Kubernetes accepts. A reader of TOML takes a
/// hundred bytes for each key, so 32 MiB would take gigabytes.
pub const LARGEST: usize = 2 << 20;

/// What Kubernetes accepts for all annotations of an object, names included (`TotalAnnotationSizeLimitB`).
pub const LARGEST_ANNOTATIONS: usize = 256 << 10;

/// The annotation of a peer pod.
pub const PEER_POD_ANNOTATION: &str = "io.katacontainers.config.runtime.cc_init_data";

/// The annotation of a pod on bare metal.
pub const BARE_METAL_ANNOTATION: &str = "io.katacontainers.config.hypervisor.cc_init_data";

/// The key of `[data]` for the user data.
const CONTRACT: &str = "contract.yaml";

/// The only version that a source names.
const VERSION: &str = "0.1.0";

/// How every gzip stream with deflate begins.
const GZIP: &[u8] = &[0x1f, 0x8b, 8];

/// How their base64 begins.
const GZIP_BASE64: &[u8] = b"H4sI";

/// Why something is no initdata. Never holds a part of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error("the {form} is larger than {} MiB", LARGEST >> 20)]
    TooLarge { form: &'static str },
    #[error("it is base64 in several lines, which not every reader accepts")]
    Wrapped,
    #[error("its base64 has a wrong character at byte {at}")]
    NotBase64 { at: usize },
    #[error("its base64 is cut off, or its padding is wrong")]
    Padding,
    #[error("its gzip is cut off or damaged")]
    Gzip,
    #[error("its gzip has more than one member: some readers stop after the first")]
    Members,
    #[error("there is something behind its gzip")]
    BehindGzip,
    #[error("line {line}: the text is not UTF-8")]
    NotUtf8 { line: usize },
    #[error("line {line}: it is no TOML")]
    NotToml { line: usize },
    #[error("it has no `{0}`")]
    Missing(&'static str),
    #[error("`{0}` is not a text")]
    NotText(&'static str),
    #[error("its `algorithm` is none of `sha256`, `sha384` and `sha512`")]
    Algorithm,
    #[error("`data` is not a table")]
    NoTable,
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Wrapped => "write it on one line: `base64 -w0`",
            Self::NotBase64 { .. } | Self::Padding | Self::Gzip => {
                "copy the whole annotation again, without its quotes"
            }
            Self::Members | Self::BehindGzip => {
                "compress the TOML once: `gzip -c initdata.toml | base64 -w0`"
            }
            Self::NotToml { .. } => {
                "see what TOML says: `python3 -c 'import sys, tomllib; tomllib.load(sys.stdin.buffer)'`"
            }
            _ => "make it with `env-deployer initdata user-data -o initdata.txt`",
        };
        vec![hint.to_owned()]
    }
}

/// The digest that `algorithm` names; no source says that a CCCO guest uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// The name in the TOML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

/// The initdata of a pod.
pub struct Initdata {
    /// `data."contract.yaml"`; may contain plain sections.
    pub user_data: Zeroizing<String>,
    /// `algorithm`.
    pub algorithm: Algorithm,
    /// `version`.
    pub version: String,
    /// Other keys: at the top, and in `data` as `data.KEY`.
    pub others: Vec<String>,
}

impl Initdata {
    /// For a pod that boots this user data.
    pub fn new(user_data: Zeroizing<String>) -> Self {
        Self { user_data, algorithm: Algorithm::Sha384, version: VERSION.to_owned(), others: Vec::new() }
    }

    /// Whether bytes begin as one of the three forms. Base64 and gzip may contain something else.
    pub fn is_likely(beginning: &[u8]) -> bool {
        let text = beginning.trim_ascii_start();
        beginning.starts_with(GZIP) || text.starts_with(GZIP_BASE64) || is_toml(text)
    }

    /// Reads the annotation's value, its gzip, or its TOML. White space around the value does not count.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > LARGEST {
            return Err(Error::TooLarge { form: "text" });
        }
        let text = bytes.trim_ascii();
        if text.starts_with(GZIP_BASE64) {
            return Self::from_gzip(&decode(text)?);
        }
        if bytes.starts_with(GZIP) { Self::from_gzip(bytes) } else { Self::from_toml(bytes) }
    }

    fn from_gzip(gzip: &[u8]) -> Result<Self, Error> {
        Self::from_toml(&gunzip(gzip)?)
    }

    fn from_toml(toml: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(toml)
            .map_err(|error| Error::NotUtf8 { line: line(toml, error.valid_up_to()) })?;
        let mut table: Table = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Error::NotToml { line: line(toml, at) }
        })?;
        let algorithm = take_text(&mut table, "algorithm")?;
        let version = take_text(&mut table, "version")?;
        let mut data = match table.remove("data") {
            Some(Value::Table(data)) => data,
            Some(_) => return Err(Error::NoTable),
            None => return Err(Error::Missing("data")),
        };
        let user_data = Zeroizing::new(take_text(&mut data, CONTRACT)?);
        let in_data = data.keys().map(|key| format!("data.{key}"));
        Ok(Self {
            user_data,
            algorithm: Algorithm::parse(&algorithm).ok_or(Error::Algorithm)?,
            version,
            others: table.keys().cloned().chain(in_data).collect(),
        })
    }

    /// What a person should know about it, if anything.
    pub fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        if self.version != VERSION {
            doubts.push(format!("its `version` is not `{VERSION}`"));
        }
        if !self.others.is_empty() {
            doubts.push(format!(
                "`{}` does not belong to the initdata of a contract",
                self.others.join("`, `")
            ));
        }
        doubts
    }

    /// The TOML. The user data is a multi-line literal, so that people recognise it, unless such a string cannot hold it.
    pub fn to_toml(&self) -> Zeroizing<String> {
        let user_data = TomlStringBuilder::new(&self.user_data);
        // some readers change CRLF in a literal
        let literal = user_data.as_ml_literal().filter(|_| !self.user_data.contains('\r'));
        let user_data = Zeroizing::new(literal.unwrap_or_else(|| user_data.as_basic()).to_toml_value());
        Zeroizing::new(format!(
            "algorithm = \"{}\"\nversion = {}\n\n[data]\n\"{CONTRACT}\" = {}\n",
            self.algorithm.as_str(),
            TomlStringBuilder::new(&self.version).as_basic().to_toml_value(),
            *user_data
        ))
    }

    /// The value of the annotation.
    pub fn to_annotation(&self) -> std::io::Result<Zeroizing<String>> {
        let toml = self.to_toml();
        let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
        gzip.write_all(toml.as_bytes())?;
        Ok(Zeroizing::new(STANDARD.encode(gzip.finish()?)))
    }
}

/// Whether the first line is `algorithm = …`, `version = …` or `[data]`, which YAML never begins with. Comments do not count.
fn is_toml(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#")).unwrap_or_default();
    let key = first.splitn(2, |byte| *byte == b'=').next().unwrap_or_default();
    let known = matches!(key.trim_ascii(), b"algorithm" | b"version" | b"[data]");
    known && (key != first || key == b"[data]")
}

fn take_text(table: &mut Table, key: &'static str) -> Result<String, Error> {
    match table.remove(key) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Error::NotText(key)),
        None => Err(Error::Missing(key)),
    }
}

fn decode(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    STANDARD.decode(text).map(Zeroizing::new).map_err(|error| match error {
        DecodeError::InvalidByte(_, byte) if byte.is_ascii_whitespace() => Error::Wrapped,
        DecodeError::InvalidByte(at, byte) if byte != b'=' => Error::NotBase64 { at },
        _ => Error::Padding,
    })
}

fn gunzip(gzip: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    // the size at its end: a buffer that grows leaves copies behind
    let size = gzip.last_chunk().map_or(0, |size| u32::from_le_bytes(*size) as usize);
    let mut toml = Zeroizing::new(Vec::with_capacity(size.min(LARGEST) + 1));
    let mut decoder = GzDecoder::new(gzip);
    decoder.by_ref().take(LARGEST as u64 + 1).read_to_end(&mut toml).map_err(|_| Error::Gzip)?;
    if toml.len() > LARGEST {
        return Err(Error::TooLarge { form: "TOML in it" });
    }
    match decoder.into_inner() {
        [] => Ok(toml),
        rest if rest.starts_with(GZIP) => Err(Error::Members),
        _ => Err(Error::BehindGzip),
    }
}

/// One-based.
fn line(text: &[u8], at: usize) -> usize {
    text.iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}
