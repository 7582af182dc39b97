//! The command `sealed-secret` of both authors: keys for sealed secrets, and the secrets.
//!
//! Two pairs, each with one half in the section: the guest verifies with `verificationKey` and opens with `decryptionKey`.
//! The author keeps the key that signs.

mod arguments;
mod keygen;
mod seal;

use std::path::{Path, PathBuf};

use arguments::Verb;
use cli_kit::names::in_folder;
use cli_kit::{Failure, Report};

use crate::Authored;

pub use arguments::SealedSecret;

/// The command.
pub fn sealed_secret<K: Authored>(arguments: &SealedSecret, report: &Report) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::Keygen(arguments) => keygen::keygen::<K>(arguments, report),
        Verb::Seal(arguments) => seal::seal::<K>(arguments, report),
    }
}

/// Signs sealed secrets: the author's own.
const SIGNING_KEY: &str = "secret-signing-key.pem";
/// `verificationKey` of the section.
const VERIFICATION_KEY: &str = "secret-signing-key.pub.pem";
/// `decryptionKey` of the section.
const DECRYPTION_KEY: &str = "secret-decryption-key.pem";
/// Sealed secrets are encrypted to it.
const ENCRYPTION_KEY: &str = "secret-decryption-key.pub.pem";

/// The named file, or the one that `keygen` wrote into the folder.
fn key_file(named: Option<&Path>, folder: &Path, name: &str) -> PathBuf {
    named.map_or_else(|| in_folder(folder, name), Path::to_owned)
}
