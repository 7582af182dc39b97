//! `contract-signer verify`: whether the signature of user data holds.

use cli_kit::evidence::verifying_key;
use cli_kit::looks::Looks;
use cli_kit::{Doing as _, Failure, Report, input};
use contract_core::contract::record::Record;
use contract_core::lifetime::Lifetime;
use contract_core::user_data;
use serde_json::json;

use super::lifetime::{LifetimeCheck, Source};
use super::signing_record;
use crate::cli::Verify;

pub fn run(arguments: &Verify, report: &Report) -> Result<(), Failure> {
    let key = verifying_key(&arguments.signing_key)?;
    let name = input::name(&arguments.user_data);
    let (user_data, _) = Looks::open(&arguments.user_data)?;
    let facts = user_data::survey(user_data).doing(|| format!("cannot read `{name}` as user data"))?;
    let check = LifetimeCheck::new(&arguments.lifetime);
    facts.verify(&key, check.at).doing(|| format!("`{name}` does not hold"))?;
    let verify = |record: &Record| record.verify(&facts, &key);
    let named = arguments.record.as_deref();
    // whoever wants to hear of every end needs one; else only what is named counts
    let record = if named.is_some() || check.is_required() {
        signing_record::find(&arguments.user_data, named, verify, report)?.map(|(_, record)| record)
    } else {
        None
    };
    let stated = record.as_ref().map_or_else(|| Lifetime::of(None, None), Record::lifetime);
    let lifetime = stated.with_signing_key(&key);
    lifetime.signing_certificate_holds(check.at).doing(|| format!("`{name}` does not hold"))?;
    for key in &facts.unknown {
        let hint = "see whether it is misspelt, and who put it there".to_owned();
        report.warning(
            &format!("`{key}` is no key of user data that this version knows, and it is not signed"),
            &[hint],
        );
    }
    let not_covered: Vec<&str> =
        facts.attestation_public_key.iter().map(|_| "attestationPublicKey").collect();
    let attestation_key = facts.attestation_key();
    if let Some(form) = &attestation_key {
        report.note(&format!("not covered by the signature: `attestationPublicKey`, {form}"));
        super::warn_of_auditor_key(form, report);
    }
    let mut result = json!({
        "file": name,
        "verified": true,
        "keyFingerprint": key.fingerprint(),
        "expires": key.expires(),
        "workload": facts.workload.sha256,
        "env": facts.env.sha256,
        "notCovered": not_covered,
        "attestationKey": attestation_key
            .map(|form| json!({ "form": form.name(), "fingerprint": form.fingerprint() })),
        "unknown": facts.unknown,
        "record": record.as_ref().map(|record| json!({
            "time": record.time,
            "workload": record.workload.vouched_by,
            "env": record.env.vouched_by,
            "unchecked": record.unchecked,
            "accepted": record.accepted,
        })),
    });
    if let Some(result) = result.as_object_mut() {
        result.extend(check.json(&lifetime));
    }
    let until =
        key.expires().map_or_else(String::new, |end| format!("; the signing certificate ends at {end}"));
    if let Some(record) = &record {
        for (section, half) in [("workload", &record.workload), ("env", &record.env)] {
            let who = half.vouched_by.as_ref().map_or("nobody", |voucher| &voucher.principals);
            report.note(&format!("{section}: vouched for by {who}, as the record says"));
        }
        for it in &record.unchecked {
            report.note(&format!("not checked by the signer, as the record says: {it}"));
        }
        for it in &record.accepted {
            report.warning(&format!("accepted by the signer at his risk: {it}"), &[]);
        }
        report.note(&format!("the record is that of these user data; signed at {}, as it says", record.time));
    }
    if lifetime.first().is_some() {
        for (label, line) in check.lines(&lifetime) {
            report.note(&format!("{}: {line}", label.trim_start()));
        }
    }
    report.success(&format!("`{name}` holds: signed with key {}{until}", key.fingerprint()));
    report.result(&result, |_| Vec::<String>::new())?;
    let source = if record.is_some() { Source::Statements } else { Source::NoRecord };
    check.verdict(&name, &lifetime, source)
}
