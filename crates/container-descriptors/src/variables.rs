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

/// `${` without a name or without its end, or a `{{` without `}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Defaults within defaults.
const DEEPEST: usize = 16;

/// Who gives a variable its value; of several uses of one variable, the last of these counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// A section of the contract.
    Contract,
    /// `.env` in the archive.
    DotEnv,
    /// The tool that starts the containers.
    Engine,
    /// The file itself: `${NAME:-default}`.
    Default,
    /// Nobody: it is empty, or left out.
    Nobody,
    /// Nobody, and without it nothing starts: `${NAME:?reason}`.
    Required,
}

/// The value of a variable.
pub enum Known<'e> {
    /// It has one.
    Value(&'e str, Provider),
    /// Nobody provides it.
    Unset,
    /// Another section may provide it, or the tool that starts the containers does.
    Open,
}

/// What the variables of a text are looked up in.
pub trait Scope {
    /// The value of a variable.
    fn value(&self, name: &str) -> Known<'_>;

    /// Notes that a text uses a variable.
    fn uses(&mut self, name: &str, provider: Provider);
}

/// A text of a compose file, cut into pieces.
pub struct ComposeText<'t> {
    pieces: Vec<ComposePiece<'t>>,
    /// Whether there is a `$` that begins no variable. It stays as it is.
    pub stray: bool,
}

enum ComposePiece<'t> {
    Text(&'t str),
    Variable { written: &'t str, name: &'t str, operation: Option<Operation<'t>> },
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
        let (mut pieces, mut stray, mut rest) = (Vec::new(), false, text);
        while let Some(at) = rest.find('$') {
            let (before, variable) = rest.split_at_checked(at).ok_or(Malformed)?;
            let after = variable.strip_prefix('$').ok_or(Malformed)?;
            pieces.push(ComposePiece::Text(before));
            if let Some(after) = after.strip_prefix('$') {
                pieces.push(ComposePiece::Text("$"));
                rest = after;
                continue;
            }
            let (name, operation, after) = if let Some(inside) = after.strip_prefix('{') {
                let (expression, after) = braced(inside).ok_or(Malformed)?;
                let (name, operation) = variable_name(expression).ok_or(Malformed)?;
                (name, Operation::parse(operation)?, after)
            } else if let Some((name, after)) = variable_name(after) {
                (name, None, after)
            } else {
                stray = true;
                pieces.push(ComposePiece::Text("$"));
                rest = after;
                continue;
            };
            let written = variable.get(..variable.len() - after.len()).ok_or(Malformed)?;
            pieces.push(ComposePiece::Variable { written, name, operation });
            rest = after;
        }
        pieces.push(ComposePiece::Text(rest));
        Ok(Self { pieces, stray })
    }

    /// The text with its values. A variable that another section may provide stays as it is written.
    pub fn resolve(&self, scope: &mut dyn Scope) -> Result<Zeroizing<String>, Malformed> {
        self.resolve_within(scope, DEEPEST)
    }

    fn resolve_within(&self, scope: &mut dyn Scope, depth: usize) -> Result<Zeroizing<String>, Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        let mut out = Zeroizing::new(String::new());
        for piece in &self.pieces {
            let (written, name, operation) = match piece {
                ComposePiece::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                ComposePiece::Variable { written, name, operation } => (*written, *name, operation),
            };
            let colon = operation.as_ref().is_some_and(|operation| operation.colon);
            let (value, missing, provider) = match scope.value(name) {
                Known::Value(value, provider) if !colon || !value.is_empty() => {
                    (Some(Zeroizing::new(value.to_owned())), "", Some(provider))
                }
                Known::Open => (None, written, None),
                Known::Value(..) | Known::Unset => (None, "", None),
            };
            let operator = operation.as_ref().map(|operation| operation.operator);
            scope.uses(
                name,
                provider.unwrap_or(match operator {
                    None => Provider::Nobody,
                    Some(Operator::Require) => Provider::Required,
                    Some(Operator::Default | Operator::Replace) => Provider::Default,
                }),
            );
            let operand = operation.as_ref().map_or("", |operation| operation.operand);
            match (operator, value) {
                (Some(Operator::Default), None) | (Some(Operator::Replace), Some(_)) => {
                    out.push_str(&ComposeText::parse(operand)?.resolve_within(scope, depth)?);
                }
                (Some(Operator::Replace), None) => {}
                (_, Some(value)) => out.push_str(&value),
                (None | Some(Operator::Require), None) => out.push_str(missing),
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

    #[derive(Default)]
    struct Two(Vec<String>);

    impl Scope for Two {
        fn value(&self, name: &str) -> Known<'_> {
            lookup(name).map_or(Known::Unset, |value| Known::Value(value, Provider::Contract))
        }

        fn uses(&mut self, name: &str, provider: Provider) {
            if provider >= Provider::Nobody {
                self.0.push(format!("{name} {provider:?}"));
            }
        }
    }

    fn lookup(name: &str) -> Option<&'static str> {
        [("A", "a"), ("E", "")].into_iter().find(|variable| variable.0 == name).map(|variable| variable.1)
    }

    fn resolved(text: &str) -> Result<(String, Vec<String>), Malformed> {
        let mut scope = Two::default();
        let text = ComposeText::parse(text)?.resolve(&mut scope)?;
        Ok((text.to_string(), scope.0))
    }

    #[test]
    fn values_and_defaults() {
        for (text, expected) in [
            ("x${A}y$A.z", "xaya.z"),
            ("$$A $${A}", "$A ${A}"),
            ("${E:-d}${E-d}${N-d}${A:-d}", "dda"),
            ("${N:-${E:-${A}}}", "a"),
            ("${A:+x}${E:+x}${E+y}${N+y}", "xy"),
            ("${A:?no}", "a"),
            ("${N:-a{b}c}", "a{b}c"),
            // kept since 2022
            ("$(date) $1 $. costs $", "$(date) $1 $. costs $"),
        ] {
            assert_eq!(resolved(text), Ok((expected.to_owned(), Vec::new())), "{text}");
        }
        assert_eq!(resolved("${E}${N}").unwrap(), (String::new(), vec!["N Nobody".to_owned()]));
        assert_eq!(resolved("${E:?set it}${N?}${E?}").unwrap().1, ["E Required", "N Required"]);
        assert_eq!(resolved("${N:-${M}}").unwrap().1, ["M Nobody"]);
        assert!(
            ComposeText::parse("$(date)").unwrap().stray && !ComposeText::parse("$$(date) $A").unwrap().stray
        );
    }

    #[test]
    fn malformed() {
        let deep = "${N:-".repeat(40) + &"}".repeat(40);
        for text in ["${", "${A", "${}", "${1}", "${1X}", "${A;b}", "${A!}", &deep] {
            assert_eq!(resolved(text), Err(Malformed), "{text}");
        }
    }

    fn names(add: impl FnOnce(&mut BTreeSet<String>)) -> Vec<String> {
        let mut names = BTreeSet::new();
        add(&mut names);
        names.into_iter().collect()
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
