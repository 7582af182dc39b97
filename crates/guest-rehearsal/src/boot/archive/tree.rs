//! The private folder: directories and empty files, nothing else, gone when it is dropped.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::Fault;

/// A folder that only its owner may enter.
pub struct Tree(tempfile::TempDir);

impl Tree {
    /// In the system's folder for temporary files.
    pub fn new() -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("guest-rehearsal-").permissions(Permissions::from_mode(0o700)).tempdir().map(Self)
    }

    /// A directory with all above it. Names were looked at before: they do not lead out, and no link is ever made here.
    pub fn directory(&self, name: &str) -> Result<(), Fault> {
        above(&self.0.path().join(name)).map_err(|error| fault(name, error))
    }

    /// An empty file; a second one of the name replaces the first, as tar has it.
    pub fn file(&self, name: &str) -> Result<(), Fault> {
        let path = self.0.path().join(name);
        let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made =
            || rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR).map(drop).map_err(io::Error::from);
        let make_above = || path.parent().map_or(Ok(()), above);
        match made() {
            // archives without entries for directories are read too
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_above().and_then(|()| made()),
            result => result,
        }
        .map_err(|error| fault(name, error))
    }
}

fn above(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Whether the archive is to blame, or the machine.
fn fault(name: &str, error: io::Error) -> Fault {
    let what = match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::EXIST | Errno::ISDIR | Errno::NOTDIR) => "a file where a directory is, or the reverse",
        Some(Errno::NAMETOOLONG) => "longer than a name may be",
        Some(Errno::INVAL) => "no name for a file",
        _ => return Fault::Folder(error),
    };
    Fault::Refused { name: name.escape_debug().to_string(), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_empty_and_gone() {
        let tree = Tree::new().unwrap();
        let root = tree.0.path().to_owned();
        assert_eq!(std::fs::metadata(&root).unwrap().permissions().mode() & 0o777, 0o700);
        tree.file("a/b/c").unwrap();
        tree.file("a/b/c").unwrap();
        tree.directory("a/b").unwrap();
        assert_eq!(std::fs::metadata(root.join("a/b/c")).unwrap().len(), 0);
        assert!(matches!(tree.file("a/b"), Err(Fault::Refused { .. })));
        assert!(matches!(tree.directory("a/b/c/d"), Err(Fault::Refused { .. })));
        assert!(matches!(tree.file(&"x".repeat(300)), Err(Fault::Refused { .. })));
        drop(tree);
        assert!(!root.exists());
    }
}
