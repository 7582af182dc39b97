//! Which file is the disk of which volume, as the command line says it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use cli_kit::Failure;
use cli_kit::output::same_target;

use super::cryptsetup::Cryptsetup;
use crate::boot::passphrase::SeedOrder;

/// One `--luks`: `FILE`, or `NAME=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOf {
    volume: Option<String>,
    file: PathBuf,
}

impl FileOf {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.file
    }
}

impl From<OsString> for FileOf {
    /// What stands before the first `=` is a name, unless it is a path: `./a=b` is a file.
    fn from(text: OsString) -> Self {
        let bytes = text.as_bytes();
        let name = bytes.split(|byte| *byte == b'=').next().unwrap_or_default();
        match (str::from_utf8(name), bytes.get(name.len() + 1..)) {
            (Ok(name), Some(file)) if !name.contains('/') => {
                Self { volume: Some(name.to_owned()), file: OsStr::from_bytes(file).into() }
            }
            _ => Self { volume: None, file: text.into() },
        }
    }
}

/// The disks of a boot.
#[derive(Debug, Default)]
pub struct Disks {
    files: Vec<FileOf>,
    cryptsetup: Option<Cryptsetup>,
    /// Whose seed comes first in their passphrases.
    pub order: SeedOrder,
}

impl Disks {
    /// Looks for `cryptsetup`, if there is anything to do for it.
    pub fn new(files: Vec<FileOf>, order: SeedOrder) -> Result<Self, Failure> {
        let cryptsetup = if files.is_empty() { None } else { Some(Cryptsetup::find()?) };
        Ok(Self { files, cryptsetup, order })
    }

    /// Nothing to open, nothing to open it with.
    pub(super) fn cryptsetup(&self) -> Option<&Cryptsetup> {
        self.cryptsetup.as_ref()
    }

    /// The file of each volume that has one; wrong usage, before any file is touched.
    pub(super) fn of<'a>(&'a self, volumes: &[&'a str]) -> Result<BTreeMap<&'a str, &'a Path>, Failure> {
        let listed = volumes.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let mut found: BTreeMap<&str, &Path> = BTreeMap::new();
        for FileOf { volume, file } in &self.files {
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
                    .hint(format!("if it is a file's name, write `--luks ./{name}=…`")));
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
                .hint("give each volume a file of its own"));
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
        let files = files.iter().map(|text| FileOf::from(OsString::from(text))).collect();
        Disks { files, ..Disks::default() }
    }

    #[test]
    fn a_file_alone_is_the_only_volume_s() {
        for (text, file) in [("d", "d"), ("./a=b", "./a=b"), ("data=d", "d"), ("data=a=b", "a=b")] {
            let disks = disks(&[text]);
            assert_eq!(disks.of(&["data"]).unwrap()["data"], Path::new(file), "{text}");
        }
        let both = disks(&["logs=l", "data=d"]);
        assert_eq!(both.of(&["data", "logs"]).unwrap().len(), 2);
        assert_eq!(disks(&["logs=l"]).of(&["data", "logs"]).unwrap().len(), 1);
    }

    #[test]
    fn what_names_no_volume_or_one_twice_is_wrong_usage() {
        for (files, volumes, says) in [
            (&["d"][..], &[][..], "has no volume"),
            (&["d"], &["data", "logs"], "which volume it is: the contract has `data`, `logs`"),
            (&["date=d"], &["data"], "no volume `date`; it has `data`"),
            (&["data="], &["data"], "names no file"),
            (&["d", "data=e"], &["data"], "two disks for `data`"),
            (&["data=d", "logs=./d"], &["data", "logs"], "one for `data` and `logs`"),
        ] {
            let failure = disks(files).of(volumes).unwrap_err();
            assert!(failure.message.contains(says), "{failure:?}");
            assert_eq!((failure.exit, failure.hints.len()), (cli_kit::ExitCode::Usage, 1));
        }
    }
}
