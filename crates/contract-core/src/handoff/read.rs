//! Reading a handoff that somebody else wrote: everything in it is checked before it is used.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;

use findings::{Advice, Blame};
use ssh_signatures::sshsig;

use super::{SIGNATURE, STATEMENT, TOKEN};
use crate::age_file;
use crate::kind::Kind;
use crate::statement::Statement;
use crate::token::{self, Scanner, TokenFacts};

/// Longest `statement.json`.
const LONGEST_STATEMENT: u64 = 1 << 20;
/// Longest `statement.json.sig`.
const LONGEST_SIGNATURE: u64 = sshsig::LONGEST as u64;
/// Longest tail of zeros behind the last entry; tar pads to 10 KiB by default.
const LONGEST_TAIL: u64 = 1 << 20;

/// Why a file is no handoff, or not the expected one.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error("cannot read the handoff")]
    Read(#[source] io::Error),
    #[error("it is an age file that is damaged or cut short")]
    Age,
    #[error("cannot write the token")]
    Write(#[source] io::Error),
    #[error("not a tar archive, or a damaged one")]
    Tar,
    #[error(
        "it holds an entry `{0}`; a handoff holds `token`, `statement.json` and `statement.json.sig` only"
    )]
    Extra(String),
    #[error("it holds `{0}` twice")]
    Twice(&'static str),
    /// What goes before an entry to give it another name, size or time.
    #[error("it holds an extended header ({0}), and a handoff holds none")]
    Extended(&'static str),
    #[error("its entry `{0}` is not a regular file")]
    NotRegular(String),
    #[error("it holds no `{0}`")]
    Missing(&'static str),
    #[error("its entry `{0}` claims {1} bytes, more than the file holds: it was cut off")]
    Truncated(String, u64),
    #[error("its `{0}` claims {1} bytes, at most {2} are read")]
    TooLong(&'static str, u64, u64),
    #[error("something is behind the end of the archive")]
    Tail,
    #[error("its `statement.json` is not a statement: {0}")]
    Statement(String),
    #[error("its `token` is not a token: {0}")]
    Token(#[from] token::Error),
    #[error("the token is not the one stated: it has SHA-256 {found}, the statement says {stated}")]
    Digest { found: String, stated: String },
    #[error("the token begins with `{found}`, the stated platform `{platform}` has `{expected}`")]
    Prefix { found: &'static str, platform: &'static str, expected: &'static str },
    #[error("it holds the {found} section, where the {expected} section is expected")]
    Section { found: &'static str, expected: &'static str },
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        if age_file::is_damage(&error) { Self::Age } else { Self::Read(error) }
    }
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        match self {
            Self::Read(_) | Self::Write(_) => Blame::Machine,
            Self::Digest { .. } | Self::Prefix { .. } | Self::Section { .. } | Self::Missing(STATEMENT) => {
                Blame::Refusal
            }
            _ => Blame::Input,
        }
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::Read(_) | Self::Write(_) => return Vec::new(),
            Self::Section { .. } => {
                "name the handoffs the right way round: `--workload FILE --env FILE`".into()
            }
            Self::Tar => "see what it is: `file HANDOFF`; or get it again from its author".into(),
            Self::Missing(STATEMENT) => "ask for the handoff as `encrypt` wrote it".into(),
            Self::Extended(_) => {
                "pack it again: `tar --format=ustar -cf HANDOFF token statement.json statement.json.sig`"
                    .into()
            }
            Self::Token(error) => return error.hints(),
            _ => "get the handoff again from its author, unchanged".into(),
        }]
    }
}

/// A handoff of the section `K`.
pub struct Handoff<K, R> {
    pub(super) inner: Unsorted<R>,
    kind: PhantomData<K>,
}

/// A well-formed handoff of either section.
pub struct Unsorted<R> {
    input: R,
    token_at: u64,
    token_bytes: u64,
    statement: Statement,
    /// The bytes that a signature covers.
    pub(super) signed: Vec<u8>,
    pub(super) signature: Option<Vec<u8>>,
}

impl<R: Read + Seek> Unsorted<R> {
    /// Reads the statement and finds the token; no path of the tar is ever used.
    pub fn read(mut input: R) -> Result<Self, Error> {
        let end = input.seek(SeekFrom::End(0))?;
        let entries = Entries::find(&mut input, end)?;
        check_tail(&mut input, entries.end, end)?;
        let (token_at, token_bytes) = entries.token.ok_or(Error::Missing(TOKEN))?;
        let statement = entries.statement.ok_or(Error::Missing(STATEMENT))?;
        let signed = read_whole(&mut input, STATEMENT, statement, LONGEST_STATEMENT)?;
        let signature = entries.signature;
        let signature =
            signature.map(|at| read_whole(&mut input, SIGNATURE, at, LONGEST_SIGNATURE)).transpose()?;
        let statement = Statement::parse(&signed).map_err(Error::Statement)?;
        Ok(Self { input, token_at, token_bytes, statement, signed, signature })
    }

    /// The statement.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The bytes of `statement.json`, which a signature covers.
    pub fn signed(&self) -> &[u8] {
        &self.signed
    }

    /// The bytes of `statement.json.sig`.
    pub fn signature(&self) -> Option<&[u8]> {
        self.signature.as_deref()
    }

    /// Streams the token to `out`, checks each byte, and at the end that it is the stated one.
    pub fn copy_token(&mut self, out: &mut dyn Write) -> Result<TokenFacts, Error> {
        self.input.seek(SeekFrom::Start(self.token_at))?;
        let facts = copy_token(&mut self.input.by_ref().take(self.token_bytes), out)?;
        let stated = self.statement.token_sha256();
        if facts.sha256 != stated {
            return Err(Error::Digest { found: facts.sha256, stated: stated.to_owned() });
        }
        let platform = self.statement.predicate.platform;
        if facts.prefix != platform.prefix() {
            let (found, expected) = (facts.prefix.as_str(), platform.prefix().as_str());
            return Err(Error::Prefix { found, platform: platform.name(), expected });
        }
        Ok(facts)
    }

    /// Accepts it as the section `K`, or refuses it.
    pub fn of_section<K: Kind>(self) -> Result<Handoff<K, R>, Error> {
        let found = self.statement.predicate.section.as_str();
        if found != K::NAME {
            return Err(Error::Section { found, expected: K::NAME });
        }
        Ok(Handoff { inner: self, kind: PhantomData })
    }
}

impl<K, R: Read + Seek> Handoff<K, R> {
    /// The statement.
    pub fn statement(&self) -> &Statement {
        self.inner.statement()
    }

    /// As [`Unsorted::signed`].
    pub fn signed(&self) -> &[u8] {
        self.inner.signed()
    }

    /// As [`Unsorted::signature`].
    pub fn signature(&self) -> Option<&[u8]> {
        self.inner.signature()
    }

    /// As [`Unsorted::copy_token`].
    pub fn copy_token(&mut self, out: &mut dyn Write) -> Result<TokenFacts, Error> {
        self.inner.copy_token(out)
    }
}

/// Streams a token, and checks each byte before it is written.
pub(crate) fn copy_token(input: &mut dyn Read, out: &mut dyn Write) -> Result<TokenFacts, Error> {
    let mut scanner = Scanner::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(scanner.finish()?),
            Ok(length) => {
                let bytes = buffer
                    .get(..length)
                    .ok_or_else(|| io::Error::other("a reader returned too many bytes"))?;
                scanner.push(bytes)?;
                out.write_all(bytes).map_err(Error::Write)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Where an entry's bytes begin, and how many there are.
type Extent = (u64, u64);

/// What a handoff holds, and where.
#[derive(Default)]
struct Entries {
    token: Option<Extent>,
    statement: Option<Extent>,
    signature: Option<Extent>,
    /// Of the last entry's bytes.
    end: u64,
}

impl Entries {
    fn find<R: Read + Seek>(input: &mut R, end: u64) -> Result<Self, Error> {
        let mut found = Self::default();
        input.seek(SeekFrom::Start(0))?;
        let mut archive = tar::Archive::new(&mut *input);
        // tar's message about a bad header quotes the file, which may be a private key that was named by mistake
        let damaged = |error: io::Error| match error.kind() {
            _ if age_file::is_damage(&error) => Error::Age,
            io::ErrorKind::Other | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Error::Tar,
            _ => Error::Read(error),
        };
        // raw: extended headers are separate entries here, and refused
        for entry in archive.entries_with_seek().map_err(damaged)?.raw(true) {
            let entry = entry.map_err(damaged)?;
            let kind = entry.header().entry_type();
            if let Some(extended) = extended(kind) {
                return Err(Error::Extended(extended));
            }
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let (slot, name) = match name.strip_prefix("./").unwrap_or(&name) {
                TOKEN => (&mut found.token, TOKEN),
                STATEMENT => (&mut found.statement, STATEMENT),
                SIGNATURE => (&mut found.signature, SIGNATURE),
                _ => return Err(Error::Extra(name)),
            };
            if kind != tar::EntryType::Regular {
                return Err(Error::NotRegular(name.to_owned()));
            }
            let (at, size) = (entry.raw_file_position(), entry.size());
            found.end = at.saturating_add(size);
            if found.end > end {
                return Err(Error::Truncated(name.to_owned(), size));
            }
            if slot.replace((at, size)).is_some() {
                return Err(Error::Twice(name));
            }
        }
        Ok(found)
    }
}

/// The header's name, if it is about another entry.
fn extended(kind: tar::EntryType) -> Option<&'static str> {
    match kind {
        tar::EntryType::XHeader => Some("pax"),
        tar::EntryType::XGlobalHeader => Some("pax, global"),
        tar::EntryType::GNULongName => Some("GNU long name"),
        tar::EntryType::GNULongLink => Some("GNU long link"),
        _ => None,
    }
}

fn read_whole<R: Read + Seek>(
    input: &mut R,
    name: &'static str,
    (at, bytes): Extent,
    longest: u64,
) -> Result<Vec<u8>, Error> {
    if bytes > longest {
        return Err(Error::TooLong(name, bytes, longest));
    }
    input.seek(SeekFrom::Start(at))?;
    let mut content = Vec::new();
    input.by_ref().take(bytes).read_to_end(&mut content)?;
    Ok(content)
}

fn check_tail<R: Read + Seek>(input: &mut R, from: u64, end: u64) -> Result<(), Error> {
    if end - from > LONGEST_TAIL {
        return Err(Error::Tail);
    }
    input.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    input.by_ref().take(LONGEST_TAIL).read_to_end(&mut tail)?;
    if tail.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(Error::Tail) }
}
