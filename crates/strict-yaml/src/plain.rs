//! The type of a plain scalar: `8443` is a number to every reader, `yes` is a boolean to some.

use std::fmt;

/// The type that readers give a plain scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// Text to every reader.
    Text,
    /// Another type to every reader of YAML 1.2's core schema.
    Core(Type),
    /// Text in YAML 1.2, another type in YAML 1.1 and in Go's reader.
    Legacy(Type),
}

/// What a plain scalar can be if it is not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true`, `no`.
    Boolean,
    /// `1`, `0x1F`, `12:30`.
    Number,
    /// `2024-01-01`.
    Date,
    /// `=`, `<<`.
    Keyword,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "nothing",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Date => "a date",
            Self::Keyword => "a keyword",
        })
    }
}

/// Classifies a plain scalar.
pub fn classify(text: &str) -> Plain {
    let lower = text.to_ascii_lowercase();
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
    if is_null(text) {
        Plain::Core(Type::Null)
    } else if has_usual_case(text, &lower) && matches!(&*lower, "true" | "false") {
        Plain::Core(Type::Boolean)
    } else if is_core_number(&lower, unsigned) {
        Plain::Core(Type::Number)
    } else if has_usual_case(text, &lower) && matches!(&*lower, "yes" | "no" | "on" | "off" | "y" | "n") {
        Plain::Legacy(Type::Boolean)
    } else if is_legacy_number(unsigned) {
        Plain::Legacy(Type::Number)
    } else if is_date(text) {
        Plain::Legacy(Type::Date)
    } else if matches!(text, "=" | "<<") {
        Plain::Legacy(Type::Keyword)
    } else {
        Plain::Text
    }
}

/// `~`, `null` and nothing at all.
pub fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// `yes`, `Yes` and `YES` are keywords; `yEs` is not.
fn has_usual_case(text: &str, lower: &str) -> bool {
    let mut rest = text.chars();
    rest.next();
    text == lower || text == lower.to_ascii_uppercase() || rest.all(|c| c.is_ascii_lowercase())
}

fn is_core_number(lower: &str, unsigned: &str) -> bool {
    let radix = |prefix, radix| {
        lower
            .strip_prefix(prefix)
            .is_some_and(|d: &str| !d.is_empty() && d.chars().all(|c| c.is_digit(radix)))
    };
    radix("0x", 16) || radix("0o", 8) || matches!(unsigned, ".inf") || lower == ".nan" || is_decimal(unsigned)
}

/// A program on the guest that reads plain scalars by Go's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoReader {
    /// `podman kube play`: sigs.k8s.io/yaml over yaml.v2.
    Podman,
    /// `docker compose`: yaml.v3.
    Compose,
}

/// A plain scalar as a Go program reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GoScalar {
    /// Nothing.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// Text.
    Text,
}

impl GoReader {
    /// Reads a plain scalar.
    pub fn read(self, text: &str) -> GoScalar {
        let lower = text.to_ascii_lowercase();
        if is_null(text) {
            return GoScalar::Null;
        }
        let word = if has_usual_case(text, &lower) { &*lower } else { "" };
        match (word, self) {
            ("true", _) | ("yes" | "on" | "y", Self::Podman) => return GoScalar::Boolean(true),
            ("false", _) | ("no" | "off" | "n", Self::Podman) => return GoScalar::Boolean(false),
            _ => {}
        }
        let (sign, special) =
            text.split_at_checked(usize::from(text.starts_with(['+', '-']))).unwrap_or_default();
        match special {
            ".inf" | ".Inf" | ".INF" => {
                return GoScalar::Float(if sign == "-" { f64::NEG_INFINITY } else { f64::INFINITY });
            }
            ".nan" | ".NaN" | ".NAN" if sign.is_empty() => return GoScalar::Float(f64::NAN),
            _ => {}
        }
        let number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
        // a number that begins with `.` has no underscores
        let digits = if text.starts_with('.') { text.to_owned() } else { text.replace('_', "") };
        if !number || digits.contains('_') {
            GoScalar::Text
        } else if let Some(integer) = go_integer(&digits) {
            GoScalar::Integer(integer)
        } else if is_decimal(digits.strip_prefix(['+', '-']).unwrap_or(&digits).to_ascii_lowercase().as_str())
        {
            digits.parse().map_or(GoScalar::Text, GoScalar::Float)
        } else {
            GoScalar::Text
        }
    }

    /// The text that the program uses if text is expected; `None` if it is the text as written.
    pub fn changed(self, text: &str) -> Option<String> {
        let read = match self.read(text) {
            GoScalar::Null | GoScalar::Text => return None,
            GoScalar::Boolean(value) => value.to_string(),
            GoScalar::Integer(value) => value.to_string(),
            GoScalar::Float(value) => go_float(value, if self == Self::Podman { 6 } else { 21 }),
        };
        (read != text).then_some(read)
    }
}

/// Go's `ParseInt` with base 0: `0x1F`, `0b1`, `0o17`, `017`.
fn go_integer(text: &str) -> Option<i128> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, unsigned.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, unsigned.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, unsigned.get(2..)?),
        [b'0', _, ..] => (8, unsigned.get(1..)?),
        _ => (10, unsigned),
    };
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    let value = if text.starts_with('-') { -value } else { value };
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value).then_some(value)
}

/// Go's shortest form, with an exponent from `exponent_from` digits on.
fn go_float(value: f64, exponent_from: i32) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..exponent_from).contains(&exponent) => format!("{mantissa}e{exponent:+03}"),
        _ => value.to_string(),
    }
}

/// `[0-9]+`, `.5`, `1.`, `1.5e-3`.
fn is_decimal(unsigned: &str) -> bool {
    let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let some = !whole.is_empty() || !fraction.is_empty();
    some && !exponent.is_empty() && [whole, fraction, exponent].into_iter().all(digits)
}

/// `1_000`, `0b101`, `-0x1F`, `12:30:45`.
fn is_legacy_number(unsigned: &str) -> bool {
    let bare = unsigned.replace('_', "");
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') || bare.is_empty() {
        return false;
    }
    let sexagesimal = || {
        let parts: Vec<_> = bare.split(':').collect();
        parts.len() > 1 && parts.iter().all(|part| is_decimal(part) && !part.contains('e'))
    };
    let binary = |d: &str| !d.is_empty() && d.chars().all(|c| matches!(c, '0' | '1'));
    bare.strip_prefix("0b").is_some_and(binary) || is_core_number(&bare, &bare) || sexagesimal()
}

/// `2024-01-01`, alone or with a time behind it.
fn is_date(text: &str) -> bool {
    let date = text.split_once(['T', 't', ' ']).map_or(text, |(date, _)| date);
    let parts: Vec<_> = date.split('-').collect();
    matches!(&*parts, [year, month, day] if year.len() == 4 && (1..=2).contains(&month.len())
        && (1..=2).contains(&day.len()) && parts.concat().bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_every_reader() {
        for text in
            ["", "~", "null", "NULL", "true", "False", "0", "8443", "-1", "+1.5", ".5", "1.", "1e3", "0x1F"]
        {
            assert!(matches!(classify(text), Plain::Core(_)), "{text}");
        }
        for text in ["0o17", ".inf", "-.Inf", ".nan", "1E-3", "007"] {
            assert!(matches!(classify(text), Plain::Core(_)), "{text}");
        }
    }

    #[test]
    fn types_of_some_readers() {
        for text in
            ["yes", "No", "ON", "off", "y", "N", "1_000", "0b101", "-0x1F", "12:30:45", "1:2", "2024-01-01"]
        {
            assert!(matches!(classify(text), Plain::Legacy(_)), "{text}");
        }
        assert!(matches!(classify("2024-01-01T12:00:00Z"), Plain::Legacy(_)));
    }

    #[test]
    fn text_that_go_uses() {
        for (text, podman, compose) in [
            ("no", Some("false"), None),
            ("Y", Some("true"), None),
            ("True", Some("true"), Some("true")),
            ("true", None, None),
            ("8080", None, None),
            ("0644", Some("420"), Some("420")),
            ("0o17", Some("15"), Some("15")),
            ("0x1F", Some("31"), Some("31")),
            ("+1", Some("1"), Some("1")),
            ("-0b11", Some("-3"), Some("-3")),
            ("1_000", Some("1000"), Some("1000")),
            ("1.10", Some("1.1"), Some("1.1")),
            ("1.5", None, None),
            ("089", Some("89"), Some("89")),
            ("1e3", Some("1000"), Some("1000")),
            ("1e7", Some("1e+07"), Some("10000000")),
            (".5", Some("0.5"), Some("0.5")),
            ("-.inf", Some("-Inf"), Some("-Inf")),
            ("18446744073709551616", Some("1.8446744073709552e+19"), Some("18446744073709552000")),
            ("2024-01-01", None, None),
            ("12:30", None, None),
            ("~", None, None),
            ("_1", None, None),
            ("1__", Some("1"), Some("1")),
            ("0x", None, None),
            ("yEs", None, None),
        ] {
            assert_eq!(GoReader::Podman.changed(text).as_deref(), podman, "podman: {text}");
            assert_eq!(GoReader::Compose.changed(text).as_deref(), compose, "compose: {text}");
        }
    }

    #[test]
    fn text_to_every_reader() {
        for text in
            ["yEs", "tRUE", "nULL", "1.2.3", "10.0.0.1", "e3", ".", "-", "+", "a:b", "1a", "0x", "0xg", "_1"]
        {
            assert_eq!(classify(text), Plain::Text, "{text}");
        }
        for text in ["host:80", "2024-1", "12:", "1e", ".e3", "infinity", "play", "é", "_"] {
            assert_eq!(classify(text), Plain::Text, "{text}");
        }
    }
}
