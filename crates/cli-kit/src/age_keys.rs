//! age keys: recipients, to whom something is encrypted, and identities, which open it.
//!
//! They are made here and not in the library, because that may read files, ask for passphrases and start plugins. The
//! terms are age's: <https://age-encryption.org/v1>, and its README for the forms of keys and files.

mod callbacks;
mod identities;
mod identity_file;
mod recipients;

use age::plugin::ResolveError;
use contract_core::age_file::{AgeError, MOST_WORK, reserve_scrypt};
use secrecy::SecretString;
use zeroize::{Zeroize as _, Zeroizing};

use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::prompt::Passphrase;

pub use identities::Identities;
pub use identity_file::NewIdentity;
pub use recipients::{PASSPHRASE, Recipients};

/// `N = 2^18`, as age itself takes: about a second, and 256 MiB.
const WORK_FACTOR: u8 = 18;

/// A recipient that a passphrase opens.
fn scrypt_recipient(passphrase: SecretString) -> Result<age::scrypt::Recipient, AgeError> {
    reserve_scrypt(WORK_FACTOR)?;
    let mut recipient = age::scrypt::Recipient::new(passphrase);
    recipient.set_work_factor(WORK_FACTOR);
    Ok(recipient)
}

/// The identity of a passphrase.
fn scrypt_identity(passphrase: SecretString) -> age::scrypt::Identity {
    let mut identity = age::scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(MOST_WORK);
    identity
}

/// age takes passphrases as text.
fn as_text(mut passphrase: Passphrase, owner: &str) -> Result<SecretString, Failure> {
    let text = String::from_utf8(std::mem::take(&mut *passphrase)).map_err(|error| {
        error.into_bytes().zeroize();
        Failure::new(ExitCode::NoSecret, format!("the passphrase of {owner} is not UTF-8"))
            .hint("convert the file: `iconv -t UTF-8`")
    })?;
    // a boxed copy without spare room: the original is wiped
    Ok(SecretString::from(Zeroizing::new(text).as_str()))
}

/// Why a plugin can't be started.
fn no_plugin(key: &str, error: &ResolveError) -> Failure {
    match error {
        ResolveError::MissingPlugin { binary_name } => {
            Failure::new(ExitCode::NoSecret, format!("cannot use {key}: there is no `{binary_name}` in PATH"))
                .hint(format!("install the plugin, then check: `command -v {binary_name}`"))
        }
        _ => Failure::new(ExitCode::Rejected, format!("cannot use {key}: its plugin has an impossible name"))
            .hint("check which plugin made it, and copy its line again"),
    }
}

/// age also takes SSH keys, but the crate that reads them has an open advisory: RUSTSEC-2023-0071.
fn no_ssh(name: &str) -> Failure {
    Failure::new(ExitCode::Rejected, format!("cannot use {name}: SSH keys are not supported for encryption"))
        .hint("use an age key: `age-keygen -o identity.age` makes one")
}

#[cfg(test)]
mod tests;
