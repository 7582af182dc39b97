//! Where a contract comes from, as far as the record of its signing tells (docs/format/6-user-data.md).
//!
//! Nobody signs the record itself. What can be checked without it is checked here: that it is the record of this user data,
//! and that the key of each voucher signed the statement. Whose key it is, only the contract signer's `allowed_signers`
//! says.

use contract_core::contract::record::{HalfRecord, Record, RecordError};
use report_page::{Html, Mark, Table};

use super::when;
use crate::report::BootReport;

/// What is known of the signing.
#[derive(Debug)]
pub enum Provenance {
    /// Nobody gave a record.
    NotGiven,
    /// The user data are damaged: there is nothing to hold a record against.
    NotCompared,
    /// The record of these user data.
    Of {
        /// As `contract-signer sign` wrote it.
        record: Box<Record>,
        /// Whether its signing key is the one of the env section; not known where the boot did not come to read it.
        key_compared: bool,
    },
}

impl Provenance {
    /// Holds a record against what the boot found.
    pub fn of(record: Option<Record>, report: &BootReport) -> Result<Self, RecordError> {
        let Some(record) = record else { return Ok(Self::NotGiven) };
        let Some(facts) = &report.user_data else { return Ok(Self::NotCompared) };
        let key = report.contents.as_ref().and_then(|contents| contents.signing_key.as_ref());
        match key {
            Some(key) => record.verify(facts, key)?,
            None => record.verify_without_key(facts)?,
        }
        Ok(Self::Of { record: Box::new(record), key_compared: key.is_some() })
    }

    /// The record, if it is that of these user data.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Of { record, .. } => Some(record),
            Self::NotGiven | Self::NotCompared => None,
        }
    }
}

/// The record, or why there is nothing to tell.
pub(super) fn write(html: &mut Html, provenance: &Provenance) {
    match provenance {
        Provenance::NotGiven => {
            html.paragraph("Not known: this rehearsal was given no record of the signing.");
            html.note("`contract-signer sign` writes it beside the user data: `--record user-data.record.json`");
        }
        Provenance::NotCompared => html.paragraph(
            "Not known: the user data cannot be read, so the record that was given was not held against them.",
        ),
        Provenance::Of { record, key_compared } => recorded(html, record, *key_compared),
    }
}

fn recorded(html: &mut Html, record: &Record, key_compared: bool) {
    let table = Table {
        caption: "From the record of the signing, which is that of these user data.",
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
                    html.mark(Mark::Open, "not held against the env section");
                }
            });
        }),
        ("Signed with", &|html| html.text(&format!("{} {}", record.tool.name, record.tool.version))),
    ]);
    lines(html, "Checked by the contract signer", Mark::Good, &record.checked, "Nothing.");
    lines(html, "Could not be checked", Mark::Open, &record.unchecked, "Nothing was left out.");
    lines(html, "Accepted although it should be refused", Mark::Warning, &record.accepted, "Nothing.");
    html.note(
        "Nobody signs the record itself. Held here: that it is of these user data, and that the keys above signed the \
         statements. That a key is that person’s, the contract signer’s `allowed_signers` said.",
    );
}

fn voucher(html: &mut Html, half: &HalfRecord) {
    let Some(voucher) = &half.vouched_by else { return html.mark(Mark::Warning, "nobody") };
    html.element("strong", &[], |html| html.text(&voucher.principals));
    html.element("p", &[], |html| html.value(&voucher.key));
    html.element("p", &[], |html| html.mark(Mark::Good, "the signature holds"));
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
