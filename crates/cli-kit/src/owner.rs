//! The owner of a file: `sudo` must not lock people out of their own folder.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::names::folder;

/// A file's user and group, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub user: u32,
    /// The group.
    pub group: u32,
}

impl Owner {
    /// The owner of an existing file; for a new file of root, the owner of its folder.
    pub fn of_file(path: &Path) -> Option<Self> {
        fs::symlink_metadata(path)
            .ok()
            .map(|metadata| Self::from(&metadata))
            .or_else(|| Self::of_folder(path))
    }

    /// The owner of the folder, if root makes a file in it. All other users can only make files of their own.
    pub fn of_folder(path: &Path) -> Option<Self> {
        let metadata = rustix::process::geteuid().is_root().then(|| fs::metadata(folder(path)))?.ok()?;
        Some(Self::from(&metadata))
    }
}

impl From<&Metadata> for Owner {
    fn from(metadata: &Metadata) -> Self {
        Self { user: metadata.uid(), group: metadata.gid() }
    }
}
