//! `seed add`, `roll`, `settle` and `rekey`.

use std::marker::PhantomData;

use contract_pki::random::SystemRandomness;
use seed_vault::{Entry, Refused, Vault};
use serde::Serialize;

use super::arguments::{SeedChange, SeedFolder, SeedRekey};
use super::vault_file::{Change, Changed, To, Turnover, VaultFile};
use super::volume;
use crate::Authored;
use cli_kit::clock;
use cli_kit::failure::Failure;
use cli_kit::persona::AuthorFolder;
use cli_kit::report::Report;

/// What a change has come to; never a seed.
#[derive(Serialize)]
pub(super) struct Done {
    vault: String,
    volume: String,
    generation: u64,
    rolling: bool,
    /// Whether there was no vault before.
    made: bool,
    recipients: Vec<String>,
}

/// Runs with the vault of a folder.
pub(super) fn with_vault<K: Authored, T>(
    arguments: &SeedFolder,
    report: &Report,
    run: impl FnOnce(&VaultFile<K>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let persona = AuthorFolder::read(&arguments.folder, K::PERSONA)?;
    run(&VaultFile {
        folder: &arguments.folder,
        persona: &persona,
        passphrases: &arguments.passphrases,
        report,
        kind: PhantomData,
    })
}

/// Which volumes are meant where none is named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fits {
    All,
    WithoutSeed,
}

/// Changes one volume, and tells of it: what was done, then what to do next.
pub(super) fn change_volume<K: Authored>(
    file: &VaultFile<K>,
    arguments: &SeedChange,
    (makes, fits): (bool, Fits),
    act: impl FnOnce(&mut Vault<K>, &str) -> Result<Entry, Refused>,
    said: impl FnOnce(&str, &Entry) -> Vec<String>,
) -> Result<(), Failure> {
    let how = Change { makes, rekeys: false, danger: arguments.danger };
    let changed = file.change(&how, |vault| {
        let fits = |name: &str| fits == Fits::All || vault.volume(name).is_none();
        let volume = volume::chosen::<K>(arguments.volume.as_deref(), file.folder, fits)?;
        let entry = act(vault, &volume).map_err(|refused| file.refused(&refused))?;
        if makes {
            volume::warn_if_unknown::<K>(&volume, file.folder, file.report);
        }
        Ok((volume, entry))
    })?;
    let report = file.report;
    let vault = file.path().display().to_string();
    let Changed { value: (volume, entry), made, recipients, turnover } = changed;
    if made {
        report.note(&format!("there was no vault `{vault}`: made a new one"));
        report.note("  if you had one before, bring it back instead: a new seed does not open an old disk");
    }
    if turnover.is_any() {
        report.note(&format!("`{vault}` is now encrypted to {}", To(&recipients)));
    }
    let mut lines = said(&volume, &entry).into_iter();
    report.success(&lines.next().unwrap_or_default());
    lines.for_each(|line| report.note(&line));
    let done = Done {
        vault,
        volume,
        generation: entry.seeds.generation,
        rolling: entry.is_rolling(),
        made,
        recipients,
    };
    report.result(&done, |_| Vec::<String>::new())
}

/// A first seed for a volume.
pub fn add<K: Authored>(arguments: &SeedChange, report: &Report) -> Result<(), Failure> {
    with_vault::<K, _>(&arguments.folder, report, |file| {
        change_volume(
            file,
            arguments,
            (true, Fits::WithoutSeed),
            |vault, volume| vault.add(volume, clock::now(), &mut SystemRandomness).cloned(),
            |volume, _| {
                let vault = file.path().display();
                vec![
                    format!("wrote `{vault}`: a new seed for the volume `{volume}`"),
                    format!("next: keep a copy of `{vault}` elsewhere: without it, the disk is lost"),
                ]
            },
        )
    })
}

/// A new seed, the old one kept beside it.
pub fn roll<K: Authored>(arguments: &SeedChange, report: &Report) -> Result<(), Failure> {
    with_vault::<K, _>(&arguments.folder, report, |file| {
        change_volume(
            file,
            arguments,
            (false, Fits::All),
            |vault, volume| vault.roll(volume, clock::now(), &mut SystemRandomness).cloned(),
            |volume, entry| {
                let generation = entry.seeds.generation;
                vec![
                    format!("rolled the volume `{volume}`: generation {generation}, the previous seed is kept beside it"),
                    "next: encrypt, hand over and boot: the guest opens the disk with the previous seed and closes it with the new one".into(),
                    format!("  only after that: {}, which throws the previous seed away", file.command("settle", volume)),
                ]
            },
        )
    })
}

/// The old seed goes.
pub fn settle<K: Authored>(arguments: &SeedChange, report: &Report) -> Result<(), Failure> {
    with_vault::<K, _>(&arguments.folder, report, |file| {
        change_volume(
            file,
            arguments,
            (false, Fits::All),
            |vault, volume| vault.settle(volume, clock::now()).cloned(),
            |volume, entry| {
                let generation = entry.seeds.generation;
                vec![
                    format!("settled the volume `{volume}` at generation {generation}: the previous seed is gone from `{}`", file.path().display()),
                    "next: encrypt and hand over, so that the section holds the new seed alone".into(),
                    "  if a guest has not booted with the new seed yet, take the vault's last copy back: nothing else opens the disk".into(),
                ]
            },
        )
    })
}

#[derive(Serialize)]
struct Rekeyed {
    vault: String,
    recipients: Vec<String>,
    /// Whether they are others than before.
    changed: bool,
    /// Those who cannot open it any more.
    dropped: Vec<String>,
    /// Those who can open it from now on.
    added: Vec<String>,
}

/// The same seeds, for those who are named now.
pub fn rekey<K: Authored>(arguments: &SeedRekey, report: &Report) -> Result<(), Failure> {
    with_vault::<K, _>(&arguments.folder, report, |file| {
        let how = Change { makes: false, rekeys: true, danger: arguments.danger };
        let changed = file.change(&how, |_| Ok(()))?;
        let vault = file.path().display().to_string();
        let to = To(&changed.recipients);
        if changed.turnover.is_any() {
            report.success(&format!("wrote `{vault}`, now encrypted to {to}"));
            if !changed.turnover.dropped.is_empty() {
                report.note(&format!("  no longer to {}", To(&changed.turnover.dropped)));
            }
            report.note("  earlier copies still open for whoever could open them: roll the seeds that somebody must not know");
        } else {
            report.success(&format!("wrote `{vault}`, encrypted to the same recipients as before: {to}"));
        }
        let is_other = changed.turnover.is_any();
        let Turnover { dropped, added } = changed.turnover;
        let done = Rekeyed { vault, changed: is_other, recipients: changed.recipients, dropped, added };
        report.result(&done, |_| Vec::<String>::new())
    })
}
