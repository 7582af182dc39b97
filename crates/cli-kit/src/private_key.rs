//! A persona's private key: made under a passphrase, with its public half next to it, and opened.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use contract_pki::private_key::{BITS, PrivateKey, Use};
use contract_pki::random::SystemRandomness;
use serde_json::json;

use crate::failure::{Doing as _, DoingIo as _, Failure};
use crate::input;
use crate::names::{is_stdout, public_half};
use crate::output::{Output, Visibility, commit_all};
use crate::persona::{Persona, protected_around};
use crate::progress::Progress;
use crate::prompt::{PassphraseSource, WeakPassphrase};
use crate::report::Report;
use crate::run::Force;

/// Make the {key}: RSA-4096, protected by a passphrase, and its public half next to it
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
EXAMPLES
  {program} keygen
  {program} keygen -o {key-file} --passphrase-file passphrase")]
pub struct KeygenArguments {
    /// Write the private key to FILE, and the public key next to it: `.pub.pem` in place of `.pem` [default: {key-file}]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Keys")]
    passphrase: PassphraseSource,
    #[command(flatten, next_help_heading = "Dangerous")]
    weak: WeakPassphrase,
    #[command(flatten, next_help_heading = "Output")]
    force: Force,
}

/// `keygen`: both files, or none.
pub fn keygen<U: Use>(arguments: &KeygenArguments, persona: Persona, report: &Report) -> Result<(), Failure> {
    let KeygenArguments { output, passphrase: source, weak, force: Force { force } } = arguments;
    let private_path = output.as_deref().unwrap_or(Path::new(persona.key_file()));
    if is_stdout(private_path) {
        return Err(Failure::usage("a private key is not written to standard output").hint(format!(
            "name a file: `{} keygen -o {}`",
            persona.name(),
            persona.key_file()
        )));
    }
    if private_path.as_os_str().as_encoded_bytes().ends_with(b".pub.pem") {
        let message =
            format!("`{}` is the name of a public key, and a private one is written", private_path.display());
        return Err(Failure::usage(message).hint(format!(
            "name the private one: `{} keygen -o {}`; the public one goes to the same name with `.pub.pem`",
            persona.name(),
            persona.key_file()
        )));
    }
    let public_path = public_half(private_path);
    // a new pair replaces an old one, and nothing else
    let [private_name, public_name] = persona.key_names();
    let mut protected = protected_around(persona, private_path);
    protected
        .add_inputs(source.file())
        .release(private_path, &[private_name])
        .release(&public_path, &[public_name]);
    let mut private = Output::create(private_path, *force, Visibility::Secret, &protected)?;
    let mut public = Output::create(&public_path, *force, Visibility::Public, &protected)?;
    let passphrase = source.new_passphrase(&format!("the new key `{}`", input::name(private_path)), *weak)?;

    let progress = Progress::spinner(report, &format!("making an RSA key of {BITS} bits"));
    let key = PrivateKey::<U>::generate().doing(|| "cannot make a key".into())?;
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
    let reader = persona.key_reader().name().replace('-', " ");
    report.note(&format!("next: give `{}` to the {reader}", public_path.display()));
    let result =
        json!({ "privateKey": private_path, "publicKey": public_path, "keyFingerprint": fingerprint });
    report.result(&result, |_| Vec::<String>::new())
}

/// Opens the private key in a file; asks for its passphrase if it has one.
pub fn read<U: Use>(path: &Path, passphrase: &PassphraseSource) -> Result<PrivateKey<U>, Failure> {
    let pem = input::read_secret_text(path, input::LARGEST_KEY_FILE)?;
    input::warn_if_shared(path, "the key");
    let name = input::name(path);
    let key =
        passphrase.open(&format!("the key `{name}`"), |passphrase| PrivateKey::parse(&pem, passphrase))?;
    key.doing(|| format!("cannot use `{name}`"))
}
