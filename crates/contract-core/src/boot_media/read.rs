//! Reads a boot medium as the guest's kernel and cloud-init would, whichever tool made it.
//!
//! Names are Rock Ridge's, else Joliet's, else the plain ones as Linux shows them (`USER-DATA.;1` is `user-data`). The
//! reader is strict where two readers could differ: numbers that are stored twice must be equal, both trees must lead to the
//! same bytes, names must be unique. It enters no folder, and reads at most a mebibyte of directory.

mod directory;
mod rock_ridge;

use std::io::{self, Read, Seek, SeekFrom};

use findings::{Advice, Blame};

use super::{LARGEST_SMALL_FILE, NETWORK_CONFIG, VOLUME_ID, attestation_lines};
use crate::digest::Digesting;
use directory::{Directory, array, both16, both32};

/// Bytes of a sector, the only size that Linux takes from a disk as well.
const SECTOR: u64 = 2048;

/// Where the volume descriptors begin, and how many are looked at.
const FIRST_DESCRIPTOR: u64 = 16;
const MOST_DESCRIPTORS: u64 = 32;

/// `user-data` in one extent and room for all the rest.
const LARGEST_MEDIUM: u64 = 5 << 30;

/// The files that every medium has.
const FILES: [&str; 3] = ["meta-data", "vendor-data", "user-data"];

/// Why a file is no medium that a guest boots from.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum ReadError {
    #[error("cannot read the medium")]
    Read(#[from] io::Error),
    #[error("it is no ISO 9660 medium")]
    NoMedium,
    #[error("it has {0} bytes, and a boot medium has {LARGEST_MEDIUM} at most")]
    TooLarge(u64),
    #[error("it is cut: the volume has {volume} bytes and the file {file}")]
    Cut { volume: u64, file: u64 },
    #[error("its volume id is `{0}`, and a guest looks for `{VOLUME_ID}`")]
    VolumeId(String),
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    #[error("it is damaged: {0} is stored twice, and differs")]
    Differs(&'static str),
    #[error("it is damaged: {0} is outside of the volume")]
    Outside(&'static str),
    #[error("it is damaged: `{0}` is outside of the volume")]
    FileOutside(&'static str),
    #[error("it has no `{0}` under {1}")]
    Missing(&'static str, Names),
    /// Which one a guest reads depends on the guest.
    #[error("it has `{0}` twice")]
    Twice(&'static str),
    #[error("`{name}` is {what}, and a plain file is expected")]
    NotPlain { name: &'static str, what: &'static str },
    /// The guest's kernel decides which it shows.
    #[error("`{0}` is not the same file for Rock Ridge and for Joliet")]
    TwoFiles(&'static str),
    #[error("`{name}` has {bytes} bytes, and at most {LARGEST_SMALL_FILE} are expected")]
    LargeFile { name: &'static str, bytes: u32 },
}

impl Advice for ReadError {
    fn blame(&self) -> Blame {
        if matches!(self, Self::Read(_)) { Blame::Machine } else { Blame::Input }
    }

    fn hints(&self) -> Vec<String> {
        let again = "make it again: `env-deployer boot-media user-data --hostname NAME -o ciiso.iso`";
        match self {
            Self::Read(_) => Vec::new(),
            Self::Missing(_, Names::Plain) => {
                vec![
                    "with other tools, ask for both kinds of long names: `-joliet -rock`".into(),
                    again.into(),
                ]
            }
            Self::VolumeId(_) => {
                vec![format!("with other tools, name the volume: `-volid {VOLUME_ID}`"), again.into()]
            }
            _ => vec![again.into()],
        }
    }
}

/// The kind of names by which the files were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Rock Ridge, which Linux prefers.
    RockRidge,
    /// Joliet.
    Joliet,
    /// ISO 9660 alone, as Linux shows it: lower case, without version.
    Plain,
}

impl std::fmt::Display for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::RockRidge => "Rock Ridge names",
            Self::Joliet => "Joliet names",
            Self::Plain => "plain ISO 9660 names",
        })
    }
}

/// The place of a file's bytes, within the medium by [`Medium::read`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    sector: u32,
    bytes: u32,
}

impl Extent {
    /// First byte and the one after the last.
    pub fn range(self) -> (u64, u64) {
        let start = u64::from(self.sector) * SECTOR;
        (start, start + u64::from(self.bytes))
    }

    /// The file as a stream.
    pub fn open<R: Read + Seek>(self, mut medium: R) -> io::Result<io::Take<R>> {
        medium.seek(SeekFrom::Start(self.range().0))?;
        Ok(medium.take(u64::from(self.bytes)))
    }

    /// An empty file has no place.
    fn is_same(self, other: Self) -> bool {
        self == other || (self.bytes, other.bytes) == (0, 0)
    }
}

/// A boot medium that a guest can read.
#[derive(Clone, Debug)]
pub struct Medium {
    /// The kind of names by which the files were found.
    pub names: Names,
    /// Whether there is a Joliet tree, with the same files.
    pub joliet: bool,
    /// State 6.
    pub user_data: Extent,
    /// The guest's name.
    pub meta_data: Extent,
    /// For cloud-init.
    pub vendor_data: Extent,
    /// The guest's addresses, if they are static.
    pub network_config: Option<Extent>,
    /// Other names at the root.
    pub others: Vec<String>,
}

/// Whether the input begins as a medium: `CD001` in its first volume descriptor. Leaves it at its start.
pub fn is_medium(mut input: impl Read + Seek) -> io::Result<bool> {
    let mut magic = Vec::new();
    input.seek(SeekFrom::Start(FIRST_DESCRIPTOR * SECTOR + 1))?;
    input.by_ref().take(5).read_to_end(&mut magic)?;
    input.seek(SeekFrom::Start(0))?;
    Ok(magic == b"CD001")
}

impl Medium {
    /// Finds the files of a guest.
    pub fn read(mut input: impl Read + Seek) -> Result<Self, ReadError> {
        if !is_medium(&mut input)? {
            return Err(ReadError::NoMedium);
        }
        let file = input.seek(SeekFrom::End(0))?;
        if file > LARGEST_MEDIUM {
            return Err(ReadError::TooLarge(file));
        }
        let (primary, joliet) = volumes(&mut input)?;
        primary.check_name(|field| String::from_utf8_lossy(field).into_owned())?;
        let volume = primary.bytes()?;
        if volume > file {
            return Err(ReadError::Cut { volume, file });
        }
        let mut tree = Directory::read(&mut input, primary.root()?, volume)?;
        let joliet = match joliet {
            None => None,
            Some(descriptor) => {
                descriptor.check_name(directory::ucs2)?;
                let mut joliet = Directory::read(&mut input, descriptor.root()?, volume)?;
                joliet.name_by(|record| directory::joliet_name(&record.identifier));
                Some(joliet)
            }
        };
        let has_joliet = joliet.is_some();
        let rock_ridge = rock_ridge::read(&mut input, &mut tree, volume)?;
        let (names, tree, second) = match (rock_ridge, joliet) {
            (true, joliet) => (Names::RockRidge, tree, joliet),
            (false, Some(joliet)) => (Names::Joliet, joliet, None),
            (false, None) => (Names::Plain, tree, None),
        };
        let file = |name| {
            let extent = tree.file(name, names, volume)?;
            match second.as_ref().map(|tree| tree.file(name, Names::Joliet, volume)).transpose()? {
                Some(other) if !other.is_same(extent) => Err(ReadError::TwoFiles(name)),
                _ => Ok(extent),
            }
        };
        let small = |name| match file(name)? {
            Extent { bytes, .. } if bytes > LARGEST_SMALL_FILE => Err(ReadError::LargeFile { name, bytes }),
            extent => Ok(extent),
        };
        // in both trees or in neither
        let has_network_config =
            [Some(&tree), second.as_ref()].into_iter().flatten().any(|tree| tree.has(NETWORK_CONFIG));
        Ok(Self {
            names,
            joliet: has_joliet,
            user_data: file("user-data")?,
            meta_data: small("meta-data")?,
            vendor_data: small("vendor-data")?,
            network_config: has_network_config.then(|| small(NETWORK_CONFIG)).transpose()?,
            others: tree.others(),
        })
    }

    /// The lines of the attestation record that the medium determines (contract-format, section 8): name and lower-case
    /// hex SHA-256.
    pub fn attestation_lines(
        &self,
        mut input: impl Read + Seek,
    ) -> Result<Vec<(&'static str, String)>, ReadError> {
        let mut file = |extent: Extent| sha256(extent.open(&mut input)?);
        let files = [file(self.user_data)?, file(self.meta_data)?, file(self.vendor_data)?];
        input.seek(SeekFrom::Start(0))?;
        let [user_data, meta_data, vendor_data] = files;
        Ok(attestation_lines([user_data, meta_data, vendor_data, sha256(input)?]))
    }
}

fn sha256(mut input: impl Read) -> io::Result<String> {
    let mut digest = Digesting::new(io::sink());
    io::copy(&mut io::BufReader::with_capacity(128 << 10, &mut input), &mut digest)?;
    Ok(digest.sha256())
}

/// A volume descriptor, primary or Joliet.
struct Descriptor(Vec<u8>);

impl Descriptor {
    fn check_name(&self, text: impl Fn(&[u8]) -> String) -> Result<(), ReadError> {
        let name = text(&array::<32>(&self.0, 40).ok_or(ReadError::Outside("the volume id"))?);
        let name = name.trim_end_matches([' ', '\0']);
        if name == VOLUME_ID { Ok(()) } else { Err(ReadError::VolumeId(name.to_owned())) }
    }

    /// How long the volume is; in sectors, as a disk is read.
    fn bytes(&self) -> Result<u64, ReadError> {
        if both16(&self.0, 128, "the size of a block")? != 2048 {
            return Err(ReadError::Damaged("its blocks have not 2,048 bytes"));
        }
        Ok(u64::from(both32(&self.0, 80, "the size of the volume")?) * SECTOR)
    }

    fn root(&self) -> Result<Extent, ReadError> {
        Ok(Extent {
            sector: both32(&self.0, 158, "the place of the root directory")?,
            bytes: both32(&self.0, 166, "the size of the root directory")?,
        })
    }
}

/// The first primary descriptor, and the first of Joliet's.
fn volumes(input: &mut (impl Read + Seek)) -> Result<(Descriptor, Option<Descriptor>), ReadError> {
    let (mut primary, mut joliet) = (None, None);
    for sector in FIRST_DESCRIPTOR..FIRST_DESCRIPTOR + MOST_DESCRIPTORS {
        let mut bytes = Vec::new();
        input.seek(SeekFrom::Start(sector * SECTOR))?;
        input.by_ref().take(SECTOR).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != SECTOR || bytes.get(1..6) != Some(b"CD001") {
            return Err(ReadError::Damaged("its volume descriptors do not end"));
        }
        match bytes.first() {
            Some(255) => {
                let primary = primary.ok_or(ReadError::Damaged("it has no primary volume descriptor"))?;
                return Ok((primary, joliet));
            }
            Some(1) if primary.is_none() => primary = Some(Descriptor(bytes)),
            // UCS-2, levels 1 to 3; other supplementary descriptors (ISO 9660:1999) are not for Linux
            Some(2) if joliet.is_none() && is_joliet(&bytes) => joliet = Some(Descriptor(bytes)),
            _ => {}
        }
    }
    Err(ReadError::Damaged("it has too many volume descriptors"))
}

fn is_joliet(descriptor: &[u8]) -> bool {
    array(descriptor, 88).is_some_and(|escape: [u8; 3]| [*b"%/@", *b"%/C", *b"%/E"].contains(&escape))
}
