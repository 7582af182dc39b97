//! The types that fields of a descriptor may have.
//!
//! Sources: the Go types of Kubernetes' Pod, which `podman kube play` uses, and the schema of the Compose Specification.
//! Only what those tools refuse is refused here.

use std::fmt;

use findings::{Place, join, near};
use serde_json::Value;

use crate::{Descriptors, variables::has_variable};

/// The shape of a value; `null` has every shape.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// A string.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Switch,
    /// A string, a number, perhaps `true` or `false`.
    Scalar,
    /// A time like `1m30s`.
    Duration,
    /// A number with one of Kubernetes' units, as in `500m` or `2Gi`.
    Quantity,
    /// A list.
    List(&'static Shape),
    /// Names that the user chooses, each with such a value.
    Map(&'static Shape),
    /// Known names; podman skips others.
    Open(Fields),
    /// What podman reads and does not use.
    Ignored(&'static Shape),
    /// Known names, and names that begin with `x-`.
    Closed(Fields),
    /// One of these.
    Either(&'static [Shape]),
}

/// Names of fields, by shape.
pub type Fields = &'static [(Shape, &'static [&'static str])];

/// The shape of a field.
pub fn field(fields: Fields, name: &str) -> Option<&'static Shape> {
    fields.iter().find(|(_, names)| names.contains(&name)).map(|(shape, _)| shape)
}

/// How texts are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// A text is a text: what the schema of a section demands.
    Strict,
    /// podman makes text of a number or a boolean where text is expected.
    Podman,
    /// A text may be a number or a boolean: a variable was, or will be, replaced in it.
    Resolved,
}

impl Descriptors {
    /// Reports where a value does not have the shape; returns whether it has.
    pub fn shape(&mut self, place: &Place, path: &str, value: &Value, shape: &Shape, texts: Texts) -> bool {
        if value.is_null() || fits(value, shape, texts) {
            return true;
        }
        match (shape, value) {
            (Shape::Ignored(inner), _) => self.shape(place, path, value, inner, texts),
            (Shape::List(inner), Value::Array(items)) => {
                let mut whole = true;
                for (at, item) in items.iter().enumerate() {
                    whole &= self.shape(place, &format!("{path}[{at}]"), item, inner, texts);
                }
                whole
            }
            (Shape::Map(inner), Value::Object(entries)) => {
                let mut whole = true;
                for (name, value) in entries {
                    whole &= self.shape(place, &join(path, name), value, inner, texts);
                }
                whole
            }
            (Shape::Open(fields) | Shape::Closed(fields), Value::Object(entries)) => {
                let mut whole = true;
                for (name, value) in entries {
                    let path = join(path, name);
                    if let Some(shape) = field(fields, name) {
                        whole &= self.shape(place, &path, value, shape, texts);
                    } else if matches!(shape, Shape::Closed(_)) && !name.starts_with("x-") {
                        whole = false;
                        let known: Vec<_> = fields.iter().flat_map(|(_, names)| *names).copied().collect();
                        let hint = near(name, &known).map_or_else(
                            || "remove it, or let its name begin with `x-`".to_owned(),
                            |(_, near)| format!("did you mean `{near}`?"),
                        );
                        self.error(place, &path, "no such field", hint);
                    }
                }
                whole
            }
            (Shape::Either(shapes), _) => {
                // if one has the same type, the mistake is further in
                match shapes.iter().find(|shape| shape.is_same_collection(value)) {
                    Some(shape) => self.shape(place, path, value, shape, texts),
                    None => self.misfit(place, path, value, shape),
                }
            }
            _ => self.misfit(place, path, value, shape),
        }
    }

    fn misfit(&mut self, place: &Place, path: &str, value: &Value, shape: &Shape) -> bool {
        let hint = match (shape, value) {
            (Shape::Text | Shape::Scalar, Value::Number(_) | Value::Bool(_)) => {
                "put the value in double quotes"
            }
            (Shape::Integer | Shape::Switch, Value::String(_)) => "write it without quotes",
            (Shape::Quantity, _) => "write a number, perhaps with a unit: `500m`, `2Gi`",
            (Shape::Duration, _) => "write a number and its unit: `90s`, `1m30s`",
            _ => "check the indentation",
        };
        self.error(place, path, format!("expected {shape}, found {}", type_name(value)), hint);
        false
    }
}

fn fits(value: &Value, shape: &Shape, texts: Texts) -> bool {
    let loose = |text: &str| texts == Texts::Resolved && has_variable(text);
    match (shape, value) {
        (Shape::Any, _)
        | (Shape::Quantity, Value::Number(_))
        | (Shape::Text, Value::String(_))
        | (Shape::Switch, Value::Bool(_))
        | (Shape::Scalar, Value::String(_) | Value::Number(_) | Value::Bool(_)) => true,
        (Shape::Text, Value::Number(_) | Value::Bool(_)) => texts == Texts::Podman,
        (Shape::Ignored(shape), _) => fits(value, shape, texts),
        (Shape::Integer, Value::Number(number)) => number.is_i64() || number.is_u64(),
        (Shape::Integer, Value::String(text)) if texts == Texts::Resolved => {
            text.trim().parse::<i64>().is_ok() || loose(text)
        }
        (Shape::Switch, Value::String(text)) if texts == Texts::Resolved => {
            matches!(&*text.to_ascii_lowercase(), "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n")
                || loose(text)
        }
        (Shape::Quantity, Value::String(text)) => is_quantity(text) || loose(text),
        (Shape::Duration, Value::String(text)) => is_duration(text) || loose(text),
        (Shape::List(shape), Value::Array(items)) => {
            items.iter().all(|item| item.is_null() || fits(item, shape, texts))
        }
        (Shape::Map(shape), Value::Object(entries)) => {
            entries.values().all(|value| value.is_null() || fits(value, shape, texts))
        }
        (Shape::Either(shapes), _) => shapes.iter().any(|shape| fits(value, shape, texts)),
        (Shape::Open(fields) | Shape::Closed(fields), Value::Object(entries)) => {
            entries.iter().all(|(name, value)| match field(fields, name) {
                Some(shape) => value.is_null() || fits(value, shape, texts),
                None => matches!(shape, Shape::Open(_)) || name.starts_with("x-"),
            })
        }
        _ => false,
    }
}

/// Numbers, perhaps with a fraction, each with its unit.
pub fn is_duration(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let Some((number, after)) = rest.split_at_checked(end) else { return false };
        let unit = ["us", "ms", "s", "m", "h"].iter().find_map(|unit| after.strip_prefix(unit));
        match (number.parse::<f64>(), unit) {
            (Ok(_), Some(after)) => rest = after,
            _ => return false,
        }
    }
    !text.is_empty()
}

/// A number, then a unit, perhaps with an exponent.
fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let Some((number, unit)) = unsigned.split_at_checked(end) else { return false };
    let exponent = unit.strip_prefix(['e', 'E']).is_some_and(|power| power.parse::<i32>().is_ok());
    let units = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    number.parse::<f64>().is_ok() && (exponent || units.contains(&unit))
}

impl Shape {
    /// Whether both are lists, or both are mappings.
    fn is_same_collection(&self, value: &Value) -> bool {
        matches!(
            (self, value),
            (Self::List(_), Value::Array(_))
                | (Self::Map(_) | Self::Open(_) | Self::Closed(_), Value::Object(_))
        )
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "anything",
            Self::Ignored(shape) => return shape.fmt(f),
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Switch => "`true` or `false`",
            Self::Scalar => "a text or a number",
            Self::Duration => "a duration",
            Self::Quantity => "a quantity",
            Self::List(_) => "a list",
            Self::Map(_) | Self::Open(_) | Self::Closed(_) => "a mapping",
            Self::Either(shapes) => {
                let shapes: Vec<_> = shapes.iter().map(ToString::to_string).collect();
                return f.write_str(&shapes.join(" or "));
            }
        })
    }
}

/// The type of a value, for messages that must not show the value.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "`true` or `false`",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        for text in ["1", "0.5", "500m", "2Gi", "1e3", "-1", "12E"] {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["", "lots", "2GB", "1 Gi", "1e", "Gi"] {
            assert!(!is_quantity(text), "{text}");
        }
    }

    #[test]
    fn durations() {
        for text in ["90s", "1m30s", "1.5h", "100ms", "5us"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "90", "s", "1 m", "1d", "-1s", "1m30"] {
            assert!(!is_duration(text), "{text}");
        }
    }
}
