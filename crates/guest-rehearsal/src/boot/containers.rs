//! What the guest would start: the environment is merged, the archive unpacked, descriptors or compose file read.

use std::collections::BTreeSet;

use contract_core::finding::Finding;
use contract_core::section::{Application, Env, Section, Workload};
use contract_core::yaml::Node;

use super::archive::{self, Contents, Fault};
use super::log::{Log, Stopped};
use super::schema::{NO_POD, WorkloadSection, told};
use crate::hpl::{
    HPL06006E, HPL06007E, HPL06008E, HPL06009E, HPL06010E, HPL10000E, HPL15002E, HPL15005E, HPL15006I, Hpl,
};

const ENVIRONMENT: &str = "environment";
const ARCHIVE: &str = "archive";
const VARIABLES: &str = "variables";
const PACK: &str = "name the folder in workload.yaml and encrypt again: `archive: !folder play`";

/// Up to the point where a real guest would pull images.
pub fn start(
    log: &mut Log,
    workload: WorkloadSection,
    env: &Section<Env>,
) -> Result<Section<Workload>, Stopped> {
    if let Some(section) = &workload.section {
        merge(log, &section.facts().provided_variables, &env.facts().provided_variables);
    }
    let compose = workload.root.entry("compose");
    let described = compose.or_else(|| workload.root.entry("play")).and_then(|node| node.entry("archive"));
    if let Some(base64) = described.and_then(Node::text) {
        let contents = archive::unpack(base64).map_err(|fault| damaged(log, compose.is_some(), &fault))?;
        unpacked(log, compose.is_some(), &contents)?;
    }
    let Some(section) = workload.section else {
        return Err(unusable(log, compose.is_some(), &workload.waiting));
    };
    match &section.model().application {
        Application::Compose(_) | Application::Play { .. } => {
            variables(log, compose.is_some(), &section, env)?;
        }
        Application::ConfidentialContainers(_) => {
            log.skipped(
                ARCHIVE,
                "`confidential-containers`: a rehearsal looks at compose files and Pods only",
            );
        }
    }
    Ok(section)
}

fn damaged(log: &mut Log, compose: bool, fault: &Fault) -> Stopped {
    let code = match fault {
        _ if !compose => HPL15002E,
        Fault::Gzip(_) => HPL06006E,
        Fault::Tar | Fault::Empty | Fault::Refused { .. } | Fault::TooLarge => HPL06007E,
    };
    log.refused(ARCHIVE, code, fault.to_string(), PACK)
}

fn unpacked(log: &mut Log, compose: bool, contents: &Contents) -> Result<(), Stopped> {
    let is_compose = |name: &str| matches!(name, "docker-compose.yaml" | "docker-compose.yml");
    if compose && !contents.top_level.iter().any(|name| is_compose(name)) {
        let deeper = contents.deeper.iter().find(|name| name.rsplit('/').next().is_some_and(is_compose));
        let detail = match deeper {
            Some(deeper) => format!("the compose file lies in a folder: `{deeper}`"),
            None => "no file named docker-compose.yaml or docker-compose.yml".into(),
        };
        return Err(log.refused(
            ARCHIVE,
            HPL06008E,
            detail,
            "pack the folder that holds the compose file: `archive: !folder compose`",
        ));
    }
    let names: Vec<_> = contents.top_level.iter().map(|name| format!("`{name}`")).collect();
    let count = if contents.files == 1 { "1 file".into() } else { format!("{} files", contents.files) };
    log.ok(
        ARCHIVE,
        format!("unpacks to {count}, {} bytes; at its top level: {}", contents.bytes, names.join(", ")),
    );
    Ok(())
}

/// Findings that waited until the guest came to them.
fn unusable(log: &mut Log, compose: bool, waiting: &[Finding]) -> Stopped {
    let Some(first) = waiting.first() else {
        return log.refused(ARCHIVE, unreadable(compose), "the archive can't be used", PACK);
    };
    let code = match first {
        finding if finding.message == NO_POD => HPL15006I,
        finding if finding.place.field.ends_with("image") => {
            if compose {
                HPL06010E
            } else {
                HPL15005E
            }
        }
        _ => unreadable(compose),
    };
    log.refused(ARCHIVE, code, told("workload", first), &first.hint)
}

fn unreadable(compose: bool) -> Hpl {
    if compose { HPL06009E } else { HPL15002E }
}

/// The workload's variables win (contract-format, section 7).
fn merge(log: &mut Log, workload: &BTreeSet<String>, env: &BTreeSet<String>) {
    let both: Vec<_> = workload.intersection(env).map(|name| format!("`{name}`")).collect();
    let overruled = if both.is_empty() {
        String::new()
    } else {
        format!("; the workload's value wins for {}", both.join(", "))
    };
    let detail = format!("{} from the workload section, {} from env{overruled}", workload.len(), env.len());
    log.ok(ENVIRONMENT, detail);
}

fn variables(
    log: &mut Log,
    compose: bool,
    workload: &Section<Workload>,
    env: &Section<Env>,
) -> Result<(), Stopped> {
    let missing: Vec<_> =
        workload.facts().required_variables.difference(&env.facts().provided_variables).collect();
    if missing.is_empty() {
        log.ok(VARIABLES, "every variable that is asked for is provided");
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|name| format!("`{name}`")).collect();
    let names = names.join(", ");
    if compose {
        // compose itself decides: an empty string, or an error where the file says `${NAME:?}`
        log.warning(
            VARIABLES,
            Some(HPL10000E),
            format!("nobody provides {names}: empty, unless the file insists on it with `:?`"),
        );
        return Ok(());
    }
    let first = missing.first().map_or("NAME", |name| name.as_str());
    let hint = format!("provide it in env.yaml, under `env`: `{first}: \"…\"`");
    Err(log.refused(VARIABLES, HPL15005E, format!("nobody provides {names}"), &hint))
}
