//! Files and stdout, written whole or not at all.
//!
//! A file is made next to its target, under a name that begins with `.` and the target's name. When it is complete and on
//! disk, one rename gives it its name. A run that ends before that leaves the target unchanged and removes the dotted
//! file; only SIGKILL and a power failure leave it, and it is safe to delete. Without `--force` the rename itself refuses
//! to replace a file.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use tempfile::NamedTempFile;

use crate::closed_stdout::check_stdout;
use crate::exit::ExitCode;
use crate::failure::{DoingIo, Failure, cause, stdout_failure};
use crate::lock::lock_commit;
use crate::names::{folder, is_stdout};
use crate::protected::Protected;
use crate::signals::{OnSignal, remove_on_signal, uninterrupted};

/// Who may read an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// 0600: private keys, identities, plain sections, vaults.
    Secret,
    /// 0644 less the umask: public keys, handoffs, tokens, user data.
    Public,
}

impl Visibility {
    fn mode(self) -> u32 {
        match self {
            Self::Secret => 0o600,
            Self::Public => 0o644,
        }
    }
}

/// A file that is being written. Dropped without [`Output::commit`], it leaves nothing.
#[derive(Debug)]
pub struct Output {
    target: PathBuf,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    /// Takes the target's place on commit.
    Beside { file: Unfinished, force: bool, visibility: Visibility },
    /// Copied on commit to a pipe or a device, which can be neither sought nor replaced; `None` is stdout.
    Spool { file: File, into: Option<File> },
}

/// A file without its name yet, which is removed if the process ends.
#[derive(Debug)]
struct Unfinished {
    file: NamedTempFile,
    _remove: OnSignal,
}

impl Output {
    /// Begins an output to `target`; `-` is standard output. What could only fail after all work is done is refused here.
    /// With `force` an existing file is replaced, unless it is protected.
    pub fn create(
        target: &Path,
        force: bool,
        visibility: Visibility,
        protected: &Protected,
    ) -> Result<Self, Failure> {
        if !is_stdout(target) && !is_stream(target) {
            protected.check(target)?;
        }
        Self::create_unprotected(target, force, visibility)
    }

    /// As [`Output::create`], for the new content of a file that this run has read, for example the vault: nothing is
    /// protected.
    pub fn create_unprotected(target: &Path, force: bool, visibility: Visibility) -> Result<Self, Failure> {
        let sink = if is_stdout(target) {
            Sink::Spool { file: spool(target)?, into: None }
        } else if is_stream(target) {
            let into = OpenOptions::new().write(true).open(target).doing_io("write", target)?;
            Sink::Spool { file: spool(target)?, into: Some(into) }
        } else {
            check_replaceable(target, force)?;
            Sink::Beside { file: beside(target, visibility)?, force, visibility }
        };
        Ok(Self { target: target.to_owned(), sink })
    }

    /// Refuses what has become protected since this output was created.
    pub fn check(&self, protected: &Protected) -> Result<(), Failure> {
        if self.is_file() { protected.check(&self.target) } else { Ok(()) }
    }

    /// Gives it the mode and the owner of the file that it replaces, as far as the user may do that.
    pub fn copy_ownership(&self) -> Result<(), Failure> {
        let (Sink::Beside { file, .. }, Ok(there)) = (&self.sink, self.target.metadata()) else {
            return Ok(());
        };
        let file = file.file.as_file();
        let (uid, gid) = (there.uid(), there.gid());
        if fchown(file, Some(uid), Some(gid)).is_err() {
            // without being root, the group may still be one of the user's
            let _ = fchown(file, None, Some(gid));
        }
        file.set_permissions(there.permissions()).doing_io("write", &self.target)
    }

    /// The name in `wrote …`.
    pub fn name(&self) -> String {
        match self.sink {
            Sink::Spool { into: None, .. } => "standard output".into(),
            _ => self.target.display().to_string(),
        }
    }

    /// Whether it becomes a file, and not a pipe, a device or standard output.
    pub fn is_file(&self) -> bool {
        matches!(self.sink, Sink::Beside { .. })
    }

    /// The name in a sentence: in quotes, if it is a file.
    pub fn quoted(&self) -> String {
        match self.sink {
            Sink::Spool { into: None, .. } => self.name(),
            Sink::Spool { .. } | Sink::Beside { .. } => format!("`{}`", self.name()),
        }
    }

    /// The path until it is committed, for a program that writes to a path; `None` for what is copied on commit.
    pub fn unfinished(&self) -> Option<&Path> {
        match &self.sink {
            Sink::Beside { file, .. } => Some(file.file.path()),
            Sink::Spool { .. } => None,
        }
    }

    /// Gives the file its name.
    pub fn commit(self) -> Result<(), Failure> {
        commit_all([self])
    }

    /// As [`Output::commit`], if `check` still passes when everything is on disk.
    pub fn commit_if(mut self, check: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
        self.sync()?;
        check()?;
        place_all(vec![self])
    }

    /// Changes the owner. The group does not matter if only the user can open the file.
    pub fn give_to(&self, user: u32, group: u32) -> io::Result<()> {
        let Sink::Beside { file, .. } = &self.sink else { return Ok(()) };
        let file = file.file.as_file();
        let metadata = file.metadata()?;
        if (metadata.uid(), metadata.gid()) == (user, group) {
            return Ok(());
        }
        let given = fchown(file, Some(user), Some(group));
        if metadata.uid() == user && metadata.mode().trailing_zeros() >= 6 { Ok(()) } else { given }
    }

    /// Does everything that can fail for lack of space, before any file has its name.
    fn sync(&mut self) -> Result<(), Failure> {
        match &mut self.sink {
            Sink::Beside { file, .. } => file
                .file
                .flush()
                .and_then(|()| file.file.as_file().sync_all())
                .doing_io("write", &self.target),
            Sink::Spool { .. } => Ok(()),
        }
    }

    fn place(self) -> Result<Placed, Failure> {
        let Self { target, sink } = self;
        match sink {
            Sink::Beside { file: Unfinished { file, _remove: _ }, force, visibility } => {
                let (replaced, placed) = match file.persist_noclobber(&target) {
                    Err(error) if force => (true, error.file.persist(&target)),
                    placed => (false, placed),
                };
                placed.map_err(|error| match error.error.kind() {
                    io::ErrorKind::AlreadyExists => exists(&target),
                    _ => Failure::from_io(&format!("cannot write `{}`", target.display()), &error.error),
                })?;
                Ok(Placed::File { target, replaced, visibility })
            }
            Sink::Spool { mut file, into } => {
                file.rewind().doing_io("write", &target)?;
                match into {
                    None => {
                        check_stdout()?;
                        let mut stdout = io::stdout().lock();
                        io::copy(&mut file, &mut stdout)
                            .and_then(|_| stdout.flush())
                            .map_err(|error| stdout_failure(&error))?;
                    }
                    Some(mut into) => drop(io::copy(&mut file, &mut into).doing_io("write", &target)?),
                }
                Ok(Placed::Stream)
            }
        }
    }
}

/// The names in a sentence: `` `a`, `b` and `c` ``.
pub fn quoted_list<'a>(outputs: impl IntoIterator<Item = &'a Output>) -> String {
    let mut names: Vec<_> = outputs.into_iter().map(Output::quoted).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// An output that is committed.
enum Placed {
    File { target: PathBuf, replaced: bool, visibility: Visibility },
    Stream,
}

/// Commits outputs that belong together, in this order. Two runs never mix their files. If one output fails, those before
/// it are removed again, unless `--force` has already replaced a file: then the failure reports that.
///
/// A kill between two renames leaves the first files only. The file that others act on therefore comes last.
pub fn commit_all(outputs: impl IntoIterator<Item = Output>) -> Result<(), Failure> {
    let mut outputs: Vec<Output> = outputs.into_iter().collect();
    outputs.iter_mut().try_for_each(Output::sync)?;
    // a pipe's reader may be slow, and no other run should wait for it
    let (files, streams): (Vec<_>, Vec<_>) = outputs.into_iter().partition(Output::is_file);
    streams.into_iter().try_for_each(|stream| stream.place().map(drop))?;
    let _lock = if files.len() > 1 {
        Some(lock_commit(files.iter().map(|file| file.target.as_path()))?)
    } else {
        None
    };
    place_all(files)
}

/// No signal interrupts the renames.
fn place_all(files: Vec<Output>) -> Result<(), Failure> {
    let placed = uninterrupted(|| {
        let mut placed = Vec::new();
        for output in files {
            match output.place() {
                Ok(done) => placed.push(done),
                Err(failure) => return Err(undo(&placed, failure)),
            }
        }
        Ok(placed)
    })?;
    placed.iter().try_for_each(Placed::keep_name)
}

fn undo(placed: &[Placed], mut failure: Failure) -> Failure {
    for output in placed {
        match output {
            Placed::File { target, replaced: true, .. } => {
                failure.message = format!("{}; `{}` was already replaced", failure.message, target.display());
            }
            // the first failure says more than a second one
            Placed::File { target, .. } => drop(fs::remove_file(target)),
            Placed::Stream => {}
        }
    }
    failure
}

impl Placed {
    /// Syncs the folder of a secret, of which there is only one copy. Other files that a power cut removes can be made again.
    fn keep_name(&self) -> Result<(), Failure> {
        let Self::File { target, visibility: Visibility::Secret, .. } = self else { return Ok(()) };
        match sync_folder(target) {
            // a file system that cannot sync folders
            Err(error) if matches!(Errno::from_io_error(&error), Some(Errno::INVAL | Errno::NOTSUP)) => {
                Ok(())
            }
            synced => synced.map_err(|error| not_synced(target, &error)),
        }
    }
}

impl Write for Output {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Beside { file, .. } => file.file.write(buffer),
            Sink::Spool { file, .. } => file.write(buffer),
        }
        .map_err(|error| self.named(&error))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads what was written before it is committed.
impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Beside { file, .. } => file.file.read(buffer),
            Sink::Spool { file, .. } => file.read(buffer),
        }
    }
}

impl Seek for Output {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.sink {
            Sink::Beside { file, .. } => file.file.seek(to),
            Sink::Spool { file, .. } => file.seek(to),
        }
        .map_err(|error| self.named(&error))
    }
}

impl Output {
    /// Adds the file's name to an error, because the library that writes does not know it.
    fn named(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("cannot write `{}`: {}", self.name(), cause(error)))
    }
}

fn beside(target: &Path, visibility: Visibility) -> Result<Unfinished, Failure> {
    let Some(name) = target.file_name() else {
        return Err(Failure::usage(format!("`{}` names no file", target.display())));
    };
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    let made = uninterrupted(|| {
        let file = tempfile::Builder::new()
            .prefix(&prefix)
            .permissions(Permissions::from_mode(visibility.mode()))
            .tempfile_in(reachable(folder(target)))?;
        Ok(Unfinished { _remove: remove_on_signal(file.path().to_owned()), file })
    });
    // the message must name the target, not tempfile's random path
    made.map_err(|error: io::Error| error.raw_os_error().map_or(error, io::Error::from_raw_os_error))
        .doing_io("write", target)
}

/// Makes a folder and those above it; it may exist.
pub fn create_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).doing_io("make the folder", path)
}

fn exists(target: &Path) -> Failure {
    Failure::new(ExitCode::CouldNot, format!("cannot write `{}`: it already exists", target.display()))
        .hint("name another file, or add `--force` to replace it")
}

/// A pipe or a device, also behind a link, as `>(…)` is.
fn is_stream(target: &Path) -> bool {
    fs::metadata(target).is_ok_and(|metadata| {
        let kind = metadata.file_type();
        kind.is_fifo() || kind.is_char_device()
    })
}

fn check_replaceable(target: &Path, force: bool) -> Result<(), Failure> {
    let Ok(metadata) = fs::symlink_metadata(target) else { return Ok(()) };
    let refuse = |what: &str, hint: &str| {
        let message = format!("cannot write `{}`: it is {what}, and a file is expected", target.display());
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

/// tempfile makes a relative folder absolute, which fails without access to the folders above.
fn reachable(folder: &Path) -> PathBuf {
    let here = Path::new("/proc/self/cwd");
    if folder.is_relative() && here.exists() { here.join(folder) } else { folder.to_owned() }
}

/// A file without a name, which vanishes with the process. It is in the folder of the target, which needs the space anyway.
pub fn spool(target: &Path) -> Result<File, Failure> {
    let beside = !is_stdout(target) && !is_stream(target);
    let file = if beside { tempfile::tempfile_in(reachable(folder(target))) } else { tempfile::tempfile() };
    file.doing_io("make a temporary file for", target)
}

/// A rename is on disk only after its folder is synced.
fn sync_folder(target: &Path) -> io::Result<()> {
    File::open(folder(target))?.sync_all()
}

/// The file is complete and stays, because it may be the only copy.
fn not_synced(target: &Path, error: &io::Error) -> Failure {
    let folder = folder(target).display();
    let message =
        format!("`{}` is written, but may not outlast a power cut: cannot sync `{folder}`", target.display());
    Failure::from_io(&message, error).hint("wait until it is on disk: `sync`")
}

#[cfg(test)]
mod tests;
