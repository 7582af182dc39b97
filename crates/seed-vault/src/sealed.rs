//! A vault as a file: sealed to its recipients, opened by one of them.

use std::io::Write;

use age::{Identity, Recipient};
use contract_core::{
    age_file::{self, AgeError, Format},
    kind::Kind,
};
use findings::{Advice, Blame};

use crate::Vault;

/// Bytes of the text: enough for two hundred volumes with the longest seeds.
pub(super) const TEXT_LIMIT: usize = 4 << 20;

/// Bytes of the file: armor adds a third, line ends and a header.
pub const SEALED_LIMIT: usize = 6 << 20;

/// Why a vault cannot be opened or sealed.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The age file.
    #[error(transparent)]
    Age(#[from] AgeError),
    /// Opened, and not YAML as we read it.
    #[error("it opens, but is no vault: {0}")]
    Yaml(#[source] strict_yaml::Error),
    /// Opened, and not what a vault holds.
    #[error("it opens, but is no vault: line {line}: {message}")]
    Text {
        /// Of the opened text, one-based.
        line: usize,
        /// Field and cause, without a value.
        message: String,
    },
    /// Another persona's.
    #[error("it is the vault of the {found} section, and this is the {expected} section's persona")]
    OtherSection {
        /// The section of the vault.
        found: &'static str,
        /// `workload` or `env`.
        expected: &'static str,
    },
    /// A vault that could not be opened again.
    #[error("the vault would hold more than {TEXT_LIMIT} bytes")]
    TooLarge,
}

impl Advice for VaultError {
    fn blame(&self) -> Blame {
        match self {
            Self::Age(error) => error.blame(),
            _ => Blame::Input,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Age(error) => error.hints(),
            Self::Yaml(_) | Self::Text { .. } => vec![
                "take an earlier copy of it: from a backup, or from `git log -- FILE`".into(),
                "or correct what `age -d -i identity.age FILE` shows, and encrypt it again".into(),
            ],
            Self::OtherSection { .. } => {
                vec!["name your own in `persona.yaml`: `seeds: {vault: FILE}`".into()]
            }
            Self::TooLarge => vec!["keep seeds of retired volumes elsewhere".into()],
        }
    }
}

impl<K: Kind> Vault<K> {
    /// Writes the vault as an armored age file to all recipients.
    pub fn seal(&self, recipients: &[&dyn Recipient], out: &mut dyn Write) -> Result<(), VaultError> {
        let text = self.to_yaml();
        if text.len() > TEXT_LIMIT {
            return Err(VaultError::TooLarge);
        }
        Ok(age_file::encrypt(recipients, Format::AsciiArmor, out, |plain| plain.write_all(text.as_bytes()))?)
    }

    /// Opens what [`Vault::seal`] or `age` wrote.
    pub fn open(file: &[u8], identities: &[&dyn Identity]) -> Result<Self, VaultError> {
        let plain = age_file::open(file, identities)?;
        Self::parse(strict_yaml::text(&plain).map_err(VaultError::Yaml)?)
    }
}
