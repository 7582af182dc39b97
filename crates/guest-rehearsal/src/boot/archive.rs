//! Unpacks an archive as the guest does (contract-format, section 7), in memory alone.
//!
//! Names and kinds are kept, so that what can't be beside each other is found. Of descriptors the content is kept too, of
//! the rest only the bytes are counted. Nothing reaches the disk: a section's text may hold secrets.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Component;

use base64::engine::general_purpose::STANDARD;
use base64::read::DecoderReader;
use container_descriptors::{ReadError, TopLevel};
use contract_archive::unpack::{self, MOST_ENTRIES, Member};
use tar::EntryType;

/// What was in an archive.
#[derive(Default)]
pub struct Contents {
    /// Descriptors, and the names of all the rest.
    pub top: TopLevel,
    /// How many regular files.
    pub files: usize,
    /// How many bytes they hold.
    pub bytes: u64,
}

/// Why an archive does not unpack.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Base64, gzip or tar; or beyond what is unpacked at all.
    #[error("the archive does not unpack: {0}")]
    Archive(#[from] unpack::Error),
    /// A tar without a file.
    #[error("the archive is empty")]
    Empty,
    /// A link, pipe, device, or a name that leads out.
    #[error("the archive holds `{name}`, which is {what}; only directories and regular files are unpacked")]
    Refused { name: String, what: &'static str },
    /// A descriptor of a size that no descriptor has, or too many.
    #[error("the archive holds `{name}`, which {error}")]
    NotKept { name: String, error: ReadError },
    /// Directories that no entry names take an inode too.
    #[error("the archive holds more than {MOST_ENTRIES} files and directories")]
    TooMany,
}

/// Unpacks `base64(gzip(tar))`.
pub fn unpack(base64: &str) -> Result<Contents, Fault> {
    let gzip = DecoderReader::new(Unfolded(base64.as_bytes()), &STANDARD);
    let top = TopLevel { shown: "archive".into(), ..TopLevel::default() };
    let mut contents = Contents { top, ..Contents::default() };
    let mut tree = Tree::default();
    unpack::members(gzip, &mut |member| add(&mut contents, &mut tree, member))?;
    if contents.files == 0 { Err(Fault::Empty) } else { Ok(contents) }
}

fn add(contents: &mut Contents, tree: &mut Tree, member: Member<'_>) -> Result<(), Fault> {
    let Some((name, is_file)) = name(&member)? else { return Ok(()) };
    let kept = if is_file {
        tree.file(&name)?;
        contents.files += 1;
        contents.bytes = contents.bytes.saturating_add(member.size);
        contents.top.add_file(&name, || Ok(member.content))
    } else {
        tree.directory(&name)?;
        contents.top.add_directory(&name)
    };
    kept.map_err(|error| match error {
        ReadError::Read(_) => unpack::Error::Tar.into(),
        error => Fault::NotKept { name: name.escape_debug().to_string(), error },
    })
}

/// The name, and whether it is a regular file's rather than a directory's; nothing for the folder itself, an error for
/// everything that is not to be unpacked.
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

/// Base64 without its line ends: `base64` without `-w0` folds at 76 characters, and readers pass over that.
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

/// Bytes of one part of a name, and of a whole name: Linux has no longer ones.
const LONGEST_PART: usize = 255;
const LONGEST_NAME: usize = 4095;

/// Each part of each name once. Names were looked at before: they do not lead out.
#[derive(Default)]
struct Tree {
    /// By the directory that they are in, 0 being the folder itself.
    parts: HashMap<(usize, String), Part>,
}

#[derive(Clone, Copy)]
enum Part {
    File,
    Directory(usize),
}

impl Tree {
    /// A directory with all above it.
    fn directory(&mut self, name: &str) -> Result<(), Fault> {
        fits(name)?;
        self.above(name, name.split('/')).map(drop)
    }

    /// A file; a second one of the name replaces the first, as tar has it. Archives without entries for directories are
    /// read too.
    fn file(&mut self, name: &str) -> Result<(), Fault> {
        fits(name)?;
        let (above, last) = name.rsplit_once('/').unwrap_or(("", name));
        let directory = self.above(name, above.split('/').filter(|part| !part.is_empty()))?;
        match self.part(directory, last, |_| Part::File)? {
            Part::File => Ok(()),
            Part::Directory(_) => Err(twofold(name)),
        }
    }

    fn above<'n>(&mut self, name: &str, parts: impl Iterator<Item = &'n str>) -> Result<usize, Fault> {
        let mut here = 0;
        for part in parts {
            here = match self.part(here, part, Part::Directory)? {
                Part::Directory(number) => number,
                Part::File => return Err(twofold(name)),
            };
        }
        Ok(here)
    }

    /// The part that is there, or a new one.
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
    if name.contains('\0') { Err(refuse(name, "no name for a file")) } else { Ok(()) }
}

fn twofold(name: &str) -> Fault {
    refuse(name, "a file where a directory is, or the reverse")
}

fn refuse(name: &str, what: &'static str) -> Fault {
    Fault::Refused { name: name.escape_debug().to_string(), what }
}

#[cfg(test)]
mod tests;
