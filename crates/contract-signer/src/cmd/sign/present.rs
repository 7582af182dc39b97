//! What `sign` shows: what disagrees, what is unwise, what was done.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use certificate_command::{Contradiction, contradiction};
use cli_kit::report::visible;
use cli_kit::{Failure, Report};
use contract_core::contract::record::{HalfRecord, Record, Voucher};
use contract_core::contract::{self, Change, Contract, Disagreement, Weight};
use contract_core::kind::{Env, Kind, Workload};
use contract_core::lifetime::{Lifetime, State, What};
use contract_core::statement::Volume;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::Written;
use crate::cmd::lifetime::LifetimeCheck;
use crate::cmd::signing_record::auditor_key;

/// Everything that disagrees is shown as a table; with `--json`, all of it is in the message.
pub fn disagreement(context: &str, error: &contract::Error, report: &Report) -> Failure {
    let failure = Failure::from_advice(context, error);
    let contract::Error::Disagreement(disagreements) = error else { return failure };
    if report.json() {
        return failure;
    }
    for line in table(disagreements) {
        report.note(&line);
    }
    let what: Vec<_> = disagreements.iter().map(|it| it.what).collect();
    Failure { message: format!("{context}: the handoffs do not agree: {}", what.join(", ")), ..failure }
}

/// What is unwise about a contract, and does not stop the signer.
pub fn warn_before_signing<R: Read + Seek>(contract: &Contract<R>, changes: &[Change], report: &Report) {
    for change in changes {
        match change.weight {
            Weight::Warning => report.warning(&change.message, std::slice::from_ref(&change.hint)),
            Weight::Note => report.note(&format!("{}; {}", change.message, change.hint)),
        }
    }
    let empty: Vec<_> = contract.empty_variables().into_iter().collect();
    if !empty.is_empty() {
        let message = format!("environment variables that nobody provides are empty: {}", empty.join(" "));
        let hint = format!("write {} under `env` in env.yaml, and encrypt it again", empty.join(" "));
        report.warning(&message, &[hint]);
    }
    let (workload, env) = contract.statements();
    let stated = [workload, env].into_iter().flatten().map(|it| &it.predicate);
    let mut contradictions: Vec<_> =
        stated.filter_map(|it| contradiction(&it.encryption_certificate, it.platform)).collect();
    // both halves usually name the same certificate
    contradictions.dedup();
    for Contradiction { message, hint } in contradictions {
        report.warning(&message, &[hint]);
    }
}

/// What was done, for people and as JSON.
pub struct Presented {
    pub record: Record,
    pub written: Written,
    pub changes: Vec<Change>,
    pub at: Timestamp,
}

/// One thing, as each half states it.
#[derive(Serialize)]
struct Sides<T> {
    workload: T,
    env: T,
}

impl Presented {
    pub fn show(&self, report: &Report) -> Result<(), Failure> {
        let Self { record, written, changes, at } = self;
        let (lifetime, check) = (record.lifetime(), LifetimeCheck::at(*at));
        let volumes = volumes(&record.workload, &record.env);
        let mut json = json!({
            "userData": written.user_data,
            "record": written.record,
            "keyFingerprint": record.signing_key,
            "attestationKey": record.attestation_key,
            "attestationRecord": record.attestation_record,
            "vouchedBy": { "workload": record.workload.vouched_by, "env": record.env.vouched_by },
            "checked": record.checked,
            "unchecked": record.unchecked,
            "accepted": record.accepted,
            "volumes": volumes,
            "changes": changes,
        });
        check.add_to(&mut json, &lifetime);
        warn_of_ends(check, &lifetime, report);
        for (section, half) in [(Workload::NAME, &record.workload), (Env::NAME, &record.env)] {
            if let Some(Voucher { principals, key, .. }) = &half.vouched_by {
                report.note(&format!("{section}: vouched for by {principals}, key {key}"));
            }
        }
        for (name, Sides { workload, env }) in &volumes {
            report.note(&format!("volume `{name}`: workload {workload}, env {env}"));
        }
        if let Some(key) = &record.attestation_key {
            report.note(&format!("auditor key: {}", auditor_key(key)));
        }
        for text in &record.unchecked {
            report.note(&format!("not checked: {text}"));
        }
        for text in &record.accepted {
            report.warning(&format!("accepted at your own risk: {text}"), &[]);
        }
        report.note(&format!("ends first: {}", check.first(&lifetime)));
        report.note("the attestation record of the running guest must show:");
        for (line, sha256) in &record.attestation_record {
            report.note(&format!("  {sha256} {line}"));
        }
        report.success(&format!("wrote {}, signed with key {}", written.quoted, record.signing_key));
        report.result(&json, |_| Vec::<String>::new())
    }
}

/// Volumes that both halves state.
fn volumes<'a>(workload: &'a HalfRecord, env: &'a HalfRecord) -> BTreeMap<&'a str, Sides<&'a Volume>> {
    let (Some(workload), Some(env)) = (workload.statement(), env.statement()) else { return BTreeMap::new() };
    let sides = |(name, workload): (&'a String, &'a Volume)| {
        let env = env.predicate.volumes.get(name)?;
        Some((name.as_str(), Sides { workload, env }))
    };
    workload.predicate.volumes.iter().filter_map(sides).collect()
}

/// An expired encryption certificate that was accepted is shown with everything that was accepted.
fn warn_of_ends(check: LifetimeCheck, lifetime: &Lifetime, report: &Report) {
    for (what, state, message) in check.ending(lifetime) {
        let accepted = what == What::EncryptionCertificate && !matches!(state, State::EndsIn(_));
        if !accepted {
            report.warning(&message, &[what.renewal().to_owned()]);
        }
    }
}

/// Columns of each half's values in the table of disagreements.
const VALUE: usize = 44;
/// Columns of the names in it.
const NAME: usize = 16;

/// What disagrees: workload left, env right.
fn table(disagreements: &[Disagreement]) -> Vec<String> {
    let mut lines = row("", "workload", "env");
    for Disagreement { what, workload, env, .. } in disagreements {
        lines.extend(row(what, workload, env));
    }
    lines
}

fn row(name: &str, left: &str, right: &str) -> Vec<String> {
    // escaped before it is measured, or text from outside could shift the columns
    let wrapped = |text: &str, width: usize| wrapped(&visible(text), width);
    let columns = [wrapped(name, NAME), wrapped(left, VALUE), wrapped(right, VALUE)];
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |column: &Vec<String>, line: usize| column.get(line).cloned().unwrap_or_default();
    let [names, left, right] = &columns;
    (0..height)
        .map(|line| {
            let (name, left, right) = (cell(names, line), cell(left, line), cell(right, line));
            format!("  {name:<NAME$}  {left:<VALUE$}  {right}").trim_end().to_owned()
        })
        .collect()
}

/// Breaks lines between words, and within a word that is longer than a line, such as a fingerprint.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut letters: Vec<char> = word.chars().collect();
        loop {
            let Some(line) = lines.last_mut() else { return lines };
            let used = line.chars().count();
            let gap = usize::from(used > 0);
            if used + gap + letters.len() <= width {
                line.extend(std::iter::repeat_n(' ', gap).chain(letters));
                break;
            }
            if used == 0 {
                line.extend(letters.drain(..width));
            }
            lines.push(String::new());
        }
    }
    lines
}

#[cfg(test)]
mod tests;
