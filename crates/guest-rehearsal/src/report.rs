//! The result of a rehearsed boot, as data. It contains no secret.

use std::ops::Deref;

use cli_kit::Failure;
use contract_core::user_data::UserDataFacts;
use contract_pki::verifying_key::VerifyingKey;
use serde::Serialize;

use crate::contents::PublicContents;
use crate::hpl::{Hpl, Shown};

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing to report.
    Ok,
    /// The guest boots, but a person should read this.
    Warning,
    /// Nothing to do for the guest, or not rehearsed.
    Skipped,
    /// No source states what the guest does.
    Unknown,
    /// The guest stops here.
    Refused,
}

/// One step of the guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Name of the step.
    pub name: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// What was found.
    pub detail: String,
    /// The message that the real guest would show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Hpl>,
    /// Where the guest would show that message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// What to do about it; always present on a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The steps in the order of the guest. The first refusal ends the boot.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Log(pub(crate) Vec<Step>);

impl Deref for Log {
    type Target = [Step];

    fn deref(&self) -> &[Step] {
        &self.0
    }
}

/// Why a boot ended early.
pub(crate) enum Halt {
    /// The guest would stop here; the last step of the log has the reason.
    Refused,
    /// No source states what the guest does, and the rehearsal can't go on; the last step of the log has the reason.
    Unknown,
    /// The rehearsal itself failed: a file, the machine or the command line.
    Failed(Failure),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Log {
    /// Nothing to report.
    pub(crate) fn ok(&mut self, name: &'static str, detail: impl Into<String>) {
        self.step(name, Verdict::Ok, None, detail.into(), None);
    }

    /// Nothing to report but the guest's own message.
    pub(crate) fn ok_with_code(&mut self, name: &'static str, code: Hpl, detail: impl Into<String>) {
        self.step(name, Verdict::Ok, Some(code), detail.into(), None);
    }

    /// Nothing to do.
    pub(crate) fn skipped(&mut self, name: &'static str, detail: impl Into<String>) {
        self.step(name, Verdict::Skipped, None, detail.into(), None);
    }

    /// The guest boots, but a person should read this.
    pub(crate) fn warning(&mut self, name: &'static str, code: Option<Hpl>, detail: impl Into<String>) {
        self.step(name, Verdict::Warning, code, detail.into(), None);
    }

    /// A warning with a hint.
    pub(crate) fn warning_with_hint(
        &mut self,
        name: &'static str,
        detail: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.step(name, Verdict::Warning, None, detail.into(), Some(hint.into()));
    }

    /// No source states what the guest does.
    pub(crate) fn unknown(&mut self, name: &'static str, detail: impl Into<String>, hint: impl Into<String>) {
        let detail = format!("{}; no source states what the guest does", detail.into());
        self.step(name, Verdict::Unknown, None, detail, Some(hint.into()));
    }

    /// The guest stops here, with this message if one is known.
    pub(crate) fn refused(
        &mut self,
        name: &'static str,
        code: impl Into<Option<Hpl>>,
        detail: impl Into<String>,
        hint: &str,
    ) -> Halt {
        self.step(name, Verdict::Refused, code.into(), detail.into(), Some(hint.to_owned()));
        Halt::Refused
    }

    fn step(
        &mut self,
        name: &'static str,
        verdict: Verdict,
        code: Option<Hpl>,
        detail: String,
        hint: Option<String>,
    ) {
        self.0.push(Step { name, verdict, detail, code, shown: code.map(|code| code.shown), hint });
    }
}

/// A line of the attestation record (contract-format, section 8), as far as the user data determine it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordLine {
    /// Name in the record: `contract:workload`.
    pub name: &'static str,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

/// The files that `--attest` writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttestationFiles {
    /// The record.
    pub record: String,
    /// Its signature.
    pub signature: String,
    /// Whether only the auditor can read the record.
    pub encrypted: bool,
}

/// How a boot ends, as far as anybody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Forecast {
    /// The guest would boot.
    Boots,
    /// No source states what the guest does at one step or more.
    Unknown,
    /// The guest would not boot.
    Refused,
    /// The rehearsal itself failed.
    #[default]
    Failed,
}

/// The whole boot.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BootReport {
    /// How it ends.
    pub forecast: Forecast,
    /// Whether the guest would boot, for sure.
    pub booted: bool,
    /// Whether the guest made its attestation record, which it does before it validates the contract.
    pub attested: bool,
    /// The steps that the guest took.
    pub steps: Log,
    /// What the attestation record of this guest must show.
    pub attestation: Vec<RecordLine>,
    /// The auditor key, for which the guest encrypts that record; `None` leaves it readable.
    #[serde(skip)]
    pub auditor_key: Option<VerifyingKey>,
    /// The files that the record was written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<AttestationFiles>,
    /// Public facts about the user data, for the page; `None` if it is damaged.
    #[serde(skip)]
    pub user_data: Option<UserDataFacts>,
    /// Public content of the sections, for the page; `None` if they were not opened.
    #[serde(skip)]
    pub contents: Option<PublicContents>,
}

impl BootReport {
    /// The step that refused.
    pub fn refusal(&self) -> Option<&Step> {
        self.first(Verdict::Refused)
    }

    /// The first step of this verdict.
    pub fn first(&self, verdict: Verdict) -> Option<&Step> {
        self.steps.iter().find(|step| step.verdict == verdict)
    }
}
