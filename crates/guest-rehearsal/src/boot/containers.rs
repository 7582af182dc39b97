//! What the guest would start. The environment is merged and the archive unpacked. Descriptors or the compose file are
//! resolved with the environment, and read as `podman kube play` and `docker compose` read them.
//!
//! | step | what is refused | with |
//! |---|---|---|
//! | archive | an archive that does not unpack; no compose file | HPL06006E to HPL06008E, HPL15002E |
//! | containers | a file that can't be parsed | HPL06009E, HPL15002E |
//! | variables | a required variable without a value | HPL15005E, HPL10000E |
//! | containers | a file that parses but does not start; nothing to start | HPL15005E, HPL10000E, HPL15006I |
//! | images | an image that nothing verifies | HPL06010E, HPL15005E |
//! | ports | a port of the guest that is used twice | HPL10000E, HPL15005E |
//! | mounts | nothing: data that would be lost is a warning | |
//!
//! For faults that a tool finds while it starts containers, IBM's list has only general messages: HPL15005E for Pods,
//! HPL10000E for any service.

use std::collections::BTreeSet;

use container_descriptors::{Descriptors, Environment, Port, Resource, TopLevel, image, storage};
use contract_archive::unpack;
use contract_core::kind::{Env, Workload};
use contract_section::{Application, Images, Section, WorkloadVolume};
use findings::{Finding, Place, Severity};
use strict_yaml::Node;

use super::archive::{self, Contents, Fault};
use super::schema::{NO_POD, WorkloadSection, one_line};
use crate::hpl::{
    HPL06006E, HPL06007E, HPL06008E, HPL06009E, HPL06010E, HPL10000E, HPL15002E, HPL15005E, HPL15006I, Hpl,
};
use crate::report::{Halt, Log};

const ENVIRONMENT: &str = "environment";
const ARCHIVE: &str = "archive";
const CONTAINERS: &str = "containers";
const VARIABLES: &str = "variables";
const PACK: &str = "name the folder in workload.yaml and encrypt again: `archive: !folder play`";

/// Checks everything up to the point where a real guest would pull images.
pub fn start(
    log: &mut Log,
    workload: WorkloadSection,
    env: &Section<Env>,
) -> Result<Section<Workload>, Halt> {
    if let Some(section) = &workload.section {
        merge(log, &section.facts().provided_variables, &env.facts().provided_variables);
    }
    let root = &workload.root;
    let compose = root.entry("compose").is_some();
    let described = root.entry("compose").or_else(|| root.entry("play"));
    let mut top = TopLevel::default();
    if let Some(base64) = described.and_then(|node| node.entry("archive")).and_then(Node::text) {
        let contents = archive::unpack(base64).map_err(|fault| damaged(log, compose, &fault))?;
        unpacked(log, compose, &contents)?;
        top = contents.top;
    }
    if described.is_some() {
        let environment = Environment::merged(root, &env.model().env);
        let found = if compose {
            container_descriptors::compose(&top, Some(&environment))
        } else {
            container_descriptors::play(&top, &Resource::in_section(root), Some(&environment))
        };
        read(log, compose, &found)?;
        variables(log, compose, &found, &environment)?;
        if let Some(finding) = first_error(&found.stops.0) {
            let code = if compose { HPL10000E } else { HPL15005E };
            return Err(log.refused(CONTAINERS, code, one_line("workload", finding), &finding.hint));
        }
        let Some(section) = workload.section else {
            return Err(unusable(log, compose, &workload.waiting));
        };
        let count = match (compose, found.pods) {
            (true, 1) => "1 service".to_owned(),
            (true, count) => format!("{count} services"),
            (false, 1) => "1 pod".to_owned(),
            (false, count) => format!("{count} pods"),
        };
        log.ok(
            CONTAINERS,
            format!("{count}, as {} reads them", if compose { "docker compose" } else { "podman" }),
        );
        images(log, compose, &found, &section.model().images);
        ports(log, compose, &found)?;
        mounts(log, compose, &found, &section.model().volumes);
        return Ok(section);
    }
    let Some(section) = workload.section else {
        return Err(unusable(log, compose, &workload.waiting));
    };
    if let Application::ConfidentialContainers = section.model().application {
        log.skipped(ARCHIVE, "`confidential-containers`: a rehearsal reads only compose files and Pods");
    }
    Ok(section)
}

fn first_error(findings: &[Finding]) -> Option<&Finding> {
    findings.iter().find(|finding| finding.severity == Severity::Error)
}

/// A place on one line.
fn at(place: &Place) -> String {
    let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
    match (&*place.file, &*place.field) {
        ("", field) => format!("workload{line}: {field}"),
        (file, field) => format!("{file}{line}: {field}"),
    }
}

fn damaged(log: &mut Log, compose: bool, fault: &Fault) -> Halt {
    let code = match fault {
        _ if !compose => HPL15002E,
        Fault::Archive(unpack::Error::Gzip(_)) => HPL06006E,
        _ => HPL06007E,
    };
    log.refused(ARCHIVE, code, fault.to_string(), PACK)
}

fn unpacked(log: &mut Log, compose: bool, contents: &Contents) -> Result<(), Halt> {
    let is_compose = |name: &str| matches!(name, "docker-compose.yaml" | "docker-compose.yml");
    let top = &contents.top;
    if compose && !top.files.iter().any(|(name, _)| is_compose(name)) {
        let deeper = top.deeper.iter().find(|name| name.rsplit('/').next().is_some_and(is_compose));
        let detail = match deeper {
            Some(deeper) => format!("the compose file is in a folder: `{deeper}`"),
            None => "it has no docker-compose.yaml or docker-compose.yml".into(),
        };
        return Err(log.refused(
            ARCHIVE,
            HPL06008E,
            detail,
            "pack the folder that contains the compose file: `archive: !folder compose`",
        ));
    }
    let names: Vec<_> = top.files.iter().map(|(name, _)| format!("`{name}`")).collect();
    let count = if contents.files == 1 { "1 file".into() } else { format!("{} files", contents.files) };
    log.ok(
        ARCHIVE,
        format!("unpacks to {count}, {} bytes; at its top level: {}", contents.bytes, names.join(", ")),
    );
    Ok(())
}

/// Reports what the tool finds in the text before it starts anything.
fn read(log: &mut Log, compose: bool, found: &Descriptors) -> Result<(), Halt> {
    if let Some(finding) = first_error(&found.findings.0) {
        return Err(log.refused(
            CONTAINERS,
            unreadable(compose),
            one_line("workload", finding),
            &finding.hint,
        ));
    }
    for finding in &found.findings.0 {
        log.warning(CONTAINERS, None, one_line("workload", finding));
    }
    for place in &found.unrendered {
        let detail = format!("{}: this template expression is not evaluated in a rehearsal", at(place));
        log.warning(CONTAINERS, None, detail);
    }
    Ok(())
}

/// Refuses with the first of the findings that waited.
fn unusable(log: &mut Log, compose: bool, waiting: &[Finding]) -> Halt {
    let Some(first) = waiting.first() else {
        return log.refused(CONTAINERS, unreadable(compose), "cannot use the archive", PACK);
    };
    let (step, code) = match first {
        finding if finding.message == NO_POD => (CONTAINERS, HPL15006I),
        finding if finding.place.field.ends_with("image") => {
            ("images", if compose { HPL06010E } else { HPL15005E })
        }
        _ => (CONTAINERS, unreadable(compose)),
    };
    log.refused(step, code, one_line("workload", first), &first.hint)
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
    found: &Descriptors,
    environment: &Environment,
) -> Result<(), Halt> {
    let listed =
        |names: &[&String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let missing: Vec<_> = found.variables.iter().filter(|name| !environment.provides(name)).collect();
    let (names, code) = match (compose, found.missing.is_empty()) {
        (true, false) => (found.missing.iter().collect(), HPL10000E),
        (false, _) if !missing.is_empty() => (missing, HPL15005E),
        (true, true) if !missing.is_empty() => {
            log.warning(VARIABLES, None, format!("nobody provides {}: empty", listed(&missing)));
            return Ok(());
        }
        _ => {
            log.ok(VARIABLES, "every variable that is used is provided");
            return Ok(());
        }
    };
    let first = names.first().map_or("NAME", |name| name.as_str());
    let hint = format!("provide it in env.yaml, under `env`: `{first}: \"…\"`");
    Err(log.refused(VARIABLES, code, format!("nobody provides {}", listed(&names)), &hint))
}

/// Reports why each image can be trusted. Images that nothing verifies were refused before.
fn images(log: &mut Log, compose: bool, found: &Descriptors, images: &Images) {
    let mut seen = BTreeSet::new();
    for (_, image) in found.images.iter().filter(|(_, image)| seen.insert(image)) {
        if image::is_pinned(image) {
            log.ok("images", format!("`{image}`: pinned by its digest"));
            continue;
        }
        let wanted = image::name_of(image);
        let is_it = |name: &&String| image::name_of(name) == wanted;
        let dct = images.dct.iter().find(is_it);
        let rhs = images.rhs.iter().find(is_it);
        let dct = dct.map(|name| format!("`images.dct.{name}`"));
        let rhs = rhs.map(|name| format!("`images.rhs.{name}`"));
        let (expected, other) = if compose { (dct, rhs) } else { (rhs, dct) };
        match (expected, other) {
            (Some(entry), _) => log.ok("images", format!("`{image}`: verified with the key of {entry}")),
            (None, Some(entry)) => {
                let (what, kind) = if compose { ("compose files", "dct") } else { ("Pods", "rhs") };
                let detail = format!(
                    "`{image}`: has only {entry}; images of {what} are verified through `images.{kind}`"
                );
                log.warning("images", None, detail);
            }
            (None, None) => log.warning("images", None, format!("`{image}`: nothing verifies it")),
        }
    }
}

/// Lists the published ports; refuses if two containers use the same one.
fn ports(log: &mut Log, compose: bool, found: &Descriptors) -> Result<(), Halt> {
    for (index, port) in found.ports.iter().enumerate() {
        let earlier = found.ports.iter().take(index).find(|earlier| earlier.conflicts(port));
        if let Some(earlier) = earlier {
            let code = if compose { HPL10000E } else { HPL15005E };
            let detail = format!(
                "{}: port {}/{} of the guest goes to `{}` already: {}",
                at(&port.place),
                port.host,
                port.protocol,
                earlier.by,
                at(&earlier.place)
            );
            return Err(log.refused("ports", code, detail, "give one of them another port of the guest"));
        }
    }
    if found.ports.is_empty() {
        log.skipped("ports", "none is published: no container can be reached from outside the guest");
    } else {
        let ports: Vec<_> = found.ports.iter().map(describe_port).collect();
        log.ok("ports", ports.join(", "));
    }
    Ok(())
}

fn describe_port(port: &Port) -> String {
    let Port { by, address, host, inner, protocol, .. } = port;
    let address = address.as_ref().map(|address| format!("{address}:")).unwrap_or_default();
    format!("{address}{host}/{protocol} to {inner} of `{by}`")
}

/// The same lines as `check`, with every variable known.
fn mounts(log: &mut Log, compose: bool, found: &Descriptors, volumes: &[WorkloadVolume]) {
    let mounted: Vec<_> = volumes.iter().map(WorkloadVolume::mounted).collect();
    let storage = storage(found, &mounted, compose);
    if storage.kept.is_empty() && storage.lost.0.is_empty() {
        log.skipped("mounts", "no container mounts a volume of the contract");
    }
    for line in storage.kept {
        log.ok("mounts", line);
    }
    for finding in storage.lost.0 {
        log.advised("mounts", finding.message, finding.hint);
    }
}
