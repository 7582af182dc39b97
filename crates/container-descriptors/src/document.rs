//! A document of a compose file or of descriptors, typed as the Go program on the guest types it.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use crate::shape::Shape;
use crate::{Descriptors, at};
use findings::{Place, join};
use strict_yaml::plain::{GoReader, GoScalar};
use strict_yaml::{Kind, Node, Style};

/// A document, and what the program changes in it.
#[derive(Debug)]
pub(super) struct Document {
    /// As the program reads it.
    pub value: Value,
    /// What would be another text where text is expected.
    pub changes: Changes,
}

/// Plain scalars that a Go program takes for numbers or booleans, and writes in another way than the file.
#[derive(Clone, Debug)]
pub struct Changes {
    reader: GoReader,
    by_path: HashMap<String, Change>,
}

/// One of them.
#[derive(Clone, Debug)]
struct Change {
    line: usize,
    written: String,
    read: String,
}

impl Document {
    /// Types every plain scalar.
    pub fn new(node: &Node, reader: GoReader) -> Self {
        Self { value: typed(node, reader), changes: Changes::of(node, reader) }
    }
}

impl Changes {
    /// Those of a node.
    pub fn of(node: &Node, reader: GoReader) -> Self {
        let mut changes = Self { reader, by_path: HashMap::new() };
        changes.collect("", node);
        changes
    }

    /// Whether there is one at a path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    fn collect(&mut self, path: &str, node: &Node) {
        match &node.kind {
            Kind::Scalar { text, style: Style::Plain } => {
                if let Some(read) = self.reader.changed(text) {
                    let change = Change { line: node.line, written: text.to_string(), read };
                    self.by_path.insert(path.to_owned(), change);
                }
            }
            Kind::Scalar { .. } => {}
            Kind::Sequence(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.collect(&format!("{path}[{at}]"), item);
                }
            }
            Kind::Mapping(entries) => {
                for (key, node) in entries {
                    self.collect(&join(path, &key.text), node);
                }
            }
        }
    }
}

fn typed(node: &Node, reader: GoReader) -> Value {
    match &node.kind {
        Kind::Scalar { text, style: Style::Plain } => {
            let string = || Value::String(text.to_string());
            match reader.read(text) {
                GoScalar::Null => Value::Null,
                GoScalar::Boolean(value) => Value::Bool(value),
                GoScalar::Integer(value) => Number::from_i128(value).map_or_else(string, Value::Number),
                // `8080.0` is a port to Go
                GoScalar::Float(value) => match value.to_string().parse::<i64>() {
                    Ok(whole) => Value::from(whole),
                    Err(_) => Number::from_f64(value).map_or_else(string, Value::Number),
                },
                GoScalar::Text => string(),
            }
        }
        Kind::Scalar { text, .. } => Value::String(text.to_string()),
        Kind::Sequence(items) => items.iter().map(|item| typed(item, reader)).collect(),
        Kind::Mapping(entries) => Value::Object(
            entries.iter().map(|(key, node)| (key.text.clone(), typed(node, reader))).collect::<Map<_, _>>(),
        ),
    }
}

impl Descriptors {
    /// Warns of values that become another text on the guest without a word: where text is expected, and a number or
    /// a boolean is taken instead.
    pub(super) fn changed(
        &mut self,
        place: &Place,
        path: &str,
        value: &Value,
        shape: &Shape,
        changes: &Changes,
    ) {
        match (shape, value) {
            (Shape::Scalar, _) => {
                if let Some(change) = changes.by_path.get(path) {
                    let place = Place { line: Some(change.line), ..at(place, path) };
                    let (message, hint) = change.words(changes.reader);
                    self.findings.warning(place, message, hint);
                }
            }
            (Shape::List(shape), Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.changed(place, &format!("{path}[{at}]"), item, shape, changes);
                }
            }
            (Shape::Map(shape), Value::Object(entries)) => {
                for (name, value) in entries {
                    self.changed(place, &join(path, name), value, shape, changes);
                }
            }
            (Shape::Open(fields) | Shape::Closed(fields), Value::Object(entries)) => {
                for (name, shape) in *fields {
                    if let Some(value) = entries.get(*name) {
                        self.changed(place, &join(path, name), value, shape, changes);
                    }
                }
            }
            (Shape::Either(shapes), _) => {
                for shape in *shapes {
                    self.changed(place, path, value, shape, changes);
                }
            }
            _ => {}
        }
    }
}

impl Change {
    /// Message and hint.
    fn words(&self, reader: GoReader) -> (String, String) {
        let program = if reader == GoReader::Podman { "podman" } else { "docker compose" };
        let Self { written, read, .. } = self;
        // many digits may be a secret
        let digits = written.bytes().all(|byte| byte.is_ascii_digit());
        if written.len() > if digits { 5 } else { 12 } {
            let message = format!("{program} makes another text of it: it looks like a number");
            return (message, "put the value in double quotes".to_owned());
        }
        (format!("{program} makes `{read}` of `{written}`"), format!("write `\"{written}\"`"))
    }
}
