//! The vault as a source of seeds for `encrypt` and `check`: opened at the first volume without a literal seed.

use std::marker::PhantomData;
use std::path::Path;

use cli_kit::persona::AuthorFolder;
use cli_kit::prompt::PassphraseSource;
use cli_kit::{Failure, Report};
use contract_section::seed::{NoSeed, Seeds, VolumeSeeds};
use seed_vault::Vault;

use super::vault_file::VaultFile;
use crate::Authored;

/// The seeds of a persona's vault. Never makes a seed, nor a vault.
pub struct VaultSeeds<'a, K> {
    file: VaultFile<'a, K>,
    /// `None` until it is needed; then the vault, `None` if there is none, or why it did not open.
    vault: Option<Result<Option<Vault<K>>, Failure>>,
    /// Why the vault did not open when a seed was needed: `NoSeed` has no exit code. A missing vault or volume is not a
    /// failure but a finding.
    pub failure: Option<Failure>,
}

impl<'a, K: Authored> VaultSeeds<'a, K> {
    /// Reads nothing yet.
    pub fn new(
        folder: &'a Path,
        persona: &'a AuthorFolder,
        passphrases: &'a PassphraseSource,
        report: &'a Report,
    ) -> Self {
        let file = VaultFile { folder, persona, passphrases, report, kind: PhantomData };
        Self { file, vault: None, failure: None }
    }
}

impl<K: Authored> VaultSeeds<'_, K> {
    fn vault(&mut self) -> Result<Option<&Vault<K>>, &Failure> {
        let Self { file, vault, .. } = self;
        vault.get_or_insert_with(|| file.look()).as_ref().map(Option::as_ref)
    }
}

fn no_seed(failure: &Failure) -> NoSeed {
    let hint = failure.hints.first().cloned().unwrap_or_default();
    NoSeed { message: failure.message.clone(), hint }
}

impl<K: Authored> Seeds for VaultSeeds<'_, K> {
    fn seeds_for(&mut self, volume: &str) -> Result<VolumeSeeds, NoSeed> {
        let entry = match self.vault() {
            Ok(vault) => vault.map(|vault| vault.volume(volume).map(|entry| entry.seeds.clone())),
            Err(failure) => {
                let failure = failure.clone();
                let none = no_seed(&failure);
                self.failure = Some(failure);
                return Err(none);
            }
        };
        let (path, add) = (self.file.path().display(), self.file.command("add", volume));
        let (message, hint) = match entry {
            Some(Some(seeds)) => return Ok(seeds),
            Some(None) => (
                format!("the vault `{path}` holds no seed of it"),
                format!("add one, if the volume is new: {add}"),
            ),
            None => (
                format!("there is no seed, and no vault `{path}`"),
                format!("add one: {add}; or restore the vault, if there was one"),
            ),
        };
        Err(NoSeed { message, hint })
    }

    /// A section with literal seeds does not fail because of the vault.
    fn stored(&mut self, volume: &str) -> Result<Option<VolumeSeeds>, NoSeed> {
        let vault = self.vault().map_err(no_seed)?;
        Ok(vault.and_then(|vault| vault.volume(volume)).map(|entry| entry.seeds.clone()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use contract_core::kind::Workload;
    use contract_section::seed::Seed;
    use seed_vault::Vault;

    use super::*;
    use cli_kit::age_keys::{NewIdentity, Recipients};
    use cli_kit::{ExitCode, clock};

    /// The seeds of `data` and `other`, and the exit code of a failure.
    fn seeds_of(folder: &Path) -> (Vec<Result<VolumeSeeds, NoSeed>>, Option<ExitCode>) {
        let persona = AuthorFolder::read(folder, Workload::PERSONA).unwrap();
        let (passphrases, report) = (PassphraseSource::default(), Report::new("workload-provider", true));
        let mut seeds = VaultSeeds::<Workload>::new(folder, &persona, &passphrases, &report);
        let found = ["data", "other"].map(|volume| seeds.seeds_for(volume)).to_vec();
        (found, seeds.failure.map(|failure| failure.exit))
    }

    #[test]
    fn a_missing_vault_or_volume_is_a_finding_and_one_that_does_not_open_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let (found, failure) = seeds_of(folder.path());
        let command = format!("`workload-provider seed add data -C {}`", folder.path().display());
        let missing = found[0].as_ref().unwrap_err();
        assert!(missing.hint.contains(&command) && missing.message.contains("no vault"), "{missing:?}");
        assert_eq!(failure, None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "something was made");

        let mut vault = Vault::<Workload>::default();
        vault.import("data", Seed::parse("0123456789abcdef").unwrap(), clock::now()).unwrap();
        let (identity, recipient) = NewIdentity::default().make("identity.age", clock::now()).unwrap();
        let recipients = Recipients::read(&[recipient], || panic!("nobody is to be asked")).unwrap();
        let mut sealed = Vec::new();
        vault.seal(&recipients.keys(), &mut sealed).unwrap();
        fs::write(folder.path().join("seeds.age"), sealed).unwrap();
        let (found, failure) = seeds_of(folder.path());
        assert!(found.iter().all(Result::is_err));
        assert_eq!(failure, Some(ExitCode::NoSecret));

        fs::write(folder.path().join("identity.age"), identity).unwrap();
        let (found, failure) = seeds_of(folder.path());
        assert_eq!(found[0].as_ref().unwrap().seed.expose(), "0123456789abcdef");
        assert!(found[1].as_ref().unwrap_err().hint.contains("seed add other"));
        assert_eq!(failure, None);
    }
}
