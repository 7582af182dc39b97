//! `env-deployer boot-media`: user data verified, then written to a medium that a guest boots from.

use std::collections::BTreeMap;
use std::path::Path;

use cli_kit::input;
use cli_kit::names::{in_folder, is_stdout};
use cli_kit::output::{Output, Visibility, commit_all};
use cli_kit::persona::{self, AuthorFolder, Persona};
use cli_kit::progress::Progress;
use cli_kit::{Doing as _, ExitCode, Failure, Report, expect};
use contract_core::boot_media::{self, Hostname, LARGEST_SMALL_FILE, NETWORK_CONFIG};
use contract_pki::platform::Delivery;
use contract_section::network_config;
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
    /// The guest's interfaces and addresses, if they are static.
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<String>,
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
    input::refuse_two_from_stdin(
        [&arguments.contract.user_data].into_iter().chain(&arguments.network_config),
    )?;
    let hostname =
        Hostname::parse(&arguments.hostname).doing(|| format!("`{}` is no host name", arguments.hostname))?;
    let network = arguments.network_config.as_deref();
    let network = network.map(|path| network_of(path, &arguments.contract.folder, report)).transpose()?;
    let SignedContract { user_data, name, facts, key_fingerprint, mut protected } =
        SignedContract::open(&arguments.contract, &arguments.output, report)?;
    protected.add_inputs(&arguments.network_config);

    let cannot = || format!("cannot make a boot medium of `{name}`");
    let mut medium = boot_media::BootMedia::new(user_data, &facts, &hostname).doing(cannot)?;
    if let Some(Network { file, .. }) = &network {
        medium = medium.with_network_config(file.clone().into_bytes()).doing(cannot)?;
    }
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
        network: network.map(|network| network.interfaces),
        key_fingerprint,
        attestation_record,
        libvirt: (!is_stdout(&arguments.output)).then(|| Libvirt::new(&arguments.output)),
    };
    show(&done, &quoted, report)
}

/// A checked `network-config`.
struct Network {
    /// Its text, byte for byte.
    file: String,
    /// Its interfaces and their addresses.
    interfaces: String,
}

/// Reads and checks the file; warns if guests of the folder's platform do not read it.
fn network_of(path: &Path, folder: &Path, report: &Report) -> Result<Network, Failure> {
    let name = input::name(path);
    let file = input::read_text(path, LARGEST_SMALL_FILE as usize)?;
    let (config, findings) = network_config::read(&name, &file);
    report.findings(&name, &findings)?;
    let Some(config) = config else {
        return Err(Failure::new(
            ExitCode::Rejected,
            format!("`{name}` has errors, and no finding states them"),
        ));
    };
    let persona_file = in_folder(folder, persona::FILE);
    // another persona's folder, or a damaged file, does not stop a command that does not need it
    if persona_file.exists()
        && let Ok(folder) = AuthorFolder::read(folder, Persona::EnvDeployer)
        && folder.platform.product().delivery != Delivery::Medium
    {
        report.warning(
            &format!("no guest of platform `{}` reads `{NETWORK_CONFIG}`", folder.platform),
            &[format!(
                "leave out `--network-config`, or write `platform: ccrt` into `{}`",
                persona_file.display()
            )],
        );
    }
    Ok(Network { file, interfaces: config.to_string() })
}

fn show(done: &Done, quoted: &str, report: &Report) -> Result<(), Failure> {
    report.note("the attestation record of the running guest must contain:");
    for (line, sha256) in &done.attestation_record {
        report.note(&format!("  {sha256} {line}"));
    }
    let network = done.network.as_ref().map_or_else(String::new, |network| format!(", {network}"));
    let Done { bytes, hostname, .. } = done;
    report.success(&format!("wrote {quoted}, {bytes} bytes, for a guest named `{hostname}`{network}"));
    done.libvirt.iter().flat_map(Libvirt::lines).for_each(|line| report.note(&line));
    report.result(done, |_| Vec::<String>::new())
}
