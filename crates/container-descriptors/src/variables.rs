//! Variables in texts: `${NAME}` in compose files, `{{ .Env.NAME }}` in templates of pods.
//!
//! ```text
//! $$   ${NAME}   $NAME   ${NAME:-default}   ${NAME-default}   ${NAME:?reason}   ${NAME?reason}   ${NAME:+other}   ${NAME+other}
//! {{ .Env.NAME }}   {{ index .Env "NAME" }}   {{ "literal" }}   {{/* comment */}}   {{- trims white space -}}
//! ```
//!
//! The first line is the Compose Specification's. The second is what descriptors use of Go's templates. The guest applies
//! them to each string of a descriptor, not to its text (IBM's page on the contract).

use std::collections::BTreeSet;

use zeroize::Zeroizing;

/// A `$` that begins no variable, or a `{{` without `}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Defaults within defaults.
const DEEPEST: usize = 16;

/// A text of a compose file, cut into pieces.
pub struct ComposeText<'t>(Vec<ComposePiece<'t>>);

enum ComposePiece<'t> {
    Text(&'t str),
    Variable { name: &'t str, operation: Option<Operation<'t>> },
}

/// What follows the name: `:-default`.
struct Operation<'t> {
    operator: Operator,
    /// With a colon, an empty value is none.
    colon: bool,
    operand: &'t str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// `-`: the operand if there is no value.
    Default,
    /// `+`: the operand if there is a value.
    Replace,
    /// `?`: the value is required.
    Require,
}

impl<'t> ComposeText<'t> {
    /// Cuts a text into pieces.
    pub fn parse(text: &'t str) -> Result<Self, Malformed> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            pieces.push(ComposePiece::Text(before));
            if let Some(after) = after.strip_prefix('$') {
                pieces.push(ComposePiece::Text("$"));
                rest = after;
            } else if let Some(inside) = after.strip_prefix('{') {
                let (expression, after) = braced(inside).ok_or(Malformed)?;
                let (name, operation) = variable_name(expression).ok_or(Malformed)?;
                pieces.push(ComposePiece::Variable { name, operation: Operation::parse(operation)? });
                rest = after;
            } else {
                let (name, after) = variable_name(after).ok_or(Malformed)?;
                pieces.push(ComposePiece::Variable { name, operation: None });
                rest = after;
            }
        }
        pieces.push(ComposePiece::Text(rest));
        Ok(Self(pieces))
    }

    /// Adds the variables that the text needs: not those that have a default.
    pub fn add_needed(&self, names: &mut BTreeSet<String>) {
        for piece in &self.0 {
            if let ComposePiece::Variable { name, operation } = piece
                && operation.as_ref().is_none_or(|operation| operation.operator == Operator::Require)
            {
                names.insert((*name).to_owned());
            }
        }
    }

    /// The text with its values. A missing variable is empty, and is added to `missing` if the file requires it.
    pub fn resolve<'e>(
        &self,
        lookup: &dyn Fn(&str) -> Option<&'e str>,
        missing: &mut BTreeSet<String>,
    ) -> Result<Zeroizing<String>, Malformed> {
        self.resolve_within(lookup, missing, DEEPEST)
    }

    fn resolve_within<'e>(
        &self,
        lookup: &dyn Fn(&str) -> Option<&'e str>,
        missing: &mut BTreeSet<String>,
        depth: usize,
    ) -> Result<Zeroizing<String>, Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        let mut out = Zeroizing::new(String::new());
        for piece in &self.0 {
            let (name, operation) = match piece {
                ComposePiece::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                ComposePiece::Variable { name, operation } => (*name, operation),
            };
            let Some(Operation { operator, colon, operand }) = operation else {
                out.push_str(lookup(name).unwrap_or_default());
                continue;
            };
            let value = lookup(name).filter(|value| !colon || !value.is_empty());
            match (operator, value) {
                (Operator::Default | Operator::Require, Some(value)) => out.push_str(value),
                (Operator::Default, None) | (Operator::Replace, Some(_)) => {
                    out.push_str(&ComposeText::parse(operand)?.resolve_within(lookup, missing, depth)?);
                }
                (Operator::Replace, None) => {}
                (Operator::Require, None) => {
                    missing.insert(name.to_owned());
                }
            }
        }
        Ok(out)
    }
}

impl<'t> Operation<'t> {
    fn parse(text: &'t str) -> Result<Option<Self>, Malformed> {
        if text.is_empty() {
            return Ok(None);
        }
        let (colon, rest) = text.strip_prefix(':').map_or((false, text), |rest| (true, rest));
        let signs = [('-', Operator::Default), ('+', Operator::Replace), ('?', Operator::Require)];
        let (operator, operand) = signs
            .into_iter()
            .find_map(|(sign, operator)| Some((operator, rest.strip_prefix(sign)?)))
            .ok_or(Malformed)?;
        Ok(Some(Self { operator, colon, operand }))
    }
}

/// The text before the closing brace, and the text after it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1_usize;
    let end = text.find(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// The name of a variable at the start of a text, and what follows it.
fn variable_name(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some((name, rest))
}

/// A text of a template, cut into pieces.
pub struct Template<'t>(Vec<TemplatePiece<'t>>);

enum TemplatePiece<'t> {
    Text(&'t str),
    /// What is between `{{` and `}}`.
    Expression(&'t str),
}

impl<'t> Template<'t> {
    /// Cuts a text into pieces, without the white space that minus signs remove.
    pub fn parse(text: &'t str) -> Result<Self, Malformed> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (expression, after) = after.split_once("}}").ok_or(Malformed)?;
            let (trims_before, expression) = without_minus(expression.strip_prefix('-'), expression);
            let (trims_after, expression) = without_minus(expression.strip_suffix('-'), expression);
            pieces.push(TemplatePiece::Text(if trims_before { before.trim_end() } else { before }));
            pieces.push(TemplatePiece::Expression(expression.trim()));
            rest = if trims_after { after.trim_start() } else { after };
        }
        pieces.push(TemplatePiece::Text(rest));
        Ok(Self(pieces))
    }

    /// Adds the variables that the text needs: `.Env.NAME`, `index .Env "NAME"`, also within a pipeline.
    pub fn add_needed(&self, names: &mut BTreeSet<String>) {
        for piece in &self.0 {
            let TemplatePiece::Expression(expression) = piece else { continue };
            if expression.trim_start_matches(['-', ' ']).starts_with("/*") {
                continue;
            }
            for after in expression.split(".Env").skip(1) {
                let quoted = after.trim_start().strip_prefix(['"', '`']);
                if let Some((name, _)) = after.strip_prefix('.').or(quoted).and_then(variable_name) {
                    names.insert(name.to_owned());
                }
            }
        }
    }

    /// The text with its values; `None` if an expression is not one of those above.
    pub fn render<'e>(&'e self, lookup: &dyn Fn(&str) -> Option<&'e str>) -> Option<String> {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                TemplatePiece::Text(text) => out.push_str(text),
                TemplatePiece::Expression(expression) => out.push_str(evaluate(expression, lookup)?),
            }
        }
        Some(out)
    }
}

/// Whether there is a minus sign, and the rest. It counts only if white space follows or precedes it.
fn without_minus<'t>(without: Option<&'t str>, with: &'t str) -> (bool, &'t str) {
    let spaced = |rest: &&str| rest.starts_with(char::is_whitespace) || rest.ends_with(char::is_whitespace);
    without.filter(spaced).map_or((false, with), |rest| (true, rest))
}

fn evaluate<'t>(expression: &'t str, lookup: &dyn Fn(&str) -> Option<&'t str>) -> Option<&'t str> {
    if expression.starts_with("/*") && expression.ends_with("*/") {
        return Some("");
    }
    let value = |name: &str| {
        let known = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        known.then(|| lookup(name).unwrap_or_default())
    };
    let literal = |text: &'t str| {
        ['"', '`']
            .iter()
            .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
            .filter(|text| !text.contains(['"', '`', '\\']))
    };
    let index = || expression.strip_prefix("index ")?.trim_start().strip_prefix(".Env ");
    match (expression.strip_prefix(".Env."), index()) {
        (Some(field), _) => value(field),
        (None, Some(key)) => value(literal(key.trim())?),
        (None, None) => literal(expression),
    }
}

/// Whether a text looks like a template.
pub fn is_template(text: &str) -> bool {
    text.split_once("{{").is_some_and(|(_, after)| after.contains(".Env"))
}

/// Whether a text may change when variables get their values.
pub fn has_variable(text: &str) -> bool {
    text.contains('$') || text.contains("{{")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<&'static str> {
        [("A", "a"), ("E", "")].into_iter().find(|variable| variable.0 == name).map(|variable| variable.1)
    }

    fn resolved(text: &str) -> Result<(String, Vec<String>), Malformed> {
        let mut missing = BTreeSet::new();
        let text = ComposeText::parse(text)?.resolve(&lookup, &mut missing)?;
        Ok((text.to_string(), missing.into_iter().collect()))
    }

    #[test]
    fn values_and_defaults() {
        for (text, expected) in [
            ("x${A}y$A.z", "xaya.z"),
            ("$$A $${A}", "$A ${A}"),
            ("${E}${N}", ""),
            ("${E:-d}${E-d}${N-d}${A:-d}", "dda"),
            ("${N:-${E:-${A}}}", "a"),
            ("${A:+x}${E:+x}${E+y}${N+y}", "xy"),
            ("${A:?no}", "a"),
            ("${N:-a{b}c}", "a{b}c"),
        ] {
            assert_eq!(resolved(text), Ok((expected.to_owned(), Vec::new())), "{text}");
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

    fn names(add: impl FnOnce(&mut BTreeSet<String>)) -> Vec<String> {
        let mut names = BTreeSet::new();
        add(&mut names);
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
        ] {
            let parsed = ComposeText::parse(text).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(names(|names| parsed.add_needed(names)), needs, "{text}");
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
            let parsed = Template::parse(text).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(names(|names| parsed.add_needed(names)), needs, "{text}");
        }
        assert!(Template::parse("{{ .Env.A").is_err());
    }

    #[test]
    fn expressions() {
        for (text, expected) in [
            ("no expression", Some("no expression")),
            ("{{ .Env.A }}/{{.Env.A}}", Some("a/a")),
            ("x {{- .Env.A -}} y", Some("xay")),
            ("x {{- .Env.A }} y", Some("xa y")),
            ("x {{- /* note */ -}} y", Some("xy")),
            ("{{ index .Env \"A\" }}{{ `b` }}", Some("ab")),
            ("{{ .Env.B }}", Some("")),
            ("{{ .Env.A | quote }}", None),
            ("{{ if .Env.A }}x{{ end }}", None),
        ] {
            let rendered = Template::parse(text).ok().and_then(|parsed| parsed.render(&|name| lookup(name)));
            assert_eq!(rendered.as_deref(), expected, "{text}");
        }
    }
}
