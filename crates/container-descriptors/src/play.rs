//! Pods and config maps, in files of an archive or in the section itself.

mod fields;
mod pod;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::{Changes, Document};
use crate::environment::Resolved;
use crate::shape::Texts;
use crate::value;
use crate::{Descriptors, Environment, TopLevel, texts, variables};
use findings::{Place, join};
use pod::Around;
use strict_yaml::Node;
use strict_yaml::plain::GoReader;

/// The config map in which the guest hands the merged environment to pods.
const CONTRACT_CONFIG_MAP: &str = "contract.config.map";

/// A descriptor that stands in the section itself.
#[derive(Debug)]
pub struct Resource {
    /// Where.
    pub place: Place,
    /// As written.
    pub value: Value,
    /// What podman changes in it.
    pub changes: Changes,
    /// Only what stands under `play.templates` is rendered by the guest.
    pub template: bool,
}

impl Resource {
    /// The descriptor of a node.
    pub fn new(place: Place, node: &Node, template: bool) -> Self {
        Self { place, value: value::of(node), changes: Changes::of(node, GoReader::Podman), template }
    }

    /// Those of a workload section, given its root; what is no list is passed over, since the section's reader tells.
    pub fn described(root: &Node) -> Vec<Self> {
        let described = |name: &'static str| {
            let list = root.entry("play").and_then(|play| play.entry(name)).and_then(Node::items);
            list.unwrap_or_default().iter().enumerate().map(move |(at, node)| {
                let field = format!("play.{name}[{at}]");
                let place = Place { line: Some(node.line), field, ..Place::default() };
                Self::new(place, node, name == "templates")
            })
        };
        described("resources").chain(described("templates")).collect()
    }
}

/// The config maps that are described, with their keys.
#[derive(Default)]
struct Maps(BTreeMap<String, BTreeSet<String>>);

impl Maps {
    fn knows(&self, name: &str) -> bool {
        name == CONTRACT_CONFIG_MAP || self.0.contains_key(name)
    }

    fn has(&self, name: &str, key: &str) -> bool {
        self.0.get(name).is_some_and(|keys| keys.contains(key))
    }
}

/// What the descriptors of an archive and of the section say; with an environment, as the guest resolves them.
///
/// How the guest hands several files to podman no source says: a config map is known to all pods here.
pub fn play(top: &TopLevel, resources: &[Resource], environment: Option<&Environment>) -> Descriptors {
    let mut found = Descriptors::with(environment);
    let documents = documents(top, resources, &mut found);
    let mut maps = Maps::default();
    for Described { document, .. } in &documents {
        if document.get("kind").and_then(Value::as_str) == Some("ConfigMap") {
            let keys = ["data", "binaryData"].iter().filter_map(|field| document.get(*field)?.as_object());
            let name = document.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            maps.0.entry(name.to_owned()).or_default().extend(keys.flat_map(|map| map.keys().cloned()));
        }
    }
    let mut names = BTreeSet::new();
    for Described { place, texts, document, changes } in &documents {
        let around = Around { place, texts: *texts, changes, maps: &maps, top };
        match document.get("kind").and_then(Value::as_str) {
            Some("Pod") => found.changed(place, "", document, &fields::POD, changes),
            Some("ConfigMap") => found.changed(place, "", document, &fields::CONFIG_MAP, changes),
            _ => {}
        }
        resource(&around, document, &mut names, &mut found);
    }
    for name in &top.deeper {
        let message = "is not at the top level: the guest does not read it as a descriptor";
        found.warning(
            &top.place_of(name),
            "",
            message,
            "move it to the top of the folder if it describes a pod",
        );
    }
    found
}

/// A descriptor as podman gets it.
struct Described {
    place: Place,
    texts: Texts,
    document: Resolved,
    changes: Changes,
}

/// Every descriptor, rendered where it is a template.
fn documents(top: &TopLevel, resources: &[Resource], found: &mut Descriptors) -> Vec<Described> {
    let mut documents = Vec::new();
    let archived = top.files.iter().flat_map(|(name, content)| {
        let place = top.place_of(name);
        let documents = found.documents(&place, content, GoReader::Podman);
        documents.into_iter().map(move |document| (place.clone(), document))
    });
    let archived: Vec<_> = archived.collect();
    for (place, Document { value, changes }) in archived {
        found.unrendered_expressions(&place, &value);
        let document = Resolved::as_it_is(value);
        documents.push(Described { place, texts: Texts::Strict, document, changes });
    }
    for Resource { place, value, changes, template } in resources {
        let (texts, document) = if *template {
            (Texts::Resolved, found.rendered(place, value))
        } else {
            found.unrendered_expressions(place, value);
            (Texts::Strict, Resolved::as_it_is(value.clone()))
        };
        let (place, changes) = (place.clone(), changes.clone());
        documents.push(Described { place, texts, document, changes });
    }
    documents
}

impl Descriptors {
    fn unrendered_expressions(&mut self, place: &Place, document: &Value) {
        texts(document, "", &mut |path, text| {
            if variables::is_template(text) {
                let hint = "move the descriptor to `play.templates`";
                let message = "a template expression, and the guest renders only `play.templates`";
                self.warning(place, path, message, hint);
            }
        });
    }
}

/// One pod or config map.
fn resource(around: &Around<'_>, resource: &Value, names: &mut BTreeSet<String>, found: &mut Descriptors) {
    let place = around.place;
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
        Some("Pod") => pod::pod(found, around, resource, names),
        Some("ConfigMap") => config_map(around, resource, found),
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
}

fn config_map(around: &Around<'_>, map: &Value, found: &mut Descriptors) {
    let place = around.place;
    if !found.shape(place, "", map, &fields::CONFIG_MAP, around.texts) {
        return;
    }
    for (name, value) in map.get("data").and_then(Value::as_object).into_iter().flatten() {
        let path = join("data", name);
        if !value.is_string() && !value.is_null() && !around.changes.has(&path) {
            found.warning(
                place,
                &path,
                "not a text: podman takes it as one",
                "put the value in double quotes",
            );
        }
    }
    if map.pointer("/metadata/name").and_then(Value::as_str).is_none_or(str::is_empty) {
        let hint = "write `metadata: {name: settings}`";
        found.error(place, "metadata.name", "a config map without a name", hint);
    }
}
