//! `user-data.record.json`, read and held against what it is the record of.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use cli_kit::input::Input;
use cli_kit::{Doing as _, Failure, Report, input};
use contract_core::contract::record::{self, Difference, Record, RecordError};

/// Where `sign` puts it, unless it is named.
pub fn beside(user_data: &Path) -> PathBuf {
    let mut name = user_data.as_os_str().to_owned();
    name.push(".record.json");
    name.into()
}

/// A record, if it passes; what differs is told.
fn read(
    path: &Path,
    verify: impl FnOnce(&Record) -> Result<(), RecordError>,
    report: &Report,
) -> Result<Record, Failure> {
    verified(&input::read_text(path, record::LONGEST)?, &input::name(path), verify, report)
}

/// The record that is named for these user data, which must be theirs; or the one beside them, if it is.
pub fn of(
    user_data: &Path,
    named: Option<&Path>,
    verify: impl FnOnce(&Record) -> Result<(), RecordError>,
    report: &Report,
) -> Result<Option<(PathBuf, Record)>, Failure> {
    let path = named.map_or_else(|| beside(user_data), Path::to_owned);
    if named.is_none() && (user_data == Path::new("-") || !path.exists()) {
        return Ok(None);
    }
    match read(&path, verify, report) {
        Ok(record) => Ok(Some((path, record))),
        Err(failure) if named.is_some() => Err(failure),
        Err(Failure { message, hints, .. }) => {
            report.warning(&format!("passed over: {message}"), &hints);
            Ok(None)
        }
    }
}

/// A record without its user data: whether one part of it contradicts another.
pub fn alone(file: Input, name: &str, report: &Report) -> Result<Record, Failure> {
    let mut json = Vec::new();
    file.take(record::LONGEST as u64)
        .read_to_end(&mut json)
        .map_err(|error| Failure::from_io(&format!("cannot read `{name}`"), &error))?;
    verified(&String::from_utf8_lossy(&json), name, Record::verify_itself, report)
}

fn verified(
    json: &str,
    name: &str,
    verify: impl FnOnce(&Record) -> Result<(), RecordError>,
    report: &Report,
) -> Result<Record, Failure> {
    let record = Record::parse(json).doing(|| format!("cannot read `{name}`"))?;
    let compared = verify(&record);
    if let Err(RecordError::Differs(differences) | RecordError::Changed(differences)) = &compared {
        for Difference { what, record, found } in differences {
            report.note(&format!("  {what}: {record} in the record, {found} found"));
        }
    }
    compared.doing(|| format!("`{name}`"))?;
    Ok(record)
}
