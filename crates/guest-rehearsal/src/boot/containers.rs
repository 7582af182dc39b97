//! What the guest would start. The environment is merged and the archive unpacked. Descriptors or the compose file are
//! resolved with the environment, and read as `podman kube play` and `docker compose` read them.
//!
//! | step | what is refused | with |
//! |---|---|---|
//! | archive | an archive that does not unpack; no compose file | HPL06006E to HPL06008E, HPL15002E |
//! | containers | a file that can't be parsed | HPL06009E, HPL15002E |
//! | images | an image that nothing verifies | HPL06010E, HPL15005E |
//! | variables | a required variable without a value | HPL15005E, HPL10000E |
//! | containers | a file that parses but does not start; nothing to start | HPL15005E, HPL10000E, HPL15006I |
//! | ports | a port of the guest that is used twice | HPL10000E, HPL15005E |
//! | mounts | nothing: data that would be lost is a warning | |
//!
//! For faults that a tool finds while it starts containers, IBM's list has only general messages: HPL15005E for Pods,
//! HPL10000E for any service.

use std::collections::BTreeSet;

use container_descriptors::{Descriptors, Environment, Port, Provider, Resource, TopLevel, image, storage};
use contract_archive::unpack;
use contract_core::kind::Env;
use contract_pki::platform::Application;
use contract_section::{Images, Section, WorkloadVolume};
use findings::{Finding, Place, Rule, Severity};
use strict_yaml::Node;

use super::archive::{self, Fault, Unpacked};
use super::schema::{WorkloadSection, one_line};
use crate::hpl::{
    HPL06006E, HPL06007E, HPL06008E, HPL06009E, HPL06010E, HPL10000E, HPL15002E, HPL15005E, HPL15006I, Hpl,
};
use crate::report::{Halt, Log};

const ENVIRONMENT: &str = "environment";
const ARCHIVE: &str = "archive";
const CONTAINERS: &str = "containers";
const VARIABLES: &str = "variables";
const PACK: &str = "name the folder in workload.yaml and encrypt again: `archive: !folder play`";

/// The tool of the guest that starts the containers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tool {
    /// `docker compose`, for `compose`.
    Compose,
    /// `podman kube play`, for `play`.
    Podman,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::Compose => "docker compose",
            Self::Podman => "podman",
        }
    }

    /// Its word for what it starts.
    fn count(self, count: usize) -> String {
        let unit = match self {
            Self::Compose => "service",
            Self::Podman => "pod",
        };
        format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
    }

    /// The archive does not unpack.
    fn damaged(self, fault: &Fault) -> Hpl {
        match (self, fault) {
            (Self::Podman, _) => HPL15002E,
            (Self::Compose, Fault::Archive(unpack::Error::Gzip(_))) => HPL06006E,
            (Self::Compose, _) => HPL06007E,
        }
    }

    /// A file can't be parsed.
    fn unreadable(self) -> Hpl {
        match self {
            Self::Compose => HPL06009E,
            Self::Podman => HPL15002E,
        }
    }

    /// A container does not start.
    fn not_started(self) -> Hpl {
        match self {
            Self::Compose => HPL10000E,
            Self::Podman => HPL15005E,
        }
    }

    /// Nothing verifies an image.
    fn unverified_image(self) -> Hpl {
        match self {
            Self::Compose => HPL06010E,
            Self::Podman => HPL15005E,
        }
    }
}

/// Checks everything up to the point where a real guest would pull images.
pub fn check(log: &mut Log, workload: &WorkloadSection, env: &Section<Env>) -> Result<(), Halt> {
    if let Some(section) = &workload.section {
        merge(log, &section.facts().provided_variables, &env.facts().provided_variables);
    }
    let root = &workload.root;
    let (tool, described) = match root.entry("compose") {
        Some(compose) => (Tool::Compose, Some(compose)),
        None => (Tool::Podman, root.entry("play")),
    };
    let mut top = TopLevel::default();
    if let Some(base64) = described.and_then(|node| node.entry("archive")).and_then(Node::text) {
        let unpacked = archive::unpack(base64)
            .map_err(|fault| log.refused(ARCHIVE, tool.damaged(&fault), fault.to_string(), PACK))?;
        report_archive(log, tool, &unpacked)?;
        top = unpacked.top;
    }
    if described.is_some() {
        let environment = Environment::merged(root, &env.model().env);
        let found = match tool {
            Tool::Compose => container_descriptors::compose(&top, &environment),
            Tool::Podman => container_descriptors::play(&top, &Resource::in_section(root), &environment),
        };
        report_findings(log, tool, &found)?;
        if let Some(section) = &workload.section {
            images(log, tool, &found, &section.model().images)?;
        }
        variables(log, tool, &found)?;
        if let Some(finding) = first_error(&found.stops.0) {
            let detail = one_line("workload", finding);
            return Err(log.refused(CONTAINERS, tool.not_started(), detail, &finding.hint));
        }
        let Some(section) = &workload.section else {
            return Err(unusable(log, tool, &workload.waiting));
        };
        log.ok(CONTAINERS, format!("{}, as {} reads them", tool.count(found.pods), tool.name()));
        ports(log, tool, &found)?;
        mounts(log, tool, &found, &section.model().volumes);
        return Ok(());
    }
    let Some(section) = &workload.section else {
        return Err(unusable(log, tool, &workload.waiting));
    };
    if let Application::ConfidentialContainers = section.model().application {
        log.skipped(ARCHIVE, "`confidential-containers`: a rehearsal reads only compose files and Pods");
    }
    Ok(())
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

/// Reports the content of the archive; refuses if there is no compose file for `docker compose`.
fn report_archive(log: &mut Log, tool: Tool, unpacked: &Unpacked) -> Result<(), Halt> {
    let top = &unpacked.top;
    if let (Tool::Compose, Some(finding)) = (tool, top.lacks_compose_file()) {
        return Err(log.refused(ARCHIVE, HPL06008E, one_line("workload", &finding), &finding.hint));
    }
    let names: Vec<_> = top.descriptors().map(|(name, _)| format!("`{name}`")).collect();
    let count = if unpacked.files == 1 { "1 file".into() } else { format!("{} files", unpacked.files) };
    log.ok(
        ARCHIVE,
        format!("unpacks to {count}, {} bytes; at its top level: {}", unpacked.bytes, names.join(", ")),
    );
    Ok(())
}

/// Reports what the tool finds in the text before it starts anything.
fn report_findings(log: &mut Log, tool: Tool, found: &Descriptors) -> Result<(), Halt> {
    if let Some(finding) = first_error(&found.findings.0) {
        let detail = one_line("workload", finding);
        return Err(log.refused(CONTAINERS, tool.unreadable(), detail, &finding.hint));
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
fn unusable(log: &mut Log, tool: Tool, waiting: &[Finding]) -> Halt {
    let Some(first) = waiting.first() else {
        return log.refused(CONTAINERS, tool.unreadable(), "cannot use the archive", PACK);
    };
    let code = if first.rule == Rule::NoPod { HPL15006I } else { tool.unreadable() };
    log.refused(CONTAINERS, code, one_line("workload", first), &first.hint)
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

/// Refuses if a required variable is missing; those that are left empty are a warning.
fn variables(log: &mut Log, tool: Tool, found: &Descriptors) -> Result<(), Halt> {
    let listed = |provider| {
        let names: Vec<_> = found.not_provided(provider).map(|(name, _)| format!("`{name}`")).collect();
        names.join(", ")
    };
    if let Some((first, _)) = found.not_provided(Provider::Required).next() {
        let hint = format!("provide it in env.yaml, under `env`: `{first}: \"…\"`");
        let detail = format!("nobody provides {}", listed(Provider::Required));
        return Err(log.refused(VARIABLES, tool.not_started(), detail, &hint));
    }
    match listed(Provider::Nobody) {
        names if names.is_empty() => log.ok(VARIABLES, "every variable that is used is provided"),
        names => log.warning(VARIABLES, None, format!("nobody provides {names}: empty")),
    }
    Ok(())
}

/// Reports why each image can be trusted; refuses one that nothing verifies.
fn images(log: &mut Log, tool: Tool, found: &Descriptors, images: &Images) -> Result<(), Halt> {
    let mut seen = BTreeSet::new();
    for image in found.images.iter().map(|image| &image.name).filter(|name| seen.insert(*name)) {
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
        let (expected, other, what, kind) = match tool {
            Tool::Compose => (dct, rhs, "compose files", "dct"),
            Tool::Podman => (rhs, dct, "Pods", "rhs"),
        };
        match (expected, other) {
            (Some(entry), _) => log.ok("images", format!("`{image}`: verified with the key of {entry}")),
            (None, Some(entry)) => {
                let detail = format!(
                    "`{image}`: has only {entry}; images of {what} are verified through `images.{kind}`"
                );
                log.warning("images", None, detail);
            }
            (None, None) => {
                let detail = format!("`{image}` is neither pinned by digest nor covered by `images`");
                let hint = "write `NAME@sha256:…`, or add its key under `images.dct` or `images.rhs`";
                return Err(log.refused("images", tool.unverified_image(), detail, hint));
            }
        }
    }
    Ok(())
}

/// Lists the published ports; refuses if two containers use the same one.
fn ports(log: &mut Log, tool: Tool, found: &Descriptors) -> Result<(), Halt> {
    for (index, port) in found.ports.iter().enumerate() {
        let earlier = found.ports.iter().take(index).find(|earlier| earlier.conflicts(port));
        if let Some(earlier) = earlier {
            let detail = format!(
                "{}: port {}/{} of the guest goes to `{}` already: {}",
                at(&port.place),
                range(port.host),
                port.protocol,
                earlier.by,
                at(&earlier.place)
            );
            let hint = "give one of them another port of the guest";
            return Err(log.refused("ports", tool.not_started(), detail, hint));
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
    format!("{address}{}/{protocol} to {} of `{by}`", range(*host), range(*inner))
}

fn range((first, last): (u16, u16)) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// The same lines as `check`, with every variable known.
fn mounts(log: &mut Log, tool: Tool, found: &Descriptors, volumes: &[WorkloadVolume]) {
    let mounted: Vec<_> = volumes.iter().map(WorkloadVolume::mounted).collect();
    let storage = storage(found, &mounted, tool == Tool::Compose);
    if storage.kept.is_empty() && storage.lost.0.is_empty() {
        log.skipped("mounts", "no container mounts a volume of the contract");
    }
    for line in storage.kept {
        log.ok("mounts", line);
    }
    for finding in storage.lost.0 {
        log.warning_with_hint("mounts", finding.message, finding.hint);
    }
}
