//! To whom a file belongs: `sudo` must not lock its owner out of his own folder.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// A file's user and group, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub user: u32,
    pub group: u32,
}

impl Owner {
    /// Of the file that a new one replaces; of its folder, where there is none and root makes it.
    pub fn of(path: &Path) -> Option<Self> {
        fs::symlink_metadata(path).ok().map(|it| Self::from(&it)).or_else(|| Self::of_folder(path))
    }

    /// Whoever the folder belongs to, where root makes a file in it: anybody else can only make files of his own.
    pub fn of_folder(path: &Path) -> Option<Self> {
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        let metadata = rustix::process::geteuid().is_root().then(|| fs::metadata(folder))?.ok()?;
        Some(Self::from(&metadata))
    }
}

impl From<&Metadata> for Owner {
    fn from(metadata: &Metadata) -> Self {
        Self { user: metadata.uid(), group: metadata.gid() }
    }
}
