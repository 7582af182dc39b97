//! `env-deployer boot-media`: user data verified, then written to a medium that a guest boots from.

use std::collections::BTreeMap;
use std::io::Seek as _;
use std::path::PathBuf;

use cli_kit::failure::DoingIo as _;
use cli_kit::input;
use cli_kit::names::is_stdout;
use cli_kit::output::{Output, Visibility, commit_all};
use cli_kit::persona::{AuthorFolder, Persona, protected_around};
use cli_kit::progress::Progress;
use cli_kit::received;
use cli_kit::{Doing as _, ExitCode, Failure, Report, clock, expect};
use contract_core::boot_media::{self, Hostname};
use contract_core::received::FileKind;
use contract_core::user_data::{self, Form, UserDataFacts};
use contract_pki::verifying_key::VerifyingKey;
use serde::Serialize;

use crate::cli::BootMedia;
use crate::libvirt::Libvirt;

/// What was done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    medium: String,
    bytes: u64,
    hostname: String,
    /// Of the key that verified the user data.
    key_fingerprint: Option<String>,
    /// Lines of the attestation record, name to SHA-256.
    attestation_record: BTreeMap<&'static str, String>,
    /// How to attach the medium; `None` for standard output.
    #[serde(skip_serializing_if = "Option::is_none")]
    libvirt: Option<Libvirt>,
}

pub fn run(arguments: &BootMedia, report: &Report) -> Result<(), Failure> {
    report.shares_stdout_with(&arguments.output)?;
    let hostname =
        Hostname::parse(&arguments.hostname).doing(|| format!("`{}` is no host name", arguments.hostname))?;
    let mut protected = protected_around(Persona::EnvDeployer, &arguments.output);
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

    let cannot = || format!("cannot make a boot medium of `{name}`");
    let medium = boot_media::BootMedia::new(user_data, &facts, &hostname).doing(cannot)?;
    let is_plain = [&facts.workload, &facts.env].iter().any(|section| matches!(section.form, Form::Plain(_)));
    let visibility = if is_plain { Visibility::Secret } else { Visibility::Public };
    let mut output = Output::create(&arguments.output, arguments.force.force, visibility, &protected)?;
    let mut expect =
        arguments.expect.create(&[arguments.output.as_path()], arguments.force.force, &protected, report)?;
    let written = {
        let progress = Progress::bytes(report, "writing", Some(medium.size()));
        medium.write_to(&mut output, &|done| progress.reached(done)).doing(cannot)?
    };
    let (medium, quoted) = (output.name(), output.quoted());
    let attestation_record: BTreeMap<_, _> =
        facts.attestation_lines().into_iter().chain(written.attestation_lines()).collect();
    expect::write(&mut expect, attestation_record.clone())?;
    commit_all([expect, Some(output)].into_iter().flatten())?;
    let done = Done {
        medium,
        bytes: written.bytes,
        hostname: hostname.as_str().to_owned(),
        key_fingerprint,
        attestation_record,
        libvirt: (!is_stdout(&arguments.output)).then(|| Libvirt::new(&arguments.output)),
    };
    show(&done, &quoted, report)
}

/// Refuses the other files of a contract by their names.
fn check_user_data(kind: FileKind, name: &str) -> Result<(), Failure> {
    if kind == FileKind::Text {
        return Ok(());
    }
    Err(Failure::new(ExitCode::Rejected, format!("cannot read `{name}` as user data: it is {kind}"))
        .hint("name what the contract signer hands over: `env-deployer boot-media user-data`"))
}

fn show(done: &Done, quoted: &str, report: &Report) -> Result<(), Failure> {
    report.note("the attestation record of the running guest must contain:");
    for (line, sha256) in &done.attestation_record {
        report.note(&format!("  {sha256} {line}"));
    }
    report.success(&format!("wrote {quoted}, {} bytes, for a guest named `{}`", done.bytes, done.hostname));
    done.libvirt.iter().flat_map(Libvirt::lines).for_each(|line| report.note(&line));
    report.result(done, |_| Vec::<String>::new())
}

fn signing_key(path: PathBuf) -> Result<(PathBuf, VerifyingKey), Failure> {
    let text = input::read_text(&path, input::LARGEST_KEY_FILE)?;
    let key = VerifyingKey::parse(&text)
        .doing(|| format!("cannot use the signing key `{}`", input::name(&path)))?;
    Ok((path, key))
}

/// Refuses what a guest should not boot; returns the fingerprint of the key that verified the user data.
fn verify(
    arguments: &BootMedia,
    facts: &UserDataFacts,
    name: &str,
    key: Option<&(PathBuf, VerifyingKey)>,
    report: &Report,
) -> Result<Option<String>, Failure> {
    for (key, value) in [("workload", &facts.workload), ("env", &facts.env)] {
        if matches!(value.form, Form::Plain(_)) && !arguments.danger_accept_plain_sections {
            return Err(Failure::new(
                ExitCode::Refused,
                format!("`{name}`: the `{key}` section is not encrypted: anyone who gets the medium can read it"),
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
