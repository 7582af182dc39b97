//! A compose file, or several that are merged, and where each value is written.

use std::collections::BTreeMap;

use findings::{Place, join};
use serde_json::{Map, Value};

use crate::environment::Resolved;

/// A document of which parts may come from different files.
#[derive(Clone, Debug)]
pub struct Layer {
    pub value: Resolved,
    /// The place of a part, by its path; a longer path counts more.
    places: BTreeMap<String, Place>,
}

impl Layer {
    /// All of one file.
    pub fn new(value: Value, place: Place) -> Self {
        Self { value: Resolved::new(value), places: BTreeMap::from([(String::new(), place)]) }
    }

    /// Where the value at a path is written.
    pub fn place(&self, path: &str) -> Place {
        let mut end = path.len();
        loop {
            let (known, rest) = path.split_at_checked(end).unwrap_or((path, ""));
            if let Some(place) = self.places.get(known) {
                let rest = rest.trim_start_matches('.');
                let dot =
                    if place.field.is_empty() || rest.is_empty() || rest.starts_with('[') { "" } else { "." };
                return Place { field: format!("{}{dot}{rest}", place.field), ..place.clone() };
            }
            end = known.rfind(['.', '[']).unwrap_or_default();
        }
    }

    /// The entries of a mapping at the top: `services`, `volumes`, …
    pub fn entries(&self, kind: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.value.get(kind).and_then(Value::as_object).into_iter().flatten()
    }

    /// One entry of such a mapping.
    pub fn entry(&self, kind: &str, name: &str) -> Option<&Value> {
        self.value.get(kind)?.get(name)
    }

    /// A copy of one entry, as a layer.
    pub fn part(&self, kind: &str, name: &str) -> Option<Self> {
        let path = join(kind, name);
        let inner = self.below(&path).map(|(known, place)| {
            let rest = known.get(path.len()..).unwrap_or_default();
            (rest.trim_start_matches('.').to_owned(), place.clone())
        });
        let mut places: BTreeMap<_, _> = inner.collect();
        places.insert(String::new(), self.place(&path));
        Some(Self { value: Resolved::new(self.entry(kind, name)?.clone()), places })
    }

    /// Puts an entry in, in place of one of the same name.
    pub fn put(&mut self, kind: &str, name: &str, part: &Self) {
        let mut root = self.take();
        if let Some(root) = root.as_object_mut() {
            let entries = root.entry(kind).or_insert_with(|| Value::Object(Map::new()));
            if let Some(entries) = entries.as_object_mut() {
                let path = join(kind, name);
                self.moved(&path, part, "");
                entries.insert(name.to_owned(), Value::clone(&part.value));
            }
        }
        self.value = Resolved::new(root);
    }

    /// Removes an entry at the top, or of an extended service.
    pub fn remove(&mut self, name: &str) {
        let mut root = self.take();
        root.as_object_mut().and_then(|root| root.remove(name));
        self.value = Resolved::new(root);
    }

    /// Puts `over` on top, by the rules of the Compose Specification (13-merge); `path` is where both are in a compose file.
    pub fn merge(&mut self, over: &Self, path: &str) {
        let mut base = self.take();
        self.merge_value(&mut base, Value::clone(&over.value), over, ("", ""), path);
        self.value = Resolved::new(base);
    }

    fn take(&mut self) -> Value {
        std::mem::take(&mut self.value).take()
    }

    /// `to` is the path in this layer, `from` the path in the other one, `path` the one in a compose file.
    fn merge_value(
        &mut self,
        base: &mut Value,
        over: Value,
        layer: &Self,
        (to, from): (&str, &str),
        path: &str,
    ) {
        let field = path.rsplit('.').next().unwrap_or_default();
        let own = || matches!(path.split('.').count(), 3) && path.starts_with("services.");
        let (mut over, mut whole) = (over, own() && matches!(field, "command" | "entrypoint"));
        whole |= path.ends_with(".healthcheck.test");
        whole |= own() && field == "logging" && driver(base).zip(driver(&over)).is_some_and(|(a, b)| a != b);
        if over.is_null() && !base.is_null() {
            return;
        }
        if !whole && own() && matches!(field, "dns" | "dns_search" | "env_file" | "label_file" | "tmpfs") {
            listed(base);
            listed(&mut over);
        }
        if !whole && (base.is_object() && over.is_array() || base.is_array() && over.is_object())
            || pairs(field)
        {
            mapped(base);
            mapped(&mut over);
        }
        match (base, over) {
            (Value::Object(base), Value::Object(over)) if !whole => {
                for (name, value) in over {
                    let (to, from) = (join(to, &name), join(from, &name));
                    if let Some(base) = base.get_mut(&name) {
                        self.merge_value(base, value, layer, (&to, &from), &join(path, &name));
                    } else {
                        self.moved(&to, layer, &from);
                        base.insert(name, value);
                    }
                }
            }
            (Value::Array(base), Value::Array(over)) if !whole => {
                let known = base.iter().enumerate().map(|(at, item)| (key(field, item), at));
                let mut known: BTreeMap<_, _> = known.collect();
                for (at, item) in over.into_iter().enumerate() {
                    let index = *known.entry(key(field, &item)).or_insert(base.len());
                    self.moved(&format!("{to}[{index}]"), layer, &format!("{from}[{at}]"));
                    match base.get_mut(index) {
                        Some(slot) => *slot = item,
                        None => base.push(item),
                    }
                }
            }
            (base, over) => {
                self.moved(to, layer, from);
                *base = over;
            }
        }
    }

    /// What is at `to` is now what is at `from` in another layer.
    fn moved(&mut self, to: &str, other: &Self, from: &str) {
        let old: Vec<_> = self.below(to).map(|(known, _)| known.clone()).collect();
        for known in old {
            self.places.remove(&known);
        }
        for (known, place) in other.below(from) {
            let rest = known.get(from.len()..).unwrap_or_default();
            self.places.insert(format!("{to}{rest}").trim_start_matches('.').to_owned(), place.clone());
        }
        self.places.insert(to.to_owned(), other.place(from));
    }

    /// The places that are known at a path and below it.
    fn below<'p>(&'p self, path: &'p str) -> impl Iterator<Item = (&'p String, &'p Place)> {
        let is_part = move |known: &str| {
            let rest = known.get(path.len()..).unwrap_or_default();
            path.is_empty() || rest.is_empty() || rest.starts_with(['.', '['])
        };
        let places =
            self.places.range(path.to_owned()..).take_while(move |(known, _)| known.starts_with(path));
        places.filter(move |(known, _)| is_part(known))
    }
}

fn driver(logging: &Value) -> Option<&str> {
    logging.get("driver").and_then(Value::as_str)
}

/// Fields that may be a list of `NAME=value`.
fn pairs(field: &str) -> bool {
    matches!(field, "annotations" | "environment" | "labels" | "sysctls")
}

fn listed(value: &mut Value) {
    if value.is_string() {
        *value = Value::Array(vec![value.take()]);
    }
}

/// A list of names, or of `NAME=value`, as a mapping.
fn mapped(value: &mut Value) {
    if let Value::Array(items) = value {
        let entries = items.iter().filter_map(Value::as_str).map(|item| match item.split_once('=') {
            Some((name, value)) => (name.to_owned(), Value::from(value)),
            None => (item.to_owned(), Value::Null),
        });
        *value = Value::Object(entries.collect());
    }
}

/// Of two items with the same key the second counts: mounts at the same target, and equal items.
fn key(field: &str, item: &Value) -> String {
    let target = match (field, item) {
        ("volumes", Value::String(text)) => {
            let mut parts = text.split(':');
            let first = parts.next();
            parts.next().or(first)
        }
        ("volumes" | "configs" | "secrets", Value::Object(long)) => {
            long.get("target").or_else(|| long.get("source")).and_then(Value::as_str)
        }
        _ => item.as_str(),
    };
    target.map_or_else(|| item.to_string(), str::to_owned)
}

/// A text, or a list of texts.
pub fn texts(value: &Value) -> Vec<String> {
    let items = match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect::<Vec<_>>(),
    };
    items.into_iter().map(str::to_owned).collect()
}
