//! `contract-signer init`: a folder to start from.

use cli_kit::{Failure, Report, starter};

use crate::cli::Init;

const FILES: [(&str, &str); 2] = [
    ("persona.yaml", include_str!("../../starter/persona.yaml")),
    // stored without its leading dot, so that it means nothing in our own tree
    (".gitignore", include_str!("../../starter/gitignore")),
];

pub fn run(arguments: &Init, report: &Report) -> Result<(), Failure> {
    let next = format!("contract-signer keygen -o {}", arguments.dir.join("signing-key.pem").display());
    starter::write(&arguments.dir, &FILES, Some(&arguments.identity), arguments.force.force, &next, report)
}
