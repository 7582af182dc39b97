//! age recipients, to whom something is encrypted, from their names in `persona.yaml`.

use age::plugin::RecipientPluginV1;
use age::{Recipient, plugin, tag, tagpq, x25519};

use super::callbacks::Terminal;
use super::{as_text, no_plugin, scrypt_recipient};
use crate::exit::ExitCode;
use crate::failure::{Doing as _, Failure};
use crate::names::holds_identity;
use crate::prompt::Passphrase;

/// In place of keys: a passphrase.
pub const PASSPHRASE: &str = "passphrase";

/// Recipients with their names.
pub struct Recipients {
    /// The names, in the given order.
    pub names: Vec<String>,
    keys: Vec<Box<dyn Recipient>>,
}

impl Recipients {
    /// Reads `age1…`, `age1name1…` (a plugin's), or the word `passphrase` alone, for which `new_passphrase` is called.
    pub fn read(
        names: &[String],
        new_passphrase: impl FnOnce() -> Result<Passphrase, Failure>,
    ) -> Result<Self, Failure> {
        let keys = match names {
            [] => {
                return Err(Failure::new(ExitCode::Rejected, "no recipient is named")
                    .hint("name one that your identity opens: `age-keygen -y identity.age` shows it"));
            }
            [word] if word == PASSPHRASE => {
                let passphrase = as_text(new_passphrase()?, "the new file")?;
                let recipient =
                    scrypt_recipient(passphrase).doing(|| "cannot encrypt to a passphrase".into())?;
                vec![Box::new(recipient) as Box<dyn Recipient>]
            }
            names if names.iter().any(|name| name == PASSPHRASE) => {
                return Err(Failure::new(
                    ExitCode::Rejected,
                    "`passphrase` is named with other recipients: an age file opens by passphrase or by keys",
                )
                .hint("name it alone, or leave it out and protect the identity: `age -p`"));
            }
            names => keys(names)?,
        };
        Ok(Self { names: names.to_vec(), keys })
    }

    /// As age takes them.
    pub fn keys(&self) -> Vec<&dyn Recipient> {
        self.keys.iter().map(|key| &**key).collect()
    }
}

fn keys(names: &[String]) -> Result<Vec<Box<dyn Recipient>>, Failure> {
    let (mut keys, mut plugins): (Vec<Box<dyn Recipient>>, Vec<plugin::Recipient>) = <_>::default();
    for name in names {
        match key(name)? {
            Key::Native(key) => keys.push(key),
            Key::Plugin(key) => plugins.push(key),
        }
    }
    // one run of a plugin serves all of its recipients
    let mut binaries: Vec<_> = plugins.iter().map(plugin::Recipient::plugin).collect();
    binaries.sort_unstable();
    binaries.dedup();
    for binary in binaries {
        let plugin = RecipientPluginV1::new(binary, &plugins, &[], Terminal)
            .map_err(|error| no_plugin(&format!("the recipient `age1{binary}1…`"), &error))?;
        keys.push(Box::new(plugin));
    }
    Ok(keys)
}

enum Key {
    Native(Box<dyn Recipient>),
    Plugin(plugin::Recipient),
}

fn key(name: &str) -> Result<Key, Failure> {
    if holds_identity(name) {
        return Err(Failure::new(
            ExitCode::Rejected,
            "expected a recipient, found an identity, which is secret",
        )
        .hint("name its public half: `age-keygen -y identity.age` shows it"));
    }
    if let Ok(key) = name.parse::<x25519::Recipient>() {
        return Ok(Key::Native(Box::new(key)));
    }
    if let Ok(key) = name.parse::<tag::Recipient>() {
        return Ok(Key::Native(Box::new(key)));
    }
    if let Ok(key) = name.parse::<tagpq::Recipient>() {
        return Ok(Key::Native(Box::new(key)));
    }
    if let Ok(key) = name.parse::<plugin::Recipient>() {
        return Ok(Key::Plugin(key));
    }
    if name.starts_with("ssh-") {
        return Err(super::no_ssh("an SSH key as recipient"));
    }
    Err(Failure::new(ExitCode::Rejected, format!("`{name}` is no recipient"))
        .hint("name one as `age1…`, or `passphrase` alone: `age-keygen -y identity.age` shows yours"))
}
