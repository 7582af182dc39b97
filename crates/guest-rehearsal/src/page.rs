//! The page for an auditor: what the boot found, and where the contract comes from.
//!
//! The same rehearsal gives the same bytes: the only time on the page is the time of boot. It contains no secret, because
//! its sources contain none: [`crate::report`], [`crate::contents`], the signing record.

mod contents;
pub mod provenance;

use cli_kit::Failure;
use cli_kit::report::count;
use jiff::Timestamp;
use report_page::{Html, Mark, Page, Table};

use crate::report::{BootReport, Forecast, RecordLine, Step, Verdict};
use provenance::Provenance;

/// The content of the page.
#[derive(Debug)]
pub struct BootPage<'a> {
    /// The result of the boot.
    pub report: &'a BootReport,
    /// Why the rehearsal itself failed, if it did.
    pub failure: Option<&'a Failure>,
    /// Where the contract comes from.
    pub provenance: &'a Provenance,
    /// The file that was booted from.
    pub subject: &'a str,
    /// The time of boot.
    pub at: Timestamp,
    /// Whether that time was given with `--at`.
    pub at_given: bool,
    /// The command as typed.
    pub command: &'a str,
    /// The version of this program.
    pub version: &'a str,
}

impl BootPage<'_> {
    /// The whole file.
    pub fn to_html(&self) -> String {
        let warnings = self.number(Verdict::Warning);
        let (mark, verdict) = match (self.report.forecast, warnings) {
            _ if self.failure.is_some() => (Mark::Open, "The rehearsal failed".to_owned()),
            (Forecast::Failed, _) => (Mark::Open, "The rehearsal failed".to_owned()),
            (Forecast::Refused, _) => (Mark::Bad, "The guest would not boot".to_owned()),
            (Forecast::Unknown, _) => (Mark::Open, "It is unknown whether the guest would boot".to_owned()),
            (Forecast::Boots, 0) => (Mark::Good, "The guest would boot".to_owned()),
            (Forecast::Boots, _) => {
                (Mark::Warning, format!("The guest would boot, with {}", count(warnings, "warning")))
            }
        };
        let page = Page { kind: "Rehearsal of a boot", subject: self.subject, mark, verdict: &verdict };
        page.write(|html| self.lead(html), |html| self.body(html))
    }

    fn number(&self, verdict: Verdict) -> usize {
        self.report.steps.iter().filter(|step| step.verdict == verdict).count()
    }

    /// Why the boot stopped, and the facts that identify this rehearsal.
    fn lead(&self, html: &mut Html) {
        if let Some(step) = self.report.refusal() {
            match step.code {
                Some(code) => html.paragraph(&format!("{}.", sentence(&code.describe()))),
                None => html.paragraph("No source states what its console would show."),
            }
            html.paragraph(&format!("It stops at `{}`: {}", step.name, step.detail));
            if let Some(hint) = &step.hint {
                html.paragraph(&format!("What to do: {hint}"));
            }
        }
        if let Some(failure) = self.failure {
            html.paragraph(&failure.message);
            failure.hints.iter().for_each(|hint| html.paragraph(&format!("What to do: {hint}")));
        }
        let said = if self.at_given { "given with `--at`" } else { "the time of this rehearsal" };
        let mut steps = vec![format!("{} ok", self.number(Verdict::Ok))];
        let others = [
            (Verdict::Warning, "with a warning"),
            (Verdict::Skipped, "skipped"),
            (Verdict::Unknown, "unknown"),
            (Verdict::Refused, "refused"),
        ];
        for (verdict, word) in others {
            let number = self.number(verdict);
            steps.extend((number > 0).then(|| format!("{number} {word}")));
        }
        let user_data = self.report.user_data.as_ref();
        html.facts(&[
            ("Boots at", &|html| html.prose(&format!("{}, {said}", when(self.at)))),
            ("Steps", &|html| html.text(&steps.join(", "))),
            ("User data", &|html| match user_data {
                Some(facts) => html.value(&format!("sha256:{}", facts.sha256)),
                None => html.text("cannot be read"),
            }),
        ]);
    }

    fn body(&self, html: &mut Html) {
        html.section("Digests for the attestation record", |html| self.digests(html));
        html.section("Who vouched, and what was checked", |html| provenance::write(html, self.provenance));
        html.section("Certificates", |html| {
            contents::write_certificates(
                html,
                self.provenance.record(),
                self.report.contents.as_ref(),
                self.at,
            );
        });
        html.section("Volumes", |html| {
            contents::write_volumes(html, self.provenance.record(), self.report.contents.as_ref());
        });
        html.section("Boot log", |html| write_log(html, &self.report.steps));
        html.section("About this page", |html| self.about(html));
    }

    fn digests(&self, html: &mut Html) {
        if self.report.attestation.is_empty() {
            return html.paragraph("None: the user data cannot be read.");
        }
        let caption = if self.report.attested {
            "What the attestation record of a guest with this user data must show."
        } else {
            "What identifies this user data, as an attestation record would show it."
        };
        let table = Table { caption, columns: &["Line of the record", "SHA-256"] };
        table.write(html, &self.report.attestation, |row, RecordLine { name, sha256 }| {
            row.name(|html| html.text(name));
            row.cell(|html| html.digest(sha256));
        });
        if let Some(key) = &self.report.auditor_key {
            html.paragraph("The record itself is encrypted for the auditor key, `attestationPublicKey`:");
            html.element("p", &[], |html| html.value(key.fingerprint()));
        }
        if let Some(files) = &self.report.written {
            html.paragraph(&format!(
                "It was written to `{}`, its signature to `{}`.",
                files.record, files.signature
            ));
        }
        html.note(
            "This user data is for the guest of a rehearsal, with a key on a desk. User data for the real image has other \
             digests: see its signing record, or the output of `env-deployer boot-media`.",
        );
    }

    fn about(&self, html: &mut Html) {
        html.facts(&[
            ("Command", &|html| html.value(self.command)),
            ("Made by", &|html| html.text(&format!("guest-rehearsal {}", self.version))),
        ]);
        html.note(
            "A rehearsal does what the documentation of the guest describes, with a separate key. It pulls no image, uses \
             no key service and no ultravisor, and starts no container; a step that it leaves out is marked `skipped`. \
             This page contains no secret, runs no script and loads nothing. The same rehearsal at the same time gives \
             the same page, byte for byte. The page is not signed.",
        );
    }
}

/// One row for each step.
fn write_log(html: &mut Html, steps: &[Step]) {
    let table = Table {
        caption: "What the guest would do, in its order, until it stops.",
        columns: &["Step", "Verdict", "What was found"],
    };
    table.write(html, steps, |row, step| {
        row.name(|html| html.text(step.name));
        row.cell(|html| {
            let (mark, word) = match step.verdict {
                Verdict::Ok => (Mark::Good, "ok"),
                Verdict::Warning => (Mark::Warning, "warning"),
                Verdict::Skipped => (Mark::Open, "skipped"),
                Verdict::Unknown => (Mark::Open, "unknown"),
                Verdict::Refused => (Mark::Bad, "refused"),
            };
            html.mark(mark, word);
        });
        row.cell(|html| {
            html.prose(&step.detail);
            if let Some(code) = step.code {
                html.paragraph(&format!("`{}`: {}", code.id, code.meaning));
            }
            if let Some(hint) = &step.hint {
                html.paragraph(&format!("What to do: {hint}"));
            }
        });
    });
}

/// With a capital letter.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A time in seconds; the whole page uses UTC.
fn when(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests;
