//! `boot` of user data: the Secure Execution header of a CCCO guest image, for bare metal.
//!
//! `boot = yaml{sehdr}`, as a text or as a mapping; `sehdr = base64(header)`, `header = "IBMSecEx" || …`. Source:
//! docs/format/6-user-data.md. Public, and **not** covered by the signature: it is added after signing, so anyone can have
//! written it. Peer pods need none. No source says what a guest does with a damaged one.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use findings::text::hex;
use findings::{Advice, Blame};
use strict_yaml::{Limits, Node, Tags};
use zeroize::Zeroizing;

use super::UserData;

/// How every header begins.
const MAGIC: &[u8] = b"IBMSecEx";

const HEADER_KEY: &str = "sehdr";

/// A Secure Execution header: the file `se-hdr.bin` of the CCCO installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeHeader(Vec<u8>);

/// Why something is no Secure Execution header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum SeHeaderError {
    #[error("it has no `sehdr`")]
    Missing,
    #[error("`sehdr` is not base64 on one line")]
    NotBase64,
    #[error("it does not begin with `IBMSecEx`, as Secure Execution headers do")]
    NoMagic,
}

impl Advice for SeHeaderError {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec!["name the file `se-hdr.bin` of the CCCO installation: `--se-header se-hdr.bin`".into()]
    }
}

impl SeHeader {
    /// Takes the content of `se-hdr.bin`.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, SeHeaderError> {
        if bytes.starts_with(MAGIC) { Ok(Self(bytes)) } else { Err(SeHeaderError::NoMagic) }
    }

    /// Its size.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Its lower-case hex SHA-256.
    pub fn sha256(&self) -> String {
        hex(&openssl::sha::sha256(&self.0))
    }
}

impl fmt::Display for SeHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a Secure Execution header of {} bytes, sha256 {}", self.bytes(), self.sha256())
    }
}

/// Why a header is not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum HeaderNotAdded {
    #[error("it has a `boot` already")]
    Present,
    #[error("it is YAML in a form that nothing can be added to")]
    Form,
}

impl Advice for HeaderNotAdded {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::Present => "leave out `--se-header`, or remove `boot` first".to_owned(),
            Self::Form => "take the user data as `contract-signer sign … -o user-data` writes it".to_owned(),
        }]
    }
}

/// User data with `boot` as its last key.
pub fn with_header(user_data: &str, header: &SeHeader) -> Result<Zeroizing<String>, HeaderNotAdded> {
    let before = UserData::parse(user_data).map_err(|_| HeaderNotAdded::Form)?;
    if before.boot.is_some() {
        return Err(HeaderNotAdded::Present);
    }
    let line_end = if user_data.ends_with('\n') { "" } else { "\n" };
    let boot = format!("{line_end}boot: |\n    {HEADER_KEY}: {}\n", STANDARD.encode(&header.0));
    let text = Zeroizing::new([user_data, &boot].concat());
    // user data in braces, or after `...`, cannot be continued
    let after = UserData::parse(&text).map_err(|_| HeaderNotAdded::Form)?;
    let added = Boot { header: Ok(header.clone()), unknown: Vec::new() };
    let same = after.workload == before.workload
        && after.env == before.env
        && after.signature == before.signature
        && after.attestation_public_key == before.attestation_public_key
        && after.unknown == before.unknown
        && after.boot == Some(added);
    if same { Ok(text) } else { Err(HeaderNotAdded::Form) }
}

/// The value of `boot`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boot {
    /// The header in it.
    pub header: Result<SeHeader, SeHeaderError>,
    /// Its other keys, as `boot.KEY`.
    pub unknown: Vec<String>,
}

impl Boot {
    /// A `boot` with `sehdr` alone.
    pub(super) fn from_base64(header: &str) -> Self {
        Self { header: decode(header), unknown: Vec::new() }
    }

    /// Reads the value as it is in user data.
    pub fn read(value: &Node) -> Self {
        let Some(text) = value.text() else { return Self::read_mapping(value) };
        let limits = Limits { bytes: text.len(), ..Limits::default() };
        strict_yaml::parse(text, &limits, Tags::Refused)
            .map_or(Self { header: Err(SeHeaderError::Missing), unknown: Vec::new() }, |document| {
                Self::read_mapping(&document.root)
            })
    }

    fn read_mapping(boot: &Node) -> Self {
        let header = boot.entry(HEADER_KEY).filter(|node| !node.is_null()).ok_or(SeHeaderError::Missing);
        let header = header.and_then(|node| decode(node.text().ok_or(SeHeaderError::NotBase64)?));
        let others = boot.entries().unwrap_or_default().iter().filter(|(key, _)| key.text != HEADER_KEY);
        Self { header, unknown: others.map(|(key, _)| format!("boot.{}", key.text)).collect() }
    }
}

fn decode(base64: &str) -> Result<SeHeader, SeHeaderError> {
    SeHeader::parse(STANDARD.decode(base64.trim_end()).map_err(|_| SeHeaderError::NotBase64)?)
}
