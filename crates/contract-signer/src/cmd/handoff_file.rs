//! A handoff that was received, decrypted if it is encrypted to the contract signer.

use std::cell::OnceCell;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use cli_kit::age_keys::Identities;
use cli_kit::input::Input;
use cli_kit::prompt::PassphraseSource;
use cli_kit::{Doing as _, ExitCode, Failure, input};
use contract_core::age_file::{self, AgeError};
use contract_core::handoff::Unsorted;
use contract_core::received::FileKind;

/// Where a handoff is read from: a file, or an age file that is decrypted while it is read. No plain copy is made.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// The contract signer's identities, read when the first encrypted file is opened.
pub struct HandoffOpener<'a> {
    identity_files: Vec<PathBuf>,
    /// For the protected ones.
    passphrase: &'a PassphraseSource,
    loaded: OnceCell<Vec<Identities>>,
}

impl<'a> HandoffOpener<'a> {
    /// With the identities that flags name, or the folder's identity.
    pub fn new(flags: &[PathBuf], default_identity: &Path, passphrase: &'a PassphraseSource) -> Self {
        let identity_files =
            if flags.is_empty() { vec![default_identity.to_owned()] } else { flags.to_vec() };
        Self { identity_files, passphrase, loaded: OnceCell::new() }
    }

    /// A handoff, encrypted or not.
    pub fn handoff(
        &self,
        file: Input,
        kind: FileKind,
        context: impl Fn() -> String,
    ) -> Result<Unsorted<Box<dyn ReadSeek>>, Failure> {
        let source: Box<dyn ReadSeek> =
            if kind == FileKind::EncryptedHandoff { self.open(file, &context)? } else { Box::new(file) };
        Unsorted::read(source).doing(context)
    }

    fn open(&self, file: Input, context: &impl Fn() -> String) -> Result<Box<dyn ReadSeek>, Failure> {
        let identities = self.identities()?;
        let keys: Vec<_> = identities.iter().flat_map(Identities::keys).collect();
        let mut plain =
            age_file::decrypt(file, &keys).doing(context).map_err(|failure| self.with_recipients(failure))?;
        // the end is in the last chunk: a file that was cut off is refused before any of it is read
        let whole = plain.seek(SeekFrom::End(0)).and_then(|_| plain.rewind());
        whole.map_err(|_| AgeError::Damaged).doing(context).map_err(|failure| Failure {
            hints: vec!["get the handoff again from its author, unchanged".into()],
            ..failure
        })?;
        Ok(Box::new(plain))
    }

    fn identities(&self) -> Result<&[Identities], Failure> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let loaded = self.identity_files.iter().map(|path| {
            Identities::read(path, self.passphrase).map_err(|failure| match failure.exit {
                ExitCode::NoSecret if !path.exists() => missing(path),
                _ => failure,
            })
        });
        let loaded = loaded.collect::<Result<Vec<_>, _>>()?;
        Ok(self.loaded.get_or_init(|| loaded))
    }

    /// A handoff that was encrypted to someone else: shows the recipients of these identities.
    fn with_recipients(&self, failure: Failure) -> Failure {
        let recipients: Vec<_> =
            self.loaded.get().into_iter().flatten().flat_map(|it| it.recipients.clone()).collect();
        if failure.exit != ExitCode::NoSecret || recipients.is_empty() {
            return failure;
        }
        let recipients = recipients.join(" --recipient ");
        let hints = vec![format!("ask its author to encrypt it to you: `encrypt --recipient {recipients}`")];
        Failure { hints, ..failure }
    }
}

fn missing(identity: &Path) -> Failure {
    let name = input::name(identity);
    let message = format!("the handoff is encrypted, and there is no identity `{name}` to open it");
    Failure::new(ExitCode::NoSecret, message).hint(
        "name the one that it was encrypted to: `--identity FILE`; `contract-signer identity` makes one",
    )
}
