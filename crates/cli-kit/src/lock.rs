//! One change at a time: of the seed vault, of the allowed signers, of files that belong together.
//!
//! The lock is on an empty file next to it, as `.seeds.age.lock`. It is not on the file itself, which each change replaces
//! by a rename; nor on the folder, because network file systems lock only files that are open for writing. A run that
//! waited for a lock file that was removed meanwhile begins again. The vault's lock file stays; those of a commit are
//! removed while they are locked. The kernel releases a lock however a run ends.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::exit::ExitCode;
use crate::failure::{DoingIo as _, Failure};
use crate::names::{folder, lock_file};
use crate::owner::Owner;
use crate::report::Report;
use crate::signals::{OnSignal, remove_on_signal, uninterrupted};

/// How long to wait without a note.
const SILENCE: Duration = Duration::from_secs(1);

/// A commit is a few renames: a run that holds its lock for longer was stopped.
const LONGEST_COMMIT: Duration = Duration::from_secs(30);

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _beside: File,
    _folder: Option<File>,
}

/// Waits for the lock.
pub fn lock(changed: &Path, report: &Report) -> Result<Lock, Failure> {
    let path = lock_file(changed);
    let begun = Instant::now();
    let mut noted = false;
    loop {
        let file = open(&path)?;
        if !is_free_until(begun + SILENCE, &file).doing_io("lock", &path)? {
            if !std::mem::replace(&mut noted, true) {
                report.note(&format!("waiting for another run that changes `{}`", changed.display()));
            }
            file.lock().doing_io("lock", &path)?;
        }
        if has_the_name(&file, &path).doing_io("lock", &path)? {
            return Ok(Lock { _beside: file, _folder: locked_folder(&path) });
        }
    }
}

/// Locks of several files that get their names together. The lock files are removed when this is dropped.
#[derive(Debug)]
pub(crate) struct CommitLock(Vec<(PathBuf, File, OnSignal)>);

/// Waits until no other run commits one of these files. All runs lock in one order, so that no two wait for each other.
pub(crate) fn lock_commit<'a>(targets: impl Iterator<Item = &'a Path>) -> Result<CommitLock, Failure> {
    let end = Instant::now() + LONGEST_COMMIT;
    let mut locked = CommitLock(Vec::new());
    for path in
        targets.map(|target| (place(target), lock_file(target))).collect::<BTreeMap<_, _>>().into_values()
    {
        let (file, undo) = loop {
            match uninterrupted(|| try_lock(&path))? {
                Some(taken) => break taken,
                None if Instant::now() > end => return Err(held(&path)),
                None => sleep(Duration::from_millis(2)),
            }
        };
        locked.0.push((path, file, undo));
    }
    Ok(locked)
}

/// `None` if another run has it.
fn try_lock(path: &Path) -> Result<Option<(File, OnSignal)>, Failure> {
    let file = open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        // a file system without locks
        Err(TryLockError::Error(error)) if is_unsupported(&error) => {}
        Err(TryLockError::Error(error)) => return Err(error).doing_io("lock", path),
    }
    if !has_the_name(&file, path).doing_io("lock", path)? {
        return Ok(None);
    }
    Ok(Some((file, remove_on_signal(path.to_owned()))))
}

impl Drop for CommitLock {
    fn drop(&mut self) {
        for (path, ..) in &self.0 {
            // an empty file that stays does no harm
            let _ = fs::remove_file(path);
        }
    }
}

/// The same for all spellings of a path. It is not the absolute path: a user may lack access to the folders above.
fn place(target: &Path) -> (Option<(u64, u64)>, OsString) {
    let folder = folder(target).metadata().ok().map(|folder| (folder.dev(), folder.ino()));
    (folder, target.file_name().unwrap_or_default().to_owned())
}

fn is_unsupported(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOLCK | Errno::NOTSUP | Errno::NOSYS))
}

fn held(path: &Path) -> Failure {
    let path = path.display();
    Failure::new(ExitCode::CouldNot, format!("cannot lock `{path}`: another run has held it for too long"))
        .hint(format!("see which one: `fuser -v {path}`"))
}

/// Also locks the folder if the file system can, in case the lock file is removed at the last moment.
fn locked_folder(path: &Path) -> Option<File> {
    File::open(folder(path)).ok().filter(|folder| folder.lock().is_ok())
}

/// Whether the lock became free until then.
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
        .hint(format!("remove it, it is made again: `rm {path}`")));
    }
    let file = opened.doing_io("open the lock", path)?;
    let metadata = file.metadata().doing_io("open the lock", path)?;
    // the owner of the folder must be able to open it next time
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_waited_for_as_long_as_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let (held, waits) = (open(&path).unwrap(), open(&path).unwrap());
        held.lock().unwrap();
        let begun = Instant::now();
        let wait = Duration::from_millis(40);
        assert!(!is_free_until(begun + wait, &waits).unwrap());
        assert!(begun.elapsed() >= wait);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                sleep(wait);
                held.unlock().unwrap();
            });
            assert!(is_free_until(begun + LONGEST_COMMIT, &waits).unwrap());
        });
        assert!(begun.elapsed() < LONGEST_COMMIT);
    }

    #[test]
    fn a_file_that_lost_its_name_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let file = open(&path).unwrap();
        assert!(has_the_name(&file, &path).unwrap());
        fs::remove_file(&path).unwrap();
        assert!(!has_the_name(&file, &path).unwrap());
        let other = open(&path).unwrap();
        assert!(has_the_name(&other, &path).unwrap() && !has_the_name(&file, &path).unwrap());
    }
}
