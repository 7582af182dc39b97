//! From a persona's folder to its section.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use contract_section::{Part, Passphrases, Readable, Section, Source};
use findings::Findings;
use jiff::Timestamp;
use strict_yaml::Limits;
use zeroize::{Zeroize, Zeroizing};

use crate::seed::VaultSeeds;
use crate::{Authored, FolderArguments};
use cli_kit::clock;
use cli_kit::cores::workers;
use cli_kit::exit::ExitCode;
use cli_kit::failure::Failure;
use cli_kit::input;
use cli_kit::names::in_folder;
use cli_kit::persona::AuthorFolder;
use cli_kit::progress::Progress;
use cli_kit::prompt::{Passphrase, PassphraseSource};
use cli_kit::protected::Protected;
use cli_kit::report::Report;

/// A persona's folder, its file read.
pub(super) struct Draft<'a> {
    folder: &'a Path,
    passphrases: &'a PassphraseSource,
    /// Of the identity, and of the vault that it opens.
    of_identity: PassphraseSource,
    /// `persona.yaml`.
    pub persona: AuthorFolder,
    /// The section's file, as people read it.
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
        let of_identity = identity.source_or(passphrases);
        let mut protected = persona.protected();
        protected.read(passphrases.file()).read(of_identity.file());
        Ok(Self { folder, passphrases, of_identity, persona, file, protected, at: clock::now() })
    }

    /// A file of this folder.
    pub fn path(&self, name: &str) -> PathBuf {
        in_folder(self.folder, name)
    }

    /// Reads the section; without one, its findings say why.
    pub fn read<K: Authored>(
        &self,
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
        let mut asked = Asked { folder: self.folder, source: self.passphrases, failure: None };
        let source = Source { file: &self.file, text: &text, folder: self.folder, at: self.at, signing_key };
        let mut seeds = VaultSeeds::<K>::new(self.folder, &self.persona, &self.of_identity, report);
        let read = Section::read(&source, &mut asked, &mut seeds);
        // a secret that could not be had has an exit code of its own
        asked.failure.or(seeds.failure).map_or(Ok(read), Err)
    }
}

/// Protects the files and folders that a section is made of.
pub fn protect_sources<K: Readable>(section: &Section<K>, protected: &mut Protected) {
    protected.read(section.files().iter().map(|file| &file.path));
    for part in section.parts() {
        if let Part::Folder(folder) = part {
            protected.packed(folder);
        }
    }
}

/// Passes on what `write` makes of a section, with as many workers as there are cores and signs of life while packing.
pub(super) fn packing<K: Readable, T>(
    section: &Section<K>,
    report: &Report,
    write: impl FnOnce(NonZeroUsize, &dyn Fn(u64)) -> T,
) -> T {
    let packs = section.parts().iter().any(|part| matches!(part, Part::Folder(_)));
    let progress = packs.then(|| Progress::bytes(report, "packing", None));
    // asking the kernel costs some fifty system calls
    let workers = if packs { workers() } else { NonZeroUsize::MIN };
    write(workers, &|done| {
        if let Some(progress) = &progress {
            progress.reached(done);
        }
    })
}

/// Asks for each key's passphrase.
struct Asked<'a> {
    folder: &'a Path,
    source: &'a PassphraseSource,
    failure: Option<Failure>,
}

impl Asked<'_> {
    fn ask(&self, file: &str) -> Result<Passphrase, Failure> {
        self.source.passphrase(&format!("the key `{}`", in_folder(self.folder, file).display()))
    }
}

impl Passphrases for Asked<'_> {
    fn passphrase(&mut self, file: &str) -> Result<Zeroizing<String>, String> {
        let text = self.ask(file).and_then(|mut bytes| {
            String::from_utf8(std::mem::take(&mut *bytes)).map(Zeroizing::new).map_err(|error| {
                error.into_bytes().zeroize();
                Failure::new(ExitCode::NoSecret, format!("the passphrase of the key `{file}` is not UTF-8"))
            })
        });
        text.map_err(|failure| {
            let message = failure.message.clone();
            self.failure.get_or_insert(failure);
            message
        })
    }

    fn wrong(&mut self, file: &str) {
        let file = in_folder(self.folder, file).display().to_string();
        let message = format!("the passphrase of the key `{file}` is wrong, or the key is damaged");
        let look = format!("see whether it opens: `openssl pkey -noout -in {file}`");
        self.failure.get_or_insert(Failure::new(ExitCode::NoSecret, message).hint(look));
    }
}
