//! From a persona's folder to its section.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use cli_kit::names::in_folder;
use cli_kit::persona::AuthorFolder;
use cli_kit::progress::{Progress, workers};
use cli_kit::prompt::{Passphrase, PassphraseSource};
use cli_kit::protected::Protected;
use cli_kit::{ExitCode, Failure, Report, clock, input};
use contract_section::{Part, Passphrases, Section, Source};
use findings::Findings;
use jiff::Timestamp;
use strict_yaml::Limits;
use zeroize::{Zeroize, Zeroizing};

use crate::seed::VaultSeeds;
use crate::{Authored, FolderArguments};

/// A persona's folder whose `persona.yaml` is read.
pub struct Draft<'a> {
    folder: &'a Path,
    passphrases: &'a PassphraseSource,
    /// For the identity, and the vault that it opens.
    identity_passphrase: PassphraseSource,
    /// `persona.yaml`.
    pub persona: AuthorFolder,
    /// The name of the section's file.
    pub file: String,
    /// What no output may replace.
    pub protected: Protected,
    /// Now, the same for every check of this run.
    pub at: Timestamp,
}

impl<'a> Draft<'a> {
    pub fn open<K: Authored>(arguments: &'a FolderArguments) -> Result<Self, Failure> {
        let FolderArguments { folder, passphrases, identity } = arguments;
        let persona = AuthorFolder::read(folder, K::PERSONA)?;
        let file = in_folder(folder, &format!("{}.yaml", K::NAME)).display().to_string();
        let identity_passphrase = identity.source_or(passphrases);
        let mut protected = persona.protected();
        protected.add_inputs(passphrases.file()).add_inputs(identity_passphrase.file());
        Ok(Self { folder, passphrases, identity_passphrase, persona, file, protected, at: clock::now() })
    }

    /// A file of this folder.
    pub fn path(&self, name: &str) -> PathBuf {
        in_folder(self.folder, name)
    }

    /// Reads the section, and protects what it is made of. Without a section, the findings say why.
    pub fn read<K: Authored>(
        &mut self,
        signing_key: Option<&str>,
        report: &Report,
    ) -> Result<(Option<Section<K>>, Findings), Failure> {
        let path = Path::new(&self.file);
        let text = input::read_secret_text(path, Limits::default().bytes).map_err(|failure| {
            if path.symlink_metadata().is_ok() {
                return failure;
            }
            let init = format!("{} init {}", K::PERSONA.name(), self.folder.display());
            failure.hint(format!("begin with `{init}`"))
        })?;
        let mut keys = KeyPassphrases { folder: self.folder, source: self.passphrases, failure: None };
        let source = Source {
            file: &self.file,
            text: &text,
            folder: self.folder,
            at: self.at,
            platform: self.persona.platform,
            signing_key,
        };
        let mut seeds = VaultSeeds::<K>::new(self.folder, &self.persona, &self.identity_passphrase, report);
        let (section, findings) = Section::read(&source, &mut keys, &mut seeds);
        // a missing secret has its own exit code
        if let Some(failure) = keys.failure.or(seeds.failure) {
            return Err(failure);
        }
        if let Some(section) = &section {
            self.protected.add_inputs(section.files().iter().map(|file| &file.path));
            for part in section.parts() {
                if let Part::Folder(folder) = part {
                    self.protected.add_packed(folder);
                }
            }
        }
        Ok((section, findings))
    }
}

/// Runs `write` with one worker for each core, and reports progress if the section packs a folder.
pub fn packing<K: Authored, T>(
    section: &Section<K>,
    report: &Report,
    write: impl FnOnce(NonZeroUsize, &dyn Fn(u64)) -> T,
) -> T {
    let packs = section.parts().iter().any(|part| matches!(part, Part::Folder(_)));
    let progress = packs.then(|| Progress::bytes(report, "packing", None));
    // counting the cores costs about fifty system calls
    let workers = if packs { workers() } else { NonZeroUsize::MIN };
    write(workers, &|done| {
        if let Some(progress) = &progress {
            progress.reached(done);
        }
    })
}

/// Asks for the passphrase of each key that the section names.
struct KeyPassphrases<'a> {
    folder: &'a Path,
    source: &'a PassphraseSource,
    failure: Option<Failure>,
}

impl KeyPassphrases<'_> {
    fn ask(&self, file: &str) -> Result<Zeroizing<String>, Failure> {
        let key = format!("the key `{}`", in_folder(self.folder, file).display());
        let mut bytes: Passphrase = self.source.passphrase(&key)?;
        String::from_utf8(std::mem::take(&mut *bytes)).map(Zeroizing::new).map_err(|error| {
            error.into_bytes().zeroize();
            Failure::new(ExitCode::NoSecret, format!("the passphrase of the key `{file}` is not UTF-8"))
        })
    }
}

impl Passphrases for KeyPassphrases<'_> {
    fn passphrase(&mut self, file: &str) -> Result<Zeroizing<String>, String> {
        self.ask(file).map_err(|failure| {
            let message = failure.message.clone();
            self.failure.get_or_insert(failure);
            message
        })
    }

    fn wrong(&mut self, file: &str) {
        let file = in_folder(self.folder, file).display().to_string();
        let message = format!("the passphrase of the key `{file}` is wrong, or the key is damaged");
        let hint = format!("check whether it opens: `openssl pkey -noout -in {file}`");
        self.failure.get_or_insert(Failure::new(ExitCode::NoSecret, message).hint(hint));
    }
}
