//! Files and stdin, read within a limit.
//!
//! `-` is standard input, for one input of a run. What is not seekable (standard input, a pipe, `<(…)`) is copied into an
//! anonymous file if it is read more than once. Secrets are never copied.

use std::fs::{File, FileType};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use contract_core::received::BEGINNING;
use rustix::fs::OFlags;
use zeroize::{Zeroize, Zeroizing};

use crate::exit::ExitCode;
use crate::failure::{DoingIo, Failure};
pub use crate::names::name;
use crate::report::warning_of_file;

/// Bytes of a file with a key or a certificate: more than any needs.
pub const LARGEST_KEY_FILE: usize = 256 << 10;

/// Bytes of a pipe that are copied: enough for a handoff with a disk image in its archive.
const LARGEST_PIPE: u64 = 4 << 30;

/// An input that can be read more than once.
#[derive(Debug)]
pub struct Input {
    file: File,
    path: PathBuf,
}

impl Input {
    /// Opens a file, or stdin for `-`. Folders are refused.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        Self::open_if(path, |_| Ok(())).map(|(input, ())| input)
    }

    /// As [`Input::open`], if `accept` takes the first bytes, [`BEGINNING`] at most. The rest of a pipe, which may be endless,
    /// is copied after that.
    pub fn open_if<T>(
        path: &Path,
        accept: impl FnOnce(&[u8]) -> Result<T, Failure>,
    ) -> Result<(Self, T), Failure> {
        let mut file = open(path)?;
        let seekable = seekable(&file).doing_io("read", path)?;
        let mut beginning = Vec::new();
        file.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning).doing_io("read", path)?;
        let accepted = accept(&beginning)?;
        if !seekable {
            let mut spool = tempfile::tempfile().doing_io("make a temporary file for", path)?;
            let mut whole = beginning.as_slice().chain(file.take(LARGEST_PIPE));
            if io::copy(&mut whole, &mut spool).doing_io("copy", path)? > LARGEST_PIPE {
                return Err(Failure::new(
                    ExitCode::Rejected,
                    format!("cannot read `{}`: a pipe with more than {} GiB", name(path), LARGEST_PIPE >> 30),
                )
                .hint("write it into a file, and name that"));
            }
            file = spool;
        }
        file.rewind().doing_io("read", path)?;
        Ok((Self { file, path: path.to_owned() }, accepted))
    }

    /// The name in a message; `standard input` for `-`.
    pub fn name(&self) -> String {
        name(&self.path)
    }

    /// The file itself, at its start.
    pub fn into_file(self) -> File {
        self.file
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// The whole input, at most `limit` bytes.
pub fn read_bytes(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    Ok(std::mem::take(&mut *read_secret_bytes(path, limit)?))
}

/// The whole input as UTF-8, at most `limit` bytes.
pub fn read_text(path: &Path, limit: usize) -> Result<String, Failure> {
    Ok(std::mem::take(&mut *read_secret_text(path, limit)?))
}

/// As [`read_text`], wiped after use.
pub fn read_secret_text(path: &Path, limit: usize) -> Result<Zeroizing<String>, Failure> {
    let mut bytes = read_secret_bytes(path, limit)?;
    String::from_utf8(std::mem::take(&mut *bytes)).map(Zeroizing::new).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        error.into_bytes().zeroize();
        Failure::new(
            ExitCode::Rejected,
            format!("cannot read `{}`: not UTF-8 text at byte {offset}", name(path)),
        )
        .hint("find the place with `iconv -f utf-8 FILE >/dev/null`")
    })
}

/// Warns if others on this machine may read or change a file with a secret; `what` is its kind, `the identity`. Descriptors
/// are not checked: the caller opened them.
pub fn warn_if_shared(path: &Path, what: &str) {
    let descriptor = ["-", "/dev/fd", "/dev/stdin", "/proc"].iter().any(|start| path.starts_with(start));
    let Ok(metadata) = path.metadata() else { return };
    if !descriptor && metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        let name = name(path);
        let message = format!("{what} `{name}` can be read by others on this machine");
        warning_of_file(&message, &format!("keep it to yourself: `chmod 600 {name}`"));
    }
}

/// For inputs of unknown size.
const FIRST_BUFFER: usize = 64 << 10;

/// As [`read_bytes`], wiped after use. Read in place, so that no grown buffer leaves a copy behind.
pub fn read_secret_bytes(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    read_opened(open_file(path)?, path, limit)
}

/// As [`read_secret_bytes`], from a named pipe too.
pub fn read_piped_secret_bytes(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    read_opened(open(path)?, path, limit)
}

fn read_opened(file: File, path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let metadata = file.metadata().doing_io("read", path)?;
    let too_large = || {
        Failure::new(
            ExitCode::Rejected,
            format!("cannot read `{}`: larger than the limit of {limit} bytes", name(path)),
        )
        .hint("check that this is the file you mean")
    };
    if metadata.len() > limit as u64 {
        return Err(too_large());
    }
    // only a regular file has a size; every buffer that is too small is wiped
    let size =
        if metadata.is_file() { usize::try_from(metadata.len()).unwrap_or(limit) } else { FIRST_BUFFER };
    let mut bytes = Zeroizing::new(Vec::with_capacity(size.saturating_add(1)));
    let mut file = file.take(limit as u64 + 1);
    loop {
        let room = bytes.capacity() - bytes.len();
        let read = file.by_ref().take(room as u64).read_to_end(&mut bytes).doing_io("read", path)?;
        if read < room {
            return if bytes.len() > limit { Err(too_large()) } else { Ok(bytes) };
        }
        let mut larger = Zeroizing::new(Vec::with_capacity(2 * bytes.capacity()));
        larger.extend_from_slice(&bytes);
        bytes = larger;
    }
}

/// Refuses a second `-` before the first is read.
pub fn refuse_two_from_stdin<'a>(inputs: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), Failure> {
    let from_stdin = inputs.into_iter().filter(|path| path.as_os_str() == "-");
    if from_stdin.count() > 1 { Err(two_from_stdin()) } else { Ok(()) }
}

fn two_from_stdin() -> Failure {
    Failure::usage("standard input can be read once: two inputs are named `-`")
        .hint("name a file for one of them")
}

/// Opens what should be a file: a key, a certificate, `persona.yaml`. A named pipe there is a mistake, and may never have a
/// writer. Descriptors (`<(…)`, `/dev/stdin`) are accepted.
fn open_file(path: &Path) -> Result<File, Failure> {
    if path == Path::new("-") || is_descriptor(path) {
        return open(path);
    }
    let nonblock = OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options().read(true).custom_flags(nonblock).open(path).doing_io("read", path)?;
    let kind = file.metadata().doing_io("read", path)?.file_type();
    refuse_special(path, kind)?;
    opened(path, file)
}

/// Refuses a pipe or a device under a default name.
pub fn refuse_special_file(path: &Path) -> Result<(), Failure> {
    path.metadata().map_or(Ok(()), |metadata| refuse_special(path, metadata.file_type()))
}

fn refuse_special(path: &Path, kind: FileType) -> Result<(), Failure> {
    let what = match () {
        () if kind.is_file() || kind.is_dir() => return Ok(()),
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    let message = format!("cannot read `{}`: it is {what}, and a file is expected", name(path));
    Err(Failure::new(ExitCode::CouldNot, message)
        .hint("put a file there, or name what a program writes: `<(COMMAND)`, or `-` for standard input"))
}

/// Whether a path names an open descriptor.
fn is_descriptor(path: &Path) -> bool {
    ["/dev/fd", "/dev/stdin", "/proc/self/fd"].iter().any(|prefix| path.starts_with(prefix))
}

/// Opens for reading. Stdin comes unbuffered, so that no hidden buffer keeps a secret.
pub fn open(path: &Path) -> Result<File, Failure> {
    static STDIN_TAKEN: AtomicBool = AtomicBool::new(false);
    let file = if path == Path::new("-") {
        if STDIN_TAKEN.swap(true, Ordering::Relaxed) {
            return Err(two_from_stdin());
        }
        File::from(io::stdin().as_fd().try_clone_to_owned().doing_io("read", path)?)
    } else {
        File::open(path).doing_io("read", path)?
    };
    opened(path, file)
}

fn opened(path: &Path, file: File) -> Result<File, Failure> {
    if file.metadata().doing_io("read", path)?.is_dir() {
        return Err(Failure::new(
            ExitCode::CouldNot,
            format!("cannot read `{}`: it is a folder, and a file is expected", name(path)),
        )
        .hint(format!("name a file in it: `ls {}`", path.display())));
    }
    Ok(file)
}

fn seekable(mut file: &File) -> io::Result<bool> {
    let kind = file.metadata()?.file_type();
    // a redirected standard input may have been read in part
    Ok((kind.is_file() || kind.is_block_device()) && file.stream_position()? == 0)
}

#[cfg(test)]
mod tests;
