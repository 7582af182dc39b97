//! `regoValidator.policy` of a CCCO workload: the policy of the Kata agent, as text or its base64.
//!
//! Checked here: that it is text, its `package`, and that brackets and quotes are closed. A whole reader of Rego would be
//! larger than the programs that need it (docs/decisions.md).

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::fields::{Check, Field};

/// The package that the Kata agent asks.
const PACKAGE: &str = "agent_policy";

const TAKE_FILE: &str = "name the file: `policy: !file policy.rego`";

/// Reports what is wrong with a policy, or unlikely.
pub fn check(check: &mut Check<'_>, field: &Field<'_>, value: &str) {
    let decoded = STANDARD.decode(value.trim_end()).ok();
    let text = match &decoded {
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => return check.error(field, "base64 of something that is not UTF-8 text", TAKE_FILE),
        },
        None => value,
    };
    if text.trim().is_empty() {
        return check.error(field, "the policy is empty", TAKE_FILE);
    }
    if let Some((line, fault)) = fault(text) {
        let message = format!("line {line} of the policy: {fault}");
        return check.warning(field, message, "check the policy: `opa parse policy.rego`");
    }
    match package(text) {
        Some(PACKAGE) => {}
        Some(_) => {
            let message = format!("the policy is of another package than `{PACKAGE}`, which the agent asks");
            check.warning(field, message, format!("write `package {PACKAGE}` at the top of the policy"));
        }
        None => {
            let message = if decoded.is_some() {
                "the policy does not begin with a package"
            } else {
                "neither base64 nor a policy that begins with a package"
            };
            check.warning(field, message, format!("write `package {PACKAGE}` at the top of the policy"));
        }
    }
}

/// The package's name: on the first line that is neither empty nor a comment.
fn package(text: &str) -> Option<&str> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let name = first.strip_prefix("package")?;
    let name = name.split_once('#').map_or(name, |(name, _)| name);
    name.starts_with([' ', '\t']).then(|| name.trim())
}

/// The first bracket or quote that does not fit, and its line.
fn fault(text: &str) -> Option<(usize, String)> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut line = 1;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\n' => line += 1,
            '#' => line += usize::from(chars.by_ref().any(|c| c == '\n')),
            '"' if !string_ends(&mut chars) => {
                return Some((line, "a text that does not end on its line".to_owned()));
            }
            '`' => {
                let start = line;
                let closed = chars.by_ref().inspect(|c| line += usize::from(*c == '\n')).any(|c| c == '`');
                if !closed {
                    return Some((start, "a raw text that does not end".to_owned()));
                }
            }
            '(' => open.push((line, ')')),
            '[' => open.push((line, ']')),
            '{' => open.push((line, '}')),
            ')' | ']' | '}' => match open.pop() {
                Some((_, expected)) if expected == c => {}
                Some((start, expected)) => {
                    return Some((line, format!("`{c}`, where line {start} expects `{expected}`")));
                }
                None => return Some((line, format!("`{c}` closes nothing"))),
            },
            _ => {}
        }
    }
    open.pop().map(|(line, expected)| (line, format!("a bracket without its `{expected}`")))
}

/// Whether a text in double quotes ends on its line.
fn string_ends(chars: &mut impl Iterator<Item = char>) -> bool {
    while let Some(c) = chars.next() {
        match c {
            '"' => return true,
            '\n' => return false,
            '\\' => drop(chars.next()),
            _ => {}
        }
    }
    false
}
