//! One change at a time: of the seed vault, of the allowed signers.
//!
//! The lock is on an empty file beside, as `.seeds.age.lock`, and not on the file itself: each change replaces that by a
//! rename, and whoever waited for the old file would hold a lock that nobody else sees. Not on the folder either:
//! network file systems lock only what is open for writing. We never remove the lock file, since a lock on a removed file
//! is as blind; whoever waited for one that somebody else removed begins again. The kernel releases it however a run ends.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use crate::exit::ExitCode;
use crate::failure::{DoingIo as _, Failure};
use crate::owner::Owner;
use crate::report::Report;

/// As long as other runs usually take, and nobody wonders.
const SILENCE: Duration = Duration::from_secs(1);

/// A turn; it ends when dropped.
#[derive(Debug)]
pub struct Lock {
    _beside: File,
    _folder: Option<File>,
}

/// Waits for its turn.
pub fn lock(changed: &Path, report: &Report) -> Result<Lock, Failure> {
    let path = beside(changed);
    let begun = Instant::now();
    let mut told = false;
    loop {
        let file = open(&path)?;
        if !is_free_until(begun + SILENCE, &file).doing_io("lock", &path)? {
            if !std::mem::replace(&mut told, true) {
                report.note(&format!("waiting for another run that changes `{}`", changed.display()));
            }
            file.lock().doing_io("lock", &path)?;
        }
        if has_the_name(&file, &path).doing_io("lock", &path)? {
            return Ok(Lock { _beside: file, _folder: locked_folder(&path) });
        }
    }
}

/// Where the file system can: keeps apart those of whom somebody removed the lock file in the very last moment.
fn locked_folder(path: &Path) -> Option<File> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    File::open(folder).ok().filter(|folder| folder.lock().is_ok())
}

/// Whether the lock could be had by then.
fn is_free_until(end: Instant, file: &File) -> io::Result<bool> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() < end => sleep(Duration::from_millis(5)),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Opens without following a link, and without waiting for the reader of a pipe.
fn open(path: &Path) -> Result<File, Failure> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let opened =
        File::options().write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(path);
    if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_file()) {
        let path = path.display();
        return Err(Failure::new(
            ExitCode::CouldNot,
            format!("cannot open the lock `{path}`: it is no regular file"),
        )
        .hint(format!("remove it, it is made anew: `rm {path}`")));
    }
    let file = opened.doing_io("open the lock", path)?;
    let metadata = file.metadata().doing_io("open the lock", path)?;
    // whoever the folder belongs to has to open it next time
    if metadata.uid() == 0
        && let Some(Owner { user, group }) = Owner::of_folder(path)
    {
        fchown(&file, Some(user), Some(group)).doing_io("give away the lock", path)?;
    }
    Ok(file)
}

fn has_the_name(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match path.symlink_metadata() {
        Ok(named) => Ok((named.dev(), named.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The file that is locked.
pub(crate) fn beside(changed: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(changed.file_name().unwrap_or_default());
    name.push(".lock");
    changed.with_file_name(name)
}
