//! Go templates, as far as descriptors use them: `{{ .Env.NAME }}`, `{{ index .Env "NAME" }}`, literals, comments, and
//! the minus signs that take white space away.
//!
//! The guest applies an expression to each string of the descriptor, not to its text (IBM's page on the contract).

/// The text with its values; none where an expression is another than these.
pub fn render<'e>(text: &'e str, lookup: &dyn Fn(&str) -> Option<&'e str>) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (expression, behind) = behind.split_once("}}")?;
        let (trims_before, expression) = marked(expression.strip_prefix('-'), expression);
        let (trims_behind, expression) = marked(expression.strip_suffix('-'), expression);
        out.push_str(if trims_before { before.trim_end() } else { before });
        out.push_str(value(expression.trim(), lookup)?);
        rest = if trims_behind { behind.trim_start() } else { behind };
    }
    out.push_str(rest);
    Some(out)
}

/// A minus sign counts where white space parts it from the expression.
fn marked<'t>(without: Option<&'t str>, with: &'t str) -> (bool, &'t str) {
    match without {
        Some(rest) if rest.starts_with(char::is_whitespace) || rest.ends_with(char::is_whitespace) => {
            (true, rest)
        }
        _ => (false, with),
    }
}

fn value<'t>(expression: &'t str, lookup: &dyn Fn(&str) -> Option<&'t str>) -> Option<&'t str> {
    if expression.starts_with("/*") && expression.ends_with("*/") {
        return Some("");
    }
    let name = |name: &str| {
        let known = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        known.then(|| lookup(name).unwrap_or_default())
    };
    let literal = |text: &'t str| {
        ['"', '`']
            .iter()
            .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
            .filter(|text| !text.contains(['"', '`', '\\']))
    };
    if let Some(field) = expression.strip_prefix(".Env.") {
        return name(field);
    }
    if let Some(key) =
        expression.strip_prefix("index ").and_then(|rest| rest.trim_start().strip_prefix(".Env "))
    {
        return name(literal(key.trim())?);
    }
    literal(expression)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let lookup = |name: &str| (name == "A").then_some("a");
        for (text, due) in [
            ("no expression", Some("no expression")),
            ("{{ .Env.A }}/{{.Env.A}}", Some("a/a")),
            ("x {{- .Env.A -}} y", Some("xay")),
            ("x {{- .Env.A }} y", Some("xa y")),
            ("x {{- /* note */ -}} y", Some("xy")),
            ("{{ index .Env \"A\" }}{{ `b` }}", Some("ab")),
            ("{{ .Env.B }}", Some("")),
            ("{{ .Env.A | quote }}", None),
            ("{{ if .Env.A }}x{{ end }}", None),
            ("{{ .Env.A", None),
        ] {
            assert_eq!(render(text, &lookup).as_deref(), due, "{text}");
        }
    }
}
