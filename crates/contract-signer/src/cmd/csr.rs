//! `contract-signer csr`: what a company's authority needs in order to certify the signing key.

use std::io::Write as _;
use std::path::Path;

use cli_kit::failure::DoingIo as _;
use cli_kit::output::{Output, Visibility, is_stdout};
use cli_kit::persona::{Persona, PersonaFile, keep_own_files};
use cli_kit::{Doing as _, Failure, Report, input};
use contract_core::signing_certificate::{Error, SigningRequest};
use serde_json::json;

use crate::cli::certify::Csr;

pub fn run(arguments: &Csr, report: &Report) -> Result<(), Failure> {
    let persona = PersonaFile::read(Path::new("."), Persona::ContractSigner)?;
    let key_path = arguments.key.as_ref().unwrap_or(&persona.key);
    let target = arguments.output.clone().unwrap_or_else(|| key_path.with_extension("csr"));
    report.shares_stdout_with(&target)?;
    keep_own_files(Persona::ContractSigner, &target);
    let cannot = || format!("cannot ask for a certificate of `{}`", input::name(key_path));
    let subject = arguments.subject.or_of(&persona.name).map_err(Error::Name).doing(cannot)?;
    let mut output = Output::create(&target, arguments.force.force, Visibility::Public)?;

    let key = super::signing_key(key_path, &arguments.passphrase)?;
    let request = SigningRequest::make(&key, &subject).doing(cannot)?;
    let pem = request.to_pem().doing(cannot)?;
    output.write_all(pem.as_bytes()).doing_io("write", &target)?;
    let name = output.name();
    let written = output.quoted();
    output.commit()?;

    let fingerprint = key.public().fingerprint();
    report.note(&format!("a request for `{subject}`, key {fingerprint}"));
    report.success(&format!("wrote {written}"));
    report.note("next: send it to the authority; what comes back, check: `contract-signer certify --certificate FILE`");
    let result = json!({ "request": name, "subject": subject.to_string(), "keyFingerprint": fingerprint });
    if is_stdout(&target) { Ok(()) } else { report.result(&result, |_| Vec::<String>::new()) }
}
