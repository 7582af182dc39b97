//! The signing key, as far as it is at hand: the public half answers what needs no secret.

use std::path::Path;

use cli_kit::persona::public_half;
use cli_kit::{Doing as _, Failure, input};
use contract_core::signing_certificate::Error;
use contract_core::verifying_key::{self, VerifyingKey};

use crate::cmd::KEY_LIMIT;

/// Where the key may be.
pub struct AtHand<'a> {
    /// As typed.
    pub named: Option<&'a Path>,
    /// As the folder says.
    pub default: &'a Path,
}

impl AtHand<'_> {
    /// The private key's file.
    pub fn private(&self) -> &Path {
        self.named.unwrap_or(self.default)
    }

    /// The public half and its file's name. No passphrase is asked for: of a private key, the file beside it counts. None,
    /// where no key was named and none lies there.
    pub fn public(&self) -> Result<Option<(String, VerifyingKey)>, Failure> {
        let beside = public_half(self.private());
        let Some(named) = self.named.or_else(|| self.default.exists().then_some(self.default)) else {
            return if beside.exists() { read(&beside).map(Some) } else { Ok(None) };
        };
        let text = input::read_secret_text(named, KEY_LIMIT)?;
        match VerifyingKey::parse(&text) {
            Ok(key) => Ok(Some((input::name(named), key))),
            Err(verifying_key::Error::Private(_)) if beside.exists() => read(&beside).map(Some),
            Err(verifying_key::Error::Private(_)) => {
                let name = named.display();
                Err(Failure::usage(format!(
                    "the public half of `{name}` is not there: `{}`",
                    beside.display()
                ))
                .hint(format!("make it: `contract-signer public-key {name} -o {}`", beside.display())))
            }
            Err(error) => Err(error).doing(|| format!("cannot use `{}`", input::name(named))),
        }
    }
}

fn read(path: &Path) -> Result<(String, VerifyingKey), Failure> {
    Ok((input::name(path), crate::cmd::verifying_key(path)?))
}

/// Refuses a request for another key.
pub fn same_key(file: &Path, found: &VerifyingKey, other: &str, due: &VerifyingKey) -> Result<(), Failure> {
    if found.fingerprint() == due.fingerprint() {
        return Ok(());
    }
    let error = Error::OtherKey {
        found: found.fingerprint().to_owned(),
        other: other.to_owned(),
        due: due.fingerprint().to_owned(),
    };
    Err(error).doing(|| format!("cannot use `{}`", input::name(file)))
}
