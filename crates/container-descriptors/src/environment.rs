//! Variables of a contract, and documents with their values put in: `${NAME}` in a compose file, `{{ .Env.NAME }}` in a
//! template.
//!
//! A resolved document may hold passwords: it is wiped when it is dropped, and no finding shows a value.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
};

use contract_core::secret::Secret;
use findings::join;
use serde_json::Value;
use strict_yaml::Node;
use zeroize::Zeroize as _;

/// The variables that a contract provides: the workload's value wins (contract-format, section 7).
#[derive(Clone, Debug, Default)]
pub struct Environment {
    values: BTreeMap<String, Secret>,
    /// Whether the env section is known. If not, it may provide any other variable.
    whole: bool,
}

impl Environment {
    /// From the root of a workload section, which may have findings, and the env section's `env`.
    pub fn merged(workload: &Node, env: &[(String, Secret)]) -> Self {
        let own = Self::of_workload(workload).values;
        Self { values: env.iter().cloned().chain(own).collect(), whole: true }
    }

    /// From the root of a workload section alone, as its author knows it.
    pub fn of_workload(workload: &Node) -> Self {
        let entries = workload.entry("env").and_then(Node::entries).unwrap_or_default();
        let value = |node: &Node| node.text().map(Secret::new);
        let values = entries.iter().filter_map(|(name, node)| Some((name.text.clone(), value(node)?)));
        Self { values: values.collect(), whole: false }
    }

    /// Whether the env section is known too.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The value that a section provides.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(Secret::expose)
    }

    /// The names among these that only another section can provide.
    pub(super) fn lacks(&self, names: BTreeSet<String>) -> BTreeSet<String> {
        names.into_iter().filter(|name| !self.whole && !self.values.contains_key(name)).collect()
    }
}

/// A document as the guest's tool would read it.
#[derive(Clone, Debug, Default)]
pub(super) struct Resolved(Value);

impl Resolved {
    /// A document whose variables have their values.
    pub(super) fn new(document: Value) -> Self {
        Self(document)
    }

    /// The document itself, no longer wiped.
    pub(super) fn take(mut self) -> Value {
        std::mem::take(&mut self.0)
    }
}

impl Deref for Resolved {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl Drop for Resolved {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(entries) => entries.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A copy in which every text is replaced; `replace` gets its path too.
pub(super) fn replaced(value: &Value, path: &str, replace: &mut impl FnMut(&str, &str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(replace(path, text)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| replaced(item, &format!("{path}[{at}]"), replace))
            .collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(name, value)| (name.clone(), replaced(value, &join(path, name), replace)))
            .collect(),
        other => other.clone(),
    }
}
