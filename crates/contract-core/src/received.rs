//! What a received file is, whatever tool made it, and the user data in it.
//!
//! ```text
//! received = token / handoff / signing record / boot medium / [base64] [gzip] text
//! text     = user data / plain contract / section / resource of the Kubernetes operator / TOML of initdata
//! ```
//!
//! Sources: contract-format, sections 4 and 10; the custom resource definitions of k8s-operator-hpcr. A guest reads user
//! data alone: what delivers the file removes base64 and gzip, and the operator writes `spec.contract` onto a medium.
//! Nothing here is authenticated.

mod plain;
mod resource;

use std::fmt;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_pki::platform::Prefix;
use findings::{Advice, Blame};
use flate2::read::MultiGzDecoder;
use zeroize::Zeroizing;

use crate::age_file;
use crate::boot_media::{Medium, ReadError};
use crate::initdata::{self, Initdata};
use crate::user_data::{FORMS, LARGEST_YAML, State, UserDataFacts, is_own_form};

pub use plain::LoneSection;
pub use resource::ResourceError;

/// Bytes that show what a file is: the magic of a medium is behind its first 32 KiB.
pub const BEGINNING: usize = 34 << 10;

/// Bytes at the beginning that show it for anything else.
const SHORT_BEGINNING: usize = 512;

/// Largest base64 or gzip of user data that is read: base64 of [`LARGEST_YAML`], with line ends.
const LARGEST_PACKED: usize = 48 << 20;

/// Shortest text that counts as base64: a word of YAML has the same letters.
const SHORTEST_BASE64: usize = 40;

/// How the `_type` of every version begins.
const RECORD: &[u8] = b"urn:hyper-protect-contract:record:";

/// What the first bytes of a file show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Nothing in it.
    Empty,
    /// A bare token.
    Token,
    /// A handoff.
    Handoff,
    /// A handoff, encrypted.
    EncryptedHandoff,
    /// The record of a signing, if its JSON begins as `sign` writes it.
    Record,
    /// A boot medium.
    Medium,
    /// A gzip of anything.
    Gzip,
    /// Base64 of anything.
    Base64,
    /// Perhaps user data.
    Text,
    /// Nothing that is read here.
    Binary,
}

impl FileKind {
    /// Looks at the first bytes, [`BEGINNING`] if there are as many.
    pub fn from_beginning(beginning: &[u8]) -> Self {
        let short = beginning.get(..SHORT_BEGINNING).unwrap_or(beginning);
        if beginning.is_empty() {
            Self::Empty
        } else if Prefix::ALL.iter().any(|prefix| short.starts_with(prefix.as_str().as_bytes())) {
            Self::Token
        } else if beginning.get(32769..32774) == Some(b"CD001") {
            Self::Medium
        } else if is_tar(short) {
            Self::Handoff
        } else if age_file::is_age(short) {
            Self::EncryptedHandoff
        } else if short.starts_with(&[0x1f, 0x8b]) {
            Self::Gzip
        } else if short.starts_with(b"{") && short.windows(RECORD.len()).any(|window| window == RECORD) {
            Self::Record
        } else if is_base64(short) {
            Self::Base64
        } else if is_text(short) {
            Self::Text
        } else {
            Self::Binary
        }
    }

    /// Looks at the first bytes of an input, and leaves it at its start.
    pub fn read(mut input: impl Read + Seek) -> io::Result<Self> {
        let mut beginning = Zeroizing::new(Vec::with_capacity(BEGINNING + 1));
        input.seek(SeekFrom::Start(0))?;
        input.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning)?;
        input.seek(SeekFrom::Start(0))?;
        Ok(Self::from_beginning(&beginning))
    }
}

/// `it is …`
impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::Token => "a token, one half of a contract",
            Self::Handoff => "a handoff, one half of a contract",
            Self::EncryptedHandoff => "encrypted with age, as handoffs are",
            Self::Record => "the record of a signing, which is next to the user data",
            Self::Medium => "a boot medium",
            Self::Gzip => "gzip",
            Self::Base64 => "base64",
            Self::Text => "text",
            Self::Binary => "nothing that is read here: it does not begin with text",
        })
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
        || beginning.len() == SHORT_BEGINNING && beginning.get(148..156).is_some_and(has_checksum)
}

fn is_base64(beginning: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    beginning.iter().all(|byte| is_letter(byte) || b"\r\n".contains(byte))
        && beginning.iter().filter(|byte| is_letter(byte)).count() >= SHORTEST_BASE64
}

/// Whether bytes may begin YAML; the reader reports what is wrong with a text.
fn is_text(beginning: &[u8]) -> bool {
    !beginning.iter().any(|byte| *byte < b'\t' || *byte == 0x7f)
}

/// What user data was inside of, or how it differed from what a guest reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapper {
    /// Base64, as providers of clouds take user data.
    Base64,
    /// Gzip, as providers of clouds take large user data.
    Gzip,
    /// Initdata of a CCCO pod, in any of its three forms.
    Initdata,
    /// A boot medium.
    Medium {
        /// Whether the guest's static addresses are on it too.
        network_config: bool,
    },
    /// The resource of the Kubernetes operator.
    Resource,
    /// The sections are mappings. A guest reads text, so the user data has the text of each.
    Mappings,
}

impl Wrapper {
    /// In front of what was inside.
    fn before(self) -> &'static str {
        match self {
            Self::Base64 => "base64 of ",
            Self::Gzip => "gzip of ",
            Self::Initdata => "initdata with ",
            Self::Medium { network_config: false } => "a boot medium with ",
            Self::Medium { network_config: true } => "a boot medium with `network-config` and ",
            Self::Resource => "the resource of the Kubernetes operator, with user data in `spec.contract`: ",
            Self::Mappings => "",
        }
    }

    /// One word for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Gzip => "gzip",
            Self::Initdata => "initdata",
            Self::Medium { .. } => "medium",
            Self::Resource => "resource",
            Self::Mappings => "mappings",
        }
    }
}

/// A received file, read.
pub enum Received<R> {
    /// User data, or a contract that is not signed yet.
    UserData(UserDataFile<R>),
    /// One section alone.
    Section(LoneSection),
}

/// User data as a stream, and what it was inside of.
pub struct UserDataFile<R> {
    /// From the outside in.
    pub wrappers: Vec<Wrapper>,
    /// What a person should know about initdata.
    pub doubts: Vec<String>,
    source: Source<R>,
}

enum Source<R> {
    /// The file itself.
    File(R),
    /// What was unpacked from it.
    Unpacked(Cursor<Zeroizing<Vec<u8>>>),
}

/// Why there is no user data in a file.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error("cannot read it")]
    Read(#[from] io::Error),
    #[error("it is {0}")]
    NotUserData(FileKind),
    #[error("unpacked, it is {0}")]
    Inside(FileKind),
    #[error("it has more than {LARGEST_PACKED} bytes, which is the limit for base64 and gzip")]
    TooLarge,
    #[error("unpacked, it has more than {LARGEST_YAML} bytes")]
    TooLargeInside,
    #[error("its base64 is damaged or cut short")]
    Base64,
    #[error("its gzip is damaged or cut short")]
    Gzip,
    #[error("the medium: {0}")]
    Medium(#[from] ReadError),
    #[error("the initdata: {0}")]
    Initdata(#[from] initdata::Error),
    #[error(transparent)]
    Resource(#[from] ResourceError),
    #[error("it is {0}, one half of a contract")]
    Section(LoneSection),
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        match self {
            Self::Read(_) | Self::Medium(ReadError::Read(_)) => Blame::Machine,
            _ => Blame::Input,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Read(_) => Vec::new(),
            Self::NotUserData(FileKind::Binary) => {
                vec!["check what it is: `head -c 64 FILE | xxd`, or `file FILE`".into(), FORMS.into()]
            }
            Self::NotUserData(_) => vec!["look at it: `contract-signer inspect FILE`".into(), FORMS.into()],
            Self::Inside(_) => {
                vec![
                    "unpack it once, and name the result: `base64 -d FILE`, `gzip -dc FILE`".into(),
                    FORMS.into(),
                ]
            }
            Self::TooLarge | Self::TooLargeInside => {
                vec![
                    "check that this is the file you mean; `gzip -dc FILE | wc -c` counts without a limit"
                        .into(),
                ]
            }
            Self::Base64 | Self::Gzip => {
                vec!["get the file again, whole; `base64 -d` and `gzip -t` check it".into()]
            }
            Self::Medium(error) => error.hints(),
            Self::Initdata(error) => error.hints(),
            Self::Resource(error) => error.hints(),
            Self::Section(section) => vec![section.next()],
        }
    }
}

impl<R: Read + Seek> Received<R> {
    /// Finds out what an input is. User data of any size is not copied, unless it was inside of something.
    pub fn read(mut input: R) -> Result<Self, Error> {
        match FileKind::read(&mut input)? {
            FileKind::Text => Self::file(input),
            FileKind::Medium => {
                let medium = Medium::read(&mut input)?;
                let user_data = read_all(medium.user_data.open(&mut input)?, LARGEST_YAML)?;
                let user_data = user_data.ok_or(Error::TooLargeInside)?;
                let wrapper = Wrapper::Medium { network_config: medium.network_config.is_some() };
                Ok(Self::UserData(UserDataFile::from_unpacked(vec![wrapper], user_data)))
            }
            kind @ (FileKind::Base64 | FileKind::Gzip) => {
                let packed = read_all(input, LARGEST_PACKED)?.ok_or(Error::TooLarge)?;
                let (wrappers, text) = unpack(kind, &packed)?;
                if Initdata::is_likely(&text) && Initdata::is_likely(&packed) {
                    // its own reader refuses what readers of initdata may read differently
                    return Self::text(Vec::new(), packed);
                }
                Self::text(wrappers, text)
            }
            other => Err(Error::NotUserData(other)),
        }
    }

    fn file(mut input: R) -> Result<Self, Error> {
        // only our own form may be larger
        let is_large = input.seek(SeekFrom::End(0))? > LARGEST_YAML as u64;
        input.seek(SeekFrom::Start(0))?;
        let whole = is_large || is_own_form(&mut input);
        input.seek(SeekFrom::Start(0))?;
        let text = if whole { None } else { read_all(&mut input, LARGEST_YAML)? };
        input.seek(SeekFrom::Start(0))?;
        let found = text.map_or(Ok(None), |text| Self::find(Vec::new(), &text))?;
        Ok(found.unwrap_or_else(|| Self::UserData(UserDataFile::new(Vec::new(), Source::File(input)))))
    }

    /// A text that was inside of `wrappers`.
    fn text(wrappers: Vec<Wrapper>, text: Zeroizing<Vec<u8>>) -> Result<Self, Error> {
        let found = Self::find(wrappers.clone(), &text)?;
        Ok(found.unwrap_or_else(|| Self::UserData(UserDataFile::from_unpacked(wrappers, text))))
    }

    /// What a text is; `None` for user data, and for what nobody knows: its reader states why.
    fn find(mut wrappers: Vec<Wrapper>, bytes: &[u8]) -> Result<Option<Self>, Error> {
        let mut doubts = Vec::new();
        let mut inner = None;
        if Initdata::is_likely(bytes) {
            let initdata = Initdata::parse(bytes)?;
            doubts = initdata.doubts();
            wrappers.push(Wrapper::Initdata);
            inner = Some(initdata.user_data);
        } else if let Some(contract) = strict_yaml::text(bytes).map_or(Ok(None), resource::contract)? {
            wrappers.push(Wrapper::Resource);
            inner = Some(contract);
        }
        let Ok(text) = inner.as_ref().map_or_else(|| strict_yaml::text(bytes), |inner| Ok(inner)) else {
            return Ok(None);
        };
        if let Some(root) = plain::root_of(text) {
            if let Some(section) = LoneSection::find(&root) {
                return Ok(Some(Self::Section(section)));
            }
            if let Some(rewritten) = plain::with_text_sections(text, &root) {
                wrappers.push(Wrapper::Mappings);
                inner = Some(rewritten);
            }
        }
        let Some(mut inner) = inner else { return Ok(None) };
        let bytes = Zeroizing::new(std::mem::take(&mut *inner).into_bytes());
        Ok(Some(Self::UserData(UserDataFile { doubts, ..UserDataFile::from_unpacked(wrappers, bytes) })))
    }
}

impl<R: Read + Seek> UserDataFile<R> {
    /// As [`Received::read`], for those who need a contract.
    pub fn read(input: R) -> Result<Self, Error> {
        match Received::read(input)? {
            Received::UserData(user_data) => Ok(user_data),
            Received::Section(section) => Err(Error::Section(section)),
        }
    }
}

impl<R> UserDataFile<R> {
    fn new(wrappers: Vec<Wrapper>, source: Source<R>) -> Self {
        Self { wrappers, doubts: Vec::new(), source }
    }

    fn from_unpacked(wrappers: Vec<Wrapper>, bytes: Zeroizing<Vec<u8>>) -> Self {
        Self::new(wrappers, Source::Unpacked(Cursor::new(bytes)))
    }

    /// The user data, if it is not the file itself.
    pub fn unpacked(&self) -> Option<&[u8]> {
        match &self.source {
            Source::File(_) => None,
            Source::Unpacked(bytes) => Some(bytes.get_ref()),
        }
    }

    /// Whether a guest would get the sections in another form: then nothing is known about their digests.
    pub fn has_mappings(&self) -> bool {
        self.wrappers.contains(&Wrapper::Mappings)
    }

    /// The lines of the guest's attestation record that are known beforehand: none if the guest gets other bytes, and none of
    /// a medium if it has none.
    pub fn attestation_lines(&self, facts: &UserDataFacts) -> Vec<(&'static str, String)> {
        if self.has_mappings() {
            return Vec::new();
        }
        let mut lines = facts.attestation_lines();
        let has_medium = !self.wrappers.contains(&Wrapper::Initdata);
        lines.retain(|(name, _)| has_medium || !name.starts_with("cidata/"));
        lines
    }

    /// `base64 of gzip of user data, signed`
    pub fn describe(&self, state: State) -> String {
        let mut text: String = self.wrappers.iter().map(|wrapper| wrapper.before()).collect();
        text.push_str(&state.to_string());
        if self.has_mappings() {
            text.push_str(", with mappings where a guest reads text");
        }
        text
    }
}

impl<R: Read> Read for UserDataFile<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Source::File(file) => file.read(buffer),
            Source::Unpacked(bytes) => bytes.read(buffer),
        }
    }
}

impl<R: Seek> Seek for UserDataFile<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.source {
            Source::File(file) => file.seek(to),
            Source::Unpacked(bytes) => bytes.seek(to),
        }
    }
}

/// Everything from the input's start; `None` if it is more than `limit` bytes. It may hold plain sections.
pub(crate) fn read_all(mut input: impl Read, limit: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(BEGINNING));
    loop {
        let room = bytes.capacity().min(limit + 1) - bytes.len();
        let read = input.by_ref().take(room as u64).read_to_end(&mut bytes)?;
        if read < room {
            return Ok(Some(bytes));
        }
        if bytes.len() > limit {
            return Ok(None);
        }
        // a buffer that grows by itself leaves a copy behind
        let mut larger = Zeroizing::new(Vec::with_capacity(2 * bytes.len()));
        larger.extend_from_slice(&bytes);
        bytes = larger;
    }
}

fn decode_base64(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut joined = Zeroizing::new(Vec::with_capacity(text.len()));
    joined.extend(text.iter().filter(|byte| !byte.is_ascii_whitespace()));
    let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(joined.len())]);
    let length = STANDARD.decode_slice(&*joined, &mut bytes).map_err(|_| Error::Base64)?;
    bytes.truncate(length);
    Ok(bytes)
}

/// Base64, gzip, or base64 of gzip: each once, so that the work has an end.
fn unpack(mut kind: FileKind, packed: &[u8]) -> Result<(Vec<Wrapper>, Zeroizing<Vec<u8>>), Error> {
    let (mut wrappers, mut bytes) = (Vec::new(), None);
    if kind == FileKind::Base64 {
        let decoded = bytes.insert(decode_base64(packed)?);
        kind = FileKind::from_beginning(decoded);
        wrappers.push(Wrapper::Base64);
    }
    if kind == FileKind::Gzip {
        let packed = bytes.as_ref().map_or(packed, |bytes: &Zeroizing<Vec<u8>>| bytes.as_slice());
        let text = read_all(MultiGzDecoder::new(packed), LARGEST_YAML).map_err(|_| Error::Gzip)?;
        let text = bytes.insert(text.ok_or(Error::TooLargeInside)?);
        kind = FileKind::from_beginning(text);
        wrappers.push(Wrapper::Gzip);
    }
    match bytes {
        Some(bytes) if kind == FileKind::Text => Ok((wrappers, bytes)),
        _ => Err(Error::Inside(kind)),
    }
}
