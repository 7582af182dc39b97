//! Variables in a compose file, after the Compose Specification.
//!
//! ```text
//! $$   ${NAME}   $NAME   ${NAME:-default}   ${NAME-default}   ${NAME:?reason}   ${NAME?reason}   ${NAME:+other}   ${NAME+other}
//! ```

use std::collections::BTreeSet;

use zeroize::Zeroizing;

/// A dollar sign that begins nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Defaults within defaults.
const DEEPEST: usize = 16;

/// The text with its values; a variable that nobody provides is empty, and noted where the file insists on it.
pub fn interpolate<'e>(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<&'e str>,
    insisted: &mut BTreeSet<String>,
) -> Result<Zeroizing<String>, Malformed> {
    within(text, lookup, insisted, DEEPEST)
}

fn within<'e>(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<&'e str>,
    insisted: &mut BTreeSet<String>,
    depth: usize,
) -> Result<Zeroizing<String>, Malformed> {
    let depth = depth.checked_sub(1).ok_or(Malformed)?;
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(behind) = behind.strip_prefix('$') {
            out.push('$');
            rest = behind;
        } else if let Some(inside) = behind.strip_prefix('{') {
            let (expression, behind) = braced(inside).ok_or(Malformed)?;
            let (name, operation) = name(expression).ok_or(Malformed)?;
            let value = lookup(name);
            let filled = value.filter(|value| !value.is_empty());
            let operand = |sign: &str| operation.strip_prefix(sign);
            if operation.is_empty() {
                out.push_str(value.unwrap_or_default());
            } else if let Some((default, value)) = operand(":-")
                .map(|default| (default, filled))
                .or_else(|| operand("-").map(|default| (default, value)))
            {
                match value {
                    Some(value) => out.push_str(value),
                    None => out.push_str(&within(default, lookup, insisted, depth)?),
                }
            } else if let Some((other, value)) = operand(":+")
                .map(|other| (other, filled))
                .or_else(|| operand("+").map(|other| (other, value)))
            {
                if value.is_some() {
                    out.push_str(&within(other, lookup, insisted, depth)?);
                }
            } else if let Some(value) = operand(":?").map(|_| filled).or_else(|| operand("?").map(|_| value))
            {
                if value.is_none() {
                    insisted.insert(name.to_owned());
                }
                out.push_str(value.unwrap_or_default());
            } else {
                return Err(Malformed);
            }
            rest = behind;
        } else {
            let (name, behind) = name(behind).ok_or(Malformed)?;
            out.push_str(lookup(name).unwrap_or_default());
            rest = behind;
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// What stands before the brace that closes, and behind it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((text.get(..at)?, text.get(at + 1..)?));
        }
    }
    None
}

fn name(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, behind) = text.split_at_checked(end)?;
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some((name, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<(String, Vec<String>), Malformed> {
        let mut insisted = BTreeSet::new();
        let lookup = |name: &str| [("A", "a"), ("E", "")].into_iter().find(|it| it.0 == name).map(|it| it.1);
        let text = interpolate(text, &lookup, &mut insisted)?;
        Ok((text.to_string(), insisted.into_iter().collect()))
    }

    #[test]
    fn values_and_defaults() {
        for (text, due) in [
            ("x${A}y$A.z", "xaya.z"),
            ("$$A $${A}", "$A ${A}"),
            ("${E}${N}", ""),
            ("${E:-d}${E-d}${N-d}${A:-d}", "dda"),
            ("${N:-${E:-${A}}}", "a"),
            ("${A:+x}${E:+x}${E+y}${N+y}", "xy"),
            ("${A:?no}", "a"),
            ("${N:-a{b}c}", "a{b}c"),
        ] {
            assert_eq!(resolved(text), Ok((due.to_owned(), Vec::new())), "{text}");
        }
        assert_eq!(resolved("${E:?set it}${N?}${E?}").unwrap().1, ["E", "N"]);
    }

    #[test]
    fn malformed() {
        let deep = "${N:-".repeat(40) + &"}".repeat(40);
        for text in ["$", "costs $5", "${", "${A", "${}", "${1}", "${A;b}", "${A!}", &deep] {
            assert_eq!(resolved(text), Err(Malformed), "{text}");
        }
    }
}
