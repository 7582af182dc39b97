//! One module a verb: decide first, present later.

mod auditor;
pub mod certify;
pub mod csr;
mod handoff_file;
pub mod init;
pub mod inspect;
pub mod keygen;
mod lifetime;
mod previous;
pub mod public_key;
mod record_file;
mod side_by_side;
pub mod sign;
pub mod trust;
pub mod verify;

use std::path::Path;

use cli_kit::prompt::PassphraseSource;
use cli_kit::{Doing as _, Failure, Report, input, private_key};
use contract_core::signing_key::SigningKey;
use contract_core::user_data::AttestationKeyForm;
use contract_core::verifying_key::VerifyingKey;

/// Larger than any key or certificate.
const KEY_LIMIT: usize = 256 << 10;

/// The private key, opened with the passphrase that its owner gives.
fn signing_key(path: &Path, passphrase: &PassphraseSource) -> Result<SigningKey, Failure> {
    private_key::read(path, passphrase, SigningKey::parse)
}

/// Whoever handles the user data can put anything there, and a guest that can't use it is of no use either.
fn warn_of_attestation_key(form: &AttestationKeyForm, report: &Report) {
    if let AttestationKeyForm::Unusable(_) = form {
        let hint =
            "sign again with the auditor's key: `contract-signer sign --attestation-key PEM`".to_owned();
        report.warning(&format!("`attestationPublicKey` is {form}"), &[hint]);
    }
}

fn verifying_key(path: &Path) -> Result<VerifyingKey, Failure> {
    let text = input::read_text(path, KEY_LIMIT)?;
    VerifyingKey::parse(&text).doing(|| format!("cannot use `{}`", input::name(path)))
}
