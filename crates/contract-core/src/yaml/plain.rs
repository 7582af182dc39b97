//! What a plain scalar is to those who read it: `8443` is a number to everybody, `yes` is a boolean to some.

/// What readers make of a plain scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// Text to every reader.
    Text,
    /// Something else to every reader of YAML 1.2's core schema.
    Core(&'static str),
    /// Text in YAML 1.2, something else in YAML 1.1 and in Go's reader.
    Legacy(&'static str),
}

/// Sorts a plain scalar.
pub fn sort(text: &str) -> Plain {
    let lower = text.to_ascii_lowercase();
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
    if is_null(text) {
        Plain::Core("nothing")
    } else if cased(text, &lower) && matches!(&*lower, "true" | "false") {
        Plain::Core("a boolean")
    } else if is_core_number(&lower, unsigned) {
        Plain::Core("a number")
    } else if cased(text, &lower) && matches!(&*lower, "yes" | "no" | "on" | "off" | "y" | "n") {
        Plain::Legacy("a boolean")
    } else if is_legacy_number(unsigned) {
        Plain::Legacy("a number")
    } else if is_date(text) {
        Plain::Legacy("a date")
    } else if matches!(text, "=" | "<<") {
        Plain::Legacy("a key word")
    } else {
        Plain::Text
    }
}

/// `~`, `null` and nothing at all.
pub fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// `yes`, `Yes` and `YES` are key words; `yEs` is not.
fn cased(text: &str, lower: &str) -> bool {
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
    fn what_every_reader_types() {
        for text in
            ["", "~", "null", "NULL", "true", "False", "0", "8443", "-1", "+1.5", ".5", "1.", "1e3", "0x1F"]
        {
            assert!(matches!(sort(text), Plain::Core(_)), "{text}");
        }
        for text in ["0o17", ".inf", "-.Inf", ".nan", "1E-3", "007"] {
            assert!(matches!(sort(text), Plain::Core(_)), "{text}");
        }
    }

    #[test]
    fn what_some_readers_type() {
        for text in
            ["yes", "No", "ON", "off", "y", "N", "1_000", "0b101", "-0x1F", "12:30:45", "1:2", "2024-01-01"]
        {
            assert!(matches!(sort(text), Plain::Legacy(_)), "{text}");
        }
        assert!(matches!(sort("2024-01-01T12:00:00Z"), Plain::Legacy(_)));
    }

    #[test]
    fn what_is_text_to_all() {
        for text in
            ["yEs", "tRUE", "nULL", "1.2.3", "10.0.0.1", "e3", ".", "-", "+", "a:b", "1a", "0x", "0xg", "_1"]
        {
            assert_eq!(sort(text), Plain::Text, "{text}");
        }
        for text in ["host:80", "2024-1", "12:", "1e", ".e3", "infinity", "play", "é", "_"] {
            assert_eq!(sort(text), Plain::Text, "{text}");
        }
    }
}
