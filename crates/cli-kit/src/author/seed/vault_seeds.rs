//! The vault as `encrypt` and `check` ask it: opened at the first volume that has no literal seed, and not before.

use std::marker::PhantomData;
use std::path::Path;

use contract_core::seed::vault::Vault;
use contract_core::seed::{NoSeed, Seeds, VolumeSeeds};

use super::super::Authored;
use super::vault_file::VaultFile;
use crate::failure::Failure;
use crate::persona::PersonaFile;
use crate::prompt::PassphraseSource;
use crate::report::Report;

/// The seeds of a persona's vault. Never makes a seed, nor a vault.
pub struct VaultSeeds<'a, K> {
    file: VaultFile<'a, K>,
    /// Whether it was looked for.
    looked: bool,
    /// None where there is no vault, or where it did not open.
    vault: Option<Vault<K>>,
    /// Why the vault did not open, where that is so: `NoSeed` has no exit code. A vault or a volume that is not there is
    /// no failure, but a finding among others.
    pub failure: Option<Failure>,
}

impl<'a, K: Authored> VaultSeeds<'a, K> {
    /// Reads nothing yet.
    pub fn new(
        folder: &'a Path,
        persona: &'a PersonaFile,
        passphrases: &'a PassphraseSource,
        report: &'a Report,
    ) -> Self {
        let file = VaultFile { folder, persona, passphrases, report, kind: PhantomData };
        Self { file, looked: false, vault: None, failure: None }
    }
}

impl<K: Authored> Seeds for VaultSeeds<'_, K> {
    fn of(&mut self, volume: &str) -> Result<VolumeSeeds, NoSeed> {
        let Self { file, looked, vault, failure } = self;
        if !std::mem::replace(looked, true) {
            match file.look() {
                Ok(found) => *vault = found,
                Err(cause) => *failure = Some(cause),
            }
        }
        if let Some(failure) = failure {
            let hint = failure.hints.first().cloned().unwrap_or_default();
            return Err(NoSeed { message: failure.message.clone(), hint });
        }
        let path = file.path().display();
        let Some(vault) = vault else {
            return Err(NoSeed {
                message: format!("there is no seed, and no vault `{path}`"),
                hint: format!(
                    "add one: {}; or bring the vault back, if there was one",
                    file.command("add", volume)
                ),
            });
        };
        vault.volume(volume).map(|entry| entry.seeds.clone()).ok_or_else(|| NoSeed {
            message: format!("the vault `{path}` holds no seed of it"),
            hint: format!("add one, if the volume is new: {}", file.command("add", volume)),
        })
    }
}
