//! YAML nodes as JSON values, with the types that the Go program on the guest gives them.

use std::collections::HashMap;

use findings::{Place, join, near};
use serde_json::{Number, Value};
use strict_yaml::{
    Kind, Node, Style,
    plain::{GoReader, GoScalar, Plain, Type, classify},
};

use crate::{
    Descriptors, at,
    shape::{self, Shape, Texts},
};

/// A document, and what the program changes in it.
#[derive(Debug)]
pub(super) struct Document {
    /// As the program reads it.
    pub value: Value,
    /// Values that become another text if text is expected.
    pub changes: Changes,
}

/// Plain scalars that a Go program reads as numbers or booleans, and writes in another form than the file.
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
    /// The document as a Go program reads it.
    pub fn new(node: &Node, reader: GoReader) -> Self {
        Self { value: value(node, &|text| go_scalar(text, reader)), changes: Changes::new(node, reader) }
    }
}

impl Changes {
    /// The changes in a node.
    pub fn new(node: &Node, reader: GoReader) -> Self {
        let mut by_path = HashMap::new();
        node.visit_scalars("", &mut |path, node| {
            if let Kind::Scalar { text, style: Style::Plain } = &node.kind
                && let Some(read) = reader.changed(text)
            {
                by_path.insert(path.to_owned(), Change { line: node.line, written: text.to_string(), read });
            }
        });
        Self { reader, by_path }
    }
}

/// The value of a node; `plain` types its plain scalars.
fn value(node: &Node, plain: &dyn Fn(&str) -> Value) -> Value {
    match &node.kind {
        Kind::Scalar { text, style: Style::Plain } => plain(text),
        Kind::Scalar { text, .. } => Value::String(text.to_string()),
        Kind::Sequence(items) => items.iter().map(|item| value(item, plain)).collect(),
        Kind::Mapping(entries) => {
            entries.iter().map(|(key, node)| (key.text.clone(), value(node, plain))).collect()
        }
    }
}

/// The value of a node of a section, with the types of YAML 1.2's core schema.
pub(super) fn section_value(node: &Node) -> Value {
    value(node, &core_scalar)
}

fn core_scalar(text: &str) -> Value {
    let string = || Value::String(text.to_owned());
    match classify(text) {
        Plain::Core(Type::Null) => Value::Null,
        Plain::Core(Type::Boolean) => Value::Bool(text.eq_ignore_ascii_case("true")),
        Plain::Core(_) => {
            let radix = |prefix, radix| i64::from_str_radix(text.strip_prefix(prefix)?, radix).ok();
            let integer = text.parse().ok().or_else(|| radix("0x", 16)).or_else(|| radix("0o", 8));
            let float = || text.parse::<f64>().ok().and_then(Number::from_f64);
            integer.map(Value::from).or_else(|| float().map(Value::Number)).unwrap_or_else(string)
        }
        Plain::Text | Plain::Legacy(_) => string(),
    }
}

fn go_scalar(text: &str, reader: GoReader) -> Value {
    let string = || Value::String(text.to_owned());
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

impl Descriptors {
    /// Warns of what a program silently reads in another way than it is written: numbers and booleans where text is expected,
    /// and what podman skips.
    pub(super) fn changed(
        &mut self,
        place: &Place,
        path: &str,
        value: &Value,
        shape: &Shape,
        (changes, texts): (&Changes, Texts),
    ) {
        let rest = (changes, texts);
        let podman = changes.reader == GoReader::Podman;
        match (shape, value) {
            (Shape::Scalar | Shape::Text, _) => {
                if let Some(change) = changes.by_path.get(path) {
                    let place = Place { line: Some(change.line), ..at(place, path) };
                    let (message, hint) = change.advice(changes.reader);
                    self.findings.warning(place, message, hint);
                } else if matches!((shape, value), (Shape::Text, Value::Number(_) | Value::Bool(_)))
                    && texts == Texts::Podman
                {
                    let message = "not a text: podman reads it as one";
                    self.warning(place, path, message, "put the value in double quotes");
                }
            }
            (Shape::Ignored(shape), _) => {
                if !value.is_null() {
                    self.warning(place, path, "podman does not use it", "remove it, or do not rely on it");
                }
                self.changed(place, path, value, shape, rest);
            }
            (Shape::List(shape), Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.changed(place, &format!("{path}[{at}]"), item, shape, rest);
                }
            }
            (Shape::Map(shape), Value::Object(entries)) => {
                for (name, value) in entries {
                    self.changed(place, &join(path, name), value, shape, rest);
                }
            }
            (Shape::Open(fields) | Shape::Closed(fields), Value::Object(entries)) => {
                for (name, value) in entries {
                    match shape::field(fields, name) {
                        Some(shape) => self.changed(place, &join(path, name), value, shape, rest),
                        None if podman => {
                            let known: Vec<_> =
                                fields.iter().flat_map(|(_, names)| *names).copied().collect();
                            let hint = near(name, &known).map_or_else(
                                || "remove it, or see whether it belongs elsewhere".to_owned(),
                                |(_, near)| format!("did you mean `{near}`?"),
                            );
                            self.warning(place, &join(path, name), "no such field: podman skips it", hint);
                        }
                        None => {}
                    }
                }
            }
            (Shape::Either(shapes), _) => {
                for shape in *shapes {
                    self.changed(place, path, value, shape, rest);
                }
            }
            _ => {}
        }
    }
}

impl Change {
    /// Message and hint.
    fn advice(&self, reader: GoReader) -> (String, String) {
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
