//! Descriptors at the top level of an archive: a compose file, or pods and config maps (contract-format, section 7). The
//! authors' `check` and the guest rehearsal read them with this crate.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_macros))]

mod compose;
mod document;
mod dotenv;
mod environment;
mod exposure;
pub mod image;
mod paths;
mod play;
mod shape;
mod storage;
mod top_level;
mod unintended;
mod variables;

use std::collections::{BTreeMap, BTreeSet};

use findings::{Advice as _, Finding, Findings, Place};
use serde_json::Value;
use strict_yaml::{Fault, Limits, plain::GoReader};

use document::Document;

pub use compose::compose;
pub use document::Changes;
pub use environment::Environment;
pub use exposure::{Mount, Port, Source};
pub use image::Image;
pub use play::{Resource, play};
pub use storage::{Storage, Volume, storage};
pub use top_level::{ReadError, TopLevel};
pub use unintended::{Unintended, unintended_files, unintended_files_in};
pub use variables::Provider;

/// The contents of descriptors.
#[derive(Debug, Default)]
pub struct Descriptors {
    /// What is wrong or unwise.
    pub findings: Findings,
    /// Images to be started.
    pub images: Vec<Image>,
    /// The variables that are used, who provides each, and where it is used first.
    pub variables: BTreeMap<String, (Provider, Place)>,
    /// How many pods or services start.
    pub pods: usize,
    /// What can be read, but does not start.
    pub stops: Findings,
    /// Ports of the guest that lead to containers.
    pub ports: Vec<Port>,
    /// What containers mount.
    pub mounts: Vec<Mount>,
    /// Whether there may be more mounts, behind a variable.
    pub unknown_mounts: bool,
    /// Texts of templates with expressions that are not evaluated here.
    pub unrendered: Vec<Place>,
    /// Whether a file that belongs to it is not known, because a variable names it.
    incomplete: bool,
    /// Files of variables that a compose file takes, named as in the archive.
    env_files: BTreeSet<String>,
    /// Images with variables that another section may provide, by file and field.
    open_images: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Descriptors {
    /// The variables that nobody provides: those that are required, or those that are left empty.
    pub fn not_provided(&self, provider: Provider) -> impl Iterator<Item = (&String, &Place)> {
        let is_one = move |(_, (by, _)): &(_, &(Provider, _))| *by == provider;
        self.variables.iter().filter(is_one).map(|(name, (_, place))| (name, place))
    }

    fn uses(&mut self, name: String, provider: Provider, place: Place) {
        let known = self.variables.entry(name).or_insert_with(|| (provider, place.clone()));
        if provider > known.0 {
            *known = (provider, place);
        }
    }

    /// All that is wrong or unwise.
    pub fn all_findings(&mut self) -> Vec<Finding> {
        let mut findings = std::mem::take(&mut self.findings.0);
        findings.append(&mut self.stops.0);
        findings
    }

    fn stops(&mut self, place: &Place, field: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.stops.error(at(place, field), message, hint);
    }

    fn error(&mut self, place: &Place, field: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.findings.error(at(place, field), message, hint);
    }

    fn warning(&mut self, place: &Place, field: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.findings.warning(at(place, field), message, hint);
    }

    /// The documents of a file that are not empty, as `reader` reads them. A file with a mistake has none.
    fn documents(&mut self, place: &Place, content: &[u8], reader: GoReader) -> Vec<Document> {
        let parsed = strict_yaml::text(content)
            .and_then(|text| strict_yaml::parse_descriptors(text, &Limits::default()));
        match parsed {
            Ok(nodes) => {
                let nodes = nodes.iter().filter(|node| !node.is_null());
                nodes.map(|node| Document::new(node, reader)).collect()
            }
            Err(error) => {
                let syntax = matches!(&error, strict_yaml::Error::At { fault: Fault::Syntax(_), .. });
                let reason = format!("{}{}", if syntax { "not YAML: " } else { "" }, error.reason());
                let place = Place { line: Some(error.line()), ..place.clone() };
                self.error(&place, "", reason, error.hints().concat());
                Vec::new()
            }
        }
    }

    /// An image of a container or service.
    fn image(&mut self, place: Place, image: &Value, what: &str) {
        match image.as_str() {
            Some(name) if !name.is_empty() => {
                if !image::is_reference(name) && !variables::has_variable(name) {
                    let hint = "write `REGISTRY/NAME@sha256:…`, in lower case";
                    self.stops(&place, "", format!("`{name}` is not the name of an image"), hint);
                }
                let open = self.open_images.remove(&(place.file.clone(), place.field.clone()));
                let open = open.unwrap_or_default();
                self.images.push(Image { place, name: name.to_owned(), open });
            }
            _ if self.incomplete => {}
            _ => {
                let hint = "write `image: \"REGISTRY/NAME@sha256:…\"`";
                self.error(&place, "", format!("{what} without an image"), hint);
            }
        }
    }
}

/// The place of a field in a document.
fn at(place: &Place, field: &str) -> Place {
    let field = match (&*place.field, field) {
        (path, "") => path.to_owned(),
        ("", field) => field.to_owned(),
        (path, field) => format!("{path}.{field}"),
    };
    Place { field, ..place.clone() }
}

/// Visits every text of a value, with its path.
fn texts<'v>(value: &'v Value, path: &str, visit: &mut impl FnMut(&str, &'v str)) {
    match value {
        Value::String(text) => visit(path, text),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                texts(item, &format!("{path}[{at}]"), visit);
            }
        }
        Value::Object(entries) => {
            for (name, value) in entries {
                texts(value, &findings::join(path, name), visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests;
