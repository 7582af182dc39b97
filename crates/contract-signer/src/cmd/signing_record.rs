//! The signing record `user-data.record.json`: where it is, and whether it belongs to the user data.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use cli_kit::evidence::{self, RECORD_LIMIT};
use cli_kit::input::Input;
use cli_kit::{Failure, Report, input};
use contract_core::contract::AuditorKeyRecord;
use contract_core::contract::record::{Record, RecordError};

/// Where `sign` writes it by default.
pub fn default_path(user_data: &Path) -> PathBuf {
    let mut name = user_data.as_os_str().to_owned();
    name.push(".record.json");
    name.into()
}

/// The named record, which must belong to the user data; or the one next to the user data, if it does.
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
            report.warning(&format!("ignored the signing record: {message}"), &hints);
            Ok(None)
        }
    }
}

/// A record without its user data, if it does not contradict itself.
pub fn read_alone(file: Input, name: &str, report: &Report) -> Result<Record, Failure> {
    let mut json = Vec::new();
    file.take(RECORD_LIMIT as u64)
        .read_to_end(&mut json)
        .map_err(|error| Failure::from_io(&format!("cannot read `{name}`"), &error))?;
    evidence::signing_record(&String::from_utf8_lossy(&json), name, Record::verify_consistency, report)
}

/// For people: the auditor key's fingerprint, and who can see it.
pub fn auditor_key(AuditorKeyRecord { fingerprint, encrypted }: &AuditorKeyRecord) -> String {
    let how = if *encrypted { "encrypted for the guest" } else { "visible to everyone" };
    format!("{fingerprint}, {how}")
}
