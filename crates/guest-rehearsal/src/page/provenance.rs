//! Where a contract comes from, according to its signing record (docs/format/6-user-data.md).
//!
//! The record itself is not signed. This module checks what can be checked: that it is the record of this user data, and
//! that the key of each voucher signed the statement. Only the contract signer's `allowed_signers` states who owns a key.

use contract_core::contract::record::{HalfRecord, Record, RecordError};
use report_page::{Html, Mark, Table};

use super::when;
use crate::report::BootReport;

/// What is known about the signing.
#[derive(Debug)]
pub enum Provenance {
    /// No record was given.
    NotGiven,
    /// The user data is damaged, so a record can't be compared with it.
    NotCompared,
    /// The record of this user data.
    Recorded {
        /// Written by `contract-signer sign`.
        record: Box<Record>,
        /// Whether its signing key was compared with that of the env section, which the boot may not have read.
        key_compared: bool,
    },
}

impl Provenance {
    /// Checks a record against the result of the boot.
    pub fn check(record: Option<Record>, report: &BootReport) -> Result<Self, RecordError> {
        let Some(record) = record else { return Ok(Self::NotGiven) };
        let Some(facts) = &report.user_data else { return Ok(Self::NotCompared) };
        let key = report.contents.as_ref().and_then(|contents| contents.signing_key.as_ref());
        match key {
            Some(key) => record.verify(facts, key)?,
            None => record.verify_without_key(facts)?,
        }
        Ok(Self::Recorded { record: Box::new(record), key_compared: key.is_some() })
    }

    /// The record, if it is of this user data.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Recorded { record, .. } => Some(record),
            Self::NotGiven | Self::NotCompared => None,
        }
    }
}

/// Writes the record, or why there is none.
pub(super) fn write(html: &mut Html, provenance: &Provenance) {
    match provenance {
        Provenance::NotGiven => {
            html.paragraph("Not known: this rehearsal was given no signing record.");
            html.note(
                "`contract-signer sign` writes it next to the user data: `--record user-data.record.json`",
            );
        }
        Provenance::NotCompared => html.paragraph(
            "Not known: the user data cannot be read, so the record that was given was not compared with it.",
        ),
        Provenance::Recorded { record, key_compared } => recorded(html, record, *key_compared),
    }
}

fn recorded(html: &mut Html, record: &Record, key_compared: bool) {
    let table = Table {
        caption: "From the signing record of this user data.",
        columns: &["Half", "Vouched for by", "Statement"],
    };
    table.write(html, [("workload", &record.workload), ("env", &record.env)], |row, (name, half)| {
        row.name(|html| html.text(name));
        row.cell(|html| voucher(html, half));
        row.cell(|html| statement(html, half));
    });
    html.facts(&[
        ("Signed at", &|html| html.text(&when(record.time))),
        ("Signing key", &|html| {
            html.value(&record.signing_key);
            html.element("p", &[], |html| {
                if key_compared {
                    html.mark(Mark::Good, "the one in the env section");
                } else {
                    html.mark(Mark::Open, "not compared with the env section");
                }
            });
        }),
        ("Signed with", &|html| html.text(&format!("{} {}", record.tool.name, record.tool.version))),
    ]);
    lines(html, "Checked by the contract signer", Mark::Good, &record.checked, "Nothing.");
    lines(html, "Could not be checked", Mark::Open, &record.unchecked, "Nothing was left out.");
    lines(
        html,
        "Accepted although it should be refused",
        Mark::Warning,
        &record.accepted_texts(),
        "Nothing.",
    );
    html.note(
        "The record itself is not signed. Checked here: it is the record of this user data, and the keys above signed the \
         statements. The owners of the keys are those in the contract signer’s `allowed_signers`.",
    );
}

fn voucher(html: &mut Html, half: &HalfRecord) {
    let Some(voucher) = &half.vouched_by else { return html.mark(Mark::Warning, "nobody") };
    html.element("strong", &[], |html| html.text(&voucher.principals));
    html.element("p", &[], |html| html.value(&voucher.key));
    html.element("p", &[], |html| html.mark(Mark::Good, "the signature is valid"));
    html.element("p", &[], |html| html.mark(Mark::Open, "name not checked"));
}

fn statement(html: &mut Html, half: &HalfRecord) {
    let Some(statement) = half.statement() else { return html.mark(Mark::Warning, "none: a bare token") };
    let stated = &statement.predicate;
    let (platform, tool) = (stated.platform, &stated.tool);
    html.prose(&format!("for `{platform}`, made {} with {} {}", when(stated.time), tool.name, tool.version));
    if let Some(archive) = &stated.archive {
        html.element("p", &[("class", "note")], |html| {
            html.text("archive, SHA-256");
            html.digest(&archive.sha256);
        });
    }
}

fn lines(html: &mut Html, heading: &str, mark: Mark, lines: &[String], none: &str) {
    html.heading(heading);
    if lines.is_empty() {
        return html.paragraph(none);
    }
    html.list(mark, lines.iter().map(String::as_str));
}
