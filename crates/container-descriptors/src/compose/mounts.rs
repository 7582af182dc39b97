//! `volumes` of a service: `[SOURCE:]TARGET[:MODE]`, or the long form.

use serde_json::Value;

use crate::{Descriptors, Mount, Source, at, compose::File, variables::has_variable};

/// One entry, short or long, of the service `by`.
pub fn mount(found: &mut Descriptors, file: &File<'_>, path: &str, by: &str, entry: &Value) {
    let place = file.place;
    let host = |path: &str| Source::Host { path: path.to_owned(), packed: file.top.holds(path) };
    let push = |found: &mut Descriptors, source: Source, target: &str, read_only: bool| {
        if matches!(&source, Source::Host { path, .. } if has_variable(path)) {
            found.unknown_mounts = true;
            return;
        }
        let (place, by, target) = (at(place, path), by.to_owned(), target.to_owned());
        found.mounts.push(Mount { place, by, source, target, read_only });
    };
    let (source, target, read_only) = match entry {
        Value::String(text) => {
            if has_variable(text) {
                found.unknown_mounts = true;
                return;
            }
            let mut parts = text.split(':');
            match (parts.next(), parts.next(), parts.next(), parts.next()) {
                (Some(target), None, ..) => (None, target, false),
                (Some(source), Some(target), mode, None) => {
                    let read_only = mode.is_some_and(|mode| mode.split(',').any(|option| option == "ro"));
                    (Some(source), target, read_only)
                }
                _ => {
                    let hint = "write `/mnt/data:/var/lib/app`: the guest's path, then the container's";
                    return found.error(place, path, "not a mount: expected `[SOURCE:]TARGET[:MODE]`", hint);
                }
            }
        }
        Value::Object(_) => {
            let text = |name: &str| entry.get(name).and_then(Value::as_str);
            let kind = text("type").unwrap_or_default();
            if !matches!(kind, "bind" | "volume" | "tmpfs" | "npipe" | "cluster" | "image") {
                let hint = "write `type: bind` or `type: volume`";
                return found.error(place, &format!("{path}.type"), "not a type of mount", hint);
            }
            let read_only = entry.get("read_only").and_then(Value::as_bool).unwrap_or(false);
            let target = text("target").unwrap_or_default();
            match (kind, text("source")) {
                ("bind", None) => {
                    let hint = "write `source: /mnt/data`";
                    return found.error(place, &format!("{path}.source"), "a bind without a source", hint);
                }
                ("bind" | "volume", Some(source)) if has_variable(source) => {
                    found.unknown_mounts = true;
                    return;
                }
                ("bind", Some(source)) if !source.starts_with(['/', '.', '~']) => {
                    return push(found, host(&format!("./{source}")), target, read_only);
                }
                ("bind" | "volume", source) => (source, target, read_only),
                _ => return push(found, Source::Temporary, target, read_only),
            }
        }
        _ => return,
    };
    if !target.starts_with('/') && !has_variable(target) {
        let hint = "begin the container's path with `/`";
        return found.error(place, path, "the path in the container is not absolute", hint);
    }
    let source = match source {
        None => Source::Temporary,
        Some(source) if source.starts_with(['/', '.', '~']) => host(source),
        Some(name) => match file.declared("volumes").get(name) {
            None => {
                let hint =
                    format!("declare it at the top of the file: `volumes: {{{name}: }}`, or mount a path");
                return found.error(place, path, format!("the volume `{name}` is declared nowhere"), hint);
            }
            Some(volume) => by_driver(volume, &host).unwrap_or_else(|| Source::Engine(name.to_owned())),
        },
    };
    push(found, source, target, read_only);
}

/// The source of a declared volume that is not a folder of the engine: a path of the guest, memory, or a share of another
/// machine.
fn by_driver(volume: &Value, host: &dyn Fn(&str) -> Source) -> Option<Source> {
    let option = |name: &str| volume.get("driver_opts")?.get(name)?.as_str();
    let binds = option("o")
        .is_some_and(|options| options.split(',').any(|option| matches!(option, "bind" | "rbind")));
    if binds {
        return option("device").map(host);
    }
    matches!(option("type"), Some("tmpfs" | "nfs" | "nfs4" | "cifs")).then_some(Source::Temporary)
}
