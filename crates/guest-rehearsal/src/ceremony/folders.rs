//! The folders of a ceremony, one for each persona; as root, each belongs to a separate Unix user.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use cli_kit::failure::DoingIo;
use cli_kit::output::{Output, Visibility};
use cli_kit::protected::Protected;
use cli_kit::{ExitCode, Failure};

/// The personas with sample folders.
pub const PERSONAS: [&str; 4] = ["workload-provider", "env-deployer", "contract-signer", "contract-auditor"];

/// The guest, whose folder is empty at first.
pub(super) const GUEST: &str = "guest";

/// The names of all folders of a ceremony.
pub fn names() -> impl Iterator<Item = &'static str> {
    PERSONAS.into_iter().chain([GUEST])
}

/// The folders of a ceremony.
pub struct Folders {
    path: PathBuf,
    users: Option<[User; PERSONAS.len()]>,
}

impl Folders {
    /// Copies the samples of all personas into `folder`, and makes an empty folder for the guest. As root, each persona's
    /// folder belongs to a separate user, and no other user can enter it.
    ///
    /// `force` replaces an earlier ceremony; any other content of `folder` is an error.
    pub fn make(personas: &Path, folder: &Path, force: bool) -> Result<Self, Failure> {
        for persona in PERSONAS {
            let sample = personas.join(persona);
            if !sample.is_dir() {
                return Err(Failure::new(
                    ExitCode::CouldNot,
                    format!("cannot find the sample folder `{}`", sample.display()),
                )
                .hint("name the folder that holds the samples: `guest-rehearsal ceremony personas`"));
            }
        }
        create(folder)?;
        let folder = fs_err::canonicalize(folder).doing_io("open", folder)?;
        let source = fs_err::canonicalize(personas).doing_io("open", personas)?;
        if folder.starts_with(&source) || source.starts_with(&folder) {
            return Err(Failure::usage(format!(
                "cannot use `{}` for the ceremony: it overlaps the samples in `{}`",
                folder.display(),
                source.display()
            ))
            .hint("name another folder: `-o /tmp/ceremony`"));
        }
        clear(&folder, force)?;
        for name in names() {
            create(&folder.join(name))?;
        }
        for persona in PERSONAS {
            copy(&source.join(persona), &folder.join(persona))?;
        }
        let users = free_users(&folder.join(GUEST));
        if let Some(users) = users {
            for (user, persona) in users.iter().zip(PERSONAS) {
                user.own_all(&folder.join(persona))?;
            }
            // each user must reach their folder
            let passable = Permissions::from_mode(0o711);
            fs_err::set_permissions(&folder, passable).doing_io("open", &folder)?;
        }
        Ok(Self { path: folder, users })
    }

    /// The user of a persona, if each has one.
    pub(super) fn user(&self, name: &str) -> Option<User> {
        let at = PERSONAS.iter().position(|known| *known == name)?;
        self.users?.get(at).copied()
    }

    /// The folder that contains them all.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of a persona.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Reads a file.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let path = self.path.join(name);
        fs_err::read(&path).doing_io("read", &path)
    }

    /// The host name for the syslog server's certificate. `check` parses the file properly later.
    pub(super) fn syslog_hostname(&self) -> Result<String, Failure> {
        let text = self.read("env-deployer/env.yaml")?;
        let text = String::from_utf8_lossy(&text);
        let named = text.lines().find_map(|line| line.trim().strip_prefix("hostname:"));
        let name = named.and_then(|rest| rest.split('#').next()).unwrap_or_default();
        let name = name.trim().trim_matches(['"', '\'']);
        if name.is_empty() {
            return Err(Failure::new(
                ExitCode::Rejected,
                "no `logging.syslog.hostname` in `env-deployer/env.yaml`",
            )
            .hint("add the syslog server: `hostname: rsyslog.paynow.example`"));
        }
        Ok(name.to_owned())
    }

    /// Replaces a text in a file.
    pub(super) fn edit(&self, name: &str, from: &str, to: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        let text = String::from_utf8_lossy(&self.read(name)?).into_owned();
        if !text.contains(from) {
            return Err(Failure::new(
                ExitCode::Rejected,
                format!("cannot edit `{}`: it has no `{from}`", path.display()),
            )
            .hint("use the sample folders of the project"));
        }
        let mut output = Output::create_unprotected(&path, true, Visibility::Public)?;
        output.write_all(text.replacen(from, to, 1).as_bytes()).doing_io("write", &path)?;
        output.commit()?;
        self.owned(name)
    }

    /// Gives a file to the user of its folder.
    pub(super) fn owned(&self, name: &str) -> Result<(), Failure> {
        let whose = name.split('/').next().unwrap_or_default();
        self.user(whose).map_or(Ok(()), |user| user.own(&self.path.join(name)))
    }

    /// Writes a file, and gives it to the user of its folder.
    pub(super) fn put(&self, name: &str, bytes: &[u8], visibility: Visibility) -> Result<(), Failure> {
        write(&self.path.join(name), bytes, visibility)?;
        self.owned(name)
    }
}

/// Whether a file is made by commands, and so is not copied: keys, certificates and seeds of an earlier run by hand. The same
/// list as `personas/.gitignore`.
fn is_made(name: &str) -> bool {
    [".pem", ".crt", ".age", ".pub", ".seed", ".handoff", ".token"]
        .iter()
        .any(|suffix| name.ends_with(suffix))
        || name.starts_with('.') && [".pem.", ".age."].iter().any(|inside| name.contains(inside))
        || matches!(
            name,
            "id_ed25519"
                | "allowed_signers"
                | "passphrase"
                | "user-data"
                | "user-data.record.json"
                | "se-checksums.txt"
                | "se-checksums.txt.enc"
                | "se-signature.bin"
                | "ciiso.iso"
                | "report.html"
        )
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    for entry in fs_err::read_dir(from).doing_io("read", from)? {
        let entry = entry.doing_io("read", from)?;
        let name = entry.file_name();
        if is_made(&name.to_string_lossy()) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(&name));
        // links are followed: a sample folder may consist of links
        if source.is_dir() {
            create(&target)?;
            copy(&source, &target)?;
        } else {
            let bytes = fs_err::read(&source).doing_io("read", &source)?;
            write(&target, &bytes, Visibility::Public)?;
        }
    }
    Ok(())
}

fn clear(folder: &Path, force: bool) -> Result<(), Failure> {
    for entry in fs_err::read_dir(folder).doing_io("read", folder)? {
        let entry = entry.doing_io("read", folder)?;
        let ours = names().any(|name| entry.file_name() == name);
        if !(force && ours && entry.path().is_dir()) {
            let failure = Failure::new(
                ExitCode::CouldNot,
                format!(
                    "cannot use `{}` for the ceremony: it is not empty, it contains `{}`",
                    folder.display(),
                    entry.file_name().display()
                ),
            );
            let failure = failure.hint("name a new folder with `-o`");
            return Err(if ours {
                failure.hint("or replace an earlier ceremony with `--force`")
            } else {
                failure
            });
        }
    }
    for name in names() {
        let old = folder.join(name);
        if old.exists() {
            fs_err::remove_dir_all(&old).doing_io("replace", &old)?;
        }
    }
    Ok(())
}

/// Makes a folder that only its owner can enter, and its parents.
pub fn create(folder: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).doing_io("make", folder)
}

fn write(path: &Path, bytes: &[u8], visibility: Visibility) -> Result<(), Failure> {
    let mut output = Output::create(path, false, visibility, &Protected::default())?;
    output.write_all(bytes).doing_io("write", path)?;
    output.commit()
}

/// The first number to try: no distribution uses these for accounts by default.
const FIRST: u32 = 59_001;

/// The number of a user and a group without an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct User(pub u32);

impl User {
    /// Makes this user the owner of a file or folder.
    fn own(self, path: &Path) -> Result<(), Failure> {
        chown(path, Some(self.0), Some(self.0)).doing_io("give away", path)
    }

    /// Makes this user the owner of a folder and its content.
    fn own_all(self, folder: &Path) -> Result<(), Failure> {
        self.own(folder)?;
        for entry in fs_err::read_dir(folder).doing_io("read", folder)? {
            let path = entry.doing_io("read", folder)?.path();
            if path.is_dir() { self.own_all(&path)? } else { self.own(&path)? }
        }
        Ok(())
    }
}

/// Users without an account, if they can own `folder`: that needs root, and a file system with owners.
fn free_users<const N: usize>(folder: &Path) -> Option<[User; N]> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let accounts = fs_err::read_to_string("/etc/passwd").unwrap_or_default();
    let taken: Vec<_> = accounts.lines().filter_map(|line| line.split(':').nth(2)?.parse().ok()).collect();
    let mut numbers = (FIRST..).filter(|number| !taken.contains(number)).map(User);
    let users: Vec<_> = numbers.by_ref().take(N).collect();
    let users: [User; N] = users.try_into().ok()?;
    // a container may map only a few users
    let possible = users.iter().all(|user| user.own(folder).is_ok()) && User(0).own(folder).is_ok();
    possible.then_some(users)
}

#[cfg(test)]
mod tests;
