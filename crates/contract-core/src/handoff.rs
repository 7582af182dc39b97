//! State 4 of 7: the handoff, a token with its maker's statement, in a file that travels between teams.
//!
//! `handoff = tar(token, statement.json)`: standard tools open it. Source: ours (docs/format/4-handoff.md).
//!
//! | entry | content | limit |
//! |---|---|---|
//! | `token` | the token, without line end | the file |
//! | `statement.json` | a [`Statement`] | 1 MiB |
//!
//! Not signed and not encrypted in this version: a handoff is as trustworthy as the way it came. The statement holds
//! no secret.

mod read;

use std::io::{self, Seek, SeekFrom, Write};

use jiff::Timestamp;

use crate::statement::Statement;
use crate::token::Encrypted;

pub(crate) use read::copy_token;
pub use read::{Error, Handoff, Unsorted};

/// The entry that holds the token.
const TOKEN: &str = "token";
/// The entry that holds the statement.
const STATEMENT: &str = "statement.json";
/// tar's record.
const RECORD: usize = 512;

/// Streams a handoff: `encrypt` writes the token, `state` speaks of it. The token's size is known only afterwards, so
/// its header is written last, and `out` must be able to seek.
pub fn write<E: From<io::Error>>(
    out: &mut (impl Write + Seek),
    time: Timestamp,
    encrypt: impl FnOnce(&mut dyn Write) -> Result<Encrypted, E>,
    state: impl FnOnce(&Encrypted) -> Statement,
) -> Result<(Encrypted, Statement), E> {
    let begin = out.stream_position()?;
    out.write_all(header(TOKEN, 0, time)?.as_bytes())?;
    let encrypted = encrypt(out)?;
    let end = out.stream_position()?;
    out.seek(SeekFrom::Start(begin))?;
    out.write_all(header(TOKEN, encrypted.bytes, time)?.as_bytes())?;
    out.seek(SeekFrom::Start(end))?;
    pad(out, encrypted.bytes)?;

    let statement = state(&encrypted);
    let json = statement.to_json().map_err(io::Error::from)?;
    out.write_all(header(STATEMENT, json.len() as u64, time)?.as_bytes())?;
    out.write_all(&json)?;
    pad(out, json.len() as u64)?;
    out.write_all(&[0; 2 * RECORD])?;
    Ok((encrypted, statement))
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

fn pad(out: &mut impl Write, size: u64) -> io::Result<()> {
    let record = RECORD as u64;
    let padding = usize::try_from(size.next_multiple_of(record) - size).unwrap_or(0);
    out.write_all([0; RECORD].get(..padding).unwrap_or_default())
}
