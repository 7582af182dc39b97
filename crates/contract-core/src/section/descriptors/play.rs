//! Pods and config maps, in files of an archive or in the section itself.

use serde_json::Value;

use super::{Descriptors, TopLevel, texts, variables};
use crate::finding::Place;

/// The config map in which the guest hands the merged environment to pods.
const CONTRACT_CONFIG_MAP: &str = "contract.config.map";

/// What the descriptors of an archive say.
pub fn play(top: &TopLevel) -> Descriptors {
    let mut found = Descriptors::default();
    for (name, content) in &top.files {
        let place = top.place_of(name);
        let documents = found.documents(&place, content);
        for document in &documents {
            resource(&place, document, false, &mut found);
        }
    }
    for name in &top.deeper {
        let message = "does not stand at the top level: the guest does not read it as a descriptor";
        found.warning(
            &top.place_of(name),
            "",
            message,
            "move it to the top of the folder if it describes a pod",
        );
    }
    found
}

/// One pod or config map; only templates are rendered by the guest.
pub(in crate::section) fn resource(place: &Place, resource: &Value, template: bool, found: &mut Descriptors) {
    if let Some(version) = resource.get("apiVersion").filter(|version| **version != "v1") {
        let hint = "write `apiVersion: v1`";
        found.error(
            place,
            "apiVersion",
            format!("{version} is not the version of pods and config maps"),
            hint,
        );
    }
    match resource.get("kind").and_then(Value::as_str) {
        Some("Pod") => pod(place, resource, found),
        Some("ConfigMap") => config_map(place, resource, found),
        Some(kind) => found.error(
            place,
            "kind",
            format!("`{kind}` is neither `Pod` nor `ConfigMap`"),
            "describe the pods themselves: `kind: Pod`",
        ),
        None => found.error(
            place,
            "kind",
            "no descriptor: `kind` is missing",
            "write `kind: Pod` or `kind: ConfigMap`",
        ),
    }
    texts(resource, "", &mut |path, text| {
        if !template && variables::is_template(text) {
            let hint = "move the descriptor to `play.templates`";
            found.warning(
                place,
                path,
                "a template expression, and the guest renders only `play.templates`",
                hint,
            );
        }
        if template && variables::of_template(text, &mut found.variables).is_err() {
            found.error(place, path, "a template expression is not closed", "write `{{ .Env.NAME }}`");
        }
    });
}

fn pod(place: &Place, pod: &Value, found: &mut Descriptors) {
    found.pods += 1;
    let containers = |list: &str| pod.pointer(&format!("/spec/{list}")).and_then(Value::as_array);
    match containers("containers") {
        Some(list) if !list.is_empty() => {}
        _ => found.error(
            place,
            "spec.containers",
            "a pod without containers",
            "write `containers:` under `spec:`",
        ),
    }
    for list in ["containers", "initContainers"] {
        for (at, container) in containers(list).into_iter().flatten().enumerate() {
            self::container(place, &format!("spec.{list}[{at}]"), container, found);
        }
    }
}

fn container(place: &Place, path: &str, container: &Value, found: &mut Descriptors) {
    if container.get("name").and_then(Value::as_str).is_none_or(str::is_empty) {
        found.error(place, &format!("{path}.name"), "a container without a name", "write `name: main`");
    }
    found.image(
        place,
        &format!("{path}.image"),
        container.get("image").unwrap_or(&Value::Null),
        "a container",
    );
    let list = |name: &str| container.get(name).and_then(Value::as_array).into_iter().flatten().enumerate();
    for (at, port) in list("ports") {
        if let (Some(inner), None) = (port.get("containerPort"), port.get("hostPort")) {
            found.warning(
                place,
                &format!("{path}.ports[{at}]"),
                format!("containerPort {inner} has no hostPort: nobody outside the guest reaches it"),
                format!("write `hostPort: {inner}` beside it"),
            );
        }
    }
    for (_, variable) in list("env") {
        let Some(source) = variable.pointer("/valueFrom/configMapKeyRef") else { continue };
        let text = |name: &str| source.get(name).and_then(Value::as_str);
        let optional = source.get("optional").and_then(Value::as_bool).unwrap_or(false);
        if let (Some(CONTRACT_CONFIG_MAP), Some(key), false) = (text("name"), text("key"), optional) {
            found.variables.insert(key.to_owned());
        }
    }
}

fn config_map(place: &Place, map: &Value, found: &mut Descriptors) {
    for (name, value) in map.get("data").and_then(Value::as_object).into_iter().flatten() {
        if !value.is_string() && !value.is_null() {
            let path = super::super::fields::join("data", name);
            found.error(place, &path, "not a string", "put the value in double quotes");
        }
    }
}
