//! The files that are the disks of volumes: which file, what it contains, and how a new one is made.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use cli_kit::failure::DoingIo as _;
use cli_kit::names::same_target;
use cli_kit::output::{Output, Visibility};
use cli_kit::protected::Protected;
use cli_kit::{ExitCode, Failure};

use super::cryptsetup::{Cryptsetup, Luks};
use super::passphrase::{Passphrase, SeedOrder};

/// Size of a new disk. The file is sparse.
const NEW: u64 = 64 << 20;

/// The headers and key slots of LUKS2 take 16 MiB.
const SMALLEST: u64 = 17 << 20;

/// The content of a file.
pub enum Disk {
    /// No file, or only zeros: to be formatted at this size.
    New {
        size: u64,
        /// Whether a file is replaced.
        exists: bool,
    },
    /// A LUKS2 header, or the copy of a damaged one.
    Luks2,
}

/// Reads a file without changing it. Refuses any other content, so that no data is formatted.
pub fn look(cryptsetup: &Cryptsetup, file: &Path) -> Result<Disk, Failure> {
    let Some(metadata) = metadata(file)? else { return Ok(Disk::New { size: NEW, exists: false }) };
    if metadata.len() == 0 {
        return Ok(Disk::New { size: NEW, exists: true });
    }
    if cryptsetup.is_luks(file, Luks::Two)? {
        return Ok(Disk::Luks2);
    }
    let other = "name a file that does not exist: a new disk is made, `--luks data.luks`";
    let rejected = |what: &str| {
        let message = format!("cannot use `{}` as a disk: {what}; nothing was changed", file.display());
        Err(Failure::new(ExitCode::Rejected, message).hint(other))
    };
    if cryptsetup.is_luks(file, Luks::One)? {
        return rejected("it is LUKS1, and a guest's disk must be LUKS2");
    }
    match content(file).doing_io("read", file)? {
        Content::Zero => {}
        Content::Luks => return rejected("its LUKS header is damaged, or it is cut short"),
        Content::Other => return rejected("its content is not LUKS2"),
    }
    if metadata.len() < SMALLEST {
        return rejected(&format!("it is empty, and smaller than the {SMALLEST} bytes that LUKS2 needs"));
    }
    Ok(Disk::New { size: metadata.len(), exists: true })
}

/// `None` if there is nothing; an error for anything that is not a file.
fn metadata(file: &Path) -> Result<Option<Metadata>, Failure> {
    let refused = |what: &str, hint: &str| {
        let message =
            format!("cannot use `{}` as a disk: it is {what}, and a file is expected", file.display());
        Err(Failure::new(ExitCode::CouldNot, message).hint(hint))
    };
    match fs_err::metadata(file) {
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata)),
        Ok(metadata) if metadata.is_dir() => {
            refused("a folder", "name a file in it: `--luks FOLDER/data.luks`")
        }
        Ok(_) => refused("neither a file nor a folder", "name a file: a rehearsal never uses a device"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs_err::symlink_metadata(file) {
            Ok(_) => refused("a broken symbolic link", "name the file that it should point to"),
            Err(_) => Ok(None),
        },
        Err(error) => Err(error).doing_io("look at", file),
    }
}

enum Content {
    Zero,
    /// Begins like LUKS, but `cryptsetup` does not accept it.
    Luks,
    Other,
}

/// Holes read as zeros.
fn content(file: &Path) -> io::Result<Content> {
    let mut file = fs_err::File::open(file)?;
    let mut block = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut block)?;
        let (read, _) = block.split_at(read);
        if read.is_empty() {
            return Ok(Content::Zero);
        }
        if read.iter().any(|byte| *byte != 0) {
            return Ok(if read.starts_with(b"LUKS") { Content::Luks } else { Content::Other });
        }
    }
}

/// Formats a file under another name, then renames it: an interrupted run leaves FILE unchanged.
pub fn make(
    cryptsetup: &Cryptsetup,
    file: &Path,
    size: u64,
    replace: bool,
    passphrase: &Passphrase,
    protected: &Protected,
) -> Result<(), Failure> {
    let mut output = Output::create(file, replace, Visibility::Secret, protected)?;
    output.seek(SeekFrom::Start(size.saturating_sub(1))).doing_io("write", file)?;
    output.write_all(&[0]).and_then(|()| output.flush()).doing_io("write", file)?;
    let Some(unfinished) = output.unfinished() else {
        return Err(Failure::usage(format!("cannot use `{}` as a disk", file.display()))
            .hint("name a file: `--luks data.luks`"));
    };
    cryptsetup.format(unfinished, file, passphrase)?;
    output.commit()
}

/// One `--luks`: `FILE`, or `NAME=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskFile {
    volume: Option<String>,
    file: PathBuf,
}

impl DiskFile {
    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.file
    }
}

impl From<OsString> for DiskFile {
    /// The part before the first `=` is a name, unless it is a path: `./a=b` is a file.
    fn from(text: OsString) -> Self {
        let mut parts = text.as_bytes().splitn(2, |byte| *byte == b'=');
        match (parts.next().map(str::from_utf8), parts.next()) {
            (Some(Ok(name)), Some(file)) if !name.contains('/') => {
                Self { volume: Some(name.to_owned()), file: OsStr::from_bytes(file).into() }
            }
            _ => Self { volume: None, file: text.into() },
        }
    }
}

/// The disks of a boot.
#[derive(Debug, Default)]
pub struct Disks {
    files: Vec<DiskFile>,
    cryptsetup: Option<Cryptsetup>,
    /// The order of the seeds in their passphrases.
    pub order: SeedOrder,
    /// What no disk may replace.
    pub(super) protected: Protected,
}

impl Disks {
    /// Looks for `cryptsetup`, if there are files.
    pub fn new(files: Vec<DiskFile>, order: SeedOrder) -> Result<Self, Failure> {
        let cryptsetup = if files.is_empty() { None } else { Some(Cryptsetup::find()?) };
        Ok(Self { files, cryptsetup, order, protected: Protected::default() })
    }

    /// The same, with files that no disk may replace.
    #[must_use]
    pub fn protecting(self, protected: Protected) -> Self {
        Self { protected, ..self }
    }

    /// `None` if there are no files.
    pub(super) fn cryptsetup(&self) -> Option<&Cryptsetup> {
        self.cryptsetup.as_ref()
    }

    /// The file of each volume that has one. Finds wrong usage before any file is opened.
    pub(super) fn assign<'a>(&'a self, volumes: &[&'a str]) -> Result<BTreeMap<&'a str, &'a Path>, Failure> {
        let listed = volumes.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let mut found: BTreeMap<&str, &Path> = BTreeMap::new();
        for DiskFile { volume, file } in &self.files {
            let name = match (volume.as_deref(), volumes) {
                (_, []) => {
                    return Err(Failure::usage("`--luks` names a disk, and the contract has no volume")
                        .hint("leave `--luks` out"));
                }
                (None, [only]) => only,
                (None, _) => {
                    let each: Vec<_> =
                        volumes.iter().map(|name| format!("--luks {name}={name}.luks")).collect();
                    return Err(Failure::usage(format!(
                        "`--luks {}` does not say which volume it is: the contract has {listed}",
                        file.display()
                    ))
                    .hint(format!("name them: `{}`", each.join(" "))));
                }
                (Some(name), _) if volumes.contains(&name) => name,
                (Some(name), _) => {
                    return Err(Failure::usage(format!(
                        "the contract has no volume `{name}`; it has {listed}"
                    ))
                    .hint(format!("if this is a file name, write `--luks ./{name}=…`")));
                }
            };
            if file.as_os_str().is_empty() {
                return Err(Failure::usage(format!("`--luks {name}=` names no file"))
                    .hint(format!("name one: `--luks {name}={name}.luks`")));
            }
            if let Some((other, _)) =
                found.iter().find(|(other, known)| *other == &name || same_file(known, file))
            {
                return Err(Failure::usage(format!(
                    "two disks for `{other}`, or one for `{other}` and `{name}`"
                ))
                .hint("give each volume a separate file"));
            }
            found.insert(name, file);
        }
        Ok(found)
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| path.canonicalize().ok();
    same_target(one, other) || identity(one).is_some_and(|it| Some(it) == identity(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disks(files: &[&str]) -> Disks {
        let files = files.iter().map(|text| DiskFile::from(OsString::from(text))).collect();
        Disks { files, ..Disks::default() }
    }

    #[test]
    fn a_file_without_a_name_is_for_the_only_volume() {
        for (text, file) in [("d", "d"), ("./a=b", "./a=b"), ("data=d", "d"), ("data=a=b", "a=b")] {
            let disks = disks(&[text]);
            assert_eq!(disks.assign(&["data"]).unwrap()["data"], Path::new(file), "{text}");
        }
        let both = disks(&["logs=l", "data=d"]);
        assert_eq!(both.assign(&["data", "logs"]).unwrap().len(), 2);
        assert_eq!(disks(&["logs=l"]).assign(&["data", "logs"]).unwrap().len(), 1);
    }

    #[test]
    fn an_unknown_or_repeated_volume_is_wrong_usage() {
        for (files, volumes, says) in [
            (&["d"][..], &[][..], "has no volume"),
            (&["d"], &["data", "logs"], "which volume it is: the contract has `data`, `logs`"),
            (&["date=d"], &["data"], "no volume `date`; it has `data`"),
            (&["data="], &["data"], "names no file"),
            (&["d", "data=e"], &["data"], "two disks for `data`"),
            (&["data=d", "logs=./d"], &["data", "logs"], "one for `data` and `logs`"),
        ] {
            let failure = disks(files).assign(volumes).unwrap_err();
            assert!(failure.message.contains(says), "{failure:?}");
            assert_eq!((failure.exit, failure.hints.len()), (ExitCode::Usage, 1));
        }
    }
}
