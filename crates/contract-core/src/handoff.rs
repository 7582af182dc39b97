//! State 4 of 7: the handoff, a token with its maker's statement, in a file that travels between teams.
//!
//! `handoff = tar(token, statement.json, statement.json.sig)`, which may be encrypted with age as a whole: standard tools
//! open it. Source: ours (docs/format/4-handoff.md).
//!
//! | entry | content | limit |
//! |---|---|---|
//! | `token` | the token, without line end | the file |
//! | `statement.json` | a [`Statement`] | 1 MiB |
//! | `statement.json.sig` | an armored SSHSIG over the statement's bytes; absent if nobody vouches | 16 KiB |
//!
//! The statement holds no secret.

mod read;
mod verified;

use std::io::{self, Read as _, Seek, SeekFrom, Write};

use jiff::Timestamp;

use crate::statement::Statement;
use crate::token::Encrypted;

pub(crate) use read::copy_token;
pub use read::{Error, Handoff, Unsorted};
pub use verified::{NotVouched, Unverified, VerifiedHandoff};

/// The entry that holds the token.
const TOKEN: &str = "token";
/// The entry that holds the statement.
const STATEMENT: &str = "statement.json";
/// The entry that holds the signature over the statement.
const SIGNATURE: &str = "statement.json.sig";
/// A block of a tar.
const BLOCK: usize = 512;

/// Streams a handoff, entry by entry. The token's size is known only when it is written, so its header is written last,
/// and `out` must be able to seek.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    time: Timestamp,
}

impl<W: Write + Seek> Writer<W> {
    /// Begins at the position of `out`; `time` is that of every entry.
    pub fn new(out: W, time: Timestamp) -> Self {
        Self { out, time }
    }

    /// The first entry: `encrypt` writes the token.
    pub fn token<E: From<io::Error>>(
        &mut self,
        encrypt: impl FnOnce(&mut dyn Write) -> Result<Encrypted, E>,
    ) -> Result<Encrypted, E> {
        let begin = self.out.stream_position()?;
        self.out.write_all(header(TOKEN, 0, self.time)?.as_bytes())?;
        let encrypted = encrypt(&mut self.out)?;
        let end = self.out.stream_position()?;
        self.out.seek(SeekFrom::Start(begin))?;
        self.out.write_all(header(TOKEN, encrypted.bytes, self.time)?.as_bytes())?;
        self.out.seek(SeekFrom::Start(end))?;
        self.pad(encrypted.bytes)?;
        Ok(encrypted)
    }

    /// The second entry; returns its bytes, to be signed.
    pub fn statement(&mut self, statement: &Statement) -> io::Result<Vec<u8>> {
        let json = statement.to_json().map_err(io::Error::from)?;
        self.entry(STATEMENT, &json)?;
        Ok(json)
    }

    /// The third entry, if somebody vouches: the armored signature over the second.
    pub fn signature(&mut self, armored: &str) -> io::Result<()> {
        self.entry(SIGNATURE, armored.as_bytes())
    }

    /// Ends the archive.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.flush()
    }

    fn entry(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let size = bytes.len() as u64;
        self.out.write_all(header(name, size, self.time)?.as_bytes())?;
        self.out.write_all(bytes)?;
        self.pad(size)
    }

    fn pad(&mut self, size: u64) -> io::Result<()> {
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        io::copy(&mut io::repeat(0).take(padding), &mut self.out).map(drop)
    }
}

fn header(name: &str, size: u64, time: Timestamp) -> io::Result<tar::Header> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name)?;
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_mtime(u64::try_from(time.as_second()).unwrap_or(0));
    header.set_cksum();
    Ok(header)
}
