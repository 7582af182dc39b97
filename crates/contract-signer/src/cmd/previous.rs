//! What `--previous` names: files that tell what was stated of the volumes before.

use std::io;
use std::path::{Path, PathBuf};

use cli_kit::input::Input;
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::contract::{Change, Earlier, Weight};
use contract_core::handoff::Unsorted;

/// Reads all of them; one that does not tell anything is an error, not a silence.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Earlier>, Failure> {
    let mut earlier = Vec::new();
    for path in paths {
        earlier.extend(statements(path)?);
    }
    Ok(earlier)
}

/// The statements that a file holds: one in a handoff.
fn statements(path: &Path) -> Result<Vec<Earlier>, Failure> {
    let source = input::name(path);
    let context = || format!("cannot compare with `{source}`");
    let mut file = Input::open(path)?;
    if !super::begins_as_tar(&mut file) {
        return Err(Failure::new(ExitCode::Rejected, format!("{}: it is no handoff", context())).hint(
            "name a handoff of an earlier contract, workload or env: tokens and user data state nothing",
        ));
    }
    let mut handoff = Unsorted::read(file).doing(context)?;
    // a statement about some other token says nothing of an earlier contract
    handoff.copy_token(&mut io::sink()).doing(context)?;
    Ok(vec![Earlier { source: source.clone(), statement: handoff.statement().clone() }])
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
