//! Reading a handoff that somebody else wrote: nothing in it is believed before it is looked at.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;

use super::{SIGNATURE, STATEMENT, TOKEN};
use crate::age_file;
use crate::kind::Kind;
use crate::statement::Statement;
use crate::token::{self, Scanner, TokenFacts};
use findings::{Advice, Blame};
use ssh_signatures::sshsig;

/// Longest `statement.json`.
const LONGEST_STATEMENT: u64 = 1 << 20;
/// Longest `statement.json.sig`.
const LONGEST_SIGNATURE: u64 = sshsig::LONGEST as u64;
/// Longest tail of zeros behind the last entry; tar pads to 10 KiB by default.
const LONGEST_TAIL: u64 = 1 << 20;

/// Why a file is no handoff, or not the one that is due.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error("cannot read the handoff")]
    Read(#[source] io::Error),
    /// It was encrypted, and changed or cut afterwards.
    #[error("it is an age file that is damaged or cut short")]
    Age,
    /// The token could not be passed on: the output's disk is full, for one.
    #[error("cannot write the token")]
    Write(#[source] io::Error),
    /// Not a tar, or cut off.
    #[error("not a tar archive, or a damaged one")]
    Tar,
    /// An entry that a handoff does not have.
    #[error(
        "it holds an entry `{0}`; a handoff holds `token`, `statement.json` and `statement.json.sig` only"
    )]
    Extra(String),
    /// The same entry twice.
    #[error("it holds `{0}` twice")]
    Twice(&'static str),
    /// What goes before an entry to give it another name, size or time.
    #[error("it holds an extended header ({0}), and a handoff holds none")]
    Extended(&'static str),
    /// A link, a device, a sparse file.
    #[error("its entry `{0}` is not a regular file")]
    NotRegular(String),
    /// An entry is missing.
    #[error("it holds no `{0}`")]
    Missing(&'static str),
    /// An entry claims more bytes than the file has.
    #[error("its entry `{0}` claims {1} bytes, more than the file holds: it was cut off")]
    Truncated(String, u64),
    /// Too long a statement or signature.
    #[error("its `{0}` claims {1} bytes, at most {2} are read")]
    TooLong(&'static str, u64, u64),
    /// Something behind the end.
    #[error("something stands behind the end of the archive")]
    Tail,
    /// The statement does not parse.
    #[error("its `statement.json` is not a statement: {0}")]
    Statement(String),
    /// The token does not parse.
    #[error("its `token` is not a token: {0}")]
    Token(#[from] token::Error),
    /// The statement speaks of another token.
    #[error("the token is not the one stated: it has SHA-256 {found}, the statement says {stated}")]
    Digest {
        /// Of the token in the file.
        found: String,
        /// In the statement.
        stated: String,
    },
    /// The prefix is another platform's.
    #[error("the token begins with `{found}`, the stated platform `{platform}` has `{expected}`")]
    Prefix {
        /// Of the token.
        found: &'static str,
        /// Stated.
        platform: &'static str,
        /// Of that platform.
        expected: &'static str,
    },
    /// The wrong half.
    #[error("it holds the {found} section, where the {expected} section is due")]
    Section {
        /// Stated.
        found: &'static str,
        /// Asked for.
        expected: &'static str,
    },
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
            Self::Tar => "see what it is: `file HANDOFF`; or get it again from whoever made it".into(),
            Self::Missing(STATEMENT) => "ask for the handoff as `encrypt` wrote it".into(),
            Self::Extended(_) => {
                "pack it anew: `tar --format=ustar -cf HANDOFF token statement.json statement.json.sig`"
                    .into()
            }
            Self::Token(error) => return error.hints(),
            _ => "get the handoff again from whoever made it, unchanged".into(),
        }]
    }
}

/// A handoff of the section `K`.
pub struct Handoff<K, R> {
    pub(super) inner: Unsorted<R>,
    kind: PhantomData<K>,
}

/// A well-formed handoff whose section nobody has asked for yet.
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

    /// What its maker states.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The bytes of `statement.json`, which a signature covers.
    pub fn signed(&self) -> &[u8] {
        &self.signed
    }

    /// `statement.json.sig`, as it came.
    pub fn signature(&self) -> Option<&[u8]> {
        self.signature.as_deref()
    }

    /// Streams the token to `out`, checking each byte, and in the end that it is the one stated.
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

    /// Takes it as the section `K`, or refuses it.
    pub fn of_section<K: Kind>(self) -> Result<Handoff<K, R>, Error> {
        let found = self.statement.predicate.section.as_str();
        if found != K::NAME {
            return Err(Error::Section { found, expected: K::NAME });
        }
        Ok(Handoff { inner: self, kind: PhantomData })
    }
}

impl<K, R: Read + Seek> Handoff<K, R> {
    /// What its maker states.
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

/// Streams a token, checking each byte before it is passed on.
pub(crate) fn copy_token(input: &mut dyn Read, out: &mut dyn Write) -> Result<TokenFacts, Error> {
    let mut scanner = Scanner::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(scanner.finish()?),
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default();
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
        // what tar says of a bad header quotes the file, which may be a private key that was named by mistake
        let damaged = |error: io::Error| match error.kind() {
            _ if age_file::is_damage(&error) => Error::Age,
            io::ErrorKind::Other | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Error::Tar,
            _ => Error::Read(error),
        };
        // raw: extended headers are entries of their own here, and refused as such, never obeyed
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
