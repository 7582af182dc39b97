//! What stands in the file that is to be a volume's disk; a new one is made whole or not at all.

use std::fs::Metadata;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use cli_kit::failure::DoingIo as _;
use cli_kit::output::{Output, Visibility};
use cli_kit::{ExitCode, Failure};

use super::cryptsetup::{Cryptsetup, Luks};
use crate::boot::passphrase::Passphrase;

/// A new disk, sparse: LUKS2 takes its 16 MiB, the rest is the volume's.
const NEW: u64 = 64 << 20;

/// LUKS2's own headers and key slots take 16 MiB.
const SMALLEST: u64 = 17 << 20;

/// What was found.
pub enum Disk {
    /// No file, or one without a byte that is not zero: to be formatted at this size.
    New {
        /// In bytes.
        size: u64,
        /// Whether there is a file, to be replaced.
        exists: bool,
    },
    /// A LUKS2 header, or the copy of one.
    Luks2,
}

/// Looks at a file without changing it. Whatever holds something else is refused: nobody's data are formatted.
pub fn look(cryptsetup: &Cryptsetup, file: &Path) -> Result<Disk, Failure> {
    let Some(metadata) = metadata(file)? else { return Ok(Disk::New { size: NEW, exists: false }) };
    if metadata.len() == 0 {
        return Ok(Disk::New { size: NEW, exists: true });
    }
    if cryptsetup.is_luks(file, Luks::Two)? {
        return Ok(Disk::Luks2);
    }
    let other = "name a file that does not exist yet, and a disk is made: `--luks data.luks`";
    let rejected = |what: &str| {
        let message = format!("cannot use `{}` as a disk: {what}; nothing was changed", file.display());
        Err(Failure::new(ExitCode::Rejected, message).hint(other))
    };
    if cryptsetup.is_luks(file, Luks::One)? {
        return rejected("it is LUKS1, and a guest's disk is LUKS2");
    }
    match content(file).doing_io("read", file)? {
        Content::Zero => {}
        Content::Luks => return rejected("its LUKS header is damaged, or it was cut short"),
        Content::Other => return rejected("it holds something else than LUKS2"),
    }
    if metadata.len() < SMALLEST {
        return rejected(&format!(
            "it is empty, and smaller than the {SMALLEST} bytes that LUKS2 takes at least"
        ));
    }
    Ok(Disk::New { size: metadata.len(), exists: true })
}

/// Nothing where nothing is; an error for all that is no file.
fn metadata(file: &Path) -> Result<Option<Metadata>, Failure> {
    let refused = |what: &str, hint: &str| {
        let message = format!("cannot use `{}` as a disk: it is {what}, and a file is due", file.display());
        Err(Failure::new(ExitCode::CouldNot, message).hint(hint))
    };
    match fs_err::metadata(file) {
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata)),
        Ok(metadata) if metadata.is_dir() => {
            refused("a folder", "name a file in it: `--luks FOLDER/data.luks`")
        }
        Ok(_) => refused("neither a file nor a folder", "a rehearsal never touches a device: name a file"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs_err::symlink_metadata(file) {
            Ok(_) => refused("a symbolic link that leads nowhere", "name the file that it should point to"),
            Err(_) => Ok(None),
        },
        Err(error) => Err(error).doing_io("look at", file),
    }
}

enum Content {
    Zero,
    /// It begins as one, and `cryptsetup` knows better.
    Luks,
    Other,
}

/// Holes are read as the zeros that they are.
fn content(file: &Path) -> io::Result<Content> {
    let mut file = fs_err::File::open(file)?;
    let mut block = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut block)?;
        let read = block.get(..read).unwrap_or_default();
        if read.is_empty() {
            return Ok(Content::Zero);
        }
        if read.iter().any(|byte| *byte != 0) {
            return Ok(if read.starts_with(b"LUKS") { Content::Luks } else { Content::Other });
        }
    }
}

/// Formatted under another name beside, then put in place: a run that is stopped leaves FILE as it was.
pub fn make(
    cryptsetup: &Cryptsetup,
    file: &Path,
    size: u64,
    replace: bool,
    passphrase: &Passphrase,
) -> Result<(), Failure> {
    let mut output = Output::create(file, replace, Visibility::Secret)?;
    output.seek(SeekFrom::Start(size.saturating_sub(1))).doing_io("write", file)?;
    output.write_all(&[0]).and_then(|()| output.flush()).doing_io("write", file)?;
    let Some(unfinished) = output.unfinished() else {
        return Err(Failure::usage(format!("`{}` can't be a disk", file.display()))
            .hint("name a file: `--luks data.luks`"));
    };
    cryptsetup.format(unfinished, file, passphrase)?;
    output.commit()
}
