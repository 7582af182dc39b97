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

use cli_kit::Report;
use contract_core::user_data::{AuditorKeyForm, Boot};
use serde_json::{Value, json};

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
