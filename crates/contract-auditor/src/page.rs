//! The page of an audit: whether the guest is the one that was signed, who signed the record, and what was not checked.
//!
//! It contains no secret: digests, names, fingerprints, dates.

use cli_kit::input;
use contract_core::attestation::comparison::{Line, Status};
use contract_core::contract::record::HalfRecord;
use contract_pki::certificate::chain::Link;
use contract_pki::certificate::revocation::Revocation;
use jiff::Timestamp;
use report_page::{Html, Mark, Page, Table};

use crate::audit::{Audit, Conclusion, RecordSignature};
use crate::expectations::Expectations;
use crate::signing_record::Checked;

/// What the page shows.
pub struct AuditPage<'a> {
    pub audit: &'a Audit,
    /// What it is about: `name` in `persona.yaml`.
    pub subject: &'a str,
    /// The time that dates are compared with.
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
        match self.audit.conclusion() {
            Conclusion::Differs => (Mark::Bad, "The guest is not the one that was signed"),
            Conclusion::SignatureRefused => (Mark::Bad, "It is not shown that this record is the guest’s"),
            Conclusion::NotShown => (Mark::Warning, "The record does not show all that was expected"),
            Conclusion::Unsigned => (Mark::Warning, "The record is as expected, but not signed"),
            Conclusion::LinesMatch => (Mark::Warning, "The expected lines are right"),
            Conclusion::MatchesIfTrusted => {
                (Mark::Warning, "The guest is the one that was signed, if its certificate is the image’s")
            }
            Conclusion::Matches => (Mark::Good, "The guest is the one that was signed"),
        }
    }

    fn lead(&self, html: &mut Html) {
        let audit = self.audit;
        if let Err(failure) = audit.verdict() {
            html.paragraph(&failure.message);
            failure.hints.iter().for_each(|hint| html.paragraph(&format!("What to do: {hint}")));
        }
        let source = if self.at_given { "given with `--at`" } else { "the time of this audit" };
        let form = if audit.guest.opened.is_some() { "encrypted to the auditor" } else { "in plain text" };
        html.facts(&[
            ("Compared with", &|html| html.prose(&format!("{}, {source}", when(self.at)))),
            ("Attestation record", &|html| {
                html.prose(&format!("`{}`, {form}", audit.guest.name()));
                html.digest(&audit.guest.sha256());
            }),
            ("Lines", &|html| html.text(&audit.counts())),
        ]);
    }

    fn body(&self, html: &mut Html) {
        html.section("What the guest shows, and what was expected", |html| self.lines(html));
        html.section("Who signed the record", |html| record_signature(html, self.audit));
        html.section("Who vouched for the contract", |html| {
            signing_record(html, &self.audit.expectations);
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
                "The guest computes its record when it starts. The record shows what the guest was started with, and \
                 nothing that happened later. This page contains no secret, runs no script and loads nothing; it is \
                 not signed.",
            );
        });
    }

    fn lines(&self, html: &mut Html) {
        let by: Vec<_> = self.audit.expectations.sources.iter().map(|it| format!("`{}`", it.by)).collect();
        html.paragraph(&format!("Expected by {}.", by.join(", ")));
        let table = Table {
            caption: "An unknown line decides nothing; an unexpected line must not be shown; an absent line is not in the \
                      layout of this image version.",
            columns: &["Line of the record", "Status", "SHA-256"],
        };
        table.write(html, self.audit.comparison.lines(), |row, line: &Line| {
            row.name(|html| html.text(&line.name));
            row.cell(|html| {
                html.mark(mark(line.status), line.status.as_str());
                if !line.expected_by.is_empty() {
                    html.note(&format!("expected by {}", line.expected_by.join(", ")));
                }
            });
            row.cell(|html| digests(html, line));
        });
        let remarks = self.audit.guest.record.remarks();
        if !remarks.is_empty() {
            html.heading("Other lines of the record");
            html.list(Mark::Open, remarks.iter().map(String::as_str));
        }
    }
}

/// The signature, and the chain to a root.
fn record_signature(html: &mut Html, audit: &Audit) {
    let verified = match &audit.signature {
        RecordSignature::Missing => {
            html.mark(Mark::Warning, "not verified");
            return html.paragraph("There is no signature that shows that this record is the guest’s.");
        }
        RecordSignature::Refused(failure) => {
            html.mark(Mark::Bad, "refused");
            return html.paragraph(&failure.message);
        }
        RecordSignature::Verified(verified) => verified,
    };
    let mark = if verified.accepted().is_some() { Mark::Warning } else { Mark::Good };
    html.facts(&[
        ("Signature", &|html| {
            html.mark(Mark::Good, "verified");
            html.prose(&format!(" `{}`", input::name(&verified.signature)));
        }),
        ("Attestation certificate", &|html| {
            html.text(&verified.facts.subject);
            html.element("p", &[], |html| html.mark(mark, verified.reason()));
        }),
        ("Signing key", &|html| html.value(&verified.facts.key_fingerprint)),
        ("Validity", &|html| {
            html.text(&format!("{} to {}", when(verified.facts.not_before), when(verified.facts.not_after)));
        }),
    ]);
    if verified.links().is_empty() {
        return;
    }
    let table = Table {
        caption: "From the attestation certificate to a root that the auditor trusts.",
        columns: &["Certificate", "Revoked", "Validity, serial, key"],
    };
    table.write(html, verified.links(), |row, link: &Link| {
        row.name(|html| html.text(&link.facts.subject));
        row.cell(|html| revocation(html, &link.revocation));
        row.cell(|html| {
            html.text(&format!("{} to {}", when(link.facts.not_before), when(link.facts.not_after)));
            html.note(&format!("serial {}, signed with {}", link.facts.serial, link.signature_algorithm));
            html.element("p", &[], |html| html.value(&link.facts.key_fingerprint));
        });
    });
}

fn revocation(html: &mut Html, revocation: &Revocation) {
    match revocation {
        Revocation::Root => html.mark(Mark::Good, "trusted"),
        Revocation::NotChecked => html.mark(Mark::Open, "not checked"),
        Revocation::NotListed { file, until, .. } => {
            html.mark(Mark::Good, "no");
            html.note(&format!("by `{file}`, valid until {}", when(*until)));
        }
    }
}

/// Who vouched for which half, as the signing record states.
fn signing_record(html: &mut Html, Expectations { signing, checked, .. }: &Expectations) {
    let Some((path, record)) = signing else {
        return html.paragraph("Not known: there is no signing record.");
    };
    let caption = format!("From `{}`, which does not contradict itself.", input::name(path)).replace('`', "");
    let table = Table { caption: &caption, columns: &["Half", "Vouched for by", "Token, SHA-256"] };
    table.write(html, [("workload", &record.workload), ("env", &record.env)], |row, (name, half)| {
        row.name(|html| html.text(name));
        row.cell(|html| voucher(html, half, checked.names));
        row.cell(|html| html.digest(&half.token.sha256));
    });
    html.facts(&[
        ("Signed at", &|html| html.text(&when(record.time))),
        ("Contract’s signing key", &|html| {
            html.value(&record.signing_key);
            let (mark, text) = signing_key(checked);
            html.element("p", &[], |html| html.mark(mark, text));
        }),
        ("Signed with", &|html| html.text(&format!("{} {}", record.tool.name, record.tool.version))),
    ]);
    for (heading, mark, lines, none) in [
        ("Checked by the contract signer", Mark::Good, &record.checked, "Nothing."),
        ("Could not be checked", Mark::Open, &record.unchecked, "Nothing was left out."),
        ("Accepted although it should be refused", Mark::Warning, &record.accepted_texts(), "Nothing."),
    ] {
        html.heading(heading);
        list(html, mark, lines, none);
    }
    html.note(
        "The signing record is not signed. Checked here: the keys above signed the statements, and the statements are \
         about these tokens. If a name is not checked, only the signing record states that a key is that person’s.",
    );
}

fn signing_key(checked: &Checked) -> (Mark, &'static str) {
    match checked {
        Checked { key: None, .. } => (Mark::Open, "not checked: only the signing record states it"),
        Checked { contract: false, .. } => {
            (Mark::Open, "the one that the auditor knows; its signature was not checked")
        }
        Checked { .. } => (Mark::Good, "the one that the auditor knows, and it signed the contract"),
    }
}

fn voucher(html: &mut Html, half: &HalfRecord, name_checked: bool) {
    let Some(voucher) = &half.vouched_by else { return html.mark(Mark::Warning, "nobody") };
    html.element("strong", &[], |html| html.text(&voucher.principals));
    html.element("p", &[], |html| html.value(&voucher.key));
    html.element("p", &[], |html| html.mark(Mark::Good, "the signature is verified"));
    let (mark, text) =
        if name_checked { (Mark::Good, "may vouch for this half") } else { (Mark::Open, "name not checked") };
    html.element("p", &[], |html| html.mark(mark, text));
}

fn digests(html: &mut Html, line: &Line) {
    if line.status == Status::Equal {
        return line.found.iter().for_each(|sha256| html.digest(sha256));
    }
    for (label, sha256) in [("expected", &line.expected), ("found", &line.found)] {
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
        Status::Unknown | Status::Absent => Mark::Open,
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
