//! The signing record `user-data.record.json`: where it is, and whether it belongs to the user data.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use cli_kit::evidence::{self, RECORD_LIMIT};
use cli_kit::input::Input;
use cli_kit::{Failure, Report, input};
use contract_core::contract::AttestationKeyRecord;
use contract_core::contract::record::{Record, RecordError};

/// Where `sign` puts it, unless it is named.
pub fn default_path(user_data: &Path) -> PathBuf {
    let mut name = user_data.as_os_str().to_owned();
    name.push(".record.json");
    name.into()
}

/// The record that is named for these user data, which must be theirs; or the one beside them, if it is.
pub fn find(
    user_data: &Path,
    named: Option<&Path>,
    verify: impl FnOnce(&Record) -> Result<(), RecordError>,
    report: &Report,
) -> Result<Option<(PathBuf, Record)>, Failure> {
    let path = named.map_or_else(|| default_path(user_data), Path::to_owned);
    if named.is_none() && (user_data == Path::new("-") || !path.exists()) {
        return Ok(None);
    }
    let record = input::read_text(&path, RECORD_LIMIT)
        .and_then(|json| evidence::signing_record(&json, &input::name(&path), verify, report));
    match record {
        Ok(record) => Ok(Some((path, record))),
        Err(failure) if named.is_some() => Err(failure),
        Err(Failure { message, hints, .. }) => {
            report.warning(&format!("passed over: {message}"), &hints);
            Ok(None)
        }
    }
}

/// A record without its user data: whether one part of it contradicts another.
pub fn read_alone(file: Input, name: &str, report: &Report) -> Result<Record, Failure> {
    let mut json = Vec::new();
    file.take(RECORD_LIMIT as u64)
        .read_to_end(&mut json)
        .map_err(|error| Failure::from_io(&format!("cannot read `{name}`"), &error))?;
    evidence::signing_record(&String::from_utf8_lossy(&json), name, Record::verify_itself, report)
}

/// For people: the auditor key's fingerprint, and who can see it.
pub fn auditor_key(AttestationKeyRecord { fingerprint, encrypted }: &AttestationKeyRecord) -> String {
    let how = if *encrypted { "encrypted for the guest" } else { "for everybody to see" };
    format!("{fingerprint}, {how}")
}
