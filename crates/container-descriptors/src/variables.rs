//! Which environment variables a text needs: `${NAME}` in compose files, `{{ .Env.NAME }}` in templates.

use std::collections::BTreeSet;

/// Adds what compose needs for a text: `$NAME`, `${NAME}`, `${NAME:?…}`; what has a default needs nothing.
pub fn of_compose(text: &str, names: &mut BTreeSet<String>) {
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('$') {
        rest = behind;
        if let Some(behind) = rest.strip_prefix('$') {
            rest = behind;
        } else if let Some(inside) = rest.strip_prefix('{') {
            let (name, behind) = name(inside);
            let needed = ["}", ":?", "?"].iter().any(|sign| behind.starts_with(sign));
            if needed && !name.is_empty() {
                names.insert(name.to_owned());
            }
            rest = if needed { behind } else { beyond_brace(behind) };
        } else {
            let (name, behind) = name(rest);
            if !name.is_empty() {
                names.insert(name.to_owned());
            }
            rest = behind;
        }
    }
}

/// What follows the closing brace: a default may hold braces of its own.
fn beyond_brace(text: &str) -> &str {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.get(at + 1..).unwrap_or_default();
        }
    }
    ""
}

/// An expression is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unclosed;

/// Adds what a template needs: `{{ .Env.NAME }}`, `{{ index .Env "NAME" }}`, alone or within a pipeline.
pub fn of_template(text: &str, names: &mut BTreeSet<String>) -> Result<(), Unclosed> {
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("{{") {
        let comment = behind.trim_start_matches(['-', ' ']).starts_with("/*");
        let (expression, behind) = behind.split_once("}}").ok_or(Unclosed)?;
        if !comment {
            of_expression(expression, names);
        }
        rest = behind;
    }
    Ok(())
}

fn of_expression(expression: &str, names: &mut BTreeSet<String>) {
    let mut rest = expression;
    while let Some((_, behind)) = rest.split_once(".Env") {
        let quoted = behind.trim_start().strip_prefix(['"', '`']);
        let found = behind.strip_prefix('.').or(quoted).map(name);
        rest = behind;
        if let Some((found, behind)) = found.filter(|(found, _)| !found.is_empty()) {
            names.insert(found.to_owned());
            rest = behind;
        }
    }
}

/// Whether a text looks like a template of the guest's.
pub fn is_template(text: &str) -> bool {
    text.split_once("{{").is_some_and(|(_, behind)| behind.contains(".Env"))
}

/// Whether a text may be another once variables are put in.
pub fn is_open(text: &str) -> bool {
    text.contains('$') || text.contains("{{")
}

fn name(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    match text.split_at_checked(end) {
        Some((name, behind)) if !name.starts_with(|c: char| c.is_ascii_digit()) => (name, behind),
        _ => ("", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(read: impl FnOnce(&mut BTreeSet<String>)) -> Vec<String> {
        let mut names = BTreeSet::new();
        read(&mut names);
        names.into_iter().collect()
    }

    #[test]
    fn compose_needs() {
        for (text, needs) in [
            ("${A}", &["A"][..]),
            ("$A-$B_1.$C", &["A", "B_1", "C"]),
            ("${A:?missing} ${B?}", &["A", "B"]),
            ("${A:-x}${B-x}${C:+x}${D+x}", &[]),
            ("${A:-${B}}${C}", &["C"]),
            ("$$A $${B} $$$C", &["C"]),
            ("$", &[]),
            ("costs $5", &[]),
            ("${", &[]),
            ("${A", &[]),
        ] {
            assert_eq!(names(|names| of_compose(text, names)), needs, "{text}");
        }
    }

    #[test]
    fn templates_need() {
        for (text, needs) in [
            ("{{ .Env.A }}", &["A"][..]),
            ("{{.Env.A}}/{{- .Env.B_2 -}}", &["A", "B_2"]),
            ("{{ index .Env \"A\" }}{{ index .Env `B` }}", &["A", "B"]),
            ("{{ printf \"%s:%s\" .Env.A .Env.B | quote }}", &["A", "B"]),
            ("{{ if .Env.A }}x{{ end }}", &["A"]),
            ("{{/* .Env.A */}}", &[]),
            ("{ .Env.A }", &[]),
            (".Env.A", &[]),
            ("{{ .Values.A }}", &[]),
        ] {
            assert_eq!(names(|names| of_template(text, names).unwrap()), needs, "{text}");
        }
        assert_eq!(of_template("{{ .Env.A", &mut BTreeSet::new()), Err(Unclosed));
    }
}
