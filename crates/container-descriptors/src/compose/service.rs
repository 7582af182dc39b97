//! One service, and the services, networks and files that it names.

use std::collections::BTreeSet;

use contract_core::names::is_variable_name;
use findings::{Place, join};
use serde_json::{Map, Value};

use crate::{
    Descriptors,
    compose::{File, fields, mounts, ports},
    shape::Texts,
    variables::has_variable,
};

/// Checks a service.
pub fn service(found: &mut Descriptors, file: &File<'_>, name: &str, service: &Value) {
    let place = file.place;
    let path = &join("services", name);
    found.pods += 1;
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
        found.error(place, path, "not a name for a service", "take letters, digits, `.`, `_` and `-`");
    }
    let build = service.get("build").is_some();
    if build {
        let hint = "build and push the image, and write `image: \"REGISTRY/NAME@sha256:…\"` instead";
        found.error(place, &join(path, "build"), "the guest builds no images", hint);
    }
    let whole = found.shape(place, path, service, &fields::SERVICE, Texts::Resolved);
    found.unknown_mounts |= service.get("extends").is_some();
    if service.get("extends").is_some() || !whole {
        return;
    }
    if !build || service.get("image").is_some() {
        found.image(place, &join(path, "image"), service.get("image").unwrap_or(&Value::Null), "a service");
    }
    needs(found, service);
    names(found, file, path, service);
    for (at, entry) in list(service, "ports").enumerate() {
        ports::port(found, place, &format!("{path}.ports[{at}]"), name, entry);
    }
    for (at, entry) in list(service, "volumes").enumerate() {
        let path = &format!("{path}.volumes[{at}]");
        mounts::mount(found, file, path, name, entry);
    }
    env_files(found, file, path, service);
    restart(found, place, path, service);
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// A name without a value is a variable of the guest.
fn needs(found: &mut Descriptors, service: &Value) {
    let bare = |name: &str| is_variable_name(name).then(|| name.to_owned());
    match service.get("environment") {
        Some(Value::Array(items)) => {
            found.variables.extend(items.iter().filter_map(Value::as_str).filter_map(bare));
        }
        Some(Value::Object(entries)) => {
            let bare_names = entries.iter().filter(|(_, value)| value.is_null());
            found.variables.extend(bare_names.filter_map(|(name, _)| bare(name)));
        }
        _ => {}
    }
}

/// What a service names has to exist.
fn names(found: &mut Descriptors, file: &File<'_>, path: &str, service: &Value) {
    let either = |name: &str| -> Vec<String> {
        match service.get(name) {
            Some(Value::Array(items)) => items
                .iter()
                .filter_map(|item| item.as_str().or_else(|| item.get("source")?.as_str()))
                .map(str::to_owned)
                .collect(),
            Some(Value::Object(entries)) => entries.keys().cloned().collect(),
            _ => Vec::new(),
        }
    };
    let text = |name: &str| service.get(name).and_then(Value::as_str);
    let links = either("links").into_iter();
    let links =
        links.map(|link| link.split_once(':').map_or(link.clone(), |(service, _)| service.to_owned()));
    let other = |name| text(name)?.strip_prefix("service:").map(str::to_owned);
    let modes = ["network_mode", "pid", "ipc"].map(|name| (name, other(name)));
    let mut named: Vec<(&str, &str, String)> = Vec::new();
    named.extend(either("depends_on").into_iter().map(|name| ("depends_on", "services", name)));
    named.extend(links.map(|name| ("links", "services", name)));
    named.extend(modes.into_iter().filter_map(|(field, name)| Some((field, "services", name?))));
    for kind in ["networks", "configs", "secrets"] {
        let builtin = |name: &String| kind == "networks" && name == "default";
        named.extend(either(kind).into_iter().filter(|name| !builtin(name)).map(|name| (kind, kind, name)));
    }
    for (field, kind, name) in named {
        if file.declared(kind).get(&name).is_none() && !has_variable(&name) {
            let hint = format!("declare it at the top of the file, under `{kind}:`, or take it out");
            let message = format!("`{name}` is declared nowhere under `{kind}`");
            found.error(file.place, &join(path, field), message, hint);
        }
    }
    if text("network_mode").is_some() && service.get("networks").is_some() {
        let message = "both `network_mode` and `networks` are given";
        found.error(file.place, &join(path, "network_mode"), message, "keep one of them");
    }
}

fn env_files(found: &mut Descriptors, file: &File<'_>, path: &str, service: &Value) {
    let entries: Vec<&Value> = match service.get("env_file") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    };
    for entry in entries {
        let required = entry.get("required").and_then(Value::as_bool).unwrap_or(true);
        let Some(name) = entry.as_str().or_else(|| entry.get("path")?.as_str()) else { continue };
        let parts: Vec<_> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        found.env_files.insert(parts.join("/"));
        if required && !name.starts_with('/') && !has_variable(name) && !file.top.holds(name) {
            let hint = format!("put `{name}` next to the compose file");
            found.error(file.place, &join(path, "env_file"), format!("`{name}` is not in the archive"), hint);
        }
    }
}

fn restart(found: &mut Descriptors, place: &Place, path: &str, service: &Value) {
    let Some(text) = service.get("restart").and_then(Value::as_str) else { return };
    let (mode, count) = text.split_once(':').map_or((text, None), |(mode, count)| (mode, Some(count)));
    let known = match (mode, count) {
        ("no" | "always" | "unless-stopped" | "on-failure" | "", None) => true,
        ("on-failure", Some(count)) => count.parse::<u32>().is_ok(),
        _ => has_variable(text),
    };
    if !known {
        let hint = "write `restart: always`, `unless-stopped`, `on-failure` or `\"no\"`";
        found.stops(place, &join(path, "restart"), "not a restart policy", hint);
    }
}

/// Whether services wait for each other in a circle; names one of them.
pub fn circle(services: &Map<String, Value>) -> Option<&str> {
    let waits = |name: &str| -> Vec<&str> {
        match services.get(name).and_then(|service| service.get("depends_on")) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            Some(Value::Object(entries)) => entries.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    };
    services.keys().map(String::as_str).find(|start| {
        let mut seen = BTreeSet::new();
        let mut open = waits(start);
        while let Some(next) = open.pop() {
            if next == *start {
                return true;
            }
            if seen.insert(next) {
                open.extend(waits(next));
            }
        }
        false
    })
}
