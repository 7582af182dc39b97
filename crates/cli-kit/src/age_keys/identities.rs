//! age identities, which open something, from their file.
//!
//! A file is lines of `AGE-SECRET-KEY-1…` and `AGE-PLUGIN-NAME-1…` with comments between them; or such a file protected
//! by a passphrase, as `age -p` writes it.

use std::path::Path;

use age::plugin::IdentityPluginV1;
use age::{Identity, plugin, x25519};
use contract_core::age_file::{self, AgeError};

use super::callbacks::Terminal;
use super::{as_text, no_plugin, scrypt_identity};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::input;
use crate::prompt::{Passphrase, PassphraseSource};

/// Bytes; a line is usual.
const LIMIT: usize = 1 << 20;

/// Some identities, ready for use.
#[derive(Default)]
pub struct Identities {
    keys: Vec<Box<dyn Identity>>,
    /// The recipients of those that contain them: a plugin's do not.
    pub recipients: Vec<String>,
}

impl Identities {
    /// Reads a file, asking for the passphrase of one that is protected. Warns if others may read it.
    pub fn read(path: &Path, passphrases: &PassphraseSource) -> Result<Self, Failure> {
        let name = input::name(path);
        let file = input::read_secret_bytes(path, LIMIT)
            .map_err(|failure| Failure { exit: ExitCode::NoSecret, ..failure })?;
        input::warn_if_shared(path, "the identity");
        if !age_file::is_age(&file) {
            return Self::parse(&file, &name);
        }
        if !age_file::asks_for_passphrase(&file) {
            return Err(cannot(&name, "it is an age file, but not one that a passphrase opens")
                .hint("open it first, with the identity that it is encrypted to: `age -d -i FILE`"));
        }
        let owner = format!("the identity `{name}`");
        let passphrase = as_text(passphrases.passphrase(&owner)?, &owner)?;
        let plain = age_file::open(&file, &[&scrypt_identity(passphrase)]).map_err(|error| match error {
            AgeError::WrongPassphrase => {
                Failure::new(ExitCode::NoSecret, format!("the passphrase of the identity `{name}` is wrong"))
                    .hint(format!("check whether it opens: `age -d {name}`"))
            }
            error => Failure::from_advice(&format!("cannot open the identity `{name}`"), &error),
        })?;
        Self::parse(&plain, &name)
    }

    /// The identity of a passphrase; `owner` is what it opens.
    pub fn from_passphrase(passphrase: Passphrase, owner: &str) -> Result<Self, Failure> {
        let identity = scrypt_identity(as_text(passphrase, owner)?);
        Ok(Self { keys: vec![Box::new(identity)], recipients: Vec::new() })
    }

    /// As age takes them.
    pub fn keys(&self) -> Vec<&dyn Identity> {
        self.keys.iter().map(|key| &**key).collect()
    }

    fn parse(file: &[u8], name: &str) -> Result<Self, Failure> {
        if file.trim_ascii_start().starts_with(b"-----BEGIN ") {
            return Err(super::no_ssh(&format!("the identity `{name}`")));
        }
        let no_key = |line| {
            cannot(name, &format!("line {line} is neither an identity nor a comment"))
                .hint("identities begin with `AGE-SECRET-KEY-1` or `AGE-PLUGIN-`: see `age-keygen --help`")
        };
        let text = std::str::from_utf8(file).map_err(|_| cannot(name, "it is not UTF-8 text"))?;
        let mut identities = Self::default();
        for (before, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Ok(key) = line.parse::<x25519::Identity>() {
                identities.recipients.push(key.to_public().to_string());
                identities.keys.push(Box::new(key));
            } else if let Ok(key) = line.parse::<plugin::Identity>() {
                let plugin = key.plugin().to_owned();
                let key = IdentityPluginV1::new(&plugin, &[key], Terminal)
                    .map_err(|error| no_plugin(&format!("the identity in `{name}`"), &error))?;
                identities.keys.push(Box::new(key));
            } else {
                return Err(no_key(before + 1));
            }
        }
        if identities.keys.is_empty() {
            return Err(cannot(name, "it holds no identity").hint("make one: `age-keygen -o identity.age`"));
        }
        Ok(identities)
    }
}

fn cannot(name: &str, cause: &str) -> Failure {
    Failure::new(ExitCode::Rejected, format!("cannot use the identity `{name}`: {cause}"))
}
