//! Directories and files that a disk would take beside each other.

use std::collections::HashMap;

use super::{Fault, MOST_ENTRIES};

/// Bytes of one part of a name, and of a whole name: Linux has no longer ones.
const LONGEST_PART: usize = 255;
const LONGEST_NAME: usize = 4095;

/// Each part of each name once. Names were looked at before: they do not lead out.
#[derive(Default)]
pub struct Tree {
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
    pub fn directory(&mut self, name: &str) -> Result<(), Fault> {
        fits(name)?;
        self.above(name, name.split('/')).map(drop)
    }

    /// A file; a second one of the name replaces the first, as tar has it. Archives without entries for directories are
    /// read too.
    pub fn file(&mut self, name: &str) -> Result<(), Fault> {
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
        return Err(refused(name, "longer than a name may be"));
    }
    if name.contains('\0') { Err(refused(name, "no name for a file")) } else { Ok(()) }
}

fn twofold(name: &str) -> Fault {
    refused(name, "a file where a directory is, or the reverse")
}

fn refused(name: &str, what: &'static str) -> Fault {
    Fault::Refused { name: name.escape_debug().to_string(), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_disk_would_refuse_is_refused() {
        let mut tree = Tree::default();
        for file in ["a/b/c", "a/b/c", "a/d", "e"] {
            tree.file(file).unwrap();
        }
        for directory in ["a/b", "a", "f/g"] {
            tree.directory(directory).unwrap();
        }
        for file in ["a/b", "f", "f/g", "e/x", "a/b/c/d", &"x".repeat(256), &"x/".repeat(2048), "a\0b"] {
            assert!(matches!(tree.file(file), Err(Fault::Refused { .. })), "{file}");
        }
        for directory in ["a/b/c", "e", "a/d/x"] {
            assert!(matches!(tree.directory(directory), Err(Fault::Refused { .. })), "{directory}");
        }
        tree.file(&format!("{}/{}", "x".repeat(255), "y".repeat(255))).unwrap();
    }
}
