//! SSH keys in the place of age's own.

use age::secrecy::SecretString;
use age::ssh::{self, ParseRecipientKeyError};
use age::{Identity, Recipient};

use super::as_text;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::prompt::PassphraseSource;

/// `ssh-ed25519 …` or `ssh-rsa …`, as in a `.pub` file.
pub fn recipient(name: &str) -> Result<Box<dyn Recipient>, Failure> {
    let cause = match name.parse::<ssh::Recipient>() {
        Ok(key) => return Ok(Box::new(key)),
        Err(ParseRecipientKeyError::RsaModulusTooSmall) => "an RSA key of less than 2048 bits",
        Err(ParseRecipientKeyError::RsaModulusTooLarge) => "an RSA key of more than 4096 bits",
        Err(ParseRecipientKeyError::Unsupported(_)) => "age takes ssh-ed25519 and ssh-rsa alone",
        Err(_) => "not an SSH public key",
    };
    Err(Failure::new(ExitCode::Rejected, format!("cannot use an SSH key as recipient: {cause}"))
        .hint("copy the whole line of the `.pub` file: `ssh-ed25519 AAAA…`"))
}

/// An SSH private key, and its public half.
pub fn identity(
    file: &[u8],
    name: &str,
    passphrases: &PassphraseSource,
) -> Result<(Box<dyn Identity>, String), Failure> {
    let cannot = |cause: &str| {
        Failure::new(ExitCode::Rejected, format!("cannot use the identity `{name}`: {cause}"))
            .hint(format!("look at it: `ssh-keygen -l -f {name}`"))
    };
    let identity = ssh::Identity::from_buffer(file, Some(name.to_owned()))
        .map_err(|_| cannot("it is no private key that age takes"))?;
    let identity = match identity {
        ssh::Identity::Unencrypted(_) => identity,
        ssh::Identity::Encrypted(key) => {
            let of = format!("the key `{name}`");
            let passphrase: SecretString = as_text(passphrases.passphrase(&of)?, &of)?;
            let open = key.decrypt(passphrase).map_err(|_| {
                Failure::new(ExitCode::NoSecret, format!("the passphrase of {of} is wrong"))
                    .hint(format!("see whether it opens: `ssh-keygen -y -f {name}`"))
            })?;
            ssh::Identity::from(open)
        }
        ssh::Identity::Unsupported(_) => return Err(cannot("age takes ssh-ed25519 and ssh-rsa alone")),
    };
    let public =
        ssh::Recipient::try_from(identity.clone()).map_err(|_| cannot("its public half is not usable"))?;
    Ok((Box::new(identity), public.to_string()))
}
