//! `contract-signer verify`: whether the signature of user data holds.

use cli_kit::input::Input;
use cli_kit::{Doing as _, Failure, Report, clock, input};
use contract_core::user_data;
use serde_json::json;

use crate::cli::Verify;

pub fn run(arguments: &Verify, report: &Report) -> Result<(), Failure> {
    let key = super::verifying_key(&arguments.signing_key)?;
    let name = input::name(&arguments.user_data);
    let facts = user_data::survey(Input::open(&arguments.user_data)?)
        .doing(|| format!("cannot read `{name}` as user data"))?;
    facts.verify(&key, clock::now()).doing(|| format!("`{name}` does not hold"))?;
    for key in &facts.unknown {
        let hint = "see whether it is misspelt, and who put it there".to_owned();
        report.warning(
            &format!("`{key}` is no key of user data that this version knows, and it is not signed"),
            &[hint],
        );
    }
    let not_covered: Vec<&str> =
        facts.attestation_public_key.iter().map(|_| "attestationPublicKey").collect();
    if !not_covered.is_empty() {
        report.note("not covered by the signature: `attestationPublicKey`");
    }
    let result = json!({
        "file": name,
        "verified": true,
        "keyFingerprint": key.fingerprint(),
        "expires": key.expires(),
        "workload": facts.workload.sha256,
        "env": facts.env.sha256,
        "notCovered": not_covered,
        "unknown": facts.unknown,
    });
    let until =
        key.expires().map_or_else(String::new, |end| format!("; the signing certificate ends at {end}"));
    report.success(&format!("`{name}` holds: signed with key {}{until}", key.fingerprint()));
    report.result(&result, |_| Vec::<String>::new())
}
