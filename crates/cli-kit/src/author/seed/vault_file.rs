//! The vault as a file in a persona's folder: opened by whoever may, changed under a lock, replaced by one rename.

use std::fmt;
use std::io::Write as _;
use std::marker::PhantomData;
use std::path::Path;

use contract_core::age_file::{AgeError, asks_for_passphrase};
use contract_core::seed::vault::{Refused, SEALED_LIMIT, Vault, VaultError};

use super::super::Authored;
use super::arguments::LockMeOut;
use crate::age_keys::{Identities, PASSPHRASE, Recipients};
use crate::exit::ExitCode;
use crate::failure::{Doing as _, DoingIo as _, Failure};
use crate::input;
use crate::lock::lock;
use crate::output::{Output, Visibility};
use crate::persona::PersonaFile;
use crate::prompt::{Passphrase, PassphraseSource};
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
    /// Whether a passphrase that opens the vault may be replaced by another one.
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
    /// They are others than before.
    pub rekeyed: bool,
}

/// What has opened the vault, or will. Asked for once.
#[derive(Default)]
struct Opener {
    identities: Option<Identities>,
    passphrase: Option<Passphrase>,
}

impl Opener {
    fn identities<K: Authored>(&mut self, file: &VaultFile<K>) -> Result<&Identities, Failure> {
        if self.identities.is_none() {
            self.identities = Some(file.read_identities()?);
        }
        Ok(self.identities.get_or_insert_default())
    }
}

impl<K: Authored> VaultFile<'_, K> {
    pub fn path(&self) -> &Path {
        &self.persona.seeds.vault
    }

    /// A command of `seed`, as it is typed from where the user is.
    pub fn command(&self, verb: &str, volume: &str) -> String {
        let folder = if self.folder == Path::new(".") {
            String::new()
        } else {
            format!(" -C {}", self.folder.display())
        };
        format!("`{} seed {verb} {volume}{folder}`", K::PERSONA.name())
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
        if !how.makes && self.sealed()?.is_none() {
            return Err(self.missing());
        }
        let mut opener = Opener::default();
        // nobody else should wait while somebody types the passphrase of an identity
        if self.needs_identity(how)? {
            opener.identities(self)?;
        }
        let _lock = lock(self.path(), self.report)?;
        let (mut vault, made) = match self.sealed()? {
            Some(sealed) => (self.open(&sealed, &mut opener)?, false),
            None if how.makes => (Vault::default(), true),
            None => return Err(self.missing()),
        };
        let value = act(&mut vault)?;
        let recipients = self.recipients(&mut opener, how)?;
        let rekeyed = vault.recipients != recipients.names;
        vault.recipients.clone_from(&recipients.names);
        let mut sealed = Vec::new();
        vault.seal(&recipients.keys(), &mut sealed).doing(|| self.cannot("write"))?;
        if !(how.danger.danger_lock_me_out || recipients.names == [PASSPHRASE]) {
            self.read_back(&vault, &sealed, &mut opener, made || rekeyed)?;
        }
        let mut output = Output::rewrite(self.path(), !made, Visibility::Secret)?;
        output.write_all(&sealed).doing_io("write", self.path())?;
        output.commit()?;
        Ok(Changed { value, made, recipients: recipients.names, rekeyed })
    }

    /// A refusal of the vault's rules, with the command that is due instead.
    pub fn refused(&self, refused: &Refused) -> Failure {
        let failure = Failure::from_advice(&self.cannot("change"), refused);
        match refused.instead() {
            Some((verb, volume)) => failure.hint(format!("run {}", self.command(verb, volume))),
            None => failure,
        }
    }

    /// There is no vault where one is needed.
    pub fn missing(&self) -> Failure {
        let path = self.path().display();
        Failure::new(ExitCode::CouldNot, format!("there is no vault `{path}`"))
            .hint(format!("if there was one, bring it back: from a backup, or from `git log -- {path}`"))
            .hint(format!("if the volume is new, begin with {}", self.command("add", "VOLUME")))
    }

    fn cannot(&self, verb: &str) -> String {
        format!("cannot {verb} the vault `{}`", self.path().display())
    }

    fn sealed(&self) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.path();
        match path.symlink_metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            _ => input::read_bytes(path, SEALED_LIMIT).map(Some),
        }
    }

    /// Whoever opens by passphrase needs no identity, nor does who makes a vault for others alone.
    fn needs_identity(&self, how: &Change) -> Result<bool, Failure> {
        let named = &self.persona.seeds.recipients;
        Ok(match self.sealed()? {
            Some(sealed) => !asks_for_passphrase(&sealed),
            None => named.is_empty() || *named != [PASSPHRASE] && !how.danger.danger_lock_me_out,
        })
    }

    fn open(&self, sealed: &[u8], opener: &mut Opener) -> Result<Vault<K>, Failure> {
        let cannot = || self.cannot("open");
        if !asks_for_passphrase(sealed) {
            return Vault::open(sealed, &opener.identities(self)?.keys()).doing(cannot);
        }
        let of = self.of();
        let passphrase = self.passphrases.passphrase(&of)?;
        let identities = Identities::of_passphrase(passphrase.clone(), &of)?;
        opener.passphrase = Some(passphrase);
        Vault::open(sealed, &identities.keys()).doing(cannot)
    }

    fn read_identities(&self) -> Result<Identities, Failure> {
        let path = &self.persona.identity;
        Identities::read(path, self.passphrases, self.report).map_err(|failure| {
            if path.exists() {
                return failure;
            }
            Failure { hints: Vec::new(), ..failure }
                .hint("name yours in `persona.yaml`: `identity: FILE`")
                .hint(format!("or make one: `age-keygen -o {}`", path.display()))
        })
    }

    fn recipients(&self, opener: &mut Opener, how: &Change) -> Result<Recipients, Failure> {
        let named = &self.persona.seeds.recipients;
        let kept = opener.passphrase.clone().filter(|_| !how.rekeys);
        let new_passphrase = || kept.map_or_else(|| self.passphrases.new_passphrase(&self.of()), Ok);
        if !named.is_empty() {
            return Recipients::read(named, new_passphrase).map_err(|failure| Failure {
                message: format!("{}: seeds.recipients: {}", self.cannot("write"), failure.message),
                ..failure
            });
        }
        let own = &opener.identities(self)?.recipients;
        if own.is_empty() {
            let identity = self.persona.identity.display();
            return Err(Failure::new(
                ExitCode::Rejected,
                format!("{}: the identity `{identity}` does not tell its recipient", self.cannot("write")),
            )
            .hint("name it in `persona.yaml`: `seeds: {recipients: [age1…]}`"));
        }
        Recipients::read(own, new_passphrase)
    }

    /// Proves that the persona can open what is about to take the vault's place. A plugin may want a finger on its key
    /// each time, so it is asked only where the recipients are new.
    fn read_back(
        &self,
        vault: &Vault<K>,
        sealed: &[u8],
        opener: &mut Opener,
        others: bool,
    ) -> Result<(), Failure> {
        let identities = opener.identities(self)?;
        if identities.recipients.is_empty() && !others {
            return Ok(());
        }
        match Vault::<K>::open(sealed, &identities.keys()) {
            Ok(read) if read.volumes().eq(vault.volumes()) => Ok(()),
            Ok(_) => Err(Failure::new(
                ExitCode::CouldNot,
                format!("{}: it does not read back", self.cannot("write")),
            )
            .hint("the old one is untouched; please report this")),
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

    fn of(&self) -> String {
        format!("the vault `{}`", self.path().display())
    }
}

/// Names recipients in a sentence.
pub(super) struct To<'a>(pub &'a [String]);

impl fmt::Display for To<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [word] if word == PASSPHRASE => f.write_str("whoever knows the passphrase"),
            names => f.write_str(&names.join(", ")),
        }
    }
}
