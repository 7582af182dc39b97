//! `workload-provider init`.

use cli_kit::{Failure, Report, starter};

use crate::cli::Init;

/// Stored without their leading dots, so that they mean nothing in our own tree.
const FILES: [(&str, &str); 6] = [
    ("persona.yaml", include_str!("../../starter/persona.yaml")),
    ("workload.yaml", include_str!("../../starter/workload.yaml")),
    ("play/pod.yml", include_str!("../../starter/play/pod.yml")),
    ("play/.contractignore", include_str!("../../starter/play/contractignore")),
    (".gitignore", include_str!("../../starter/gitignore")),
    ("README.md", include_str!("../../starter/README.md")),
];

pub fn run(arguments: &Init, report: &Report) -> Result<(), Failure> {
    let next = format!("workload-provider check {}", arguments.folder.display());
    starter::write(&arguments.folder, &FILES, Some(&arguments.identity), arguments.force.force, &next, report)
}
