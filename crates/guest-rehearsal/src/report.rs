//! What a rehearsed boot found: data first, presented elsewhere. Holds no secret.

use contract_core::user_data::UserDataFacts;
use contract_core::verifying_key::VerifyingKey;
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
    pub steps: Vec<Step>,
    /// What the attestation record of this guest must show.
    pub attestation: Vec<Digest>,
    /// For whom the guest encrypts that record; none where everybody may read it.
    #[serde(skip)]
    pub attestation_key: Option<VerifyingKey>,
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
