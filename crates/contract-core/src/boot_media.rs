//! State 7 of 7: the boot medium, which brings the user data to the guest.
//!
//! `boot-medium = iso9660(meta-data, vendor-data, user-data)`, volume id `cidata`, Joliet and Rock Ridge. Source:
//! contract-format, section 10; ECMA-119 for the volume, SUSP 1.12 and RRIP 1.09 for Rock Ridge.
//!
//! | sectors of 2,048 bytes | what |
//! |---|---|
//! | 0 to 15 | zeros |
//! | 16, 17, 18 | volume descriptors: primary, Joliet, terminator |
//! | 19 to 22 | path tables: primary LE and BE, Joliet LE and BE |
//! | 23, 24 | root directories: primary with Rock Ridge, Joliet |
//! | 25 | `meta-data` |
//! | 26 | `vendor-data` |
//! | from 27 | `user-data`, then zeros up to a multiple of 64 KiB |
//!
//! The same user data and host name always give the same medium, byte for byte: files are of 1970-01-01, the volume has no
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
use layout::Layout;

pub use hostname::{Hostname, HostnameError};
pub use read::{Extent, Medium, Names, ReadError, is_medium};

/// The volume's name, by which a guest finds it as `/dev/disk/by-label/cidata`.
pub const VOLUME_ID: &str = "cidata";

/// The files at its root, in the order of their data: small ones first.
pub const FILES: [&str; 3] = ["meta-data", "vendor-data", "user-data"];

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
            Self::TooLarge(_) => Blame::Input,
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
            Self::Read(_) | Self::Write(_) => Vec::new(),
        }
    }
}

/// A medium to be written: checked user data, and the guest's name.
#[derive(Debug)]
pub struct BootMedia<R> {
    user_data: R,
    expected: (u64, String),
    meta_data: String,
    layout: Layout,
}

impl<R: Read> BootMedia<R> {
    /// Takes `user_data` at its start, and its facts by [`crate::user_data::survey`].
    pub fn new(user_data: R, facts: &UserDataFacts, hostname: &Hostname) -> Result<Self, Error> {
        let length = u32::try_from(facts.bytes).map_err(|_| Error::TooLarge(facts.bytes))?;
        let expected = (facts.bytes, facts.sha256.clone());
        let meta_data = hostname.meta_data();
        let short = |text: &str| u32::try_from(text.len()).map_err(|_| Error::TooLarge(text.len() as u64));
        let layout = Layout { lengths: [short(&meta_data)?, short(VENDOR_DATA)?, length] };
        Ok(Self { user_data, expected, meta_data, layout })
    }

    /// Bytes of the whole medium.
    pub fn size(&self) -> u64 {
        self.layout.size()
    }

    /// Writes the medium in one pass; memory does not grow with the user data. `progress` is called with the bytes written so far.
    pub fn write_to(mut self, out: &mut impl Write, progress: &dyn Fn(u64)) -> Result<Written, Error> {
        let mut out = Hashed { out, hasher: Sha256::new(), bytes: 0 };
        out.sectors(&self.layout.head())?;
        out.sectors(self.meta_data.as_bytes())?;
        out.sectors(VENDOR_DATA.as_bytes())?;
        let user_data = self.copy(&mut out, progress)?;
        if user_data != self.expected.1 {
            return Err(Error::Changed);
        }
        out.zeros_up_to(self.layout.size())?;
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
        let mut input = self.user_data.by_ref().take(self.expected.0.saturating_add(1));
        let mut copied = 0_u64;
        loop {
            let count = match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::Read(error)),
            };
            copied += count as u64;
            if copied > self.expected.0 {
                return Err(Error::Changed);
            }
            let (piece, _) = buffer.split_at(count);
            hasher.update(piece);
            out.all(piece)?;
            progress(out.bytes);
        }
        if copied < self.expected.0 { Err(Error::Changed) } else { Ok(hex(&hasher.finish())) }
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
