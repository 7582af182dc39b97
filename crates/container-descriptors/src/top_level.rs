//! The top level of a folder or an archive: the files that may be descriptors.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read},
    path::Path,
};

use contract_archive::{
    folder::{self, Kind, open},
    unpack::{self, MOST_ENTRIES, Member},
};
use findings::{Advice as _, Findings, Place};
use tar::EntryType;
use zeroize::Zeroizing;

use crate::{paths::inside, unintended::Unintended};

/// Bytes of one descriptor.
const LARGEST_DESCRIPTOR: usize = 16 << 20;

/// Bytes of any other file that a descriptor may name: `env_file`, `include`, `extends`.
const LARGEST_OTHER: usize = 1 << 20;

/// Bytes of all other files.
const OTHERS: usize = 16 << 20;

/// Bytes that are read of one folder or archive, all names and contents together.
const BUDGET: usize = 64 << 20;

/// Why a file of a folder or an archive is not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It could not be read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// Larger than any descriptor.
    #[error("is larger than {} MiB", .0 >> 20)]
    TooLarge(usize),
    /// Too much, together with what was read before.
    #[error("goes beyond the {} MiB that are read of all names and descriptors", BUDGET >> 20)]
    Budget,
}

impl ReadError {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read(_) => "make it readable: `chmod u+r FILE`",
            Self::TooLarge(_) | Self::Budget => {
                "put data into files of another name, or into a subfolder: descriptors are `*.yml` and `*.yaml` at the top level"
            }
        }
    }
}

/// A folder or an archive: its descriptors, the names of all files, and the content of those that descriptors may name.
#[derive(Default)]
pub struct TopLevel {
    /// By name, without `./`: the descriptors, and other files as far as they are small and few. They may hold secrets.
    contents: BTreeMap<String, Zeroizing<Vec<u8>>>,
    /// Names of all files, and of directories with a slash at the end.
    pub entries: BTreeSet<String>,
    /// Files of a folder that are probably not meant to be packed.
    pub unintended: Unintended,
    /// The name of the folder or the archive in findings.
    pub shown: String,
    /// Bytes read so far.
    bytes: usize,
    /// Those of files that are no descriptors.
    others: usize,
}

impl TopLevel {
    /// An empty one, by its name in findings.
    pub fn new(shown: &str) -> Self {
        Self { shown: shown.to_owned(), ..Self::default() }
    }

    /// The place of a finding about the whole.
    pub(super) fn place(&self) -> Place {
        Place { file: self.shown.clone(), ..Place::default() }
    }

    /// The place of a finding about a file.
    pub(super) fn place_of(&self, name: &str) -> Place {
        Place { file: format!("{}/{name}", self.shown), ..Place::default() }
    }

    /// The descriptors: each `*.yml` and `*.yaml` at the top level.
    pub fn descriptors(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let at_top = |(name, _): &(&String, _)| is_yaml(name) && !name.contains('/');
        self.contents.iter().filter(at_top).map(|(name, content)| (name.as_str(), content.as_slice()))
    }

    /// The names of `*.yml` and `*.yaml` in subfolders, where the guest looks for no descriptor.
    pub fn deeper(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(String::as_str).filter(|name| is_yaml(name) && name.contains('/'))
    }

    /// The content of a file by its name in the archive; `None` if there is none, or it is too large to be named by a
    /// descriptor.
    pub(super) fn content(&self, name: &str) -> Option<&[u8]> {
        self.contents.get(name).map(|content| content.as_slice())
    }

    /// Whether a path, relative to the unpacked archive, is a file or a directory in it.
    pub(super) fn holds(&self, path: &str) -> bool {
        let Some(name) = inside("", path) else { return false };
        let below = format!("{name}/");
        name.is_empty()
            || self.entries.contains(&name)
            || self.entries.range(below.clone()..).next().is_some_and(|entry| entry.starts_with(&below))
    }

    /// Adds a regular file, by its name without `./`.
    pub fn add_file<R: Read>(
        &mut self,
        name: &str,
        open: impl FnOnce() -> io::Result<R>,
    ) -> Result<(), ReadError> {
        self.spend(name.len())?;
        self.entries.insert(name.to_owned());
        // of two files with one name in an archive, the last counts
        self.contents.remove(name);
        let (descriptor, room) = match (is_yaml(name), name.contains('/')) {
            (true, false) => (true, LARGEST_DESCRIPTOR.min(BUDGET.saturating_sub(self.bytes))),
            _ => (false, LARGEST_OTHER.min(OTHERS.saturating_sub(self.others))),
        };
        if !descriptor && room == 0 {
            return Ok(());
        }
        let mut content = Zeroizing::new(Vec::new());
        let read = open().and_then(|file| file.take(room as u64 + 1).read_to_end(&mut content));
        match read {
            Err(error) if descriptor => return Err(error.into()),
            // packing the folder, or unpacking the archive, reports it
            Err(_) => return Ok(()),
            Ok(_) if !descriptor && content.len() > room => return Ok(()),
            Ok(_) if content.len() > LARGEST_DESCRIPTOR => {
                return Err(ReadError::TooLarge(LARGEST_DESCRIPTOR));
            }
            Ok(_) if descriptor => self.spend(content.len())?,
            Ok(_) => self.others += content.len(),
        }
        self.contents.insert(name.to_owned(), content);
        Ok(())
    }

    /// Adds a directory, by its name without `./` and without a slash at the end.
    pub fn add_directory(&mut self, name: &str) -> Result<(), ReadError> {
        self.spend(name.len())?;
        self.entries.insert(format!("{name}/"));
        Ok(())
    }

    fn spend(&mut self, bytes: usize) -> Result<(), ReadError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > BUDGET { Err(ReadError::Budget) } else { Ok(()) }
    }

    /// Reads the descriptors of a folder; `shown` is the folder as the user named it.
    pub fn of_folder(path: &Path, shown: &str) -> (Self, Findings) {
        let mut top = Self::new(shown.trim_end_matches('/'));
        let mut findings = Findings::default();
        for (count, entry) in folder::walk(path).enumerate() {
            let entry = match entry {
                Ok(_) if count >= MOST_ENTRIES => {
                    let message = format!("holds more than {MOST_ENTRIES} files and directories");
                    findings.error(top.place(), message, "list in `.contractignore` what no container needs");
                    break;
                }
                Ok(entry) => entry,
                Err(error) => {
                    findings.error(top.place(), error.to_string(), error.hints().concat());
                    continue;
                }
            };
            let added = if entry.kind == Kind::Directory {
                top.add_directory(entry.name.trim_end_matches('/'))
            } else {
                top.unintended.check(&entry.name, || open(&entry.path).map(fs_err::File::into_file));
                top.add_file(&entry.name, || open(&entry.path))
            };
            if let Err(error) = added {
                findings.error(top.place_of(&entry.name), error.to_string(), error.hint());
                if matches!(error, ReadError::Budget) {
                    break;
                }
            }
        }
        (top, findings)
    }

    /// Reads the descriptors of a gzip tar; `shown` is its name in findings.
    pub fn of_tgz(packed: impl Read, shown: &str) -> (Self, Findings) {
        let mut top = Self::new(shown);
        let mut findings = Findings::default();
        let mut count = 0;
        let read = unpack::members(packed, &mut |member| {
            count += 1;
            top.add_member(member, &mut findings)
        });
        match read {
            Ok(()) if count > 0 => {}
            // an empty stream is no archive
            Ok(()) | Err(Stop::Archive(unpack::Error::Gzip(_) | unpack::Error::Tar)) => findings.error(
                top.place(),
                "not a gzip tar, or a damaged one",
                "name the folder itself, `archive: !folder DIR`, or pack it again: `tar -czf - -C DIR . | base64 -w0`",
            ),
            Err(Stop::Archive(error)) => findings.error(
                top.place(),
                error.to_string(),
                "name the folder itself, `archive: !folder DIR`, and leave out what no container needs",
            ),
            Err(Stop::File(name, error)) => findings.error(top.place_of(&name), error.to_string(), error.hint()),
        }
        (top, findings)
    }

    fn add_member(&mut self, member: Member<'_>, findings: &mut Findings) -> Result<(), Stop> {
        let raw = String::from_utf8_lossy(member.name).into_owned();
        let Some(name) = inner_name(&raw) else {
            let message = format!("the name `{raw}` leads out of the archive");
            findings.error(self.place(), message, "pack the folder's content: `tar -czf - -C DIR .`");
            return Ok(());
        };
        let added = match member.kind {
            EntryType::Directory => self.add_directory(&name),
            EntryType::Regular | EntryType::Continuous => self.add_file(&name, || Ok(member.content)),
            _ => {
                let message = format!("`{name}` is neither a file nor a directory");
                let hint =
                    "replace links by their targets, and remove pipes and devices: `tar -h` follows links";
                findings.error(self.place(), message, hint);
                Ok(())
            }
        };
        added.map_err(|error| match error {
            // the archive itself could not be read
            ReadError::Read(_) => Stop::Archive(unpack::Error::Tar),
            error => Stop::File(name, error),
        })
    }
}

fn is_yaml(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "yml" || ending == "yaml")
}

/// What ends the reading early.
enum Stop {
    Archive(unpack::Error),
    File(String, ReadError),
}

impl From<unpack::Error> for Stop {
    fn from(error: unpack::Error) -> Self {
        Self::Archive(error)
    }
}

/// The name without `./`; `None` if it is absolute or leads up.
fn inner_name(raw: &str) -> Option<String> {
    let parts: Vec<_> = raw.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    (!raw.starts_with('/') && !parts.contains(&"..")).then(|| parts.join("/"))
}
