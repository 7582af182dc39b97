//! What `--previous` names: files that tell what was stated of the volumes before.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use cli_kit::looks::Looks;
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::contract::record::{self, Record};
use contract_core::contract::{Change, Earlier, Weight};
use contract_core::statement::Statement;

use super::handoff_file::Opener;

/// Reads all of them; one that does not tell anything is an error, not a silence.
pub fn read(paths: &[PathBuf], opener: &Opener<'_>) -> Result<Vec<Earlier>, Failure> {
    let mut earlier = Vec::new();
    for path in paths {
        let source = input::name(path);
        let statements = statements(path, opener)?.into_iter();
        earlier.extend(statements.map(|statement| Earlier { source: source.clone(), statement }));
    }
    Ok(earlier)
}

/// The statements that a file holds: one in a handoff, two in a record.
fn statements(path: &Path, opener: &Opener<'_>) -> Result<Vec<Statement>, Failure> {
    let context = || format!("cannot compare with `{}`", input::name(path));
    let (file, looks) = Looks::open(path)?;
    if matches!(looks, Looks::Tar | Looks::Age) {
        let mut handoff = opener.handoff(file, looks, context)?;
        // a statement about some other token says nothing of an earlier contract
        handoff.copy_token(&mut io::sink()).doing(context)?;
        return Ok(vec![handoff.statement().clone()]);
    }
    let mut json = String::new();
    let read = file.take(record::LONGEST as u64).read_to_string(&mut json);
    let record = read.ok().and_then(|_| Record::parse(&json).ok());
    record.as_ref().map_or(Ok(()), Record::verify_itself).doing(context)?;
    let statements: Vec<_> = record.iter().flat_map(Record::statements).cloned().collect();
    if statements.is_empty() {
        let failure = Failure::new(ExitCode::Rejected, format!("{}: it states nothing", context()));
        return Err(failure.hint(
            "name a handoff of an earlier contract, workload or env, or its `user-data.record.json`: tokens and user data state nothing",
        ));
    }
    Ok(statements)
}

/// Tells what changed; nothing of it stops the signer.
pub fn show(changes: &[Change], report: &Report) {
    for change in changes {
        match change.weight {
            Weight::Warning => report.warning(&change.message, std::slice::from_ref(&change.hint)),
            Weight::Note => report.note(&format!("{}; {}", change.message, change.hint)),
        }
    }
}
