//! Lists a folder for its archive: everything except what `.contractignore` (gitignore syntax) names.

use std::{
    io,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use fs_err::os::unix::fs::OpenOptionsExt as _;
use rustix::fs::OFlags;

use super::Error;

/// The ignore file. It also applies in subfolders, as git's does, and is never packed.
pub const IGNORE_FILE: &str = ".contractignore";

/// The file of a persona's folder, which also has keys and a vault.
const PERSONA_FILE: &str = "persona.yaml";

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path.
    pub path: PathBuf,
    /// Its name in the archive: relative, `/` between parts, no leading `./`.
    pub name: String,
    /// Directory or file.
    pub kind: Kind,
}

/// What an archive may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Whether its owner may execute it.
        executable: bool,
        /// Bytes at the time of listing.
        size: u64,
    },
}

impl Entry {
    /// Whether it is directly in the folder.
    pub fn is_top_level(&self) -> bool {
        !self.name.contains('/')
    }
}

/// Opens a listed file. If it was replaced by a link or a pipe after the listing, that is an error, without waiting.
pub fn open(path: &Path) -> io::Result<fs_err::File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = fs_err::OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("it is no regular file any more"))
    }
}

/// Lists a folder, sorted by name within each directory, parents before children.
pub fn walk(folder: &Path) -> impl Iterator<Item = Result<Entry, Error>> + use<> {
    let root = folder.to_owned();
    let mut walk = ignore::WalkBuilder::new(folder);
    walk.standard_filters(false).parents(false).hidden(false).follow_links(false);
    walk.add_custom_ignore_filename(IGNORE_FILE);
    walk.sort_by_file_name(std::ffi::OsStr::cmp);
    // the walk opens ignore files, and would wait for the writer of a pipe
    let special = Arc::new(Mutex::new(special_ignore_file(folder)));
    let of_root = special.lock().unwrap_or_else(PoisonError::into_inner).is_some();
    let found = Arc::clone(&special);
    walk.filter_entry(move |entry| {
        let here = if entry.depth() > 0 { special_ignore_file(entry.path()) } else { None };
        let passes = here.is_none();
        if !passes {
            *found.lock().unwrap_or_else(PoisonError::into_inner) = here;
        }
        passes
    });
    let entries = (!of_root).then(|| walk.build()).into_iter().flatten();
    let entries = entries.filter_map(move |entry| match entry {
        Ok(entry) => self::entry(&root, &entry).transpose(),
        Err(error) => Some(Err(list_error(&root, error))),
    });
    // at the end: a skipped ignore file is an error
    let refused = std::iter::once_with(move || special.lock().unwrap_or_else(PoisonError::into_inner).take());
    entries.chain(
        refused
            .flatten()
            .map(|path| Err(Error::IgnoreFile(format!("`{}` is no regular file", path.display())))),
    )
}

fn special_ignore_file(folder: &Path) -> Option<PathBuf> {
    let file = folder.join(IGNORE_FILE);
    file.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()).then_some(file)
}

fn entry(root: &Path, found: &ignore::DirEntry) -> Result<Option<Entry>, Error> {
    let path = found.path().to_owned();
    if let Some(error) = found.error() {
        return Err(Error::IgnoreFile(error.to_string()));
    }
    let metadata = found.metadata().map_err(|error| list_error(&path, error))?;
    if found.depth() == 0 {
        let not_a_folder = || io::Error::from(io::ErrorKind::NotADirectory);
        return if path.is_dir() { Ok(None) } else { Err(Error::List { path, source: not_a_folder() }) };
    }
    if found.file_name() == IGNORE_FILE {
        return Ok(None);
    }
    if found.file_name() == PERSONA_FILE {
        return Err(Error::PersonaFolder(path));
    }
    let relative = path.strip_prefix(root).unwrap_or(&path);
    let name = relative.to_str().ok_or_else(|| Error::Name(path.clone()))?.to_owned();
    let kind = metadata.file_type();
    let special = |kind| Err(Error::Special { path: path.clone(), kind });
    let kind = match () {
        () if kind.is_dir() => Kind::Directory,
        () if kind.is_file() => {
            Kind::File { executable: metadata.permissions().mode() & 0o100 != 0, size: metadata.len() }
        }
        () if kind.is_symlink() => return special("symbolic link"),
        () if kind.is_fifo() => return special("pipe"),
        () if kind.is_socket() => return special("socket"),
        () => return special("device"),
    };
    Ok(Some(Entry { path, name, kind }))
}

fn list_error(path: &Path, error: ignore::Error) -> Error {
    let text = error.to_string();
    match error.into_io_error() {
        Some(source) => Error::List { path: path.to_owned(), source },
        None => Error::IgnoreFile(text),
    }
}
