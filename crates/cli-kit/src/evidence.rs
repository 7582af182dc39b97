//! What a verifier reads: public keys, allowed signers, signing records.

use std::path::Path;

use contract_core::contract::record::{self, Difference, Record, RecordError};
use contract_pki::verifying_key::VerifyingKey;
use ssh_signatures::allowed_signers::{self, AllowedSigners};

use crate::failure::{Doing as _, Failure};
use crate::input;
use crate::report::Report;

/// Larger than any signing record.
pub const RECORD_LIMIT: usize = record::LONGEST;

/// Reads a public key, or the certificate of one.
pub fn verifying_key(path: &Path) -> Result<VerifyingKey, Failure> {
    let text = input::read_text(path, input::LARGEST_KEY_FILE)?;
    VerifyingKey::parse(&text).doing(|| format!("cannot use `{}`", input::name(path)))
}

/// Reads a file of allowed signers.
pub fn allowed_signers(path: &Path, report: &Report) -> Result<AllowedSigners, Failure> {
    parse_allowed_signers(&input::read_text(path, allowed_signers::LIMIT)?, &input::name(path), report)
}

/// Reports every bad line; a file with a bad line is refused.
pub fn parse_allowed_signers(text: &str, name: &str, report: &Report) -> Result<AllowedSigners, Failure> {
    let (parsed, findings) = AllowedSigners::parse(text, name);
    let shown = report.findings(name, &findings);
    parsed.doing(|| format!("cannot read `{name}`")).map_err(|failure| match shown {
        Err(verdict) => Failure { hints: failure.hints, ..verdict },
        Ok(()) => failure,
    })
}

/// Parses a signing record, if `verify` accepts it; every difference that it finds is reported.
pub fn signing_record(
    json: &str,
    name: &str,
    verify: impl FnOnce(&Record) -> Result<(), RecordError>,
    report: &Report,
) -> Result<Record, Failure> {
    let record = Record::parse(json).doing(|| format!("cannot read `{name}`"))?;
    verified(verify(&record), || format!("`{name}`"), report)?;
    Ok(record)
}

/// Reports every difference that the verification of a signing record found.
pub fn verified(
    outcome: Result<(), RecordError>,
    context: impl FnOnce() -> String,
    report: &Report,
) -> Result<(), Failure> {
    if let Err(RecordError::Differs(differences) | RecordError::Changed(differences)) = &outcome {
        for Difference { what, record, found } in differences {
            report.note(&format!("  {what}: {record} in the record, {found} found"));
        }
    }
    outcome.doing(context)
}
