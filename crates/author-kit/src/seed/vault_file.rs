//! The vault as a file in a persona's folder: opened by those who may, changed under a lock, replaced by one rename.
//! Only `rekey` changes who can open it.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write as _;
use std::marker::PhantomData;
use std::path::Path;

use cli_kit::age_keys::{Identities, PASSPHRASE, Recipients};
use cli_kit::failure::DoingIo as _;
use cli_kit::lock::lock;
use cli_kit::output::{Output, Visibility};
use cli_kit::owner::Owner;
use cli_kit::persona::AuthorFolder;
use cli_kit::prompt::{Passphrase, PassphraseSource};
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::age_file::{AgeError, asks_for_passphrase};
use seed_vault::{Refused, SEALED_LIMIT, Vault, VaultError};

use super::arguments::LockMeOut;
use crate::Authored;

/// A persona's vault, not opened yet.
pub struct VaultFile<'a, K> {
    pub folder: &'a Path,
    pub persona: &'a AuthorFolder,
    pub passphrases: &'a PassphraseSource,
    pub report: &'a Report,
    pub kind: PhantomData<K>,
}

/// How a vault may change.
pub struct Change {
    /// Whether a missing vault is made.
    pub makes: bool,
    /// Whether its recipients may change.
    pub rekeys: bool,
    pub danger: LockMeOut,
}

/// A vault that was changed.
pub struct Changed<T> {
    pub value: T,
    /// Whether there was none before.
    pub made: bool,
    /// The recipients now.
    pub recipients: Vec<String>,
    /// The recipients that were dropped and added.
    pub turnover: Turnover,
}

/// What opens the vault; asked for once.
#[derive(Default)]
pub struct Opener {
    identities: Option<Identities>,
    passphrase: Option<Passphrase>,
    new_passphrase: Option<Passphrase>,
}

impl Opener {
    fn identities<K: Authored>(&mut self, file: &VaultFile<K>) -> Result<&Identities, Failure> {
        if self.identities.is_none() {
            self.identities = Some(file.read_identities()?);
        }
        Ok(self.identities.get_or_insert_default())
    }
}

/// Recipients that are dropped and added.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Turnover {
    pub dropped: Vec<String>,
    pub added: Vec<String>,
}

impl Turnover {
    /// Order and repetition do not matter.
    pub fn between(old: &[String], new: &[String]) -> Self {
        let [old, new] = [old, new].map(|names| names.iter().collect::<BTreeSet<_>>());
        let less = |one: &BTreeSet<&String>, other| one.difference(other).copied().cloned().collect();
        Self { dropped: less(&old, &new), added: less(&new, &old) }
    }

    pub fn is_any(&self) -> bool {
        !(self.dropped.is_empty() && self.added.is_empty())
    }
}

impl fmt::Display for Turnover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dropped, added } = self;
        if !dropped.is_empty() {
            write!(f, "would drop {}", dropped.join(", "))?;
        }
        if !added.is_empty() {
            let and = if dropped.is_empty() { "" } else { ", and " };
            write!(f, "{and}would add {}", added.join(", "))?;
        }
        Ok(())
    }
}

/// A vault, and the file that it was read from.
struct Stored<K> {
    sealed: Vec<u8>,
    vault: Vault<K>,
}

impl<K: Authored> Default for Stored<K> {
    fn default() -> Self {
        Self { sealed: Vec::new(), vault: Vault::default() }
    }
}

impl<K: Authored> VaultFile<'_, K> {
    pub fn path(&self) -> &Path {
        &self.persona.seeds.vault
    }

    /// A command of `seed`, as it is typed in the current folder.
    pub fn command(&self, verb: &str, volume: &str) -> String {
        self.bare_command(&format!("{verb} {volume}"))
    }

    /// The same, without a volume.
    pub fn bare_command(&self, verb: &str) -> String {
        let folder = if self.folder == Path::new(".") {
            String::new()
        } else {
            format!(" -C {}", self.folder.display())
        };
        format!("`{} seed {verb}{folder}`", K::PERSONA.name())
    }

    /// Opens the vault; `None` if there is none. It needs no lock: a file under this name is always complete.
    pub fn look(&self) -> Result<Option<Vault<K>>, Failure> {
        self.sealed()?.map(|sealed| self.open(&sealed, &mut Opener::default())).transpose()
    }

    /// Changes the vault. On success the new one is on disk, under its name, for all recipients.
    pub fn change<T>(
        &self,
        how: &Change,
        act: impl FnOnce(&mut Vault<K>) -> Result<T, Failure>,
    ) -> Result<Changed<T>, Failure> {
        let mut opener = Opener::default();
        // asked before the lock, so that no other run waits for a passphrase that is typed
        let earlier = self.stored(how, &mut opener, None)?;
        self.prepare(how, earlier.as_ref().map(|stored| &stored.vault), &mut opener)?;
        let _lock = lock(self.path(), self.report)?;
        let stored = self.stored(how, &mut opener, earlier)?;
        let made = stored.is_none();
        let Stored { sealed: before, mut vault } = stored.unwrap_or_default();
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
        let mut output = Output::create_unprotected(self.path(), !made, Visibility::Secret)?;
        self.keep_owner(&output)?;
        output.write_all(&sealed).doing_io("write", self.path())?;
        output.commit_if(|| self.check_unchanged(if made { None } else { Some(&before) }))?;
        Ok(Changed { value, made, recipients: recipients.names, turnover })
    }

    /// The vault as it is now; `None` if one may be made.
    fn stored(
        &self,
        how: &Change,
        opener: &mut Opener,
        earlier: Option<Stored<K>>,
    ) -> Result<Option<Stored<K>>, Failure> {
        let Some(sealed) = self.sealed()? else {
            return if how.makes { self.check_folder().map(|()| None) } else { Err(self.missing()) };
        };
        if let Some(earlier) = earlier.filter(|earlier| earlier.sealed == sealed) {
            return Ok(Some(earlier));
        }
        let vault = self.open(&sealed, opener)?;
        Ok(Some(Stored { sealed, vault }))
    }

    /// Refuses a vault that changed meanwhile: no lock keeps out `mv`, `git` or an editor.
    fn check_unchanged(&self, before: Option<&[u8]>) -> Result<(), Failure> {
        if self.sealed()?.as_deref() == before {
            return Ok(());
        }
        let message = format!("{}: it was changed by something else meanwhile", self.cannot("write"));
        Err(Failure::new(ExitCode::CouldNot, message).hint("nothing was written; run it again"))
    }

    /// Keeps the owner, who may be another user than the one who runs this: `sudo`.
    fn keep_owner(&self, output: &Output) -> Result<(), Failure> {
        let Some(owner) = Owner::of_file(self.path()) else { return Ok(()) };
        output.give_to(owner.user, owner.group).map_err(|error| {
            let context =
                format!("{}: it belongs to somebody else (user {})", self.cannot("write"), owner.user);
            Failure::from_io(&context, &error)
                .hint(format!("run it as its owner: see `ls -l {}`", self.path().display()))
        })
    }

    /// A refusal by the vault's rules, with the command that does what is needed.
    pub fn refused(&self, refused: &Refused) -> Failure {
        let failure = Failure::from_advice(&self.cannot("change"), refused);
        match refused.instead() {
            Some((verb, volume)) => failure.hint(format!("run {}", self.command(verb, volume))),
            None => failure,
        }
    }

    fn check_folder(&self) -> Result<(), Failure> {
        let folder = self.path().parent().filter(|folder| *folder != Path::new(""));
        let Some(folder) = folder.filter(|folder| !folder.is_dir()) else { return Ok(()) };
        let vault = self.path().display();
        let folder = folder.display();
        Err(Failure::new(
            ExitCode::CouldNot,
            format!("there is no folder `{folder}` for the vault `{vault}`"),
        )
        .hint(format!("restore it, mount it, or make it: `mkdir -p {folder}`"))
        .hint("or name another place in `persona.yaml`: `seeds: {vault: seeds.age}`"))
    }

    /// There is no vault where one is needed.
    pub fn missing(&self) -> Failure {
        if let Err(failure) = self.check_folder() {
            return failure;
        }
        let path = self.path().display();
        Failure::new(ExitCode::CouldNot, format!("there is no vault `{path}`"))
            .hint(format!("if there was one, restore it: from a backup, or from `git log -- {path}`"))
            .hint(format!("if the volume is new, begin with {}", self.command("add", "VOLUME")))
    }

    pub fn cannot(&self, verb: &str) -> String {
        format!("cannot {verb} the vault `{}`", self.path().display())
    }

    fn sealed(&self) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.path();
        match path.symlink_metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            // opening a pipe would wait for its writer
            _ if path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) => {
                let message = format!("{}: it is no regular file", self.cannot("open"));
                Err(Failure::new(ExitCode::CouldNot, message)
                    .hint(format!("check what it is: `ls -l {}`", path.display())))
            }
            _ => input::read_bytes(path, SEALED_LIMIT).map(Some),
        }
    }

    fn name(&self) -> String {
        format!("the vault `{}`", self.path().display())
    }

    /// Asks for everything that will be needed, and refuses what can be refused already.
    pub fn prepare(
        &self,
        how: &Change,
        vault: Option<&Vault<K>>,
        opener: &mut Opener,
    ) -> Result<(), Failure> {
        let old = vault.map(|vault| &*vault.recipients).unwrap_or_default();
        let recipients = self.recipients(how, old, vault.is_none(), opener)?;
        let reads_back = recipients.names != [PASSPHRASE] && !how.danger.danger_lock_me_out;
        if reads_back {
            opener.identities(self)?;
        }
        Ok(())
    }

    pub fn open(&self, sealed: &[u8], opener: &mut Opener) -> Result<Vault<K>, Failure> {
        let cannot = || self.cannot("open");
        if !asks_for_passphrase(sealed) {
            return Vault::open(sealed, &opener.identities(self)?.keys()).doing(cannot);
        }
        let name = self.name();
        let passphrase = match &opener.passphrase {
            Some(passphrase) => passphrase.clone(),
            None => self.passphrases.passphrase(&name)?,
        };
        let identities = Identities::from_passphrase(passphrase.clone(), &name)?;
        opener.passphrase = Some(passphrase);
        Vault::open(sealed, &identities.keys()).doing(cannot)
    }

    fn read_identities(&self) -> Result<Identities, Failure> {
        let path = &self.persona.identity;
        Identities::read(path, self.passphrases).map_err(|failure| {
            if path.exists() {
                return failure;
            }
            Failure { hints: Vec::new(), ..failure }
                .hint("name yours in `persona.yaml`: `identity: FILE`")
                .hint(format!("or make one: `age-keygen -o {}`", path.display()))
        })
    }

    /// The recipients in `persona.yaml` now, which may have changed since the run began. `old` are those of the vault: none
    /// if it is new, or was edited by hand.
    pub fn recipients(
        &self,
        how: &Change,
        old: &[String],
        made: bool,
        opener: &mut Opener,
    ) -> Result<Recipients, Failure> {
        let persona = AuthorFolder::read(self.folder, K::PERSONA)?;
        if persona.seeds.vault != self.persona.seeds.vault || persona.identity != self.persona.identity {
            let message = format!("{}: `persona.yaml` was changed meanwhile", self.cannot("write"));
            return Err(Failure::new(ExitCode::CouldNot, message).hint("nothing was written; run it again"));
        }
        let mut names = persona.seeds.recipients;
        let are_named = !names.is_empty();
        if !are_named {
            names = self.own_recipients(opener)?;
        }
        let turnover = Turnover::between(old, &names);
        if !(how.rekeys || old.is_empty()) && turnover.is_any() {
            return Err(self.recipients_changed(&turnover, are_named));
        }
        let new_passphrase = || self.new_passphrase(how, made, opener);
        Recipients::read(&names, new_passphrase).map_err(|failure| Failure {
            message: format!("{}: seeds.recipients: {}", self.cannot("write"), failure.message),
            ..failure
        })
    }

    fn own_recipients(&self, opener: &mut Opener) -> Result<Vec<String>, Failure> {
        let own = &opener.identities(self)?.recipients;
        if own.is_empty() {
            let identity = self.persona.identity.display();
            return Err(Failure::new(
                ExitCode::Rejected,
                format!("{}: the identity `{identity}` does not contain its recipient", self.cannot("write")),
            )
            .hint("name it in `persona.yaml`: `seeds: {recipients: [age1…]}`"));
        }
        Ok(own.clone())
    }

    /// A line that is lost or restored in an editor must not change who can open the vault.
    fn recipients_changed(&self, turnover: &Turnover, are_named: bool) -> Failure {
        let from = if are_named {
            "the recipients in `persona.yaml`"
        } else {
            "your identity as the only recipient, none being named in `persona.yaml`,"
        };
        Failure::new(
            ExitCode::Rejected,
            format!("{}: {from} {turnover}", self.cannot("change")),
        )
        .hint(format!("if that is meant: {}", self.bare_command("rekey")))
        .hint("if not, fix `seeds.recipients` in `persona.yaml`: `seed list --json` shows those of the vault")
    }

    fn new_passphrase(&self, how: &Change, made: bool, opener: &mut Opener) -> Result<Passphrase, Failure> {
        if let Some(passphrase) = opener.passphrase.clone().filter(|_| !how.rekeys) {
            return Ok(passphrase);
        }
        if let Some(passphrase) = &opener.new_passphrase {
            return Ok(passphrase.clone());
        }
        // the source has one line, which is the old passphrase or the identity's
        if how.rekeys && !made && self.passphrases.is_given() {
            return Err(Failure::usage(format!(
                "{}: a new passphrase cannot come from where the old one comes from",
                self.cannot("rekey")
            ))
            .hint("run it on a terminal, without `--passphrase-file` and `--passphrase-fd`")
            .hint("or name recipients that are keys in `persona.yaml`, and protect the identity: `age -p`"));
        }
        Ok(opener
            .new_passphrase
            .insert(self.passphrases.new_passphrase(&self.name(), how.danger.weak)?)
            .clone())
    }

    /// Proves that the persona can open the new vault. A plugin may ask for a touch each time, so it is asked only if the
    /// recipients are new.
    pub fn read_back(
        &self,
        vault: &Vault<K>,
        sealed: &[u8],
        opener: &mut Opener,
        new_recipients: bool,
    ) -> Result<(), Failure> {
        let identities = opener.identities(self)?;
        if identities.recipients.is_empty() && !new_recipients {
            return Ok(());
        }
        match Vault::<K>::open(sealed, &identities.keys()) {
            Ok(read) if read.volumes().eq(vault.volumes()) => Ok(()),
            Ok(_) => Err(Failure::new(
                ExitCode::CouldNot,
                format!("{}: it does not read back", self.cannot("write")),
            )
            .hint("the old one is unchanged; please report this")),
            Err(VaultError::Age(AgeError::NoIdentity)) => Err(self.locked_out(identities)),
            Err(error) => Err(Failure::from_advice(&self.cannot("write"), &error)),
        }
    }

    fn locked_out(&self, identities: &Identities) -> Failure {
        let identity = self.persona.identity.display();
        let own = identities.recipients.first().map_or("age1…", |own| own);
        Failure::new(
            ExitCode::Rejected,
            format!(
                "{}: none of its recipients is your own identity `{identity}`: you could not open it again",
                self.cannot("write")
            ),
        )
        .hint(format!("add yours to `seeds.recipients` in `persona.yaml`: `{own}`"))
        .hint("to give the vault away all the same, add `--danger-lock-me-out`")
    }
}

/// Recipients in a sentence.
pub struct RecipientList<'a>(pub &'a [String]);

impl fmt::Display for RecipientList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [word] if word == PASSPHRASE => f.write_str("a passphrase"),
            names => f.write_str(&names.join(", ")),
        }
    }
}
