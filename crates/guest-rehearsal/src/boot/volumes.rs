//! Checks that both sections name the same volumes, and describes their seeds (contract-format, section 6).
//!
//! Passphrases are made only where there is a disk to open ([`super::luks`]).

use std::collections::BTreeSet;

use contract_section::{EnvModel, EnvSeed, EnvVolume, WorkloadModel, WorkloadVolume};
use strict_yaml::Node;

use crate::hpl::{HPL07013E, HPL07015E};
use crate::report::{Halt, Log};

const SEEDS: &str = "seeds";

/// Compares the names.
pub fn agree(log: &mut Log, workload: &Node, env: &EnvModel) -> Result<(), Halt> {
    let volumes = workload.entry("volumes").and_then(Node::entries).unwrap_or_default();
    let asked: BTreeSet<_> = volumes.iter().map(|(key, _)| key.text.as_str()).collect();
    let given: BTreeSet<_> = env.volumes.iter().map(|volume| volume.name.as_str()).collect();
    if asked != given {
        let only = |these: &BTreeSet<&str>, those| {
            let names: Vec<_> = these.difference(those).map(|name| format!("`{name}`")).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let detail = format!(
            "only in the workload section: {}; only in the env section: {}",
            only(&asked, &given),
            only(&given, &asked)
        );
        let hint = "name the same volumes under `volumes` of workload.yaml and env.yaml";
        return Err(log.refused("volumes", HPL07015E, detail, hint));
    }
    if asked.is_empty() {
        log.skipped("volumes", "neither section has one");
        return Ok(());
    }
    let names: Vec<_> = asked.iter().map(|name| format!("`{name}`")).collect();
    log.ok("volumes", format!("both sections name {}", names.join(", ")));
    Ok(())
}

/// Describes the seeds.
pub fn describe(log: &mut Log, workload: &WorkloadModel, env: &EnvModel) {
    for workload in &workload.volumes {
        for env in env.volumes.iter().filter(|volume| volume.name == workload.name) {
            seeds(log, workload, env);
        }
    }
}

fn seeds(log: &mut Log, workload: &WorkloadVolume, env: &EnvVolume) {
    let name = &workload.name;
    let (first, second) = (rolling(workload.previous_seed.is_some()), rolling(env.previous_seed.is_some()));
    match &env.seed {
        EnvSeed::Seed(seed) if *seed == workload.seed => {
            let detail =
                format!("`{name}`: both sections have the same seed, so one person knows both halves");
            log.warning(SEEDS, None, detail);
        }
        EnvSeed::Seed(_) if !env.has_kms && !env.has_grep11 => {
            log.ok(
                SEEDS,
                format!("`{name}`: one from the workload section{first}, one from the env section{second}"),
            );
        }
        EnvSeed::Seed(_) => {
            let detail = format!(
                "`{name}`: one from each section; a rehearsal can't know whether the key service provides the third"
            );
            log.warning(SEEDS, Some(HPL07013E), detail);
        }
        EnvSeed::UvSecret(id) => {
            let detail = format!(
                "`{name}`: one from the workload section{first}; a rehearsal can't know whether the ultravisor has `{id}`"
            );
            log.warning(SEEDS, Some(HPL07013E), detail);
        }
    }
}

fn rolling(rolls: bool) -> &'static str {
    if rolls { " (rolling)" } else { "" }
}
