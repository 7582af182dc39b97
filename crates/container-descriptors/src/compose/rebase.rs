//! Relative paths of a compose file that is not at the top of the archive.

use serde_json::Value;

use crate::paths::inside;

/// A compose file of a directory whose relative paths lead from the top of the archive.
pub fn rebased(mut file: Value, directory: &str) -> Value {
    if directory.is_empty() {
        return file;
    }
    let path = |value: &mut Value, must_begin_with_dot: bool| {
        let Some(text) = value.as_str() else { return };
        let relative = !text.starts_with(['/', '~', '$']) && (!must_begin_with_dot || text.starts_with('.'));
        if relative {
            let inside = inside(directory, text).unwrap_or_else(|| format!("{directory}/{text}"));
            *value = Value::String(format!("./{inside}"));
        }
    };
    let each = |value: Option<&mut Value>, change: &dyn Fn(&mut Value)| match value {
        Some(Value::Array(items)) => items.iter_mut().for_each(change),
        Some(value) => change(value),
        None => {}
    };
    for service in file.get_mut("services").and_then(Value::as_object_mut).into_iter().flatten() {
        for name in ["env_file", "label_file"] {
            each(service.1.get_mut(name), &|entry| match entry.get_mut("path") {
                Some(inner) => path(inner, false),
                None => path(entry, false),
            });
        }
        each(service.1.get_mut("volumes"), &|mount| {
            let bind = mount.get("type").and_then(Value::as_str) == Some("bind");
            match mount.get_mut("source") {
                Some(source) => path(source, !bind),
                None => path(mount, true),
            }
        });
    }
    for kind in ["configs", "secrets"] {
        for (_, entry) in file.get_mut(kind).and_then(Value::as_object_mut).into_iter().flatten() {
            if let Some(file) = entry.get_mut("file") {
                path(file, false);
            }
        }
    }
    file
}
