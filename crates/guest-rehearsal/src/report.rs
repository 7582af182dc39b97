//! What a rehearsed boot found: data first, presented elsewhere. Holds no secret.

use std::ops::Deref;

use cli_kit::Failure;
use contract_core::user_data::UserDataFacts;
use contract_pki::verifying_key::VerifyingKey;
use serde::Serialize;

use crate::contents::Contents;
use crate::hpl::Hpl;

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// The guest boots, and somebody should know.
    Warning,
    /// The guest has nothing to do here, or it is not rehearsed.
    Skipped,
    /// The guest stops here.
    Refused,
}

/// One step of the guest, in the guest's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What the guest does.
    pub name: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// What was found.
    pub detail: String,
    /// What the real guest would show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Hpl>,
    /// What to do about it; always given where the step refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The steps as they are taken; the first refusal ends the boot.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Log(pub(crate) Vec<Step>);

impl Deref for Log {
    type Target = [Step];

    fn deref(&self) -> &[Step] {
        &self.0
    }
}

/// Why a boot did not come to its end.
pub(crate) enum Halt {
    /// The guest would stop here; the log says why.
    Refused,
    /// The rehearsal could not go on: a file, the machine, the command line.
    Failed(Failure),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Log {
    /// As it should be.
    pub(crate) fn ok(&mut self, name: &'static str, detail: impl Into<String>) {
        self.step(name, Verdict::Ok, None, detail.into(), None);
    }

    /// Nothing to do.
    pub(crate) fn skipped(&mut self, name: &'static str, detail: impl Into<String>) {
        self.step(name, Verdict::Skipped, None, detail.into(), None);
    }

    /// The guest boots, and somebody should know.
    pub(crate) fn warning(&mut self, name: &'static str, code: Option<Hpl>, detail: impl Into<String>) {
        self.step(name, Verdict::Warning, code, detail.into(), None);
    }

    /// The guest boots, and somebody should do this.
    pub(crate) fn advised(&mut self, name: &'static str, detail: impl Into<String>, hint: impl Into<String>) {
        self.step(name, Verdict::Warning, None, detail.into(), Some(hint.into()));
    }

    /// The guest stops here, with this message where one is known.
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
        self.0.push(Step { name, verdict, detail, code, hint });
    }
}

/// A line of the attestation record (contract-format, section 8), as far as the user data determine it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// As in the record: `contract:workload`.
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
    /// Whether the record can be read by the auditor alone.
    pub encrypted: bool,
}

/// The whole boot.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BootReport {
    /// Whether the guest would come up.
    pub booted: bool,
    /// What it did, up to where it stopped.
    pub steps: Log,
    /// What the attestation record of this guest must show.
    pub attestation: Vec<Digest>,
    /// For whom the guest encrypts that record; none where everybody may read it.
    #[serde(skip)]
    pub auditor_key: Option<VerifyingKey>,
    /// Where that record was written, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<AttestationFiles>,
    /// What anybody can see of the user data, for the page; none where they are damaged.
    #[serde(skip)]
    pub user_data: Option<UserDataFacts>,
    /// What stands in the sections that is no secret, for the page; none where they were not opened.
    #[serde(skip)]
    pub contents: Option<Contents>,
}

impl BootReport {
    /// Where the boot stopped.
    pub fn refusal(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.verdict == Verdict::Refused)
    }
}
