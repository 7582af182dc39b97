//! Pods and config maps, in files of an archive or in the section itself.

mod fields;
mod pod;

use std::collections::{BTreeMap, BTreeSet};

use findings::Place;
use serde_json::Value;
use strict_yaml::{Limits, Node, plain::GoReader};

use crate::{
    Descriptors, Environment, TopLevel, at,
    document::{Changes, Document, section_value},
    environment::{Resolved, replaced},
    image::is_pinned,
    shape::Texts,
    texts,
    variables::{Provider, Template, is_template},
};
use pod::Context;

/// The config map with the merged environment, which the guest makes.
const CONTRACT_CONFIG_MAP: &str = "contract.config.map";

/// A descriptor in the section itself.
#[derive(Debug)]
pub struct Resource {
    /// Its place.
    pub place: Place,
    /// As written.
    pub value: Value,
    /// What podman changes in it.
    pub changes: Changes,
    /// Whether it is under `play.templates`, which the guest renders.
    pub template: bool,
}

impl Resource {
    /// The descriptor of a node.
    pub fn new(place: Place, node: &Node, template: bool) -> Self {
        Self { place, value: section_value(node), changes: Changes::new(node, GoReader::Podman), template }
    }

    /// The descriptors of a workload section, given its root. What is not a list is reported by the section's reader.
    pub fn in_section(root: &Node) -> Vec<Self> {
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

/// Reads the descriptors of an archive and of the section, as the guest resolves them with these variables.
///
/// No source states how the guest gives several files to podman: here, every pod knows every config map.
pub fn play(top: &TopLevel, resources: &[Resource], environment: &Environment) -> Descriptors {
    let mut found = Descriptors::default();
    let documents = documents(top, resources, environment, &mut found);
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
        let context = Context { place, texts: *texts, maps: &maps, top, environment };
        match document.get("kind").and_then(Value::as_str) {
            Some("Pod") => found.changed(place, "", document, &fields::POD, (changes, *texts)),
            Some("ConfigMap") => found.changed(place, "", document, &fields::CONFIG_MAP, (changes, *texts)),
            _ => {}
        }
        resource(&context, document, &mut names, &mut found);
    }
    for name in top.deeper().filter(|name| top.content(name).is_some_and(is_descriptor)) {
        let message = "is not at the top level: the guest does not read it as a descriptor";
        let hint = "move it to the top of the folder if it describes a pod";
        found.warning(&top.place_of(name), "", message, hint);
    }
    found
}

/// Whether a file describes something to Kubernetes.
fn is_descriptor(content: &[u8]) -> bool {
    let parse = |text| strict_yaml::parse_descriptors(text, &Limits::default()).ok();
    let documents = strict_yaml::text(content).ok().and_then(parse).unwrap_or_default();
    documents.iter().any(|document| {
        let kind = document.entry("kind").and_then(Node::text);
        kind.is_some() && document.entry("apiVersion").is_some() || matches!(kind, Some("Pod" | "ConfigMap"))
    })
}

/// A descriptor as podman receives it.
struct Described {
    place: Place,
    texts: Texts,
    document: Resolved,
    changes: Changes,
}

/// Every descriptor; templates are rendered.
fn documents(
    top: &TopLevel,
    resources: &[Resource],
    environment: &Environment,
    found: &mut Descriptors,
) -> Vec<Described> {
    let mut documents = Vec::new();
    let archived = top.descriptors().flat_map(|(name, content)| {
        let place = top.place_of(name);
        let documents = found.documents(&place, content, GoReader::Podman);
        documents.into_iter().map(move |document| (place.clone(), document))
    });
    let archived: Vec<_> = archived.collect();
    for (place, Document { value, changes }) in archived {
        found.unrendered_expressions(&place, &value);
        let document = Resolved::new(value);
        documents.push(Described { place, texts: Texts::Podman, document, changes });
    }
    for Resource { place, value, changes, template } in resources {
        let (texts, document) = if *template {
            (Texts::Resolved, found.rendered(place, value, environment))
        } else {
            found.unrendered_expressions(place, value);
            (Texts::Strict, Resolved::new(value.clone()))
        };
        let (place, changes) = (place.clone(), changes.clone());
        documents.push(Described { place, texts, document, changes });
    }
    documents
}

impl Descriptors {
    /// A template of `play.templates`. A text with a variable that only another section can provide stays as it is.
    fn rendered(&mut self, place: &Place, document: &Value, environment: &Environment) -> Resolved {
        let resolved = replaced(document, "", &mut |path, text| {
            let Ok(template) = Template::parse(text) else {
                let hint = "write `{{ .Env.NAME }}`";
                self.error(place, path, "a template expression is not closed", hint);
                return text.to_owned();
            };
            let mut names = BTreeSet::new();
            template.add_needed(&mut names);
            for name in &names {
                self.uses_contract(name, environment, at(place, path));
            }
            let open = environment.lacks(names);
            if !open.is_empty() {
                if !is_pinned(text) {
                    let Place { file, field, .. } = at(place, path);
                    self.open_images.insert((file, field), open);
                }
                return text.to_owned();
            }
            template.render(&|name| environment.get(name)).unwrap_or_else(|| {
                if environment.is_whole() {
                    self.unrendered.push(at(place, path));
                }
                text.to_owned()
            })
        });
        Resolved::new(resolved)
    }

    /// A variable that the contract has to provide.
    fn uses_contract(&mut self, name: &str, environment: &Environment, place: Place) {
        let by = environment.get(name).map_or(Provider::Required, |_| Provider::Contract);
        self.uses(name.to_owned(), by, place);
    }

    fn unrendered_expressions(&mut self, place: &Place, document: &Value) {
        texts(document, "", &mut |path, text| {
            if is_template(text) {
                let hint = "move the descriptor to `play.templates`";
                let message = "a template expression, and the guest renders only `play.templates`";
                self.warning(place, path, message, hint);
            }
        });
    }
}

/// One pod or config map.
fn resource(context: &Context<'_>, resource: &Value, names: &mut BTreeSet<String>, found: &mut Descriptors) {
    let place = context.place;
    let kind = resource.get("kind").and_then(Value::as_str);
    let version = resource.get("apiVersion").filter(|version| **version != "v1");
    if let (Some("Pod" | "ConfigMap"), Some(version)) = (kind, version) {
        let message = format!("{version} is not the version of pods and config maps");
        found.error(place, "apiVersion", message, "write `apiVersion: v1`");
    }
    match kind {
        Some("Pod") => pod::pod(found, context, resource, names),
        Some("ConfigMap") => config_map(context, resource, found),
        Some(kind) => {
            let message = format!("`{kind}` is neither `Pod` nor `ConfigMap`: IBM documents no other kind");
            found.error(place, "kind", message, "describe the pods themselves: `kind: Pod`");
        }
        None => {
            let message = "not a descriptor: `kind` is missing";
            let described =
                ["apiVersion", "metadata", "spec"].iter().any(|name| resource.get(name).is_some());
            let hint = if described || place.file.is_empty() {
                "write `kind: Pod` or `kind: ConfigMap`"
            } else {
                "move the file into a folder below if it is no descriptor: `conf/`"
            };
            found.error(place, "kind", message, hint);
        }
    }
}

fn config_map(context: &Context<'_>, map: &Value, found: &mut Descriptors) {
    let place = context.place;
    if !found.shape(place, "", map, &fields::CONFIG_MAP, context.texts) {
        return;
    }
    if map.pointer("/metadata/name").and_then(Value::as_str).is_none_or(str::is_empty) {
        let hint = "write `metadata: {name: settings}`";
        found.error(place, "metadata.name", "a config map without a name", hint);
    }
}
