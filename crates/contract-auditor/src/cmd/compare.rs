//! `contract-auditor compare`: is the guest that runs the one that was signed?

use std::path::Path;

use cli_kit::persona::{Persona, PersonaFile};
use cli_kit::report::{Tone, count};
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::attestation::comparison::{Comparison, Line, Status};
use contract_core::contract::record::Record;
use serde_json::{Value, json};

use super::foretold::{self, Expectations};
use super::guest_record::{self, GuestRecord};
use super::guest_signature::{self, Verified};
use crate::cli::Compare;

/// What an audit has found.
pub struct Audit {
    pub guest: GuestRecord,
    pub expectations: Expectations,
    pub comparison: Comparison,
    pub signature: Signed,
}

/// Who says that the record is the guest's.
pub enum Signed {
    /// Its signature holds.
    By(Verified),
    /// It does not, or its certificate is not trusted.
    Refused(Failure),
    /// There is no signature.
    Unknown,
}

const NOT_VERIFIED: &str = "not verified: nobody says that this record is the guest's";

pub fn run(arguments: &Compare, report: &Report) -> Result<(), Failure> {
    let persona = PersonaFile::read(Path::new("."), Persona::ContractAuditor)?;
    let expectations = foretold::read(arguments, &persona, report)?;
    let guest = guest_record::read(&arguments.record, &persona, report)?;
    let name = input::name(&guest.path);
    let comparison =
        Comparison::of(&guest.record, &expectations.foretold).doing(|| format!("cannot compare `{name}`"))?;
    let signature = signature(arguments, &persona, &guest)?;
    let audit = Audit { guest, expectations, comparison, signature };

    report.judged(&audit.json(), |_| audit.lines())?;
    audit.warn(report);
    audit.verdict()?;
    report.success(&format!("`{name}` is as foretold: {}", audit.counts()));
    Ok(())
}

fn signature(arguments: &Compare, persona: &PersonaFile, guest: &GuestRecord) -> Result<Signed, Failure> {
    let named = arguments.signature.signature.is_some();
    if !named && !guest_signature::path(&arguments.signature, &guest.path).exists() {
        return Ok(Signed::Unknown);
    }
    match guest_signature::verify(&arguments.signature, persona, guest) {
        Ok(verified) => Ok(Signed::By(verified)),
        // the lines are worth a look all the same
        Err(failure) if failure.exit == ExitCode::Refused => Ok(Signed::Refused(failure)),
        Err(failure) => Err(failure),
    }
}

impl Audit {
    /// The record of the signing.
    pub fn signing(&self) -> Option<&Record> {
        self.expectations.signing.as_ref().map(|(_, record)| record)
    }

    /// `6 lines equal, 2 unknown`
    pub fn counts(&self) -> String {
        let number = |status| self.comparison.having(status).count();
        let mut counts = vec![format!("{} equal", count(number(Status::Equal), "line"))];
        for status in [Status::Different, Status::Missing, Status::Unknown] {
            counts.extend((number(status) > 0).then(|| format!("{} {status}", number(status))));
        }
        counts.join(", ")
    }

    /// What nobody looked at.
    pub fn unchecked(&self) -> Vec<String> {
        let mut unchecked = Vec::new();
        match &self.signature {
            Signed::Unknown => unchecked.push("whose record it is: there is no signature".to_owned()),
            Signed::Refused(_) => {}
            Signed::By(verified) => unchecked.extend(verified.unchecked()),
        }
        unchecked.extend(
            self.comparison
                .having(Status::Unknown)
                .map(|line| format!("line `{}`: nobody foretold it", line.name)),
        );
        unchecked
    }

    /// What was taken at risk, by the auditor.
    pub fn accepted(&self) -> Option<&'static str> {
        if let Signed::By(verified) = &self.signature { verified.accepted() } else { None }
    }

    fn json(&self) -> Value {
        let number = |status| self.comparison.having(status).count();
        let mut json = json!({
            "file": input::name(&self.guest.path),
            "encrypted": self.guest.opened.is_some(),
            "asForetold": self.comparison.wrong().next().is_none(),
            "verified": matches!(self.signature, Signed::By(_)),
            "lines": self.comparison.lines(),
            "equal": number(Status::Equal),
            "different": number(Status::Different),
            "missing": number(Status::Missing),
            "unknown": number(Status::Unknown),
            "remarks": self.guest.record.remarks(),
            "foretoldBy": self.expectations.foretold.iter().map(|it| &it.by).collect::<Vec<_>>(),
            "unchecked": self.unchecked(),
            "accepted": self.accepted(),
            "signing": self.signing().map(|record| json!({
                "time": record.time,
                "signingKey": record.signing_key,
                "workload": record.workload.vouched_by,
                "env": record.env.vouched_by,
                "unchecked": record.unchecked,
                "accepted": record.accepted,
            })),
        });
        let more = match &self.signature {
            Signed::By(verified) => json!({ "attestation": verified.json() }),
            Signed::Refused(failure) => json!({ "refused": failure.message }),
            Signed::Unknown => json!({}),
        };
        if let (Some(json), Value::Object(more)) = (json.as_object_mut(), more) {
            json.extend(more);
        }
        json
    }

    fn lines(&self) -> Vec<(Tone, String, String)> {
        let width = self.comparison.lines().iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
        self.comparison.lines().iter().flat_map(|line| told(line, width.min(40))).collect()
    }

    fn warn(&self, report: &Report) {
        for remark in self.guest.record.remarks() {
            report.note(&format!("no line of a checksum: {remark}"));
        }
        match &self.signature {
            Signed::By(verified) => {
                verified.warn(report);
                report.note(&format!("signed with the key of `{}`", input::name(&verified.certificate)));
                report.note(&format!("the certificate {}", verified.because()));
            }
            Signed::Refused(_) => {}
            Signed::Unknown => report.warning(
                NOT_VERIFIED,
                &["get its signature from the guest: `--signature se-signature.bin`".to_owned()],
            ),
        }
        for it in self.signing().iter().flat_map(|record| &record.accepted) {
            report.warning(&format!("accepted by the contract signer at his risk: {it}"), &[]);
        }
    }

    /// Refused, if anything that must match does not.
    pub fn verdict(&self) -> Result<(), Failure> {
        let wrong: Vec<_> =
            self.comparison.wrong().map(|line| format!("`{}` is {}", line.name, line.status)).collect();
        let name = input::name(&self.guest.path);
        let differs =
            (!wrong.is_empty()).then(|| format!("`{name}` is not as foretold: {}", wrong.join(", ")));
        match (&self.signature, differs) {
            (Signed::Refused(failure), None) => Err(failure.clone()),
            (Signed::Refused(failure), Some(differs)) => {
                Err(Failure { message: format!("{differs}; and {}", failure.message), ..failure.clone() })
            }
            (_, Some(differs)) => Err(Failure::new(ExitCode::Refused, differs)
                .hint("this guest was not started with what was signed: ask whoever started it, and whoever foretold the line")),
            (_, None) => Ok(()),
        }
    }
}

fn told(line: &Line, width: usize) -> Vec<(Tone, String, String)> {
    let tone = match line.status {
        Status::Equal => Tone::Plain,
        Status::Unknown => Tone::Warning,
        Status::Different | Status::Missing => Tone::Error,
    };
    let by = line.foretold_by.join(", ");
    let remark = match line.status {
        Status::Unknown => "nobody foretold it".to_owned(),
        _ => format!("foretold by {by}"),
    };
    let mut told =
        vec![(tone, format!("{:<11}", line.status.as_str()), format!("{:<width$}  {remark}", line.name))];
    let mut digest = |label: &str, sha256: &Option<String>| {
        if let Some(sha256) = sha256 {
            told.push((Tone::Plain, String::new(), format!("  {label:<9}{sha256}")));
        }
    };
    if line.status != Status::Equal {
        digest("expected", &line.expected);
        digest("found", &line.found);
    }
    told
}
