//! Networks, volumes, configs and secrets at the top of a compose file.

use findings::join;
use serde_json::Value;

use crate::{
    Descriptors, at,
    compose::{
        load::Project,
        scope::Variables,
        service::{Used, missing},
    },
    variables::{Provider, has_variable},
};

/// Networks that docker makes by itself.
const BUILT_IN: [&str; 3] = ["bridge", "host", "none"];

/// Checks what they are made of. A fresh guest has none, and an archive holds their files.
pub fn resources(found: &mut Descriptors, project: &Project<'_>, variables: &mut Variables<'_>, used: &Used) {
    for kind in ["networks", "volumes", "configs", "secrets"] {
        for (name, value) in project.model.entries(kind) {
            let place = project.model.place(&join(kind, name));
            let text = |field: &str| value.get(field).and_then(Value::as_str);
            let is_used = used.contains(&(kind, name.clone()));
            let external =
                value.get("external").is_some_and(|it| !matches!(it, Value::Null | Value::Bool(false)));
            let one = kind.trim_end_matches('s');
            if external {
                let named =
                    text("name").or_else(|| value.pointer("/external/name")?.as_str()).unwrap_or(name);
                if is_used && !(kind == "networks" && BUILT_IN.contains(&named)) {
                    let message = format!("the {one} `{named}` is external, and a guest starts without any");
                    let hint = if matches!(kind, "networks" | "volumes") {
                        "take `external` out: docker compose makes it".to_owned()
                    } else {
                        format!("write `file: ./{name}` instead, and pack the file")
                    };
                    found.stops(&place, "external", message, hint);
                }
            }
            if matches!(kind, "networks" | "volumes") {
                continue;
            }
            let fields: &[&str] = if kind == "configs" {
                &["file", "environment", "content"]
            } else {
                &["file", "environment"]
            };
            let given: Vec<_> = fields.iter().filter(|field| value.get(**field).is_some()).collect();
            let listed = format!("`{}`", fields.join("`, `"));
            if given.len() + usize::from(external) != 1 && value.get("driver").is_none() {
                let message =
                    if given.is_empty() && !external { "states no source" } else { "states two sources" };
                let hint = format!("write one of {listed}");
                found.error(&place, "", format!("the {one} `{name}` {message}"), hint);
                continue;
            }
            if !is_used {
                continue;
            }
            if let Some(variable) = text("environment").filter(|name| !has_variable(name)) {
                let place = project.model.place(&format!("{}.environment", join(kind, name)));
                variables.uses_at(variable, Provider::Required, place, None);
            }
            if let Some(file) = text("file").filter(|file| !project.top.holds(file)) {
                missing(found, at(&place, "file"), file, true);
            }
        }
    }
}
