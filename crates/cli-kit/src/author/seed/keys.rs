//! Who opens a vault, and who will: only `rekey` lets them become others.

use std::collections::BTreeSet;
use std::fmt;

use contract_core::age_file::{AgeError, asks_for_passphrase};
use seed_vault::{Vault, VaultError};

use super::super::Authored;
use super::vault_file::{Change, VaultFile};
use crate::age_keys::{Identities, PASSPHRASE, Recipients};
use crate::exit::ExitCode;
use crate::failure::{Doing as _, Failure};
use crate::persona::PersonaFile;
use crate::prompt::Passphrase;

/// What has opened the vault, or will. Asked for once.
#[derive(Default)]
pub(super) struct Opener {
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

/// Who goes and who comes, as they are named.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Turnover {
    pub dropped: Vec<String>,
    pub added: Vec<String>,
}

impl Turnover {
    /// Order and repetition say nothing.
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

impl<K: Authored> VaultFile<'_, K> {
    /// Asks for all that will be needed, and refuses what can be refused by now.
    pub fn prepare(
        &self,
        how: &Change,
        vault: Option<(&[u8], &Vault<K>)>,
        opener: &mut Opener,
    ) -> Result<(), Failure> {
        let old = vault.map(|(_, vault)| &*vault.recipients).unwrap_or_default();
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
        let of = self.of();
        let passphrase = match &opener.passphrase {
            Some(passphrase) => passphrase.clone(),
            None => self.passphrases.passphrase(&of)?,
        };
        let identities = Identities::of_passphrase(passphrase.clone(), &of)?;
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

    /// Those whom `persona.yaml` names at this moment: it may be another one than when the run began. `old` are those of
    /// the vault, none where it is new, or was mended by hand and does not tell.
    pub fn recipients(
        &self,
        how: &Change,
        old: &[String],
        made: bool,
        opener: &mut Opener,
    ) -> Result<Recipients, Failure> {
        let persona = PersonaFile::read(self.folder, K::PERSONA)?;
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
            return Err(self.not_agreed(&turnover, are_named));
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
                format!("{}: the identity `{identity}` does not tell its recipient", self.cannot("write")),
            )
            .hint("name it in `persona.yaml`: `seeds: {recipients: [age1…]}`"));
        }
        Ok(own.clone())
    }

    /// A line that got lost in an editor must not lock the escrow officer out, nor one that came back let somebody in.
    fn not_agreed(&self, turnover: &Turnover, are_named: bool) -> Failure {
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
        .hint("if not, mend `seeds.recipients` in `persona.yaml`: `seed list --json` shows those of the vault")
    }

    fn new_passphrase(&self, how: &Change, made: bool, opener: &mut Opener) -> Result<Passphrase, Failure> {
        if let Some(passphrase) = opener.passphrase.clone().filter(|_| !how.rekeys) {
            return Ok(passphrase);
        }
        if let Some(passphrase) = &opener.new_passphrase {
            return Ok(passphrase.clone());
        }
        // one source has one line: it would be the old passphrase, or the identity's, once more
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
            .insert(self.passphrases.new_passphrase(&self.of(), how.danger.weak)?)
            .clone())
    }

    /// Proves that the persona can open what is about to take the vault's place. A plugin may want a finger on its key
    /// each time, so it is asked only where the recipients are new.
    pub fn read_back(
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
