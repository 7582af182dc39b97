//! `--expect FILE`: the lines that the attestation record of the running guest must contain, for the auditor.
//!
//! They are lines of the record itself, `<sha256 hex> <name>`, for `contract-auditor compare --expect FILE`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use contract_core::attestation::AttestationRecord;

use crate::failure::Failure;
use crate::names::same_target;
use crate::output::{Output, Visibility};
use crate::protected::Protected;
use crate::report::Report;

/// Where the expected lines go.
#[derive(Args, Clone, Debug)]
pub struct Expect {
    /// Write the lines that the guest's attestation record must contain to FILE, for `contract-auditor compare --expect`
    #[arg(long = "expect", value_name = "FILE", help_heading = "Output")]
    file: Option<PathBuf>,
}

impl Expect {
    /// Begins the file, if one is named; `others` are the other outputs of this run.
    pub fn create(
        &self,
        others: &[&Path],
        force: bool,
        protected: &Protected,
        report: &Report,
    ) -> Result<Option<Output>, Failure> {
        let Some(file) = &self.file else { return Ok(None) };
        report.shares_stdout_with(file)?;
        if let Some(other) = others.iter().find(|other| same_target(file, other)) {
            let message = format!("`{}` is named with `--expect`, and for something else", other.display());
            return Err(Failure::usage(message).hint("name another file: `--expect expected.txt`"));
        }
        Output::create(file, force, Visibility::Public, protected).map(Some)
    }
}

/// Writes lines of name and SHA-256, if a file is named.
pub fn write<N: Into<String>>(
    output: &mut Option<Output>,
    lines: impl IntoIterator<Item = (N, String)>,
) -> Result<(), Failure> {
    let Some(output) = output else { return Ok(()) };
    let text = lines.into_iter().collect::<AttestationRecord>().to_string();
    let written = output.write_all(text.as_bytes());
    written.map_err(|error| Failure::from_io(&format!("cannot write {}", output.quoted()), &error))
}
