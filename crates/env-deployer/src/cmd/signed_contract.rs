//! Signed user data, verified before a guest gets it.

use std::io::Seek as _;
use std::path::{Path, PathBuf};

use cli_kit::failure::DoingIo as _;
use cli_kit::input::{self, Input};
use cli_kit::persona::{AuthorFolder, Persona, protected_around};
use cli_kit::progress::Progress;
use cli_kit::protected::Protected;
use cli_kit::received;
use cli_kit::{Doing as _, ExitCode, Failure, Report, clock};
use contract_core::received::FileKind;
use contract_core::user_data::{self, Form, UserDataFacts};
use contract_pki::verifying_key::VerifyingKey;

use crate::cli::ContractArguments;

/// User data that may go to a guest.
pub struct SignedContract {
    /// At its start.
    pub user_data: Input,
    /// Its name in messages.
    pub name: String,
    /// What is public about it.
    pub facts: UserDataFacts,
    /// Of the key that verified it; `None` if no key was named, or if there is no signature.
    pub key_fingerprint: Option<String>,
    /// What no output may replace.
    pub protected: Protected,
}

impl SignedContract {
    /// Opens and verifies it. Refuses what a guest should not boot.
    pub fn open(arguments: &ContractArguments, output: &Path, report: &Report) -> Result<Self, Failure> {
        let mut protected = protected_around(Persona::EnvDeployer, output);
        let key_file = if let Some(path) = &arguments.signing_key {
            Some(path.clone())
        } else {
            let folder = AuthorFolder::read(&arguments.folder, Persona::EnvDeployer)?;
            protected.add_all(&folder.protected());
            folder.signing_key
        };
        protected.add_inputs([&arguments.user_data]).add_inputs(&key_file);
        let key = key_file.map(signing_key).transpose()?;
        let (mut user_data, kind) = received::open(&arguments.user_data)?;
        let name = user_data.name();
        check_user_data(kind, &name)?;
        let facts = {
            let _progress = Progress::spinner(report, "verifying");
            user_data::survey(&mut user_data).doing(|| format!("cannot read `{name}` as user data"))?
        };
        let key_fingerprint = verify(arguments, &facts, &name, key.as_ref(), report)?;
        user_data.rewind().doing_io("read", &arguments.user_data)?;
        Ok(Self { user_data, name, facts, key_fingerprint, protected })
    }
}

/// Refuses the other files of a contract by their names.
fn check_user_data(kind: FileKind, name: &str) -> Result<(), Failure> {
    if kind == FileKind::Text {
        return Ok(());
    }
    Err(Failure::new(ExitCode::Rejected, format!("cannot read `{name}` as user data: it is {kind}"))
        .hint("name what the contract signer hands over: `user-data`"))
}

fn signing_key(path: PathBuf) -> Result<(PathBuf, VerifyingKey), Failure> {
    let text = input::read_text(&path, input::LARGEST_KEY_FILE)?;
    let key = VerifyingKey::parse(&text)
        .doing(|| format!("cannot use the signing key `{}`", input::name(&path)))?;
    Ok((path, key))
}

/// Refuses what a guest should not boot; returns the fingerprint of the key that verified the user data.
fn verify(
    arguments: &ContractArguments,
    facts: &UserDataFacts,
    name: &str,
    key: Option<&(PathBuf, VerifyingKey)>,
    report: &Report,
) -> Result<Option<String>, Failure> {
    for (key, value) in [("workload", &facts.workload), ("env", &facts.env)] {
        if matches!(value.form, Form::Plain(_)) && !arguments.danger_accept_plain_sections {
            return Err(Failure::new(
                ExitCode::Refused,
                format!("`{name}`: the `{key}` section is not encrypted: anyone who gets a copy can read it"),
            )
            .hint("encrypt it: `workload-provider encrypt`, `env-deployer encrypt`, then `contract-signer sign`")
            .hint("for a test without secrets, add `--danger-accept-plain-sections`"));
        }
    }
    for key in &facts.unknown {
        let hint = "check its spelling, and ask who added it".to_owned();
        report.warning(
            &format!("`{key}` is not a known field of user data, and the signature does not cover it"),
            &[hint],
        );
    }
    match facts.boot.as_ref().map(|boot| &boot.header) {
        None => {}
        Some(Ok(header)) => report.note(&format!("not covered by the signature: `boot`, {header}")),
        Some(Err(damage)) => {
            let hint = "remove `boot`; for bare metal, add the header again: `env-deployer initdata --se-header se-hdr.bin`";
            report.warning(&format!("`boot` has no Secure Execution header: {damage}"), &[hint.to_owned()]);
        }
    }
    if facts.signature.is_none() && arguments.danger_accept_unsigned {
        report.warning(&format!("`{name}` is not signed"), &[]);
        return Ok(None);
    }
    let cannot_verify = || format!("cannot verify `{name}`");
    if let Some((_, key)) = key {
        facts.verify(key, clock::now()).doing(cannot_verify)?;
        report.note(&format!("verified `{name}`: signed with key {}", key.fingerprint()));
        return Ok(Some(key.fingerprint().to_owned()));
    }
    if facts.signature.is_none() {
        let refusal = Err(user_data::Refusal::Unsigned(facts.state())).doing(cannot_verify);
        return refusal.map_err(|failure| failure.hint("for a test guest, add `--danger-accept-unsigned`"));
    }
    let hint = "name the contract signer's key: `--signing-key signing-key.pub.pem`, or `signing-key` in `persona.yaml`";
    report.warning(
        &format!("`{name}` is signed, but the signature is not verified: no signing key is named"),
        &[hint.to_owned()],
    );
    Ok(None)
}
