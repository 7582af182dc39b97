//! A node of the section as a plain value, typed as YAML 1.2's core schema types it.

use serde_json::{Map, Value};

use strict_yaml::plain::{Plain, Type, classify};
use strict_yaml::{Kind, Node, Style};

/// The value of a node.
pub fn of(node: &Node) -> Value {
    match &node.kind {
        Kind::Scalar { text, style: Style::Plain } => plain(text),
        Kind::Scalar { text, .. } => Value::String(text.to_string()),
        Kind::Sequence(items) => Value::Array(items.iter().map(of).collect()),
        Kind::Mapping(entries) => Value::Object(
            entries.iter().map(|(key, node)| (key.text.clone(), of(node))).collect::<Map<_, _>>(),
        ),
    }
}

fn plain(text: &str) -> Value {
    let string = || Value::String(text.to_owned());
    match classify(text) {
        Plain::Text | Plain::Legacy(_) => string(),
        Plain::Core(Type::Null) => Value::Null,
        Plain::Core(Type::Boolean) => Value::Bool(text.eq_ignore_ascii_case("true")),
        Plain::Core(_) => {
            let radix = |prefix, radix| i64::from_str_radix(text.strip_prefix(prefix)?, radix).ok();
            let integer = text.parse().ok().or_else(|| radix("0x", 16)).or_else(|| radix("0o", 8));
            let float = || text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
            integer.map(Value::from).or_else(|| float().map(Value::Number)).unwrap_or_else(string)
        }
    }
}
