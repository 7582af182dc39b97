//! What no output may replace: what this run reads, and what a persona has one copy of.
//!
//! `--force` is for what a command wrote before. It must not cost somebody the identity, the vault or the section, under
//! whatever name: a link, another way to write the path, standard input.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::OFlags;

use crate::failure::Failure;
use crate::input;
use crate::output::{folder, same_target};

#[derive(Default)]
struct Kept {
    read: Vec<Read>,
    packed: Vec<PathBuf>,
    own: Vec<(PathBuf, &'static str)>,
}

/// A file that was read. Held open, so that its number can't become another file's.
struct Read {
    name: PathBuf,
    file: File,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept { read: Vec::new(), packed: Vec::new(), own: Vec::new() });

fn kept() -> MutexGuard<'static, Kept> {
    // lists that only grow or shrink by whole entries are never half changed
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was just opened to be read. Pipes and devices can't be replaced.
pub(crate) fn read(path: &Path, file: &File) {
    if !file.metadata().is_ok_and(|it| it.is_file()) {
        return;
    }
    if let Ok(file) = file.try_clone() {
        kept().read.push(Read { name: path.to_owned(), file });
    }
}

/// A file that somebody else reads, the library or a program.
pub fn read_elsewhere(path: &Path) {
    // nothing is opened for good: no pipe is waited for, no permission needed
    let flags = OFlags::PATH.bits().cast_signed();
    if let Ok(file) = OpenOptions::new().read(true).custom_flags(flags).open(path) {
        read(path, &file);
    }
}

/// A folder whose content goes into an archive: what is written into it would be packed the next time, or replaces what
/// is packed now.
pub fn packed(folder: &Path) {
    kept().packed.push(folder.to_owned());
}

/// A file of the persona's own, by what it is: `identity`.
pub(crate) fn own(path: &Path, what: &'static str) {
    kept().own.push((path.to_owned(), what));
}

/// For the one command whose work it is to write this file of the persona's own.
pub fn release(path: &Path) {
    kept().own.retain(|(own, _)| !same_target(own, path));
}

/// As [`release`], where it is one of these alone: a key is no record, under whatever name.
pub(crate) fn release_as(path: &Path, these: &[&str]) {
    kept().own.retain(|(own, what)| !these.contains(what) || !same_target(own, path));
}

/// Refuses a target that is to be kept.
pub(crate) fn refuse(target: &Path) -> Result<(), Failure> {
    let kept = kept();
    let place = |path: &Path| path.canonicalize().ok();
    let around = place(folder(target));
    let inside = |packed: &&PathBuf| {
        around.as_ref().zip(place(packed)).is_some_and(|(around, packed)| around.starts_with(packed))
    };
    if let Some(packed) = kept.packed.iter().find(inside) {
        return Err(refused(
            target,
            &format!("would lie in the folder `{}`, which is packed", packed.display()),
        ));
    }
    let identity = |it: &std::fs::Metadata| (it.dev(), it.ino());
    let Some(there) = target.metadata().ok().filter(std::fs::Metadata::is_file).map(|it| identity(&it))
    else {
        return Ok(());
    };
    let is_there = |file: &File| file.metadata().is_ok_and(|it| identity(&it) == there);
    if let Some(read) = kept.read.iter().find(|read| is_there(&read.file)) {
        return Err(refused(&read.name, "is read by this command and can't be its output"));
    }
    let is_own = |path: &Path| path.metadata().is_ok_and(|it| identity(&it) == there);
    match kept.own.iter().find(|(path, _)| is_own(path)) {
        Some((path, what)) => {
            Err(refused(path, &format!("is your {what}, and not this command's to replace")))
        }
        None => Ok(()),
    }
}

fn refused(path: &Path, why: &str) -> Failure {
    Failure::usage(format!("`{}` {why}", input::name(path))).hint("name another file with `-o`")
}
