//! `contract-auditor verify`: did the guest sign the attestation record?

use std::path::Path;

use cli_kit::persona::AuditorFolder;
use cli_kit::{Failure, Report, input};
use serde_json::json;

use crate::cli::Verify;
use crate::{attestation_record, record_signature};

pub fn run(arguments: &Verify, report: &Report) -> Result<(), Failure> {
    let persona = AuditorFolder::read(Path::new("."))?;
    let guest = attestation_record::read(&arguments.record, &persona, report)?;
    let verified = record_signature::verify(&arguments.signature, &persona, &guest)?;
    let name = guest.name();
    let mut result = json!({
        "file": name,
        "verified": verified.is_trusted(),
        "signature": "holds",
        "certificate": verified.trusted_by(),
        "encrypted": guest.opened.is_some(),
        "lines": guest.record.lines(),
        "remarks": guest.record.remarks(),
    });
    if let (Some(result), Some(more)) = (result.as_object_mut(), verified.json().as_object()) {
        result.extend(more.clone());
    }
    report.result(&result, |_| verified.lines())?;
    verified.warn(report);
    for remark in guest.record.remarks() {
        report.note(&format!("not a checksum line, but signed with the others: {remark}"));
    }
    report.note(&format!("the certificate {}", verified.reason()));
    report.success(&format!("`{name}` is signed with the key of `{}`", input::name(&verified.certificate)));
    Ok(())
}
