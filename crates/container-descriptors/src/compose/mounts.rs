//! `volumes` and `tmpfs` of a service: `[SOURCE:]TARGET[:MODE]`, or the long form.

use std::collections::BTreeMap;

use findings::Place;
use serde_json::Value;

use crate::{
    Descriptors, Mount, Source,
    compose::{
        layer::texts,
        service::{Service, Used},
    },
    exposure::is_file_like,
    variables::has_variable,
};

/// All mounts of a service.
pub fn mounts(found: &mut Descriptors, service: &Service<'_>, used: &mut Used) {
    let mut targets: BTreeMap<String, String> = BTreeMap::new();
    let tmpfs: Vec<_> = service.value.get("tmpfs").map(texts).unwrap_or_default();
    for (at, entry) in tmpfs.iter().enumerate() {
        let target = entry.split(':').next().unwrap_or_default();
        targets.insert(target.to_owned(), format!("tmpfs[{at}]"));
    }
    for (at, entry) in service.list("volumes").enumerate() {
        let field = format!("volumes[{at}]");
        let place = service.at(&field);
        let Some(mount) = mount(found, service, &place, entry, used) else { continue };
        if let Some(other) = targets.get(&mount.target) {
            let message = format!("{} is mounted by `{other}` already", mount.target);
            found.error(&place, "", message, "keep one of them");
        }
        targets.insert(mount.target.clone(), field);
        found.mounts.push(mount);
    }
}

/// One entry, short or long; `None` if it is wrong, or depends on a variable.
fn mount(
    found: &mut Descriptors,
    service: &Service<'_>,
    place: &Place,
    entry: &Value,
    used: &mut Used,
) -> Option<Mount> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let (kind, source, target, read_only) = match entry {
        Value::String(text) if has_variable(text) => {
            found.unknown_mounts = true;
            return None;
        }
        Value::String(text) => {
            let mut parts = text.split(':');
            match (parts.next(), parts.next(), parts.next(), parts.next()) {
                (Some(target), None, ..) => ("volume", None, target, false),
                (Some(source), Some(target), mode, None) => {
                    let read_only = mode.is_some_and(|mode| mode.split(',').any(|option| option == "ro"));
                    let kind = if source.starts_with(['/', '.', '~']) { "bind" } else { "volume" };
                    (kind, Some(source), target, read_only)
                }
                _ => {
                    let hint = "write `/mnt/data:/var/lib/app`: the guest's path, then the container's";
                    found.error(place, "", "not a mount: expected `[SOURCE:]TARGET[:MODE]`", hint);
                    return None;
                }
            }
        }
        Value::Object(_) => {
            let kind = text("type").unwrap_or_default();
            if !matches!(kind, "bind" | "volume" | "tmpfs" | "npipe" | "cluster" | "image") {
                found.error(place, "type", "not a type of mount", "write `type: bind` or `type: volume`");
                return None;
            }
            let read_only = entry.get("read_only").and_then(Value::as_bool).unwrap_or(false);
            (kind, text("source"), text("target").unwrap_or_default(), read_only)
        }
        _ => return None,
    };
    if !target.starts_with('/') && !has_variable(target) {
        let hint = "begin the container's path with `/`";
        found.error(place, "", "the path in the container is not absolute", hint);
        return None;
    }
    let source = match (kind, source) {
        ("bind" | "volume", Some(source)) if has_variable(source) => {
            found.unknown_mounts = true;
            return None;
        }
        ("bind", None) => {
            found.error(place, "source", "a bind without a source", "write `source: /mnt/data`");
            return None;
        }
        ("bind", Some(source)) => {
            let relative = !source.starts_with(['/', '.', '~']);
            let path = if relative { format!("./{source}") } else { source.to_owned() };
            let packed = service.project.top.holds(&path);
            let source = Source::Host { path, packed };
            missing(found, place, entry, &source, target);
            source
        }
        ("volume", Some(name)) => named(found, service, place, name, used)?,
        _ => Source::Temporary,
    };
    let (place, by, target) = (place.clone(), service.name.to_owned(), target.to_owned());
    Some(Mount { place, by, source, target, read_only })
}

/// What docker does with a source that is not in the archive.
fn missing(found: &mut Descriptors, place: &Place, entry: &Value, source: &Source, target: &str) {
    let Some(path) = source.not_packed() else { return };
    let made = entry.pointer("/bind/create_host_path").and_then(Value::as_bool).unwrap_or(true);
    let hint = format!("put `{path}` into the folder that is packed");
    if !made {
        let message =
            format!("`{path}` is not in the archive, and `create_host_path: false` makes no directory");
        found.stops(place, "", message, hint);
    } else if source.is_file_like() || is_file_like(target) {
        let message = format!("`{path}` is not in the archive: docker makes an empty directory of that name");
        found.warning(place, "", message, hint);
    }
}

/// A volume that the file declares.
fn named(
    found: &mut Descriptors,
    service: &Service<'_>,
    place: &Place,
    name: &str,
    used: &mut Used,
) -> Option<Source> {
    let Some(volume) = service.project.model.entry("volumes", name) else {
        if found.incomplete {
            return None;
        }
        let hint = format!("declare it at the top of the file: `volumes: {{{name}: }}`, or mount a path");
        found.error(place, "", format!("the volume `{name}` is declared nowhere"), hint);
        return None;
    };
    used.insert(("volumes", name.to_owned()));
    let host = |path: &str| Source::Host { path: path.to_owned(), packed: service.project.top.holds(path) };
    Some(by_driver(volume, &host).unwrap_or_else(|| Source::Engine(name.to_owned())))
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
