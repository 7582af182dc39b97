//! State 2 of 7: the archive, a folder as a reproducible tar.gz.
//!
//! `archive = gzip(tar(entries))`, entries sorted by name. Source: contract-format, section 7: "base64 of a gzip tar",
//! directories and regular files only. Reproducible is our promise, not the guest's demand: the same folder gives
//! the same tar on any machine, so that two people can compare digests, and the same gzip from the same deflate library.
//!
//! | field | value |
//! |---|---|
//! | name | relative, no leading `./`, `/` between parts; longer than 100 bytes: GNU long name |
//! | mode | 0755 for directories and executables, 0644 for the rest |
//! | owner, group, time | 0, no names |
//! | gzip header | no name, no time, system "unknown" (255) |
//!
//! Not authenticated: inside a token, only the contract's signature protects it.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_macros))]

pub mod folder;
pub mod gzip;
pub mod unpack;

use std::{
    io::{self, Read, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use contract_core::{
    digest::Digesting,
    packed::{Packed, PackedFile},
};
use findings::{Advice, Blame};

use folder::{Entry, Kind};
use gzip::GzipWriter;

/// Why a folder cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder does not exist, is no folder, or cannot be listed.
    #[error("cannot list `{}`", path.display())]
    List {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A pattern in an ignore file is malformed.
    #[error("cannot read the ignore file: {0}")]
    IgnoreFile(String),
    /// Archives hold directories and regular files only.
    #[error("`{}` is a {kind}; an archive holds directories and regular files only", path.display())]
    Special {
        /// The entry.
        path: PathBuf,
        /// `symbolic link`, `pipe`, `socket`, `device`.
        kind: &'static str,
    },
    /// Readers of the guest expect UTF-8.
    #[error("the name of `{}` is not UTF-8", .0.display())]
    Name(PathBuf),
    /// A persona's folder, with keys, identity and vault.
    #[error("`{}` is there: this is a persona's folder, with keys and a vault that must not leave it", .0.display())]
    PersonaFolder(PathBuf),
    /// Nothing to pack.
    #[error("`{}` is empty", .0.display())]
    Empty(PathBuf),
    /// A file could not be read.
    #[error(transparent)]
    Read(io::Error),
    /// A file grew or shrank between listing and reading.
    #[error("`{}` changed while it was being packed", .0.display())]
    Changed(PathBuf),
    /// The other side of the stream failed.
    #[error("cannot write the archive")]
    Write(#[source] io::Error),
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        match self {
            Self::IgnoreFile(_)
            | Self::Special { .. }
            | Self::Name(_)
            | Self::PersonaFolder(_)
            | Self::Empty(_) => Blame::Input,
            Self::List { .. } | Self::Read(_) | Self::Changed(_) | Self::Write(_) => Blame::Machine,
        }
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::List { .. } => "name the folder that holds your descriptors or compose file".into(),
            Self::IgnoreFile(_) => "patterns are those of gitignore(5), one a line".into(),
            Self::Special { kind: "symbolic link", .. } => {
                "put a copy of what it points to in its place, or list it in `.contractignore`".into()
            }
            Self::Special { .. } => "remove it, or list it in `.contractignore`".into(),
            Self::Name(_) => "rename it".into(),
            Self::PersonaFolder(_) => {
                "put what is to be packed into a separate folder: `archive: !folder play`".into()
            }
            Self::Empty(_) => "put the pod descriptors or `docker-compose.yaml` at its top level".into(),
            Self::Changed(_) => "stop what writes to the folder, and run again".into(),
            Self::Read(_) | Self::Write(_) => return Vec::new(),
        }]
    }
}

/// A listed folder, ready to be written.
#[derive(Debug)]
pub struct Archive {
    entries: Vec<Entry>,
}

impl Archive {
    /// Lists a folder; memory grows with the number of names, not with their contents.
    pub fn of(folder: &Path) -> Result<Self, Error> {
        let entries = folder::walk(folder).collect::<Result<Vec<_>, _>>()?;
        if !entries.iter().any(|entry| matches!(entry.kind, Kind::File { .. })) {
            return Err(Error::Empty(folder.to_owned()));
        }
        Ok(Self { entries })
    }

    /// Bytes of all files.
    pub fn size(&self) -> u64 {
        self.entries.iter().map(|entry| if let Kind::File { size, .. } = entry.kind { size } else { 0 }).sum()
    }

    fn files(&self) -> Vec<PackedFile> {
        let file = |entry: &Entry| match entry.kind {
            Kind::File { size, .. } => Some(PackedFile { name: entry.name.clone(), bytes: size }),
            Kind::Directory => None,
        };
        self.entries.iter().filter_map(file).collect()
    }

    /// Number of directories and files.
    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    /// Streams the tar.gz. `progress` receives the bytes of files packed so far.
    pub fn write_to(
        &self,
        out: &mut dyn Write,
        workers: NonZeroUsize,
        progress: &dyn Fn(u64),
    ) -> Result<Packed, Error> {
        let gzip = GzipWriter::new(Digesting::new(out), workers).map_err(Error::Write)?;
        let mut builder = tar::Builder::new(Digesting::new(gzip));
        let mut done = 0;
        for entry in &self.entries {
            append(&mut builder, entry, &|bytes| progress(done + bytes))?;
            if let Kind::File { size, .. } = entry.kind {
                done += size;
            }
        }
        let tar = builder.into_inner().map_err(Error::Write)?;
        let tar_sha256 = tar.sha256();
        let gzip = tar.into_inner().finish().map_err(Error::Write)?;
        Ok(Packed { sha256: gzip.sha256(), tar_sha256, bytes: gzip.bytes(), files: self.files() })
    }
}

fn append(
    builder: &mut tar::Builder<impl Write>,
    entry: &Entry,
    progress: &dyn Fn(u64),
) -> Result<(), Error> {
    let mut header = tar::Header::new_gnu();
    header.set_mtime(0);
    match entry.kind {
        Kind::Directory => {
            header.set_entry_type(tar::EntryType::Directory);
            header.set_mode(0o755);
            header.set_size(0);
            builder.append_data(&mut header, format!("{}/", entry.name), io::empty()).map_err(Error::Write)
        }
        Kind::File { executable, size } => {
            header.set_mode(if executable { 0o755 } else { 0o644 });
            header.set_size(size);
            let mut file = folder::open(&entry.path).map_err(Error::Read)?;
            let mut counted = Exactly { file: &mut file, size, left: size, failed: None, progress };
            let written = builder.append_data(&mut header, &entry.name, &mut counted);
            let (left, failed) = (counted.left, counted.failed);
            if let Some(error) = failed {
                return Err(Error::Read(error));
            }
            written.map_err(Error::Write)?;
            let more = file.read(&mut [0]).map_err(Error::Read)?;
            if left == 0 && more == 0 { Ok(()) } else { Err(Error::Changed(entry.path.clone())) }
        }
    }
}

/// Reads exactly the bytes of the header, and keeps a failed read apart from a failed write.
struct Exactly<'a, R> {
    file: &'a mut R,
    size: u64,
    left: u64,
    failed: Option<io::Error>,
    progress: &'a dyn Fn(u64),
}

impl<R: Read> Read for Exactly<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.by_ref().take(self.left).read(buffer) {
            Ok(count) => {
                self.left -= count as u64;
                (self.progress)(self.size - self.left);
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }
}
