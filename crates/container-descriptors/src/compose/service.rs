//! One service, and the services, networks and files that it names.

use std::collections::{BTreeMap, BTreeSet};

use contract_core::names::is_variable_name;
use findings::{Place, join};
use serde_json::Value;

use crate::{
    Descriptors,
    compose::{layer::Layer, load::Project, scope::Variables},
    paths::inside,
    variables::{Provider, has_variable},
};

/// What services that start use of the top level: `volumes`, and a name.
pub type Used = BTreeSet<(&'static str, String)>;

/// A service of a project.
pub struct Service<'p> {
    pub project: &'p Project<'p>,
    pub name: &'p str,
    pub value: &'p Value,
    /// Whether it starts.
    pub active: bool,
}

impl<'p> Service<'p> {
    /// One of a project.
    pub fn new(project: &'p Project<'p>, name: &'p str, value: &'p Value) -> Self {
        Self { project, name, value, active: project.is_active(value) }
    }

    /// Checks everything but mounts and ports.
    pub fn check(&self, found: &mut Descriptors, variables: &mut Variables<'_>, used: &mut Used) {
        let name = self.name;
        found.pods += usize::from(self.active);
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
            let hint = "take letters, digits, `.`, `_` and `-`";
            found.error(&self.place(), "", "not a name for a service", hint);
        }
        if !self.active {
            let message =
                format!("`{name}` never starts, unless `COMPOSE_PROFILES` names one of its profiles");
            let hint = "take `profiles:` or the service out";
            found.warning(&self.at("profiles"), "", message, hint);
        }
        if self.get("build").is_some() {
            let hint = "build and push the image, and write `image: \"REGISTRY/NAME@sha256:…\"` instead";
            found.error(&self.at("build"), "", "the guest builds no images", hint);
        }
        let image = self.get("image");
        if image.is_some() || self.get("build").or(self.get("provider")).is_none() {
            found.image(self.at("image"), image.unwrap_or(&Value::Null), "a service");
        }
        self.passed_on(variables);
        self.names(found, used);
        self.files(found, variables);
        self.restart(found);
        self.replicas(found);
    }

    fn get(&self, field: &str) -> Option<&Value> {
        self.value.get(field).filter(|value| !value.is_null())
    }

    /// The place of the service.
    pub fn place(&self) -> Place {
        self.project.model.place(&join("services", self.name))
    }

    /// The place of a field.
    pub fn at(&self, field: &str) -> Place {
        self.project.model.place(&format!("{}.{field}", join("services", self.name)))
    }

    /// The items of a field.
    pub fn list(&self, field: &str) -> impl Iterator<Item = &Value> {
        self.get(field).and_then(Value::as_array).into_iter().flatten()
    }

    /// A name without a value is a variable of the contract.
    fn passed_on(&self, variables: &mut Variables<'_>) {
        let names: Vec<(String, &str)> = match self.get("environment") {
            Some(Value::Array(items)) => {
                let items = items.iter().enumerate();
                items.filter_map(|(at, item)| Some((format!("environment[{at}]"), item.as_str()?))).collect()
            }
            Some(Value::Object(entries)) => {
                let bare = entries.iter().filter(|(_, value)| value.is_null());
                bare.map(|(name, _)| (join("environment", name), name.as_str())).collect()
            }
            _ => Vec::new(),
        };
        for (field, name) in names.into_iter().filter(|(_, name)| is_variable_name(name)) {
            variables.uses_at(name, Provider::Nobody, self.at(&field), Some(self.name));
        }
    }

    /// What a service names has to exist.
    fn names(&self, found: &mut Descriptors, used: &mut Used) {
        if !self.active {
            return;
        }
        let text = |name: &str| self.get(name).and_then(Value::as_str);
        let mut services: Vec<(&str, String)> = Vec::new();
        let waits = named(self.get("depends_on")).into_iter();
        let required = |name: &String| {
            let required = self.get("depends_on").and_then(|it| it.get(name)?.get("required")?.as_bool());
            required.unwrap_or(true)
        };
        services.extend(waits.filter(required).map(|name| ("depends_on", name)));
        for field in ["links", "volumes_from"] {
            for item in named(self.get(field)) {
                let name = item.split_once(':').map_or(&*item, |(name, _)| name);
                if name != "container" {
                    services.push((field, name.to_owned()));
                }
            }
        }
        for field in ["ipc", "network_mode", "pid"] {
            let name = text(field).and_then(|mode| mode.strip_prefix("service:"));
            services.extend(name.map(|name| (field, name.to_owned())));
        }
        for (field, name) in services {
            match self.project.model.entry("services", &name) {
                Some(service) if !self.project.is_active(service) => {
                    let message = format!("`{name}` never starts: none of its profiles is active");
                    let hint = format!("take `profiles:` out of `{name}`, or `{name}` out of `{field}`");
                    found.error(&self.at(field), "", message, hint);
                }
                Some(_) => {}
                None => self.nowhere(found, field, "services", &name),
            }
        }
        for kind in ["networks", "configs", "secrets", "models"] {
            for name in named(self.get(kind)) {
                let builtin = kind == "networks" && name == "default";
                if self.project.model.entry(kind, &name).is_none() && !builtin {
                    self.nowhere(found, kind, kind, &name);
                }
                used.insert((kind, name));
            }
        }
        match (text("network_mode"), self.get("networks")) {
            (Some(_), Some(_)) => {
                let message = "both `network_mode` and `networks` are given";
                found.error(&self.at("network_mode"), "", message, "keep one of them");
            }
            (None, None) => drop(used.insert(("networks", "default".to_owned()))),
            _ => {}
        }
    }

    /// A name that the top of the file does not declare.
    fn nowhere(&self, found: &mut Descriptors, field: &str, kind: &str, name: &str) {
        if !has_variable(name) && !found.incomplete {
            let hint = format!("declare it at the top of the file, under `{kind}:`, or take it out");
            found.error(&self.at(field), "", format!("`{name}` is declared nowhere under `{kind}`"), hint);
        }
    }

    /// Files of variables and of labels, which `docker compose` reads before it starts anything.
    fn files(&self, found: &mut Descriptors, variables: &mut Variables<'_>) {
        for field in ["env_file", "label_file"] {
            let entries: Vec<&Value> = match self.get(field) {
                Some(Value::Array(items)) => items.iter().collect(),
                Some(value) => vec![value],
                None => Vec::new(),
            };
            for entry in entries {
                let required = entry.get("required").and_then(Value::as_bool).unwrap_or(true);
                let raw = entry.get("format").and_then(Value::as_str) == Some("raw");
                let Some(named) = entry.as_str().or_else(|| entry.get("path")?.as_str()) else { continue };
                let top = self.project.top;
                match inside("", named).filter(|name| top.entries.contains(name)) {
                    Some(name) if field == "env_file" => {
                        variables.read_file(found, top, &name, raw, Some(self.name));
                    }
                    None if required && self.active => {
                        missing(found, self.at(field), named, false);
                    }
                    _ => {}
                }
            }
        }
    }

    fn restart(&self, found: &mut Descriptors) {
        let Some(text) = self.get("restart").and_then(Value::as_str) else { return };
        let (mode, count) = text.split_once(':').map_or((text, None), |(mode, count)| (mode, Some(count)));
        let known = match (mode, count) {
            ("no" | "always" | "unless-stopped" | "on-failure" | "", None) => true,
            ("on-failure", Some(count)) => count.parse::<u32>().is_ok(),
            _ => has_variable(text),
        };
        if !known && self.active {
            let hint = "write `restart: always`, `unless-stopped`, `on-failure` or `\"no\"`";
            found.stops(&self.at("restart"), "", "not a restart policy", hint);
        }
    }

    fn replicas(&self, found: &mut Descriptors) {
        let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
        let replicas = [self.get("scale"), self.get("deploy").and_then(|deploy| deploy.get("replicas"))];
        let several = replicas.into_iter().flatten().filter_map(number).any(|count| count > 1);
        if several && self.get("container_name").is_some() {
            let message = "one name for several containers";
            found.error(&self.at("container_name"), "", message, "take `container_name` out, or start one");
        }
    }
}

/// Reports a named file that is not in the archive, as what `docker compose` finds before it starts anything, or at the
/// start. An absolute one may be on a volume of the contract.
pub fn missing(found: &mut Descriptors, place: Place, named: &str, at_start: bool) {
    let message = format!("`{named}` is not in the archive");
    if has_variable(named) {
    } else if named.starts_with(['/', '~']) {
        let hint = "pack the file, and name it relative to the compose file";
        found.findings.warning(place, message, hint);
    } else {
        let findings = if at_start { &mut found.stops } else { &mut found.findings };
        findings.error(place, message, format!("put `{named}` into the folder that is packed"));
    }
}

/// The names in a list of texts or of `source`, or the keys of a mapping.
fn named(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(items)) => {
            let names =
                items.iter().filter_map(|item| item.as_str().or_else(|| item.get("source")?.as_str()));
            names.map(str::to_owned).collect()
        }
        Some(Value::Object(entries)) => entries.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Whether services wait for each other in a circle; names one of them.
pub fn circle(model: &Layer) -> Option<String> {
    let waits =
        |name: &String| named(model.entry("services", name).and_then(|service| service.get("depends_on")));
    // a service starts when none of those it waits for is left
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    let mut waiting: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, _) in model.entries("services") {
        let others = waits(name);
        let known = others.into_iter().filter(|other| model.entry("services", other).is_some());
        let known: BTreeSet<_> = known.collect();
        left.insert(name.clone(), known.len());
        for other in known {
            waiting.entry(other).or_default().push(name.clone());
        }
    }
    let free = left.iter().filter(|(_, count)| **count == 0);
    let mut starts: Vec<_> = free.map(|(name, _)| name.clone()).collect();
    while let Some(name) = starts.pop() {
        left.remove(&name);
        for other in waiting.remove(&name).unwrap_or_default() {
            if let Some(count) = left.get_mut(&other) {
                *count -= 1;
                if *count == 0 {
                    starts.push(other);
                }
            }
        }
    }
    // of those that are left, some only wait for the circle: walk until one comes again
    let mut here = left.keys().next()?.clone();
    let mut seen = BTreeSet::new();
    while seen.insert(here.clone()) {
        here = waits(&here).into_iter().find(|other| left.contains_key(other))?;
    }
    Some(here)
}
