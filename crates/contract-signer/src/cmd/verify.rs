//! `contract-signer verify`: verifies the signature of user data, and compares the user data with its signing record.

use cli_kit::evidence::verifying_key;
use cli_kit::{Doing as _, Failure, Report, input, received};
use contract_core::contract::record::Record;
use contract_core::lifetime::Lifetime;
use serde_json::json;

use super::lifetime::{LifetimeCheck, Source};
use super::signing_record;
use crate::cli::Verify;

pub fn run(arguments: &Verify, report: &Report) -> Result<(), Failure> {
    let key = verifying_key(&arguments.signing_key)?;
    let name = input::name(&arguments.user_data);
    let mut user_data = received::user_data(&arguments.user_data)?;
    let facts = super::survey(&mut user_data, &name, report)?;
    if !user_data.wrappers.is_empty() {
        report.note(&format!("`{name}` is {}", user_data.describe(facts.state())));
    }

    let cannot = || format!("cannot verify `{name}`");
    let check = LifetimeCheck::new(&arguments.lifetime);
    facts.verify(&key, check.at).doing(cannot)?;
    let named = arguments.record.as_deref();
    // `--fail-within` needs a record; otherwise only a named one is read
    let record = if named.is_some() || check.is_required() {
        let verify = |record: &Record| record.verify(&facts, &key);
        signing_record::find(&arguments.user_data, named, verify, report)?.map(|(_, record)| record)
    } else {
        None
    };
    let stated = record.as_ref().map_or_else(|| Lifetime::from_halves(None, None), Record::lifetime);
    let lifetime = stated.with_signing_key(&key);
    lifetime.check_signing_certificate(check.at).doing(cannot)?;

    for key in &facts.unknown {
        report.warning(
            &format!("`{key}` is not a known field of user data, and the signature does not cover it"),
            &["check its spelling, and ask who added it".to_owned()],
        );
    }
    let auditor_key = facts.auditor_key();
    if let Some(form) = &auditor_key {
        report.note(&format!("not covered by the signature: `attestationPublicKey`, {form}"));
        super::warn_of_auditor_key(form, report);
    }
    if let Some(boot) = &facts.boot {
        super::warn_of_boot(boot, report);
        if let Ok(header) = &boot.header {
            report.note(&format!("not covered by the signature: `boot`, {header}"));
        }
    }
    if let Some(record) = &record {
        show_record(record, report);
    }
    if lifetime.first().is_some() {
        for (label, line) in check.lines(&lifetime) {
            report.note(&format!("{}: {line}", label.trim_start()));
        }
    }
    let until = key
        .facts()
        .map_or_else(String::new, |it| format!("; the signing certificate ends at {}", it.not_after));
    report.success(&format!("verified `{name}`: signed with key {}{until}", key.fingerprint()));
    let not_covered = auditor_key.iter().map(|_| "attestationPublicKey");
    let not_covered = not_covered.chain(facts.boot.iter().map(|_| "boot"));
    let mut result = json!({
        "file": name,
        "verified": true,
        "keyFingerprint": key.fingerprint(),
        "expires": key.facts().map(|facts| facts.not_after),
        "workload": facts.workload.sha256,
        "env": facts.env.sha256,
        "notCovered": not_covered.collect::<Vec<_>>(),
        "attestationKey": auditor_key
            .map(|form| json!({ "form": form.name(), "fingerprint": form.fingerprint() })),
        "boot": facts.boot.as_ref().map(super::boot_json),
        "unknown": facts.unknown,
        "record": record.as_ref().map(|record| json!({
            "time": record.time,
            "workload": record.workload.vouched_by,
            "env": record.env.vouched_by,
            "unchecked": record.unchecked,
            "accepted": record.accepted,
        })),
    });
    check.add_to(&mut result, &lifetime);
    report.result(&result, |_| Vec::<String>::new())?;
    let source = if record.is_some() { Source::Statements } else { Source::NoRecord };
    check.verdict(&name, &lifetime, source)
}

fn show_record(record: &Record, report: &Report) {
    for (section, half) in [("workload", &record.workload), ("env", &record.env)] {
        let who = half.vouched_by.as_ref().map_or("nobody", |voucher| &voucher.principals);
        report.note(&format!("{section}: vouched for by {who}, as the signing record states"));
    }
    for text in &record.unchecked {
        report.note(&format!("not checked by the signer, as the signing record states: {text}"));
    }
    for text in &record.accepted {
        report.warning(&format!("accepted by the signer at their own risk: {text}"), &[]);
    }
    let time = record.time;
    report.note(&format!(
        "the signing record belongs to this user data, and states that it was signed at {time}"
    ));
}
