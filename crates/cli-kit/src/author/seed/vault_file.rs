//! The vault as a file in a persona's folder: opened by whoever may, changed under a lock, replaced by one rename.

use std::io::Write as _;
use std::marker::PhantomData;
use std::path::Path;

use seed_vault::{Refused, SEALED_LIMIT, Vault};

use super::super::Authored;
use super::arguments::LockMeOut;
use super::keys::{Opener, Turnover};
use crate::age_keys::PASSPHRASE;
use crate::exit::ExitCode;
use crate::failure::{Doing as _, DoingIo as _, Failure};
use crate::input;
use crate::lock::lock;
use crate::output::{Output, Visibility};
use crate::owner::Owner;
use crate::persona::PersonaFile;
use crate::prompt::PassphraseSource;
use crate::report::Report;

/// One persona's vault, not opened yet.
pub(super) struct VaultFile<'a, K> {
    pub folder: &'a Path,
    pub persona: &'a PersonaFile,
    pub passphrases: &'a PassphraseSource,
    pub report: &'a Report,
    pub kind: PhantomData<K>,
}

/// What may happen to a vault.
pub(super) struct Change {
    /// Whether a vault that is not there is made.
    pub makes: bool,
    /// Whether those who can open it may become others.
    pub rekeys: bool,
    pub danger: LockMeOut,
}

/// What has happened to it.
pub(super) struct Changed<T> {
    pub value: T,
    /// There was none before.
    pub made: bool,
    /// To whom it is encrypted now.
    pub recipients: Vec<String>,
    /// Who is no longer among them, and who is new.
    pub turnover: Turnover,
}

/// A vault, and the file that it was read from.
struct Found<K> {
    sealed: Vec<u8>,
    vault: Vault<K>,
}

impl<K: Authored> Default for Found<K> {
    fn default() -> Self {
        Self { sealed: Vec::new(), vault: Vault::default() }
    }
}

impl<K: Authored> VaultFile<'_, K> {
    pub fn path(&self) -> &Path {
        &self.persona.seeds.vault
    }

    /// A command of `seed`, as it is typed from where the user is.
    pub fn command(&self, verb: &str, volume: &str) -> String {
        self.bare_command(&format!("{verb} {volume}"))
    }

    /// The same without a volume.
    pub fn bare_command(&self, verb: &str) -> String {
        let folder = if self.folder == Path::new(".") {
            String::new()
        } else {
            format!(" -C {}", self.folder.display())
        };
        format!("`{} seed {verb}{folder}`", K::PERSONA.name())
    }

    /// Opens the vault to look into it. None where there is no vault. Needs no lock: what has the name is whole.
    pub fn look(&self) -> Result<Option<Vault<K>>, Failure> {
        self.sealed()?.map(|sealed| self.open(&sealed, &mut Opener::default())).transpose()
    }

    /// Changes the vault; success means that the new one is on disk, under its name, for all recipients.
    pub fn change<T>(
        &self,
        how: &Change,
        act: impl FnOnce(&mut Vault<K>) -> Result<T, Failure>,
    ) -> Result<Changed<T>, Failure> {
        let mut opener = Opener::default();
        // nobody else should wait while somebody types a passphrase, or looks for a key
        let earlier = self.found(how, &mut opener, None)?;
        self.prepare(how, earlier.as_ref().map(|it| (&*it.sealed, &it.vault)), &mut opener)?;
        let _lock = lock(self.path(), self.report)?;
        let found = self.found(how, &mut opener, earlier)?;
        let made = found.is_none();
        let Found { sealed: before, mut vault } = found.unwrap_or_default();
        let value = act(&mut vault)?;
        let old = std::mem::take(&mut vault.recipients);
        let recipients = self.recipients(how, &old, made, &mut opener)?;
        vault.recipients.clone_from(&recipients.names);
        let turnover = Turnover::between(&old, &recipients.names);
        let mut sealed = Vec::new();
        vault.seal(&recipients.keys(), &mut sealed).doing(|| self.cannot("write"))?;
        if !(how.danger.danger_lock_me_out || recipients.names == [PASSPHRASE]) {
            self.read_back(&vault, &sealed, &mut opener, made || turnover.is_any())?;
        }
        let mut output = Output::rewrite(self.path(), !made, Visibility::Secret)?;
        self.keep_owner(&output)?;
        output.write_all(&sealed).doing_io("write", self.path())?;
        output.commit_if(|| self.is_still(if made { None } else { Some(&before) }))?;
        Ok(Changed { value, made, recipients: recipients.names, turnover })
    }

    /// The vault as it is now; None where there is none, and one may be made.
    fn found(
        &self,
        how: &Change,
        opener: &mut Opener,
        earlier: Option<Found<K>>,
    ) -> Result<Option<Found<K>>, Failure> {
        let Some(sealed) = self.sealed()? else {
            return if how.makes { self.folder_is_there().map(|()| None) } else { Err(self.missing()) };
        };
        if let Some(earlier) = earlier.filter(|earlier| earlier.sealed == sealed) {
            return Ok(Some(earlier));
        }
        let vault = self.open(&sealed, opener)?;
        Ok(Some(Found { sealed, vault }))
    }

    /// A lock that was removed keeps nobody out, nor does any lock keep out `mv`, `git` or an editor.
    fn is_still(&self, before: Option<&[u8]>) -> Result<(), Failure> {
        if self.sealed()?.as_deref() == before {
            return Ok(());
        }
        let message = format!("{}: it was changed by something else meanwhile", self.cannot("write"));
        Err(Failure::new(ExitCode::CouldNot, message).hint("nothing was written; run it again"))
    }

    /// Mode 0600 means its owner, who is not always whoever runs this: `sudo`.
    fn keep_owner(&self, output: &Output) -> Result<(), Failure> {
        let Some(owner) = Owner::of(self.path()) else { return Ok(()) };
        output.give_to(owner.user, owner.group).map_err(|error| {
            let context =
                format!("{}: it belongs to somebody else (user {})", self.cannot("write"), owner.user);
            Failure::from_io(&context, &error)
                .hint(format!("run it as its owner: see `ls -l {}`", self.path().display()))
        })
    }

    /// A refusal of the vault's rules, with the command that is due instead.
    pub fn refused(&self, refused: &Refused) -> Failure {
        let failure = Failure::from_advice(&self.cannot("change"), refused);
        match refused.instead() {
            Some((verb, volume)) => failure.hint(format!("run {}", self.command(verb, volume))),
            None => failure,
        }
    }

    fn folder_is_there(&self) -> Result<(), Failure> {
        let folder = self.path().parent().filter(|folder| *folder != Path::new(""));
        let Some(folder) = folder.filter(|folder| !folder.is_dir()) else { return Ok(()) };
        let vault = self.path().display();
        let folder = folder.display();
        Err(Failure::new(
            ExitCode::CouldNot,
            format!("there is no folder `{folder}` for the vault `{vault}`"),
        )
        .hint(format!("bring it back, mount it, or make it: `mkdir -p {folder}`"))
        .hint("or name another place in `persona.yaml`: `seeds: {vault: seeds.age}`"))
    }

    /// There is no vault where one is needed.
    pub fn missing(&self) -> Failure {
        if let Err(failure) = self.folder_is_there() {
            return failure;
        }
        let path = self.path().display();
        Failure::new(ExitCode::CouldNot, format!("there is no vault `{path}`"))
            .hint(format!("if there was one, bring it back: from a backup, or from `git log -- {path}`"))
            .hint(format!("if the volume is new, begin with {}", self.command("add", "VOLUME")))
    }

    pub(super) fn cannot(&self, verb: &str) -> String {
        format!("cannot {verb} the vault `{}`", self.path().display())
    }

    fn sealed(&self) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.path();
        match path.symlink_metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            // a pipe would be waited for
            _ if path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) => {
                let message = format!("{}: it is no regular file", self.cannot("open"));
                Err(Failure::new(ExitCode::CouldNot, message)
                    .hint(format!("see what it is: `ls -l {}`", path.display())))
            }
            _ => input::read_bytes(path, SEALED_LIMIT).map(Some),
        }
    }

    pub(super) fn of(&self) -> String {
        format!("the vault `{}`", self.path().display())
    }
}
