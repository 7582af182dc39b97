//! age keys: recipients, to whom something is encrypted, and identities, which open it.
//!
//! Made here and not in the library, since making them may read files, ask for passphrases and look for plugins. Words
//! are age's own: <https://age-encryption.org/v1>, and its README for the forms of keys and files.

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

/// A recipient for whoever knows the passphrase.
fn scrypt_recipient(passphrase: SecretString) -> Result<age::scrypt::Recipient, AgeError> {
    reserve_scrypt(WORK_FACTOR)?;
    let mut recipient = age::scrypt::Recipient::new(passphrase);
    recipient.set_work_factor(WORK_FACTOR);
    Ok(recipient)
}

/// Whoever knows the passphrase.
fn scrypt_identity(passphrase: SecretString) -> age::scrypt::Identity {
    let mut identity = age::scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(MOST_WORK);
    identity
}

/// age takes passphrases as text.
fn as_text(mut passphrase: Passphrase, of: &str) -> Result<SecretString, Failure> {
    let text = String::from_utf8(std::mem::take(&mut *passphrase)).map_err(|error| {
        error.into_bytes().zeroize();
        Failure::new(ExitCode::NoSecret, format!("the passphrase of {of} is not UTF-8"))
            .hint("write the file anew: `iconv -t UTF-8`")
    })?;
    // a boxed copy without spare room: the original is wiped
    Ok(SecretString::from(Zeroizing::new(text).as_str()))
}

/// Why a plugin can't be started.
fn no_plugin(of: &str, error: &ResolveError) -> Failure {
    match error {
        ResolveError::MissingPlugin { binary_name } => {
            Failure::new(ExitCode::NoSecret, format!("cannot use {of}: there is no `{binary_name}` in PATH"))
                .hint(format!("install the plugin, and see whether it is found: `command -v {binary_name}`"))
        }
        _ => Failure::new(ExitCode::Rejected, format!("cannot use {of}: its plugin has no possible name"))
            .hint("see which plugin made it, and copy its line again"),
    }
}

/// age also takes SSH keys, but the crate that reads them has an open advisory: RUSTSEC-2023-0071.
fn no_ssh(name: &str) -> Failure {
    Failure::new(ExitCode::Rejected, format!("cannot use {name}: SSH keys are not supported for encryption"))
        .hint("use an age key: `age-keygen -o identity.age` makes one")
}

#[cfg(test)]
mod tests;
