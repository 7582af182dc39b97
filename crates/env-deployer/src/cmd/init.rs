//! `env-deployer init`.

use cli_kit::{Failure, Report, starter};

use crate::cli::Init;

/// Stored without their leading dots, so that they mean nothing in our own tree.
const FILES: [(&str, &str); 5] = [
    ("persona.yaml", include_str!("../../starter/persona.yaml")),
    ("env.yaml", include_str!("../../starter/env.yaml")),
    ("rsyslog/README.md", include_str!("../../starter/rsyslog/README.md")),
    (".gitignore", include_str!("../../starter/gitignore")),
    ("README.md", include_str!("../../starter/README.md")),
];

/// Only for guests without DHCP.
const NETWORK_CONFIG: (&str, &str) = ("network-config", include_str!("../../starter/network-config"));

pub fn run(arguments: &Init, report: &Report) -> Result<(), Failure> {
    let next = format!("env-deployer check {}", arguments.folder.display());
    let network_config = arguments.network_config.then_some(NETWORK_CONFIG);
    let files: Vec<_> = FILES.into_iter().chain(network_config).collect();
    starter::write(&arguments.folder, &files, Some(&arguments.identity), arguments.force.force, &next, report)
}
