//! What stands in a folder: so that a test can say "and no file was left".

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What is compared of a file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    kind: fs::FileType,
    len: u64,
    modified: Option<SystemTime>,
}

/// Everything below `folder`, by path. A folder's own time and length are left out: a temporary file that was cleaned
/// up changes them rightly.
pub fn listing(folder: &Path) -> BTreeMap<PathBuf, Entry> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let kind = metadata.file_type();
            let (len, modified) =
                if kind.is_file() { (metadata.len(), metadata.modified().ok()) } else { (0, None) };
            if kind.is_dir() {
                folders.push(path.clone());
            }
            found.insert(path, Entry { kind, len, modified });
        }
    }
    found
}
