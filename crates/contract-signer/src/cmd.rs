//! One file per command, and what several of them share.

pub mod certify;
mod handoff_file;
pub mod init;
pub mod inspect;
mod lifetime;
pub mod sign;
pub mod signing_key;
mod signing_record;
pub mod trust;
pub mod verify;

use cli_kit::input::Input;
use cli_kit::{Doing as _, Failure, Report};
use contract_core::received::UserDataFile;
use contract_core::user_data::{self, AuditorKeyForm, Boot, UserDataFacts};
use serde_json::{Value, json};

/// The facts of user data, in whatever file of any tool it is.
fn survey(file: &mut UserDataFile<Input>, name: &str, report: &Report) -> Result<UserDataFacts, Failure> {
    let facts = user_data::survey(&mut *file).doing(|| format!("cannot read `{name}` as user data"))?;
    for doubt in &file.doubts {
        let hint = format!("make it again with `env-deployer initdata`, or ask who made `{name}`");
        report.warning(&format!("`{name}`: {doubt}"), &[hint]);
    }
    Ok(facts)
}

/// Anyone who handles the user data can change this field: the signature does not cover it.
fn warn_of_auditor_key(form: &AuditorKeyForm, report: &Report) {
    if let AuditorKeyForm::Unusable(_) = form {
        let hint = "sign again with the auditor key: `contract-signer sign --auditor-key PEM`".to_owned();
        report.warning(&format!("`attestationPublicKey` is {form}"), &[hint]);
    }
}

/// Anyone who handles the user data can change this field too.
fn warn_of_boot(boot: &Boot, report: &Report) {
    if let Err(damage) = &boot.header {
        let hint = "remove `boot`; for bare metal, `env-deployer initdata --se-header se-hdr.bin` adds it"
            .to_owned();
        report.warning(&format!("`boot` has no Secure Execution header: {damage}"), &[hint]);
    }
}

fn boot_json(boot: &Boot) -> Value {
    match &boot.header {
        Ok(header) => json!({ "seHeader": { "bytes": header.bytes(), "sha256": header.sha256() } }),
        Err(damage) => json!({ "damage": damage.to_string() }),
    }
}
