//! `env-deployer boot-media`: user data verified, then written to a medium that a guest boots from.

use std::collections::BTreeMap;

use cli_kit::names::is_stdout;
use cli_kit::output::{Output, Visibility, commit_all};
use cli_kit::progress::Progress;
use cli_kit::{Doing as _, Failure, Report, expect};
use contract_core::boot_media::{self, Hostname};
use serde::Serialize;

use super::signed_contract::SignedContract;
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
    let SignedContract { user_data, name, facts, key_fingerprint, protected } =
        SignedContract::open(&arguments.contract, &arguments.output, report)?;

    let cannot = || format!("cannot make a boot medium of `{name}`");
    let medium = boot_media::BootMedia::new(user_data, &facts, &hostname).doing(cannot)?;
    let visibility = if facts.is_plain() { Visibility::Secret } else { Visibility::Public };
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

fn show(done: &Done, quoted: &str, report: &Report) -> Result<(), Failure> {
    report.note("the attestation record of the running guest must contain:");
    for (line, sha256) in &done.attestation_record {
        report.note(&format!("  {sha256} {line}"));
    }
    report.success(&format!("wrote {quoted}, {} bytes, for a guest named `{}`", done.bytes, done.hostname));
    done.libvirt.iter().flat_map(Libvirt::lines).for_each(|line| report.note(&line));
    report.result(done, |_| Vec::<String>::new())
}
