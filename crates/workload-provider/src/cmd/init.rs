//! `workload-provider init`.

use cli_kit::{Failure, Report, starter};
use contract_pki::platform::{Application, Platform};

use crate::cli::Init;

const PERSONA: &str = include_str!("../../starter/persona.yaml");
const WORKLOAD: &str = include_str!("../../starter/workload.yaml");
const README: &str = include_str!("../../starter/README.md");

pub fn run(arguments: &Init, report: &Report) -> Result<(), Failure> {
    let platform = arguments.product.platform(report)?;
    let kind = application(arguments, platform)?;
    let Starter { section, description, files } = starter(kind);
    let persona = PERSONA.replace("PLATFORM", platform.name());
    let workload = WORKLOAD.replace("APPLICATION", section.trim_end());
    let readme = README.replace("DESCRIPTION", description);
    let files: Vec<_> = [("persona.yaml", &*persona), ("workload.yaml", &*workload)]
        .into_iter()
        .chain(files.iter().copied())
        // stored without its leading dot, so that it means nothing in our own tree
        .chain([(".gitignore", include_str!("../../starter/gitignore")), ("README.md", &*readme)])
        .collect();
    let next = format!("workload-provider check {}", arguments.folder.display());
    starter::write(&arguments.folder, &files, Some(&arguments.identity), arguments.force.force, &next, report)
}

/// The kind that the flags name, or the first that this is a starter for.
fn application(arguments: &Init, platform: Platform) -> Result<Application, Failure> {
    let product = platform.product();
    let named = match (arguments.compose, arguments.play) {
        (true, _) => Some((Application::Compose, "--compose")),
        (_, true) => Some((Application::Play, "--play")),
        _ => None,
    };
    match named {
        Some((kind, _)) if product.runs(kind) => Ok(kind),
        Some((_, flag)) => {
            let kinds: Vec<_> = product.applications.iter().map(|it| format!("`{}`", it.field())).collect();
            let message = format!("`{flag}` is not for {platform}, which runs {}", kinds.join(" and "));
            Err(Failure::usage(message).hint("leave the flag out, or name another `--platform`"))
        }
        None if product.runs(Application::Play) => Ok(Application::Play),
        None => Ok(Application::ConfidentialContainers),
    }
}

/// What belongs to a kind of workload.
struct Starter {
    /// Its part of the section.
    section: &'static str,
    /// The file that describes the application.
    description: &'static str,
    files: &'static [(&'static str, &'static str)],
}

fn starter(kind: Application) -> Starter {
    match kind {
        Application::Compose => Starter {
            section: "compose:\n  archive: !folder compose\n",
            description: "compose/docker-compose.yaml",
            files: &[
                ("compose/docker-compose.yaml", include_str!("../../starter/compose/docker-compose.yaml")),
                ("compose/.contractignore", include_str!("../../starter/contractignore")),
            ],
        },
        Application::Play => Starter {
            section: "play:\n  archive: !folder play\n",
            description: "play/pod.yml",
            files: &[
                ("play/pod.yml", include_str!("../../starter/play/pod.yml")),
                ("play/.contractignore", include_str!("../../starter/contractignore")),
            ],
        },
        Application::ConfidentialContainers => Starter {
            section: include_str!("../../starter/confidential-containers.yaml"),
            description: "policy.rego",
            files: &[("policy.rego", include_str!("../../starter/policy.rego"))],
        },
    }
}
