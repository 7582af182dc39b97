//! Reads an archive of any origin as a stream and within limits.
//!
//! GNU long names and pax records are read here, not by the library, which would use as much memory as their headers
//! claim. The caller checks names and contents.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use tar::{EntryType, PaxExtensions};

/// Directories, files and records about them: far more than descriptors need.
pub const MOST_ENTRIES: usize = 100_000;

/// Unpacked bytes, of archives of any size.
pub const LARGEST: u64 = 8 << 30;

/// Unpacked bytes that are allowed for any size of the archive.
const ALWAYS_ALLOWED: u64 = 2 << 30;

/// Beyond that, unpacked bytes for each packed one: text packs to a tenth, a bomb to a thousandth.
const RATIO: u64 = 100;

/// The longest path on Linux, and a NUL.
const LONGEST_NAME: u64 = 4096 + 1;

/// Pax records of one file: times, an owner, attributes.
const LONGEST_RECORDS: u64 = 64 << 10;

/// Why an archive can't be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What is below gzip failed, or gzip itself.
    #[error("no gzip file, or a damaged one: {0}")]
    Gzip(io::Error),
    /// Tar. The library's message is not shown: it quotes the workload's bytes.
    #[error("what it unpacks to is no tar, or a damaged one")]
    Tar,
    /// A gzip bomb.
    #[error("it unpacks to more than {} GiB, or to more than {} GiB and {RATIO} times its size", LARGEST >> 30, ALWAYS_ALLOWED >> 30)]
    TooLarge,
    /// Too many for the guest's inodes.
    #[error("it holds more than {MOST_ENTRIES} files and directories")]
    TooMany,
    /// A GNU long name, or pax records.
    #[error("it holds a name or records about a file that are longer than {0} bytes")]
    LongRecord(u64),
    /// Its bytes are not those of the file.
    #[error("it holds a sparse file")]
    Sparse,
}

/// A file, a directory, or another entry.
pub struct Member<'a> {
    /// As it is in the archive.
    pub name: &'a [u8],
    /// What it is.
    pub kind: EntryType,
    /// Bytes of its content.
    pub size: u64,
    /// Its content; the rest of it is skipped.
    pub content: &'a mut dyn Read,
}

/// Visits each member of a gzip tar, then reads to the end, where gzip's checksum is.
pub fn members<E: From<Error>>(
    packed: impl Read,
    visit: &mut dyn FnMut(Member<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let gzip = MultiGzDecoder::new(Counted { inner: packed, bytes: 0 });
    let mut unpacked = Unpacked { gzip, bytes: 0, fault: None };
    let read = members_of_tar(&mut unpacked, visit);
    // the fault is kept
    let _ = io::copy(&mut unpacked, &mut io::sink());
    match unpacked.fault {
        Some(fault) => Err(fault.into()),
        None => read,
    }
}

fn members_of_tar<E: From<Error>>(
    unpacked: &mut impl Read,
    visit: &mut dyn FnMut(Member<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut archive = tar::Archive::new(unpacked);
    let mut next = Next::default();
    let entries = archive.entries().map_err(|_| Error::Tar)?;
    for (count, entry) in entries.raw(true).enumerate() {
        let mut entry = entry.map_err(|_| Error::Tar)?;
        if count >= MOST_ENTRIES {
            return Err(Error::TooMany.into());
        }
        let (kind, size) = (entry.header().entry_type(), entry.size());
        match kind {
            EntryType::GNULongName => next.long_name(record(&mut entry, size, LONGEST_NAME)?)?,
            EntryType::XHeader => next.records(&record(&mut entry, size, LONGEST_RECORDS)?)?,
            // the target of a link, which no archive may hold; records about all files
            EntryType::GNULongLink | EntryType::XGlobalHeader => {
                record(&mut entry, size, LONGEST_RECORDS)?;
            }
            EntryType::GNUSparse => return Err(Error::Sparse.into()),
            _ => {
                let Next { long_name, pax_name, pax_size } = std::mem::take(&mut next);
                // two readers would go on at different places
                if pax_size.is_some_and(|pax_size| pax_size != size) {
                    return Err(Error::Tar.into());
                }
                let name = long_name.or(pax_name).unwrap_or_else(|| entry.path_bytes().into_owned());
                visit(Member { name: &name, kind, size, content: &mut entry })?;
            }
        }
    }
    if next.is_empty() { Ok(()) } else { Err(Error::Tar.into()) }
}

fn record(entry: &mut impl Read, size: u64, longest: u64) -> Result<Vec<u8>, Error> {
    if size > longest {
        return Err(Error::LongRecord(longest));
    }
    let mut record = Vec::new();
    entry.read_to_end(&mut record).map_err(|_| Error::Tar)?;
    Ok(record)
}

/// Records about the next member.
#[derive(Default)]
struct Next {
    long_name: Option<Vec<u8>>,
    pax_name: Option<Vec<u8>>,
    pax_size: Option<u64>,
}

impl Next {
    fn long_name(&mut self, mut name: Vec<u8>) -> Result<(), Error> {
        name.pop_if(|last| *last == 0);
        if self.long_name.replace(name).is_some() { Err(Error::Tar) } else { Ok(()) }
    }

    fn records(&mut self, records: &[u8]) -> Result<(), Error> {
        for record in PaxExtensions::new(records) {
            let record = record.map_err(|_| Error::Tar)?;
            match record.key_bytes() {
                b"path" => self.pax_name = Some(record.value_bytes().to_vec()),
                b"size" => {
                    let size = record.value().ok().and_then(|size| size.parse().ok());
                    self.pax_size = Some(size.ok_or(Error::Tar)?);
                }
                key if key.starts_with(b"GNU.sparse.") => return Err(Error::Sparse),
                _ => {}
            }
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.long_name.is_none() && self.pax_name.is_none() && self.pax_size.is_none()
    }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes = self.bytes.saturating_add(count as u64);
        Ok(count)
    }
}

/// Keeps the first fault of what is below tar, so that damage to gzip is not reported as damage to tar.
struct Unpacked<R: Read> {
    gzip: MultiGzDecoder<Counted<R>>,
    bytes: u64,
    fault: Option<Error>,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fault.is_some() {
            return Ok(0);
        }
        match self.gzip.read(buffer) {
            Ok(count) => {
                self.bytes = self.bytes.saturating_add(count as u64);
                let packed = self.gzip.get_ref().bytes;
                if self.bytes > LARGEST.min(ALWAYS_ALLOWED + RATIO * packed) {
                    self.fault = Some(Error::TooLarge);
                    return Err(io::ErrorKind::InvalidData.into());
                }
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.fault = Some(Error::Gzip(error));
                Err(kind.into())
            }
        }
    }
}
