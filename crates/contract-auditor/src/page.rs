//! The page that an auditor files: whether the guest is the one that was signed, who says so, and what nobody looked at.
//!
//! It holds no secret: digests, names, fingerprints, dates.

mod certificates;
mod signing;

use cli_kit::input;
use contract_core::attestation::comparison::{Line, Status};
use jiff::Timestamp;
use report_page::{Html, Mark, Page, Table};

use crate::audit::{Audit, Signed};

/// All that the page is made of.
pub struct AuditPage<'a> {
    pub audit: &'a Audit,
    /// What it is about: `name` in `persona.yaml`.
    pub subject: &'a str,
    /// The time that dates are held against.
    pub at: Timestamp,
    /// Whether that time was given, instead of read from the clock.
    pub at_given: bool,
}

impl AuditPage<'_> {
    /// The whole file.
    pub fn to_html(&self) -> String {
        let (mark, verdict) = self.verdict();
        let page = Page { kind: "Audit of a running guest", subject: self.subject, mark, verdict };
        page.write(|html| self.lead(html), |html| self.body(html))
    }

    fn verdict(&self) -> (Mark, &'static str) {
        let as_foretold = self.audit.comparison.wrong().next().is_none();
        match &self.audit.signature {
            _ if !as_foretold => (Mark::Bad, "The guest is not the one that was signed"),
            Signed::Refused(_) => (Mark::Bad, "Nobody can say whose record this is"),
            Signed::Unknown => (Mark::Warning, "The record is as foretold, and nobody has signed it"),
            Signed::By(_) if self.audit.signing().is_none() => {
                (Mark::Warning, "The lines that were foretold are right")
            }
            Signed::By(_) if self.audit.accepted().is_some() => {
                (Mark::Warning, "The guest is the one that was signed, if its certificate is the image’s")
            }
            Signed::By(_) => (Mark::Good, "The guest is the one that was signed"),
        }
    }

    fn lead(&self, html: &mut Html) {
        let audit = self.audit;
        if let Err(failure) = audit.verdict() {
            html.paragraph(&failure.message);
            failure.hints.iter().for_each(|hint| html.paragraph(&format!("What to do: {hint}")));
        }
        let said = if self.at_given { "given with `--at`" } else { "the time of this audit" };
        let form = if audit.guest.opened.is_some() { "encrypted to the auditor" } else { "in plain text" };
        html.facts(&[
            ("Held against", &|html| html.prose(&format!("{}, {said}", when(self.at)))),
            ("Record of the guest", &|html| {
                html.prose(&format!("`{}`, {form}", input::name(&audit.guest.path)));
                html.digest(&audit.guest.sha256());
            }),
            ("Lines", &|html| html.text(&audit.counts())),
        ]);
    }

    fn body(&self, html: &mut Html) {
        html.section("What the guest says, and what was foretold", |html| self.lines(html));
        html.section("Who signed the record", |html| certificates::write(html, self.audit));
        html.section("Who vouched for the contract", |html| {
            signing::write(html, &self.audit.expectations);
        });
        html.section("What was not checked", |html| {
            let unchecked = self.audit.unchecked();
            list(html, Mark::Open, &unchecked, "Nothing was left out.");
        });
        html.section("What was accepted at risk", |html| {
            let accepted: Vec<_> = self.audit.accepted().map(str::to_owned).into_iter().collect();
            list(html, Mark::Warning, &accepted, "Nothing.");
        });
        html.section("About this page", |html| {
            html.facts(&[("Made by", &|html| html.text(concat!("contract-auditor ", env!("CARGO_PKG_VERSION"))))]);
            html.note(
                "The guest computes its record when it starts. The record says what the guest was started with, and \
                 nothing of what happened to it since. This page holds no secret, runs no script and loads nothing; \
                 nobody signs it.",
            );
        });
    }

    fn lines(&self, html: &mut Html) {
        let by: Vec<_> = self.audit.expectations.foretold.iter().map(|it| format!("`{}`", it.by)).collect();
        html.paragraph(&format!("Foretold by {}.", by.join(", ")));
        let table = Table {
            caption: "An unknown line decides nothing; an unexpected one must not be there.",
            columns: &["Line of the record", "Status", "SHA-256"],
        };
        table.write(html, self.audit.comparison.lines(), |row, line: &Line| {
            row.name(|html| html.text(&line.name));
            row.cell(|html| {
                html.mark(mark(line.status), line.status.as_str());
                if !line.foretold_by.is_empty() {
                    html.note(&format!("foretold by {}", line.foretold_by.join(", ")));
                }
            });
            row.cell(|html| digests(html, line));
        });
        let remarks = self.audit.guest.record.remarks();
        if !remarks.is_empty() {
            html.heading("What else stands in the record");
            html.list(Mark::Open, remarks.iter().map(String::as_str));
        }
    }
}

fn digests(html: &mut Html, line: &Line) {
    if line.status == Status::Equal {
        return line.found.iter().for_each(|sha256| html.digest(sha256));
    }
    for (label, sha256) in [("foretold", &line.expected), ("found", &line.found)] {
        if let Some(sha256) = sha256 {
            html.note(label);
            html.digest(sha256);
        }
    }
}

fn mark(status: Status) -> Mark {
    match status {
        Status::Equal => Mark::Good,
        Status::Different | Status::Missing | Status::Unexpected => Mark::Bad,
        Status::Unknown => Mark::Open,
    }
}

fn list(html: &mut Html, mark: Mark, lines: &[String], none: &str) {
    if lines.is_empty() {
        return html.paragraph(none);
    }
    html.list(mark, lines.iter().map(String::as_str));
}

/// A time to the second; one zone on the whole page.
fn when(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
