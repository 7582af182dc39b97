//! A new identity, in a file as `age-keygen` writes it.

use std::path::{Path, PathBuf};

use age::x25519;
use clap::Args;
use contract_core::age_file::{self, Format};
use contract_pki::random;
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::{Identities, as_text, scrypt_recipient};
use crate::exit::ExitCode;
use crate::failure::{Doing as _, Failure};
use crate::prompt::{PassphraseSource, WeakPassphrase};

/// Whether a new identity is protected, and by which passphrase.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Keys")]
pub struct NewIdentity {
    /// Protect identity.age with a passphrase, as `age -p` does
    #[arg(long)]
    pub protect_identity: bool,
    #[command(flatten)]
    passphrases: PassphraseSource,
    #[command(flatten)]
    weak: WeakPassphrase,
}

impl NewIdentity {
    pub(crate) fn passphrase_file(&self) -> Option<PathBuf> {
        self.passphrases.file()
    }

    /// The recipient of an existing identity.
    pub(crate) fn read_recipient(&self, path: &Path) -> Result<String, Failure> {
        let identities = Identities::read(path, &self.passphrases)?;
        identities.recipients.into_iter().next().ok_or_else(|| {
            Failure::new(
                ExitCode::Rejected,
                format!("the identity `{}` does not contain its recipient", path.display()),
            )
            .hint("begin in another folder, and name this identity in its `persona.yaml`: `identity: FILE`")
        })
    }

    /// The file of a new identity, and the recipient that others encrypt to.
    pub fn make(&self, name: &str, at: Timestamp) -> Result<(Zeroizing<Vec<u8>>, String), Failure> {
        let passphrase = if self.protect_identity {
            let owner = format!("the new identity `{name}`");
            Some(as_text(self.passphrases.new_passphrase(&owner, self.weak)?, &owner)?)
        } else {
            None
        };
        // without randomness, age panics
        random::check().map_err(|error| {
            Failure::new(ExitCode::CouldNot, format!("cannot make the identity `{name}`: {error}"))
        })?;
        let identity = x25519::Identity::generate();
        let recipient = identity.to_public().to_string();
        let created = Timestamp::from_second(at.as_second()).unwrap_or(at);
        // large enough for all of it: a buffer that grows leaves a copy behind
        let mut file = Zeroizing::new(Vec::with_capacity(1024));
        let plain = |out: &mut dyn std::io::Write| {
            writeln!(out, "# created: {created}\n# public key: {recipient}")?;
            out.write_all(identity.to_string().expose_secret().as_bytes())?;
            out.write_all(b"\n")
        };
        let made = match passphrase {
            None => plain(&mut *file).map_err(Into::into),
            Some(passphrase) => scrypt_recipient(passphrase).and_then(|recipient| {
                age_file::encrypt(&[&recipient], Format::AsciiArmor, &mut *file, plain)
            }),
        };
        made.doing(|| format!("cannot make the identity `{name}`"))?;
        Ok((file, recipient))
    }
}
