//! `contract-signer keygen`: the signing key, protected, and its public half beside it.

use std::io::Write as _;

use cli_kit::failure::DoingIo as _;
use cli_kit::output::{Output, Visibility, commit_all, is_stdout};
use cli_kit::persona::{Persona, keep_own_files, public_half};
use cli_kit::progress::Progress;
use cli_kit::{Doing as _, Failure, Report, input, kept};
use contract_core::random::SystemRandomness;
use contract_core::signing_key::{BITS, SigningKey};
use serde_json::json;

use crate::cli::Keygen;

pub fn run(arguments: &Keygen, report: &Report) -> Result<(), Failure> {
    let private_path = &arguments.output;
    if is_stdout(private_path) {
        return Err(Failure::usage("a private key is not written to standard output")
            .hint("name a file: `contract-signer keygen -o signing-key.pem`"));
    }
    let public_path = public_half(private_path);
    keep_own_files(Persona::ContractSigner, private_path);
    // a new pair takes the place of an old one, and of nothing else
    kept::release(private_path);
    kept::release(&public_path);
    let mut private = Output::create(private_path, arguments.force.force, Visibility::Secret)?;
    let mut public = Output::create(&public_path, arguments.force.force, Visibility::Public)?;
    let passphrase =
        arguments.passphrase.new_passphrase(&format!("the new key `{}`", input::name(private_path)))?;

    let progress = Progress::spinner(report, &format!("making an RSA key of {BITS} bits"));
    let key = SigningKey::generate().doing(|| "cannot make a key".into())?;
    let pem =
        key.to_protected_pem(&passphrase, &mut SystemRandomness).doing(|| "cannot protect the key".into())?;
    drop(progress);
    let public_pem = key.public().to_pem().doing(|| "cannot write the public key".into())?;

    private.write_all(pem.as_bytes()).doing_io("write", private_path)?;
    public.write_all(public_pem.as_bytes()).doing_io("write", &public_path)?;
    commit_all([private, public])?;

    let fingerprint = key.public().fingerprint();
    report.success(&format!(
        "wrote `{}` and `{}`, key {fingerprint}",
        private_path.display(),
        public_path.display()
    ));
    report.note(&format!("next: give `{}` to the env deployer", public_path.display()));
    let result =
        json!({ "privateKey": private_path, "publicKey": public_path, "keyFingerprint": fingerprint });
    report.result(&result, |_| Vec::<String>::new())
}
