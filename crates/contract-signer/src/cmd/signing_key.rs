//! `contract-signer public-key`.

use std::io::Write as _;

use cli_kit::failure::DoingIo as _;
use cli_kit::names::{is_stdout, public_half};
use cli_kit::output::{Output, Visibility};
use cli_kit::persona::{Persona, protected_around};
use cli_kit::private_key;
use cli_kit::{Doing as _, Failure, Report};
use contract_pki::private_key::SigningKey;
use serde_json::json;

use crate::cli::PublicKey;

/// `public-key`: writes what the env deployer puts into the env section as `signingKey`.
pub fn public_key(arguments: &PublicKey, report: &Report) -> Result<(), Failure> {
    let mut protected = protected_around(Persona::ContractSigner, &arguments.output);
    // this command may replace the public half, but not the private key
    protected
        .add_inputs([&arguments.key])
        .add_inputs(arguments.passphrase.file())
        .release(&public_half(&arguments.key), &["signing key's public half"]);
    let to_stdout = is_stdout(&arguments.output);
    let key: SigningKey = private_key::read(&arguments.key, &arguments.passphrase)?;
    let pem = key.public().to_pem().doing(|| "cannot write the public key".into())?;
    let fingerprint = key.public().fingerprint();
    if !to_stdout {
        let mut output =
            Output::create(&arguments.output, arguments.force.force, Visibility::Public, &protected)?;
        output.write_all(pem.as_bytes()).doing_io("write", &arguments.output)?;
        output.commit()?;
        report.success(&format!("wrote `{}`, key {fingerprint}", arguments.output.display()));
    }
    report.result(&json!({ "publicKey": pem, "keyFingerprint": fingerprint }), |_| {
        if to_stdout { pem.lines().collect() } else { Vec::new() }
    })
}
