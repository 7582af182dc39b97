//! What a field of a descriptor may hold, as far as the tool that reads it on the guest insists.
//!
//! Sources: the Go types of Kubernetes' Pod, which `podman kube play` reads into, and the schema of the Compose
//! Specification. Only what those tools refuse is refused here.

use serde_json::Value;

use crate::{Descriptors, variables};
use findings::{Place, join, near};

/// The shape of a value; nothing (`null`) has every shape.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Whatever it is.
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
    /// Names of the user's own, each with such a value.
    Map(&'static Shape),
    /// Known names; others are passed over, as Go does.
    Open(&'static [(&'static str, Shape)]),
    /// Known names, and what begins with `x-`.
    Closed(&'static [(&'static str, Shape)]),
    /// One of these.
    Either(&'static [Shape]),
}

/// How a reader takes texts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// A text is a text.
    Strict,
    /// A text may stand for a number, where a variable was put into it, or will be.
    Resolved,
}

impl Descriptors {
    /// Notes where a value is not of the shape; tells whether it is.
    pub fn shape(&mut self, place: &Place, path: &str, value: &Value, shape: &Shape, texts: Texts) -> bool {
        if value.is_null() || fits(value, shape, texts) {
            return true;
        }
        match (shape, value) {
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
                    if let Some((_, shape)) = fields.iter().find(|(known, _)| known == name) {
                        whole &= self.shape(place, &path, value, shape, texts);
                    } else if matches!(shape, Shape::Closed(_)) && !name.starts_with("x-") {
                        whole = false;
                        let known: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
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
                // where one is of the same kind, what is wrong stands further in
                match shapes.iter().find(|shape| kind(shape) == Some(sort(value))) {
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
            _ => "see whether the indentation is right",
        };
        self.error(place, path, format!("{} where {} is due", sort(value), due(shape)), hint);
        false
    }
}

fn fits(value: &Value, shape: &Shape, texts: Texts) -> bool {
    let loose = |text: &str| texts == Texts::Resolved && variables::is_open(text);
    match (shape, value) {
        (Shape::Any, _)
        | (Shape::Quantity, Value::Number(_))
        | (Shape::Text, Value::String(_))
        | (Shape::Switch, Value::Bool(_))
        | (Shape::Scalar, Value::String(_) | Value::Number(_) | Value::Bool(_)) => true,
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
            entries.iter().all(|(name, value)| match fields.iter().find(|(known, _)| known == name) {
                Some((_, shape)) => value.is_null() || fits(value, shape, texts),
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
        let (number, behind) = rest.split_at_checked(end).unwrap_or_default();
        let unit = ["us", "ms", "s", "m", "h"].iter().find_map(|unit| behind.strip_prefix(unit));
        match (number.parse::<f64>(), unit) {
            (Ok(_), Some(behind)) => rest = behind,
            _ => return false,
        }
    }
    !text.is_empty()
}

/// A number, then a unit, perhaps with an exponent.
fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, unit) = unsigned.split_at_checked(end).unwrap_or_default();
    let exponent = unit.strip_prefix(['e', 'E']).is_some_and(|power| power.parse::<i32>().is_ok());
    let units = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    number.parse::<f64>().is_ok() && (exponent || units.contains(&unit))
}

fn kind(shape: &Shape) -> Option<&'static str> {
    match shape {
        Shape::List(_) => Some("a list"),
        Shape::Map(_) | Shape::Open(_) | Shape::Closed(_) => Some("a mapping"),
        _ => None,
    }
}

/// What a value is, without telling it.
fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "`true` or `false`",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn due(shape: &Shape) -> String {
    match shape {
        Shape::Any => "anything".into(),
        Shape::Text => "a text".into(),
        Shape::Integer => "a whole number".into(),
        Shape::Switch => "`true` or `false`".into(),
        Shape::Scalar => "a text or a number".into(),
        Shape::Duration => "a duration".into(),
        Shape::Quantity => "a quantity".into(),
        Shape::List(_) => "a list".into(),
        Shape::Map(_) | Shape::Open(_) | Shape::Closed(_) => "a mapping".into(),
        Shape::Either(shapes) => shapes.iter().map(due).collect::<Vec<_>>().join(" or "),
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
