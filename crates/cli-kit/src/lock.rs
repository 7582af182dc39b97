//! One change at a time: of the seed vault, of the allowed signers.
//!
//! The lock is on an empty file beside, `.seeds.age.lock`, and not on the vault: each change replaces the vault by a rename, and whoever waited for the old file would hold a lock that nobody else sees. Not on the folder either:
//! network file systems lock only what is open for writing. The lock file is never removed, since a lock on a removed
//! file is as blind. The kernel releases it however a run ends.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::failure::{DoingIo as _, Failure};
use crate::report::Report;

/// As long as other runs usually take, and nobody wonders.
const SILENCE: Duration = Duration::from_secs(1);

/// Waits for its turn; held until dropped.
pub fn lock(file: &Path, report: &Report) -> Result<File, Failure> {
    let path = beside(file);
    let held = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .doing_io("open the lock", &path)?;
    let begun = Instant::now();
    while begun.elapsed() < SILENCE {
        match held.try_lock() {
            Ok(()) => return Ok(held),
            Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(5)),
            Err(TryLockError::Error(error)) => return Err(error).doing_io("lock", &path),
        }
    }
    report.note(&format!("waiting for another run that changes `{}`", file.display()));
    held.lock().doing_io("lock", &path)?;
    Ok(held)
}

/// The file that is locked.
pub(crate) fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    name.push(".lock");
    file.with_file_name(name)
}
