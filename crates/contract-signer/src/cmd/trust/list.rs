//! `contract-signer trust list`: who may vouch for what, and until when.

use cli_kit::{Failure, Report, clock, input};
use contract_core::allowed_signers::Entry;
use contract_core::sshsig::Namespace;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::cli::AllowedSignersFile;

/// One line of the file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signer<'a> {
    line: usize,
    principals: &'a str,
    sections: Vec<&'static str>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
    valid_now: bool,
    #[serde(rename = "type")]
    kind: &'static str,
    bits: u32,
    fingerprint: String,
    comment: &'a str,
}

pub fn run(arguments: &AllowedSignersFile, report: &Report) -> Result<(), Failure> {
    let path = arguments.path()?;
    let text = super::read(&path).map_err(|failure| {
        failure.hint("begin one: `contract-signer trust add PRINCIPAL KEY.pub --workload` or `--env`")
    })?;
    let allowed = super::parse(&text, &path, report)?;
    let now = clock::now();
    let signers: Vec<_> = allowed.entries().iter().map(|entry| Signer::of(entry, now)).collect();
    for (entry, signer) in allowed.entries().iter().zip(&signers) {
        // told once, at the first line of the key that does it
        let same = |other: &&Entry| other.key.is_same_pair(&entry.key);
        let first = allowed.entries().iter().find(same).is_some_and(|first| first.line == entry.line);
        let both =
            Namespace::ALL.into_iter().all(|it| allowed.entries().iter().filter(same).any(|e| e.is_for(it)));
        if first && both {
            report.warning(
                &format!("the key {} of `{}` may vouch for both halves", signer.fingerprint, signer.principals),
                &[format!("narrow line {}: write `namespaces=\"hpcr-workload\"` or `namespaces=\"hpcr-env\"` before its key", entry.line)],
            );
        }
    }
    report.result(&json!({ "file": input::name(&path), "signers": signers }), |_| {
        signers.iter().map(Signer::shown).collect::<Vec<_>>()
    })
}

impl<'a> Signer<'a> {
    fn of(entry: &'a Entry, now: Timestamp) -> Self {
        let sections = Namespace::ALL.into_iter().filter(|namespace| entry.is_for(*namespace));
        Self {
            line: entry.line,
            principals: entry.principals.as_str(),
            sections: sections.map(Namespace::section).collect(),
            valid_after: entry.valid_after,
            valid_before: entry.valid_before,
            valid_now: entry.valid_after.is_none_or(|after| after <= now)
                && entry.valid_before.is_none_or(|before| now <= before),
            kind: entry.key.kind().label(),
            bits: entry.key.bits(),
            fingerprint: entry.key.fingerprint(),
            comment: &entry.comment,
        }
    }

    /// The words of `ssh-keygen -l`, after who it is, for what, and when.
    fn shown(&self) -> String {
        let sections = if self.sections.is_empty() { "neither".to_owned() } else { self.sections.join("+") };
        let time = |word: &str, at: Option<Timestamp>| at.map(|at| format!("{word} {at}"));
        let mut validity: Vec<_> = [time("from", self.valid_after), time("until", self.valid_before)]
            .into_iter()
            .flatten()
            .collect();
        if validity.is_empty() {
            validity.push("always".to_owned());
        }
        if !self.valid_now {
            validity.push("NOT VALID NOW".to_owned());
        }
        let comment = if self.comment.is_empty() { "no comment" } else { self.comment };
        format!(
            "{:<28} {sections:<9} {:<30} {} {} {comment} ({})",
            self.principals,
            validity.join(" "),
            self.bits,
            self.fingerprint,
            self.kind
        )
    }
}
