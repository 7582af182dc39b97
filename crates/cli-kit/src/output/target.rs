//! Where an output leads: to a file, a pipe or standard output; whether it may, and what is there already.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use crate::exit::ExitCode;
use crate::failure::{DoingIo, Failure};

/// Whether a target means standard output, under any of its names.
pub fn is_stdout(target: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| target == Path::new(name))
}

/// Refuses a target that the same run reads: `--force` would replace the only copy of a key or a section.
pub fn refuse_inputs(target: &Path, inputs: &[&Path]) -> Result<(), Failure> {
    let identity =
        |path: &Path| fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|it| (it.dev(), it.ino()));
    let Some(file) = identity(target) else { return Ok(()) };
    match inputs.iter().find(|input| identity(input) == Some(file)) {
        None => Ok(()),
        Some(input) => Err(Failure::usage(format!(
            "`{}` is read by this command and can't be its output",
            input.display()
        ))
        .hint("name another file with `-o`")),
    }
}

/// Whether two targets name one file, however they are spelt.
pub fn same_target(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let folder = fs::metadata(folder(path)).ok()?;
        Some((folder.dev(), folder.ino(), path.file_name()?.to_owned()))
    };
    one == other || place(one).is_some_and(|it| Some(it) == place(other))
}

/// Makes a folder and those above it; it may already be there.
pub fn create_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).doing_io("make the folder", path)
}

pub(super) fn exists(target: &Path) -> Failure {
    Failure::new(ExitCode::CouldNot, format!("cannot write `{}`: it already exists", target.display()))
        .hint("name another file, or add `--force` to replace it")
}

/// A pipe or a device, also behind a link, as `>(…)` is.
pub(super) fn is_stream(target: &Path) -> bool {
    fs::metadata(target).is_ok_and(|metadata| {
        let kind = metadata.file_type();
        kind.is_fifo() || kind.is_char_device()
    })
}

pub(super) fn replaceable(target: &Path, force: bool) -> Result<(), Failure> {
    let Ok(metadata) = fs::symlink_metadata(target) else { return Ok(()) };
    let refuse = |what: &str, hint: &str| {
        let message = format!("cannot write `{}`: it is {what}, and a file is due", target.display());
        Err(Failure::new(ExitCode::CouldNot, message).hint(hint))
    };
    match metadata.file_type() {
        kind if kind.is_dir() => refuse("a folder", "name a file in it"),
        kind if kind.is_file() && force => Ok(()),
        kind if kind.is_file() => Err(exists(target)),
        kind if kind.is_symlink() => refuse("a symbolic link", "name the file that it points to"),
        _ => refuse("neither a file nor a pipe", "name a file"),
    }
}

/// The folder in which a target stands or will.
pub(crate) fn folder(target: &Path) -> &Path {
    match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
