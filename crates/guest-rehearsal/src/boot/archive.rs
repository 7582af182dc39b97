//! Unpacks an archive as the guest does (contract-format, section 7), only in memory: it may contain secrets.
//!
//! Names and kinds are kept, to find entries that exclude each other. The content of descriptors is kept; other content is
//! only counted.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Component;

use base64::engine::general_purpose::STANDARD;
use base64::read::DecoderReader;
use container_descriptors::{ReadError, TopLevel};
use contract_archive::unpack::{self, MOST_ENTRIES, Member};
use tar::EntryType;

/// The content of an archive.
#[derive(Default)]
pub struct Unpacked {
    /// The descriptors, and all other names.
    pub top: TopLevel,
    /// Number of regular files.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
}

/// Why an archive does not unpack.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Base64, gzip or tar; or above a limit.
    #[error("the archive does not unpack: {0}")]
    Archive(#[from] unpack::Error),
    /// A tar without files.
    #[error("the archive is empty")]
    Empty,
    /// A link, pipe or device, or a name that leads out of the folder.
    #[error("the archive holds `{name}`, which is {what}; only directories and regular files are unpacked")]
    Refused { name: String, what: &'static str },
    /// A descriptor that is too large, or one too many.
    #[error("the archive holds `{name}`, which {error}")]
    NotKept { name: String, error: ReadError },
    /// Including directories that have no entry.
    #[error("the archive holds more than {MOST_ENTRIES} files and directories")]
    TooMany,
}

/// Unpacks `base64(gzip(tar))`.
pub fn unpack(base64: &str) -> Result<Unpacked, Fault> {
    let gzip = DecoderReader::new(Unfolded(base64.as_bytes()), &STANDARD);
    let mut unpacked = Unpacked { top: TopLevel::new("archive"), ..Unpacked::default() };
    let mut tree = Tree::default();
    unpack::members(gzip, &mut |member| add(&mut unpacked, &mut tree, member))?;
    if unpacked.files == 0 { Err(Fault::Empty) } else { Ok(unpacked) }
}

fn add(unpacked: &mut Unpacked, tree: &mut Tree, member: Member<'_>) -> Result<(), Fault> {
    let Some((name, is_file)) = name(&member)? else { return Ok(()) };
    let kept = if is_file {
        tree.file(&name)?;
        unpacked.files += 1;
        unpacked.bytes = unpacked.bytes.saturating_add(member.size);
        unpacked.top.add_file(&name, || Ok(member.content))
    } else {
        tree.directory(&name)?;
        unpacked.top.add_directory(&name)
    };
    kept.map_err(|error| match error {
        ReadError::Read(_) => unpack::Error::Tar.into(),
        error => Fault::NotKept { name: name.escape_debug().to_string(), error },
    })
}

/// The name, and whether it is a regular file, not a directory; `None` for the folder itself. Any other kind is refused.
fn name(member: &Member<'_>) -> Result<Option<(String, bool)>, Fault> {
    let refused =
        |what| Fault::Refused { name: String::from_utf8_lossy(member.name).escape_debug().to_string(), what };
    let is_file = match member.kind {
        EntryType::Regular | EntryType::Continuous => true,
        EntryType::Directory => false,
        EntryType::Symlink | EntryType::Link => return Err(refused("a link")),
        EntryType::Fifo => return Err(refused("a pipe")),
        EntryType::Char | EntryType::Block => return Err(refused("a device")),
        _ => return Err(refused("of an unknown kind")),
    };
    let name = str::from_utf8(member.name).map_err(|_| refused("named in something other than UTF-8"))?;
    let mut parts = Vec::new();
    for component in std::path::Path::new(name).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_string_lossy()),
            Component::ParentDir => return Err(refused("named with `..`")),
            Component::RootDir | Component::Prefix(_) => return Err(refused("named absolutely")),
        }
    }
    Ok((!parts.is_empty()).then(|| (parts.join("/"), is_file)))
}

/// Base64 without its line ends: `base64` without `-w0` folds at 76 characters, and readers ignore that.
struct Unfolded<'a>(&'a [u8]);

impl Read for Unfolded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = self.0.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(self.0.len());
        let (_, rest) = self.0.split_at(start);
        let run = rest.iter().take(buffer.len()).position(|byte| matches!(byte, b'\r' | b'\n'));
        let (run, rest) = rest.split_at(run.unwrap_or(rest.len().min(buffer.len())));
        let (target, _) = buffer.split_at_mut(run.len());
        target.copy_from_slice(run);
        self.0 = rest;
        Ok(run.len())
    }
}

/// The limits of Linux, in bytes: one part of a name, and the whole name.
const LONGEST_PART: usize = 255;
const LONGEST_NAME: usize = 4095;

/// Directories and files, to find names that a disk would refuse. The names do not lead out of the folder.
#[derive(Default)]
struct Tree {
    /// Keys: the number of the directory (0 is the folder itself), and a part of a name.
    parts: HashMap<(usize, String), Part>,
}

#[derive(Clone, Copy)]
enum Part {
    File,
    Directory(usize),
}

impl Tree {
    /// Adds a directory and its parents.
    fn directory(&mut self, name: &str) -> Result<(), Fault> {
        fits(name)?;
        self.above(name, name.split('/')).map(drop)
    }

    /// Adds a file and its parents, which may have no entries. A second file with the same name replaces the first, as in
    /// tar.
    fn file(&mut self, name: &str) -> Result<(), Fault> {
        fits(name)?;
        let (above, last) = name.rsplit_once('/').unwrap_or(("", name));
        let directory = self.above(name, above.split('/').filter(|part| !part.is_empty()))?;
        match self.part(directory, last, |_| Part::File)? {
            Part::File => Ok(()),
            Part::Directory(_) => Err(both_kinds(name)),
        }
    }

    fn above<'n>(&mut self, name: &str, parts: impl Iterator<Item = &'n str>) -> Result<usize, Fault> {
        let mut here = 0;
        for part in parts {
            here = match self.part(here, part, Part::Directory)? {
                Part::Directory(number) => number,
                Part::File => return Err(both_kinds(name)),
            };
        }
        Ok(here)
    }

    /// The existing part, or a new one.
    fn part(&mut self, directory: usize, part: &str, new: fn(usize) -> Part) -> Result<Part, Fault> {
        let count = self.parts.len();
        let part = *self.parts.entry((directory, part.to_owned())).or_insert_with(|| new(count + 1));
        if self.parts.len() > MOST_ENTRIES { Err(Fault::TooMany) } else { Ok(part) }
    }
}

fn fits(name: &str) -> Result<(), Fault> {
    if name.len() > LONGEST_NAME || name.split('/').any(|part| part.len() > LONGEST_PART) {
        return Err(refuse(name, "longer than a name may be"));
    }
    if name.contains('\0') { Err(refuse(name, "not a valid file name")) } else { Ok(()) }
}

fn both_kinds(name: &str) -> Fault {
    refuse(name, "a file where a directory is, or the reverse")
}

fn refuse(name: &str, what: &'static str) -> Fault {
    Fault::Refused { name: name.escape_debug().to_string(), what }
}

#[cfg(test)]
mod tests;
