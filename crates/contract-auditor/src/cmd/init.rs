//! `contract-auditor init`: a folder to start from.

use cli_kit::{Failure, Report, starter};

use crate::cli::Init;

const FILES: [(&str, &str); 3] = [
    ("persona.yaml", include_str!("../../starter/persona.yaml")),
    // stored without its leading dot, so that it means nothing in our own tree
    (".gitignore", include_str!("../../starter/gitignore")),
    ("README.md", include_str!("../../starter/README.md")),
];

pub fn run(arguments: &Init, report: &Report) -> Result<(), Failure> {
    let next = format!("contract-auditor keygen -o {}", arguments.dir.join("attestation-key.pem").display());
    starter::write(&arguments.dir, &FILES, None, arguments.force.force, &next, report)
}
