//! State 7 of 7: the boot medium, which brings the user data to the guest.
//!
//! `boot-medium = iso9660(meta-data, vendor-data, [network-config], user-data)`, volume id `cidata`, Joliet and Rock Ridge.
//! Source: contract-format, section 10; ECMA-119 for the volume, SUSP 1.12 and RRIP 1.09 for Rock Ridge.
//!
//! | sectors of 2,048 bytes | what |
//! |---|---|
//! | 0 to 15 | zeros |
//! | 16, 17, 18 | volume descriptors: primary, Joliet, terminator |
//! | 19 to 22 | path tables: primary LE and BE, Joliet LE and BE |
//! | 23, 24 | root directories: primary with Rock Ridge, Joliet |
//! | 25 | `meta-data` |
//! | 26 | `vendor-data` |
//! | from 27 | `network-config`, if there is one |
//! | then | `user-data`, then zeros up to a multiple of 64 KiB |
//!
//! The same files and host name always give the same medium, byte for byte: files are of 1970-01-01, the volume has no
//! time, and no identifier but its name. So anyone can compute its digest, which the attestation record shows.
//!
//! Not authenticated: anyone who starts the guest can exchange it. The attestation record of the running guest shows it.

mod hostname;
mod layout;
mod read;

use std::io::{self, Read, Write};

use findings::text::hex;
use findings::{Advice, Blame};
use openssl::sha::{Sha256, sha256};
use zeroize::Zeroizing;

use crate::user_data::UserDataFacts;
use layout::{Layout, Name};

pub use hostname::{Hostname, HostnameError};
pub use read::{Extent, Medium, Names, ReadError, is_medium};

/// The volume's name, by which a guest finds it as `/dev/disk/by-label/cidata`.
pub const VOLUME_ID: &str = "cidata";

/// The file with the guest's addresses, for a network without DHCP; the others are always there.
pub const NETWORK_CONFIG: &str = "network-config";

/// Longest file next to the user data: each has a few lines.
pub const LARGEST_SMALL_FILE: u32 = 1 << 20;

/// The content of `vendor-data` (contract-format, section 10).
pub const VENDOR_DATA: &str = "#cloud-config\nusers:\n- default\n";

/// Longest file: its length is a 32-bit number, and readers differ on files in several extents.
pub const LARGEST_FILE: u64 = u32::MAX as u64;

/// Why a medium cannot be written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error(
        "user data of {0} bytes does not fit: a file on a boot medium has at most {LARGEST_FILE} bytes (4 GiB)"
    )]
    TooLarge(u64),
    #[error("`{NETWORK_CONFIG}` has {0} bytes, and at most {LARGEST_SMALL_FILE} are expected")]
    LargeNetworkConfig(usize),
    #[error("cannot read the user data")]
    Read(#[source] io::Error),
    #[error("the user data changed while the medium was being written")]
    Changed,
    #[error("cannot write the medium")]
    Write(#[source] io::Error),
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        match self {
            Self::TooLarge(_) | Self::LargeNetworkConfig(_) => Blame::Input,
            Self::Read(_) | Self::Changed | Self::Write(_) => Blame::Machine,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::TooLarge(_) => vec![
                "see what makes the archive large: `workload-provider pack play -o play.tar.gz`; images belong in a registry"
                    .into(),
            ],
            Self::Changed => vec!["stop what writes to the user data, and run it again".into()],
            Self::LargeNetworkConfig(_) => vec!["name a netplan file: `--network-config FILE`".into()],
            Self::Read(_) | Self::Write(_) => Vec::new(),
        }
    }
}

/// A medium to be written: checked user data, the guest's name, and its addresses if they are static.
#[derive(Debug)]
pub struct BootMedia<R> {
    user_data: R,
    expected: (u32, String),
    meta_data: String,
    network_config: Option<Vec<u8>>,
}

impl<R: Read> BootMedia<R> {
    /// Takes `user_data` at its start, and its facts by [`crate::user_data::survey`].
    pub fn new(user_data: R, facts: &UserDataFacts, hostname: &Hostname) -> Result<Self, Error> {
        let length = u32::try_from(facts.bytes).map_err(|_| Error::TooLarge(facts.bytes))?;
        let expected = (length, facts.sha256.clone());
        Ok(Self { user_data, expected, meta_data: hostname.meta_data(), network_config: None })
    }

    /// Adds the file `network-config`, byte for byte. `contract_section::network_config` checks it.
    pub fn with_network_config(self, network_config: Vec<u8>) -> Result<Self, Error> {
        if network_config.len() > LARGEST_SMALL_FILE as usize {
            return Err(Error::LargeNetworkConfig(network_config.len()));
        }
        Ok(Self { network_config: Some(network_config), ..self })
    }

    /// The files before the user data, in the order of their data.
    fn small_files(&self) -> impl Iterator<Item = (Name, &[u8])> {
        let always =
            [(layout::META_DATA, self.meta_data.as_bytes()), (layout::VENDOR_DATA, VENDOR_DATA.as_bytes())];
        let network_config = self.network_config.as_deref().map(|bytes| (layout::NETWORK_CONFIG, bytes));
        always.into_iter().chain(network_config)
    }

    fn layout(&self) -> Layout {
        let small = self.small_files().map(|(name, bytes)| (name, layout::length(bytes)));
        Layout { files: small.chain([(layout::USER_DATA, self.expected.0)]).collect() }
    }

    /// Bytes of the whole medium.
    pub fn size(&self) -> u64 {
        self.layout().size()
    }

    /// Writes the medium in one pass; memory does not grow with the user data. `progress` is called with the bytes written so far.
    pub fn write_to(mut self, out: &mut impl Write, progress: &dyn Fn(u64)) -> Result<Written, Error> {
        let mut out = Hashed { out, hasher: Sha256::new(), bytes: 0 };
        let layout = self.layout();
        out.sectors(&layout.head())?;
        self.small_files().try_for_each(|(_, bytes)| out.sectors(bytes))?;
        let user_data = self.copy(&mut out, progress)?;
        if user_data != self.expected.1 {
            return Err(Error::Changed);
        }
        out.zeros_up_to(layout.size())?;
        Ok(Written {
            bytes: out.bytes,
            medium: hex(&out.hasher.finish()),
            user_data,
            meta_data: hex(&sha256(self.meta_data.as_bytes())),
            vendor_data: hex(&sha256(VENDOR_DATA.as_bytes())),
        })
    }

    /// Copies exactly as many bytes as the directory states; returns their SHA-256.
    fn copy(&mut self, out: &mut Hashed<impl Write>, progress: &dyn Fn(u64)) -> Result<String, Error> {
        let mut hasher = Sha256::new();
        // plain sections hold secrets
        let mut buffer = Zeroizing::new(vec![0; 256 << 10]);
        // one byte more means that the file grew
        let length = u64::from(self.expected.0);
        let mut input = self.user_data.by_ref().take(length + 1);
        let mut copied = 0_u64;
        loop {
            let count = match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::Read(error)),
            };
            copied += count as u64;
            if copied > length {
                return Err(Error::Changed);
            }
            let (piece, _) = buffer.split_at(count);
            hasher.update(piece);
            out.all(piece)?;
            progress(out.bytes);
        }
        if copied < length { Err(Error::Changed) } else { Ok(hex(&hasher.finish())) }
    }
}

/// A written medium; digests are lower-case hex SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Bytes of the medium.
    pub bytes: u64,
    medium: String,
    user_data: String,
    meta_data: String,
    vendor_data: String,
}

impl Written {
    /// The lines of the attestation record that the medium determines (contract-format, section 8): name and digest.
    pub fn attestation_lines(&self) -> Vec<(&'static str, String)> {
        attestation_lines(
            [&self.user_data, &self.meta_data, &self.vendor_data, &self.medium].map(Clone::clone),
        )
    }
}

/// Names for the digests of user data, meta-data, vendor-data and the whole medium.
fn attestation_lines(digests: [String; 4]) -> Vec<(&'static str, String)> {
    ["cidata/user-data", "cidata/meta-data", "cidata/vendor-data", "/dev/disk/by-label/cidata"]
        .into_iter()
        .zip(digests)
        .collect()
}

/// Counts and hashes what goes through.
struct Hashed<W> {
    out: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    fn all(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.out.write_all(bytes).map_err(Error::Write)
    }

    /// Ends with a whole sector.
    fn sectors(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.all(bytes)?;
        self.zeros_up_to(self.bytes.next_multiple_of(layout::SECTOR.into()))
    }

    fn zeros_up_to(&mut self, end: u64) -> Result<(), Error> {
        let zeros = [0; layout::SECTOR as usize];
        while let Some(missing @ 1..) = end.checked_sub(self.bytes) {
            let (zeros, _) = zeros.split_at(zeros.len().min(usize::try_from(missing).unwrap_or(usize::MAX)));
            self.all(zeros)?;
        }
        Ok(())
    }
}
