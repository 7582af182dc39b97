//! A root directory and its records (ECMA-119, 9.1).

use std::io::{Read, Seek};

use super::{Extent, Names, ReadError};

/// Some ten thousand files; three are usual.
const LARGEST: u32 = 1 << 20;

/// Flags of a record.
const IS_DIRECTORY: u8 = 2;
const IS_ASSOCIATED: u8 = 4;
const GOES_ON: u8 = 0x80;

/// The bytes at a place.
pub fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// A number in both orders of bytes, which agree.
pub fn both16(bytes: &[u8], at: usize, what: &'static str) -> Result<u16, ReadError> {
    let [a, b, c, d] = array(bytes, at).ok_or(ReadError::Outside(what))?;
    let (little, big) = (u16::from_le_bytes([a, b]), u16::from_be_bytes([c, d]));
    if little == big { Ok(little) } else { Err(ReadError::Differs(what)) }
}

/// As [`both16`], for 32 bits.
pub fn both32(bytes: &[u8], at: usize, what: &'static str) -> Result<u32, ReadError> {
    let little = array(bytes, at).map(u32::from_le_bytes).ok_or(ReadError::Outside(what))?;
    let big = array(bytes, at + 4).map(u32::from_be_bytes).ok_or(ReadError::Outside(what))?;
    if little == big { Ok(little) } else { Err(ReadError::Differs(what)) }
}

/// Big-endian UCS-2, as Joliet has it.
pub fn ucs2(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| array(pair, 0).map(u16::from_be_bytes));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// As Linux shows it: without version and without dots at the end.
pub fn joliet_name(identifier: &[u8]) -> String {
    let name = ucs2(identifier);
    name.strip_suffix(";1").unwrap_or(&name).trim_end_matches('.').to_owned()
}

/// As Linux shows it without Rock Ridge: lower case, without version, `;` and `/` as dots.
fn plain_name(identifier: &[u8]) -> String {
    let name = String::from_utf8_lossy(identifier).to_ascii_lowercase();
    let name = name.strip_suffix(".;1").or_else(|| name.strip_suffix(";1")).unwrap_or(&name);
    name.replace([';', '/'], ".")
}

/// One entry of a directory.
#[derive(Debug)]
pub struct Record {
    pub extent: Extent,
    /// As it is stored; one zero is `.`, one 1 is `..`.
    pub identifier: Vec<u8>,
    /// The name for the guest.
    pub name: String,
    /// The system use area, without the zero that pads the name.
    pub system_use: Vec<u8>,
    /// Why it is no plain file.
    pub strange: Option<&'static str>,
    flags: u8,
}

impl Record {
    /// Reads a record, and nothing outside of it.
    fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let name_length = usize::from(*bytes.get(32).ok_or(SHORT)?);
        let identifier = bytes.get(33..33 + name_length).filter(|it| !it.is_empty()).ok_or(SHORT)?.to_vec();
        // the name is padded so that the system use area begins at an even place
        let system_use = bytes.get((33 + name_length).next_multiple_of(2)..).unwrap_or_default().to_vec();
        let [flags, unit, gap] = array(bytes, 25).ok_or(SHORT)?;
        let strange = match () {
            () if flags & IS_DIRECTORY != 0 => Some("a folder"),
            () if flags & GOES_ON != 0 => Some("in several pieces"),
            () if (unit, gap) != (0, 0) => Some("interleaved"),
            () if bytes.get(1) != Some(&0) => Some("with an extended attribute record"),
            () => None,
        };
        Ok(Self {
            extent: Extent {
                sector: both32(bytes, 2, "the place of a file")?,
                bytes: both32(bytes, 10, "the size of a file")?,
            },
            name: plain_name(&identifier),
            identifier,
            system_use,
            strange,
            flags,
        })
    }

    pub fn is_itself(&self) -> bool {
        self.identifier == [0]
    }

    fn is_parent(&self) -> bool {
        self.identifier == [1]
    }
}

const SHORT: ReadError = ReadError::Damaged("a directory record is too short");

/// The root directory.
#[derive(Debug)]
pub struct Directory(pub Vec<Record>);

impl Directory {
    /// Reads all records, with their plain names.
    pub fn read(input: &mut (impl Read + Seek), place: Extent, volume: u64) -> Result<Self, ReadError> {
        if place.bytes > LARGEST {
            return Err(ReadError::Damaged("its root directory is larger than a mebibyte"));
        }
        if place.bytes == 0 || place.range().1 > volume {
            return Err(ReadError::Outside("the root directory"));
        }
        let mut bytes = Vec::new();
        place.open(input)?.read_to_end(&mut bytes)?;
        let mut records = Vec::new();
        // a record does not cross the end of a sector; a zero means that the rest of one is empty
        for mut sector in bytes.chunks(crate::boot_media::layout::SECTOR as usize) {
            while let Some(length) = sector.first().copied().map(usize::from).filter(|length| *length > 0) {
                let (record, rest) = sector.split_at_checked(length).ok_or(SHORT)?;
                records.push(Record::parse(record)?);
                sector = rest;
            }
        }
        match records.first() {
            Some(first) if first.is_itself() => Ok(Self(records)),
            _ => Err(ReadError::Damaged("its root directory does not begin with itself")),
        }
    }

    /// Gives each record another name.
    pub fn name_by(&mut self, name: impl Fn(&Record) -> String) {
        self.0.iter_mut().for_each(|record| record.name = name(record));
    }

    /// The records that Linux lists: neither `.` nor `..` nor those that belong to another file.
    fn listed(&self) -> impl Iterator<Item = &Record> {
        self.0.iter().filter(|it| !it.is_itself() && !it.is_parent() && it.flags & IS_ASSOCIATED == 0)
    }

    /// Whether there is anything with this name.
    pub fn has(&self, name: &str) -> bool {
        self.listed().any(|record| record.name == name)
    }

    /// The place of the plain file with this name.
    pub fn file(&self, name: &'static str, names: Names, volume: u64) -> Result<Extent, ReadError> {
        let mut found = self.listed().filter(|record| record.name == name);
        let record = found.next().ok_or(ReadError::Missing(name, names))?;
        if let Some(what) = record.strange {
            return Err(ReadError::NotPlain { name, what });
        }
        if found.next().is_some() {
            return Err(ReadError::Twice(name));
        }
        if record.extent.bytes > 0 && record.extent.range().1 > volume {
            return Err(ReadError::FileOutside(name));
        }
        Ok(record.extent)
    }

    /// The other names for the guest.
    pub fn others(&self) -> Vec<String> {
        let known = |name: &str| super::FILES.contains(&name) || name == super::NETWORK_CONFIG;
        self.listed().filter(|it| !known(&it.name)).map(|it| it.name.clone()).collect()
    }
}
