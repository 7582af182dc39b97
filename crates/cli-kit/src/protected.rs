//! Files that no output of a command may replace.
//!
//! `--force` is for what a command wrote before. It must not cost anyone their identity, vault or section, whatever name
//! the output has: a link, another spelling of the path, standard input.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::names::{folder, name, same_target};

/// What a command reads, the folders that it packs, and what its persona has one copy of.
#[derive(Clone, Debug, Default)]
pub struct Protected {
    read: Vec<PathBuf>,
    packed: Vec<PathBuf>,
    owned: Vec<(PathBuf, &'static str)>,
}

impl Protected {
    /// Adds files that the command reads; `-` is standard input.
    pub fn add_inputs<P: AsRef<Path>>(&mut self, files: impl IntoIterator<Item = P>) -> &mut Self {
        self.read.extend(files.into_iter().map(|file| file.as_ref().to_owned()));
        self
    }

    /// Adds a folder that goes into an archive. An output in it would be packed, or would replace what is packed.
    pub fn add_packed(&mut self, folder: &Path) -> &mut Self {
        self.packed.push(folder.to_owned());
        self
    }

    /// Adds a file of the persona, and what it is: `identity`.
    pub fn add_owned(&mut self, file: &Path, what: &'static str) -> &mut Self {
        self.owned.push((file.to_owned(), what));
        self
    }

    /// Adds everything that another one protects.
    pub fn add_all(&mut self, other: &Self) -> &mut Self {
        self.read.extend_from_slice(&other.read);
        self.packed.extend_from_slice(&other.packed);
        self.owned.extend_from_slice(&other.owned);
        self
    }

    /// Removes a file of the persona, if it is one of these: for the command that writes it.
    pub fn release(&mut self, file: &Path, these: &[&str]) -> &mut Self {
        self.owned.retain(|(owned, what)| !these.contains(what) || !same_target(owned, file));
        self
    }

    /// Refuses a target that is protected.
    pub fn check(&self, target: &Path) -> Result<(), Failure> {
        let around = folder(target).canonicalize().ok();
        let inside = |packed: &&PathBuf| {
            around
                .as_ref()
                .zip(packed.canonicalize().ok())
                .is_some_and(|(around, packed)| around.starts_with(packed))
        };
        if let Some(packed) = self.packed.iter().find(inside) {
            let why = format!("would be in the folder `{}`, which is packed", packed.display());
            return Err(refused(target, &why));
        }
        let Some(existing) = identity(target) else { return Ok(()) };
        let is_target = |file: &Path| identity(file) == Some(existing);
        if let Some(read) = self.read.iter().find(|file| is_target(file)) {
            return Err(refused(read, "is read by this command and cannot be its output"));
        }
        match self.owned.iter().find(|(file, _)| is_target(file)) {
            Some((file, what)) => {
                Err(refused(file, &format!("is your {what}, which this command does not replace")))
            }
            None => Ok(()),
        }
    }
}

/// The device and number of a regular file; pipes and devices cannot be replaced.
fn identity(path: &Path) -> Option<(u64, u64)> {
    let metadata = if path == Path::new("-") { stdin_metadata() } else { fs::metadata(path) };
    metadata.ok().filter(Metadata::is_file).map(|file| (file.dev(), file.ino()))
}

fn stdin_metadata() -> io::Result<Metadata> {
    File::from(io::stdin().as_fd().try_clone_to_owned()?).metadata()
}

fn refused(path: &Path, why: &str) -> Failure {
    Failure::usage(format!("`{}` {why}", name(path))).hint("name another file with `-o`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_packed_or_owned_is_refused_under_every_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["read", "own", "other"] {
            fs::write(at(name), name).unwrap();
        }
        fs::create_dir(at("play")).unwrap();
        fs::hard_link(at("read"), at("link")).unwrap();
        std::os::unix::fs::symlink(at("own"), at("symlink")).unwrap();
        let mut protected = Protected::default();
        protected
            .add_inputs([at("read"), at("absent")])
            .add_owned(&at("own"), "identity")
            .add_packed(&at("play"));
        for (target, why) in [
            ("read", "is read by this command"),
            ("link", "is read by this command"),
            ("play/../own", "is your identity"),
            ("symlink", "is your identity"),
            ("play/new", "which is packed"),
        ] {
            let failure = protected.check(&at(target)).unwrap_err();
            assert!(failure.message.contains(why), "{target}: {failure:?}");
        }
        for target in ["other", "absent", "new"] {
            assert_eq!(protected.check(&at(target)), Ok(()), "{target}");
        }
        let released = protected.release(&at("own"), &["section"]);
        assert!(released.check(&at("own")).is_err(), "it is an identity");
        assert_eq!(released.release(&at("own"), &["identity"]).check(&at("own")), Ok(()));
    }
}
