//! `volumes` and `tmpfs` of a service: `[SOURCE:]TARGET[:MODE]`, or the long form.

use serde_json::Value;

use crate::{
    finding::Place,
    section::descriptors::{
        Descriptors, at,
        exposure::{Mount, Source},
        variables,
    },
};

/// One entry, short or long; `declared` are the volumes at the top of the file.
pub fn mount(
    found: &mut Descriptors,
    (place, path, by): (&Place, &str, &str),
    entry: &Value,
    declared: &Value,
) {
    let (source, target, made) = match entry {
        Value::String(text) => {
            if variables::is_open(text) {
                return;
            }
            let mut parts = text.split(':');
            match (parts.next(), parts.next(), parts.next(), parts.next()) {
                (Some(target), None, ..) => (None, target, true),
                (Some(source), Some(target), _, None) => (Some(source), target, true),
                _ => {
                    let hint = "write `/mnt/data:/var/lib/app`: the guest's path, then the container's";
                    return found.error(place, path, "no mount: `[SOURCE:]TARGET[:MODE]` is due", hint);
                }
            }
        }
        Value::Object(_) => {
            let text = |name: &str| entry.get(name).and_then(Value::as_str);
            let kind = text("type").unwrap_or_default();
            if !matches!(kind, "bind" | "volume" | "tmpfs" | "npipe" | "cluster" | "image") {
                let hint = "write `type: bind` or `type: volume`";
                return found.error(place, &format!("{path}.type"), "no kind of mount", hint);
            }
            let made = entry.pointer("/bind/create_host_path").and_then(Value::as_bool).unwrap_or(false);
            let target = text("target").unwrap_or_default();
            match (kind, text("source")) {
                ("bind", None) => {
                    let hint = "write `source: /mnt/data`";
                    return found.error(place, &format!("{path}.source"), "a bind without a source", hint);
                }
                ("bind", Some(source)) if !source.starts_with(['/', '.', '~']) => {
                    return push(found, (place, path, by), host(&format!("./{source}"), made), target);
                }
                ("bind" | "volume", source) => (source, target, made),
                _ => return push(found, (place, path, by), Source::Passing, target),
            }
        }
        _ => return,
    };
    if !target.starts_with('/') && !variables::is_open(target) {
        let hint = "begin the container's path with `/`";
        return found.error(place, path, "the path in the container is not absolute", hint);
    }
    let source = match source {
        None => Source::Passing,
        Some(source) if source.starts_with(['/', '.', '~']) => host(source, made),
        Some(name) => match declared.get(name) {
            None => {
                let hint =
                    format!("declare it at the top of the file: `volumes: {{{name}: }}`, or mount a path");
                return found.error(place, path, format!("the volume `{name}` is declared nowhere"), hint);
            }
            Some(volume) => bound(volume).unwrap_or_else(|| Source::Engine(name.to_owned())),
        },
    };
    push(found, (place, path, by), source, target);
}

fn push(found: &mut Descriptors, (place, path, by): (&Place, &str, &str), source: Source, target: &str) {
    let (place, by, target) = (at(place, path), by.to_owned(), target.to_owned());
    found.mounts.push(Mount { place, by, source, target });
}

fn host(path: &str, made: bool) -> Source {
    Source::Host { path: path.to_owned(), made }
}

/// A volume of the engine that is a path of the guest by another name.
fn bound(volume: &Value) -> Option<Source> {
    let option = |name: &str| volume.get("driver_opts")?.get(name)?.as_str();
    let binds = option("o").is_some_and(|options| options.split(',').any(|it| it == "bind" || it == "rbind"));
    binds.then(|| option("device").map(|device| host(device, false))).flatten()
}
