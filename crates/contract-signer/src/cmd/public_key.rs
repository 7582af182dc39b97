//! `contract-signer public-key`: what the env deployer puts into the env section as `signingKey`.

use std::io::Write as _;

use cli_kit::failure::DoingIo as _;
use cli_kit::output::{Output, Visibility, is_stdout};
use cli_kit::persona::{Persona, keep_own_files, public_half};
use cli_kit::{Doing as _, Failure, Report, kept};
use serde_json::json;

use crate::cli::PublicKey;

pub fn run(arguments: &PublicKey, report: &Report) -> Result<(), Failure> {
    keep_own_files(Persona::ContractSigner, &arguments.output);
    // its own work; the private half is kept
    kept::release(&public_half(&arguments.key));
    let to_stdout = is_stdout(&arguments.output);
    let key = super::signing_key(&arguments.key, &arguments.passphrase)?;
    let pem = key.public().to_pem().doing(|| "cannot write the public key".into())?;
    let fingerprint = key.public().fingerprint();
    if !to_stdout {
        let mut output = Output::create(&arguments.output, arguments.force.force, Visibility::Public)?;
        output.write_all(pem.as_bytes()).doing_io("write", &arguments.output)?;
        output.commit()?;
        report.success(&format!("wrote `{}`, key {fingerprint}", arguments.output.display()));
    }
    report.result(&json!({ "publicKey": pem, "keyFingerprint": fingerprint }), |_| {
        if to_stdout { pem.lines().collect() } else { Vec::new() }
    })
}
