//! The layout of a medium, and the bytes of everything that is not a file.
//!
//! Each structure is written field by field in the order of its standard: ECMA-119 (ISO 9660), sections named beside
//! them, and Microsoft's Joliet specification, which is the same in UCS-2.

use super::VOLUME_ID;

/// Bytes of a sector.
pub const SECTOR: u32 = 2048;

/// A multiple of every disk's sector, so that the guest's disk is as long as the file. A disk is probed for a label in its
/// first 64 KiB, so they must exist (to xorriso, a shorter medium is empty).
const GRANULE: u64 = 64 << 10;

/// Sector of the first path table; three more follow.
const PATH_TABLES: u32 = 19;
const ROOT: u32 = 23;
const JOLIET_ROOT: u32 = 24;
const FIRST_FILE: u32 = 25;

/// The path table holds the root alone.
const PATH_TABLE_SIZE: u32 = 10;

/// 1970-01-01 00:00:00, offset 0: years since 1900, month, day, hour, minute, second, quarters of an hour.
const EPOCH: [u8; 7] = [70, 1, 1, 0, 0, 0, 0];

/// The names of a file: as it is, and in 8.3 letters for readers of neither Rock Ridge nor Joliet.
pub type Name = [&'static str; 2];

pub const META_DATA: Name = ["meta-data", "META_DAT.;1"];
pub const VENDOR_DATA: Name = ["vendor-data", "VENDOR_D.;1"];
pub const NETWORK_CONFIG: Name = [super::NETWORK_CONFIG, "NETWORK_.;1"];
pub const USER_DATA: Name = ["user-data", "USER_DAT.;1"];

/// One of the two trees.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tree {
    /// With Rock Ridge.
    Primary,
    Joliet,
}

/// The places of the files.
#[derive(Debug)]
pub struct Layout {
    /// Names and lengths, in the order of their data.
    pub files: Vec<(Name, u32)>,
}

impl Layout {
    /// Bytes of the medium.
    pub fn size(&self) -> u64 {
        let sectors: u64 = self.files.iter().map(|(_, length)| u64::from(sectors(*length))).sum();
        ((u64::from(FIRST_FILE) + sectors) * u64::from(SECTOR)).next_multiple_of(GRANULE)
    }

    /// Everything before the first file.
    pub fn head(&self) -> Vec<u8> {
        let mut head = vec![0; 16 * SECTOR as usize];
        for sector in [
            self.volume_descriptor(Tree::Primary),
            self.volume_descriptor(Tree::Joliet),
            // 8.3: type 255 ends the descriptors
            b"\xffCD001\x01".to_vec(),
            path_table(ROOT.to_le_bytes(), 1_u16.to_le_bytes()),
            path_table(ROOT.to_be_bytes(), 1_u16.to_be_bytes()),
            path_table(JOLIET_ROOT.to_le_bytes(), 1_u16.to_le_bytes()),
            path_table(JOLIET_ROOT.to_be_bytes(), 1_u16.to_be_bytes()),
            self.directory(Tree::Primary),
            self.directory(Tree::Joliet),
        ] {
            head.extend(sector);
            head.resize(head.len().next_multiple_of(SECTOR as usize), 0);
        }
        head
    }

    /// 8.4, 8.5.
    #[expect(clippy::expect_used, reason = "the proof is in the message")]
    fn volume_descriptor(&self, tree: Tree) -> Vec<u8> {
        let (kind, path_tables) = match tree {
            Tree::Primary => (1, PATH_TABLES),
            Tree::Joliet => (2, PATH_TABLES + 2),
        };
        let blocks =
            u32::try_from(self.size() / u64::from(SECTOR)).expect("files of 4 GiB have 2^21 sectors each");
        let mut bytes = vec![kind];
        bytes.extend(b"CD001\x01\0");
        bytes.extend(padded("", 32, tree)); // system
        bytes.extend(padded(VOLUME_ID, 32, tree));
        bytes.extend([0; 8]);
        bytes.extend(both32(blocks));
        // UCS-2 level 3
        bytes.extend(if tree == Tree::Joliet { b"%/E" } else { &[0; 3] });
        bytes.extend([0; 29]);
        bytes.extend(both16(1)); // volumes in the set
        bytes.extend(both16(1)); // this is the first
        bytes.extend(both16(2048));
        bytes.extend(both32(PATH_TABLE_SIZE));
        bytes.extend(path_tables.to_le_bytes());
        bytes.extend([0; 4]); // no second copy
        bytes.extend((path_tables + 1).to_be_bytes());
        bytes.extend([0; 4]);
        bytes.extend(record(&[0], root(tree), SECTOR, DIRECTORY, &[]));
        for length in [128, 128, 128, 128, 37, 37, 37] {
            // set, publisher, preparer, application; copyright, abstract, bibliography
            bytes.extend(padded("", length, tree));
        }
        for _ in 0..4 {
            // created, modified, expires, in effect: not stated, or Linux would make one UUID of it for all media
            bytes.extend(b"0000000000000000\0");
        }
        bytes.push(1); // file structure
        bytes
    }

    /// 9.1: `.`, `..` and the files.
    fn directory(&self, tree: Tree) -> Vec<u8> {
        let rock_ridge = |bytes: Vec<u8>| if tree == Tree::Primary { bytes } else { Vec::new() };
        // SP and ER, only in the root's `.`, state that there is Rock Ridge
        let dot =
            rock_ridge([b"SP\x07\x01\xbe\xef\0".to_vec(), rock_ridge_itself(), posix(0o040_555, 2)].concat());
        let dot_dot = rock_ridge(posix(0o040_555, 2));
        let mut bytes = record(&[0], root(tree), SECTOR, DIRECTORY, &dot);
        bytes.extend(record(&[1], root(tree), SECTOR, DIRECTORY, &dot_dot));
        let mut next = FIRST_FILE;
        let mut records = Vec::new();
        for &([name, short], length) in &self.files {
            let identifier = match tree {
                Tree::Primary => short.as_bytes().to_vec(),
                Tree::Joliet => ucs2(name).collect(),
            };
            let extra = rock_ridge([posix(0o100_444, 1), alternate_name(name)].concat());
            let place = next;
            next += sectors(length);
            records.push((identifier.clone(), record(&identifier, place, length, FILE, &extra)));
        }
        // directories are sorted by name
        records.sort();
        bytes.extend(records.into_iter().flat_map(|(_, record)| record));
        bytes
    }
}

const FILE: u8 = 0;
const DIRECTORY: u8 = 2;

fn root(tree: Tree) -> u32 {
    if tree == Tree::Primary { ROOT } else { JOLIET_ROOT }
}

/// The length of a file other than the user data, which is at most [`LARGEST_SMALL_FILE`](super::LARGEST_SMALL_FILE).
#[expect(clippy::expect_used, reason = "such a file has a mebibyte at most")]
pub fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a mebibyte has fewer than 2^32 bytes")
}

/// How many sectors hold so many bytes.
fn sectors(length: u32) -> u32 {
    length.div_ceil(SECTOR)
}

/// 7.2.3: a number in both orders of bytes.
fn both16(number: u16) -> Vec<u8> {
    [number.to_le_bytes(), number.to_be_bytes()].concat()
}

/// 7.3.3.
fn both32(number: u32) -> Vec<u8> {
    [number.to_le_bytes(), number.to_be_bytes()].concat()
}

fn ucs2(text: &str) -> impl Iterator<Item = u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes)
}

/// A text followed by spaces; a byte that is left over in UCS-2 is zero.
fn padded(text: &str, length: usize, tree: Tree) -> Vec<u8> {
    let spaces = " ".repeat(length);
    let padded = text.chars().chain(spaces.chars());
    let mut bytes: Vec<u8> = match tree {
        Tree::Primary => padded.map(|c| u8::try_from(c).unwrap_or(b'_')).take(length).collect(),
        Tree::Joliet => ucs2(&padded.collect::<String>()).take(length / 2 * 2).collect(),
    };
    bytes.resize(length, 0);
    bytes
}

/// 9.4: the root, its own parent.
fn path_table(place: [u8; 4], parent: [u8; 2]) -> Vec<u8> {
    [&[1, 0][..], &place, &parent, &[0, 0]].concat()
}

/// 9.1: 33 bytes, the name, a zero if that makes it even, what Rock Ridge adds, a zero if that makes it even.
fn record(name: &[u8], place: u32, length: u32, flags: u8, extra: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0];
    bytes.extend(both32(place));
    bytes.extend(both32(length));
    bytes.extend(EPOCH);
    bytes.extend([flags, 0, 0]);
    bytes.extend(both16(1));
    bytes.push(byte(name.len()));
    bytes.extend(name);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes.extend(extra);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    let length = byte(bytes.len());
    if let Some(first) = bytes.first_mut() {
        *first = length;
    }
    bytes
}

/// The length of a name or record, which are constants of this module.
#[expect(clippy::expect_used, reason = "the longest record has 152 bytes")]
fn byte(length: usize) -> u8 {
    u8::try_from(length).expect("a name or record has fewer than 256 bytes")
}

/// SUSP 5.5, ER: Rock Ridge by its name alone; description and source are for people, and would need another sector.
fn rock_ridge_itself() -> Vec<u8> {
    [&b"ER\x12\x01\x0a\0\0\x01"[..], b"RRIP_1991A"].concat()
}

/// RRIP 4.1.1 and 4.1.6, PX and TF: mode, links, owner 0; modified, accessed and changed at the epoch.
fn posix(mode: u32, links: u32) -> Vec<u8> {
    [&b"PX\x24\x01"[..], &both32(mode), &both32(links), &both32(0), &both32(0)]
        .into_iter()
        .chain([&b"TF\x1a\x01\x0e"[..], &EPOCH, &EPOCH, &EPOCH])
        .flatten()
        .copied()
        .collect()
}

/// RRIP 4.1.4, NM: the name as it is.
fn alternate_name(name: &str) -> Vec<u8> {
    [&b"NM"[..], &[byte(name.len() + 5), 1, 0], name.as_bytes()].concat()
}
