//! `sealed-secret seal`.

use std::io::Write as _;
use std::path::Path;

use cli_kit::output::{Output, Visibility};
use cli_kit::persona::AuthorFolder;
use cli_kit::prompt::{self, Wanted};
use cli_kit::{Doing as _, ExitCode, Failure, Report, input, private_key};
use contract_core::boot_media::Hostname;
use contract_core::sealed_secret::{self, LARGEST_SECRET};
use contract_pki::private_key::SealingKey;
use contract_pki::random::SystemRandomness;
use contract_pki::verifying_key::VerifyingKey;
use serde::Serialize;
use zeroize::Zeroizing;

use super::arguments::Seal;
use super::{ENCRYPTION_KEY, SIGNING_KEY, key_file};
use crate::Authored;

const SECRET: Wanted =
    Wanted { what: "the secret", otherwise: "name a file with `--from-file FILE`, `-` for standard input" };

/// What was sealed; never the secret.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    section: &'static str,
    /// The file; `None` if the text is in `sealed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The sealed secret, or the Kubernetes Secret with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

pub fn seal<K: Authored>(arguments: &Seal, report: &Report) -> Result<(), Failure> {
    let persona = AuthorFolder::read(&arguments.folder, K::PERSONA)?;
    let manifest =
        arguments.manifest.as_deref().map(|name| Manifest::new(name, &arguments.key)).transpose()?;
    let signing = key_file(arguments.signing_key.as_deref(), &arguments.folder, SIGNING_KEY);
    let encryption = key_file(arguments.encryption_key.as_deref(), &arguments.folder, ENCRYPTION_KEY);
    let keygen = format!("make the keys: `{} sealed-secret keygen`", K::PERSONA.name());
    let missing = |path: &Path, failure: Failure| if path.exists() { failure } else { failure.hint(&keygen) };
    let key: SealingKey =
        private_key::read(&signing, &arguments.passphrase).map_err(|failure| missing(&signing, failure))?;
    let recipient = public_key(&encryption).map_err(|failure| missing(&encryption, failure))?;
    if key.public().fingerprint() == recipient.fingerprint() {
        let message = format!("`{}` is the public half of the key that signs", input::name(&encryption));
        return Err(Failure::new(ExitCode::Rejected, message).hint(keygen));
    }
    let mut protected = persona.protected();
    protected
        .add_inputs([&signing, &encryption])
        .add_inputs(&arguments.from_file)
        .add_inputs(arguments.passphrase.file());
    let create = |path: &Path| {
        report.shares_stdout_with(path)?;
        Output::create(path, arguments.force.force, Visibility::Public, &protected)
    };
    let output = arguments.output.as_deref().map(create).transpose()?;

    let secret = read_secret(arguments.from_file.as_deref(), report)?;
    let sealed = sealed_secret::seal(&secret, K::SECTION, &key, &recipient, &mut SystemRandomness)
        .doing(|| "cannot seal the secret".to_owned())?;
    let text = manifest.map_or_else(|| sealed.clone() + "\n", |manifest| manifest.to_yaml(&sealed));

    let section = K::NAME;
    let Some(mut output) = output else {
        let done = Done { section, file: None, sealed: Some(text) };
        return report.result(&done, |done| {
            done.sealed.iter().flat_map(|text| text.lines()).map(str::to_owned).collect()
        });
    };
    let (file, quoted) = (output.name(), output.quoted());
    output
        .write_all(text.as_bytes())
        .map_err(|error| Failure::from_io(&format!("cannot write {quoted}"), &error))?;
    output.commit()?;
    report.success(&format!("wrote {quoted}, sealed for the guest of the {section} section"));
    report.result(&Done { section, file: Some(file), sealed: None }, |_| Vec::<String>::new())
}

fn public_key(path: &Path) -> Result<VerifyingKey, Failure> {
    let pem = input::read_text(path, input::LARGEST_KEY_FILE)?;
    VerifyingKey::parse(&pem).doing(|| format!("cannot encrypt to `{}`", input::name(path)))
}

/// All bytes of the file, as `kubectl create secret --from-file` takes them.
fn read_secret(file: Option<&Path>, report: &Report) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let Some(path) = file else { return prompt::hidden(SECRET, "secret: ") };
    let secret = input::read_piped_secret_bytes(path, LARGEST_SECRET)?;
    input::warn_if_shared(path, "the secret");
    if secret.ends_with(b"\n") {
        report.note(&format!("`{}` ends with a line end, which is part of the secret", input::name(path)));
    }
    Ok(secret)
}

/// A Kubernetes Secret with one entry.
struct Manifest<'a> {
    name: &'a str,
    key: &'a str,
}

impl<'a> Manifest<'a> {
    /// Kubernetes takes a name as DNS has them, in lower case, and a key of letters, digits, `-`, `_` and `.`.
    fn new(name: &'a str, key: &'a str) -> Result<Self, Failure> {
        if Hostname::parse(name).is_err() || name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(Failure::usage(format!("`{name}` is no name of a Kubernetes Secret"))
                .hint("use lower-case letters, digits and `-`: `--manifest paynow-db`"));
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if key.is_empty() || key.len() > 253 || !key.bytes().all(fits) || [".", ".."].contains(&key) {
            return Err(Failure::usage(format!("`{key}` is no key of a Kubernetes Secret"))
                .hint("use letters, digits, `-`, `_` and `.`: `--key password`"));
        }
        Ok(Self { name, key })
    }

    fn to_yaml(&self, sealed: &str) -> String {
        let Self { name, key } = self;
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"{name}\"\ntype: Opaque\nstringData:\n  \"{key}\": \"{sealed}\"\n"
        )
    }
}
