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

pub fn run(arguments: &Init, report: &Report) -> Result<(), Failure> {
    let next = format!("env-deployer check {}", arguments.folder.display());
    starter::write(&arguments.folder, &FILES, Some(&arguments.identity), arguments.force.force, &next, report)
}
