//! Opens the disks of the volumes: LUKS2 in files, with the real `cryptsetup`.
//!
//! ```text
//! no file, or an empty one ─► formatted with the current passphrase
//! LUKS2 ─► current opens ──────────────────────────────► previous is removed, if it still opens
//!     └──► previous opens ─► current added, tried ─────► previous is removed
//!     └──► neither ────────► HPL02003E, nothing changed
//! ```
//!
//! A passphrase is added before the old one is removed. If a run is killed between, the disk opens with both, and the next
//! boot completes the change. The volume key and the data stay the same. No source states in more detail how the real guest
//! formats and rolls.

mod cryptsetup;
mod disk;
pub mod passphrase;

use std::path::Path;

use cli_kit::protected::Protected;
use cli_kit::{ExitCode, Failure};
use contract_section::{EnvModel, WorkloadModel};

use crate::hpl::{HPL02003E, HPL07013E};
use crate::report::{Halt, Log};
use cryptsetup::Cryptsetup;
use passphrase::{Passphrase, Previous, SeedOrder, Seeds};

pub use disk::{DiskFile, Disks};

const PASSPHRASE: &str = "passphrase";
const LUKS: &str = "luks";

/// Opens each volume, in the order of the workload section.
pub(super) fn open(
    log: &mut Log,
    workload: &WorkloadModel,
    env: &EnvModel,
    disks: &Disks,
) -> Result<(), Halt> {
    let Some(cryptsetup) = disks.cryptsetup() else { return Ok(()) };
    let names: Vec<_> = workload.volumes.iter().map(|volume| volume.name.as_str()).collect();
    let files = disks.assign(&names)?;
    let order = disks.order;
    log.ok(PASSPHRASE, describe_order(order));
    for volume in &workload.volumes {
        let name = &volume.name;
        let Some(file) = files.get(name.as_str()) else {
            log.skipped(LUKS, format!("`{name}`: no file was given"));
            continue;
        };
        let seeds =
            env.volumes.iter().find(|env| env.name == *name).and_then(|env| Seeds::from_volumes(volume, env));
        let Some(seeds) = seeds else {
            let detail = format!(
                "`{name}`: a part of its passphrase is kept elsewhere, so `{}` is not changed",
                file.display()
            );
            log.warning(LUKS, Some(HPL07013E), detail);
            continue;
        };
        Volume { cryptsetup, name, file, seeds, order, protected: &disks.protected }.open(log)?;
    }
    Ok(())
}

fn describe_order(order: SeedOrder) -> String {
    let first = match order {
        SeedOrder::EnvFirst => "of the env seed, then the workload seed: the likely order",
        SeedOrder::WorkloadFirst => "of the workload seed, then the env seed: the less likely order",
    };
    format!("SHA-256 {first}; the sources differ, `--seed-order {}` uses the other", order.other().name())
}

struct Volume<'a> {
    cryptsetup: &'a Cryptsetup,
    name: &'a str,
    file: &'a Path,
    seeds: Seeds<'a>,
    order: SeedOrder,
    protected: &'a Protected,
}

impl Volume<'_> {
    fn open(&self, log: &mut Log) -> Result<(), Halt> {
        let current = self.seeds.current(self.order);
        match disk::look(self.cryptsetup, self.file)? {
            disk::Disk::New { size, exists } => {
                disk::make(self.cryptsetup, self.file, size, exists, &current, self.protected)?;
                let was = if exists { "was empty" } else { "did not exist" };
                self.ok(log, &format!("{was}: formatted as LUKS2, {} MiB", size >> 20));
                Ok(())
            }
            disk::Disk::Luks2 => self.reopen(log, &current),
        }
    }

    fn reopen(&self, log: &mut Log, current: &Passphrase) -> Result<(), Halt> {
        let previous = self.seeds.previous(self.order);
        if self.opens(current)? {
            self.settled(log, &previous)?;
            return Ok(());
        }
        for old in &previous {
            if self.opens(&old.passphrase)? {
                self.change(&old.passphrase, current, &previous)?;
                self.changed(log, old);
                return Ok(());
            }
        }
        Err(self.refuse(log, !previous.is_empty())?)
    }

    /// The current seeds open it. Completes a change that was interrupted.
    fn settled(&self, log: &mut Log, previous: &[Previous]) -> Result<(), Failure> {
        let left = self.remove(previous)?;
        let rest = match (previous, left) {
            ([], _) => "",
            (_, true) => {
                ", the previous ones no longer: an earlier change was interrupted, and is now complete"
            }
            (_, false) => ", the previous ones do not: `seed settle` may drop them",
        };
        self.ok(log, &format!("the current seeds open it{rest}"));
        Ok(())
    }

    /// Changes the passphrase. At least one of the two opens the disk at any moment.
    fn change(&self, old: &Passphrase, new: &Passphrase, previous: &[Previous]) -> Result<(), Failure> {
        // another boot may have done this already
        self.cryptsetup.add(self.file, old, new)?;
        if self.opens(new)? {
            return self.remove(previous).map(drop);
        }
        let message = format!(
            "cannot change the passphrase of `{}`: the new one does not open it",
            self.file.display()
        );
        Err(Failure::new(ExitCode::CouldNot, message).hint("the previous one still does: boot it again"))
    }

    /// Removes the previous passphrases; returns whether there were any. Only if the current one opens the disk.
    fn remove(&self, previous: &[Previous]) -> Result<bool, Failure> {
        let mut any = false;
        for old in previous {
            // two boots at the same time may have added it twice
            while self.cryptsetup.remove(self.file, &old.passphrase)? {
                any = true;
            }
        }
        Ok(any)
    }

    fn changed(&self, log: &mut Log, old: &Previous) {
        let change =
            format!("it opens with {}; the current seeds replace them, the volume key stays", old.seeds);
        if old.half_way {
            let detail = format!(
                "{change}; both sides roll and only one had been booted: no source states whether the real guest tries that"
            );
            log.warning(LUKS, None, self.named(&detail));
        } else {
            self.ok(log, &change);
        }
    }

    /// Refuses, with the reason as far as trying can find it.
    fn refuse(&self, log: &mut Log, rolling: bool) -> Result<Halt, Failure> {
        let other = self.order.other();
        let mut others = vec![self.seeds.current(other)];
        others.extend(self.seeds.previous(other).into_iter().map(|it| it.passphrase));
        for passphrase in &others {
            if self.opens(passphrase)? {
                let detail = "its passphrase is made from these seeds in the other order";
                let hint = format!("boot it with `--seed-order {}`", other.name());
                return Ok(log.refused(LUKS, HPL02003E, self.named(detail), &hint));
            }
        }
        let tried =
            if rolling { "neither the current seeds nor the previous ones" } else { "these seeds do not" };
        let detail = format!("{tried} open it, in either order: at least one seed has changed");
        let hint = "compare `workload-provider seed list` and `env-deployer seed list`, and restore the vault that the \
                    disk was last booted with; change a seed with `seed roll`, which keeps the previous one";
        Ok(log.refused(LUKS, HPL02003E, self.named(&detail), hint))
    }

    fn opens(&self, passphrase: &Passphrase) -> Result<bool, Failure> {
        self.cryptsetup.opens(self.file, passphrase)
    }

    fn ok(&self, log: &mut Log, what: &str) {
        log.ok(LUKS, self.named(what));
    }

    fn named(&self, what: &str) -> String {
        format!("`{}`: `{}`: {what}", self.name, self.file.display())
    }
}
