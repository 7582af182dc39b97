//! Descriptors with the values of variables put in: `${NAME}` in a compose file, `{{ .Env.NAME }}` in a template.
//!
//! A resolved document may hold passwords: it is wiped when it is dropped, and no finding shows a value.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
};

use contract_core::{names::is_variable_name, secret::Secret};
use findings::{Place, join};
use serde_json::Value;
use strict_yaml::Node;
use zeroize::Zeroize as _;

use crate::{
    Descriptors, at,
    variables::{ComposeText, Malformed, Template},
};

/// The variables of both sections, merged: the workload's value wins (contract-format, section 7).
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, Secret>);

impl Environment {
    /// From the root of a workload section, which may have findings, and the env section's `env`.
    pub fn merged(workload: &Node, env: &[(String, Secret)]) -> Self {
        let mut merged: BTreeMap<_, _> = env.iter().cloned().collect();
        for (name, node) in workload.entry("env").and_then(Node::entries).unwrap_or_default() {
            merged.extend(node.text().map(|text| (name.text.clone(), Secret::new(text))));
        }
        Self(merged)
    }

    /// Whether a section provides it.
    pub fn provides(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(Secret::expose)
    }

    /// Takes from the compose file's `.env` what no section provides.
    pub(super) fn add_dot_env(&mut self, dot_env: &str) {
        for line in dot_env.lines() {
            let line = line.trim();
            let Some((name, value)) = line.strip_prefix("export ").unwrap_or(line).split_once('=') else {
                continue;
            };
            let (name, value) = (name.trim(), value.trim());
            let bare = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
            if is_variable_name(name) {
                self.0.entry(name.to_owned()).or_insert_with(|| Secret::new(bare.unwrap_or(value)));
            }
        }
    }
}

/// A document as the guest's tool would read it.
#[derive(Debug)]
pub(super) struct Resolved(Value);

impl Resolved {
    /// A document without variables.
    pub(super) fn unchanged(document: Value) -> Self {
        Self(document)
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

impl Descriptors {
    /// A compose file; without an environment only the names that it needs are noted.
    pub(super) fn interpolated(&mut self, place: &Place, document: &Value) -> Resolved {
        let environment = self.environment.clone();
        let lookup = |name: &str| environment.as_ref()?.get(name);
        let mut missing = BTreeSet::new();
        let resolved = replaced(document, "", &mut |path, text| {
            let parsed = ComposeText::parse(text).and_then(|parsed| {
                parsed.add_needed(&mut self.variables);
                parsed.resolve(&lookup, &mut missing)
            });
            match parsed {
                Ok(resolved) if environment.is_some() => resolved.to_string(),
                Ok(_) => text.to_owned(),
                Err(Malformed) => {
                    let hint = "write `${NAME}`, or `$$` for a dollar sign";
                    self.error(place, path, "a `$` that begins no variable", hint);
                    text.to_owned()
                }
            }
        });
        if environment.is_some() {
            self.missing.append(&mut missing);
        }
        Resolved(resolved)
    }

    /// A template of `play.templates`.
    pub(super) fn rendered(&mut self, place: &Place, document: &Value) -> Resolved {
        let environment = self.environment.clone();
        let resolved = replaced(document, "", &mut |path, text| {
            let Ok(template) = Template::parse(text) else {
                let hint = "write `{{ .Env.NAME }}`";
                self.error(place, path, "a template expression is not closed", hint);
                return text.to_owned();
            };
            template.add_needed(&mut self.variables);
            let Some(environment) = &environment else { return text.to_owned() };
            template.render(&|name| environment.get(name)).unwrap_or_else(|| {
                self.unrendered.push(at(place, path));
                text.to_owned()
            })
        });
        Resolved(resolved)
    }
}

fn replaced(value: &Value, path: &str, replace: &mut impl FnMut(&str, &str) -> String) -> Value {
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
