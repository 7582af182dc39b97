//! `contract-auditor open`: writes an encrypted attestation record in plain text.

use std::io::Write as _;
use std::path::Path;

use cli_kit::failure::DoingIo as _;
use cli_kit::output::{Output, Visibility};
use cli_kit::persona::AuditorFolder;
use cli_kit::{Failure, Report, input};
use serde_json::json;

use crate::attestation_record;
use crate::cli::Open;

pub fn run(arguments: &Open, report: &Report) -> Result<(), Failure> {
    report.shares_stdout_with(&arguments.output)?;
    let persona = AuditorFolder::read(Path::new("."))?;
    let opened = attestation_record::open(&arguments.file, &arguments.key, &persona, report)?;
    let mut protected = persona.protected();
    protected
        .add_inputs([&arguments.file])
        .add_inputs(&arguments.key.key)
        .add_inputs(arguments.key.passphrase.file());
    let mut output =
        Output::create(&arguments.output, arguments.force.force, Visibility::Secret, &protected)?;
    output.write_all(opened.text.as_bytes()).doing_io("write", &arguments.output)?;
    let (to_file, written) = (output.is_file(), output.quoted());
    output.commit()?;
    if to_file {
        let lines = opened.record.lines().len();
        report.success(&format!(
            "wrote {written}, {lines} lines; next: contract-auditor verify {}",
            arguments.output.display()
        ));
    }
    let with = opened.opened.as_ref();
    let result = json!({
        "file": input::name(&arguments.file),
        "record": input::name(&arguments.output),
        "keyFingerprint": with.map(|with| &with.key_fingerprint),
        "passwordLength": with.map(|with| with.password_length),
        "passwordCut": with.map(|with| with.password_cut),
        "lines": opened.record.lines(),
        "remarks": opened.record.remarks(),
    });
    report.result(&result, |_| Vec::<String>::new())
}
