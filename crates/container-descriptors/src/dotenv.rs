//! Files of variables, as `docker compose` reads them: `.env`, and what `env_file` names (Compose Specification, 05-services).
//!
//! ```text
//! # comment
//! NAME=value            # comment
//! export NAME="a value with ${OTHER} and \n"
//! NAME='as it is'
//! NAME                  the value of a variable of that name, if there is one
//! ```

use zeroize::Zeroizing;

/// One line, or several where a value in quotes has line ends.
pub struct Entry<'t> {
    /// One-based.
    pub line: usize,
    /// The variable.
    pub name: &'t str,
    /// Its value; `None` passes on a variable of the same name.
    pub value: Option<Written>,
}

/// A value as it is written.
pub struct Written {
    /// Without quotes and comment.
    pub text: Zeroizing<String>,
    /// Whether variables in it are replaced.
    pub replaced: bool,
}

/// The line that is no entry, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAnEntry {
    /// One-based.
    pub line: usize,
    /// Why.
    pub reason: &'static str,
}

/// The entries of a file. With `raw`, a value is everything behind the equals sign.
pub fn parse(text: &str, raw: bool) -> Result<Vec<Entry<'_>>, NotAnEntry> {
    let (mut entries, mut rest, mut line) = (Vec::new(), text, 1);
    while !rest.is_empty() {
        let (this, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let wrong = |reason| NotAnEntry { line, reason };
        let statement = this.trim();
        let ends = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
        if statement.is_empty() || statement.starts_with('#') {
            (rest, line) = (after, line + 1);
            continue;
        }
        let bare = statement.strip_prefix("export ").map_or(statement, str::trim_start);
        let Some(at) = bare.find(['=', ':']) else {
            if !is_name(bare) {
                return Err(wrong("not a name for a variable"));
            }
            entries.push(Entry { line, name: bare, value: None });
            (rest, line) = (after, line + 1);
            continue;
        };
        let (name, value) = bare.split_at_checked(at).unwrap_or_default();
        let name = name.trim_end();
        if !is_name(name) {
            return Err(wrong("not a name for a variable"));
        }
        let value = value.get(1..).unwrap_or_default().trim_start();
        let quote = value.chars().next().filter(|quote| !raw && matches!(quote, '"' | '\''));
        let written = if let Some(quote) = quote {
            // a value in quotes may go on over several lines
            let (_, opened) = rest.split_once(quote).ok_or_else(|| wrong("a quote that is not closed"))?;
            let (inside, closed) =
                quoted(opened, quote).ok_or_else(|| wrong("a quote that is not closed"))?;
            let (_, behind) = closed.split_once('\n').unwrap_or((closed, ""));
            let consumed = rest.len() - behind.len();
            let lines = ends(rest.get(..consumed).unwrap_or_default()).max(1);
            let text = if quote == '"' { unescaped(inside) } else { Zeroizing::new(inside.to_owned()) };
            entries.push(Entry { line, name, value: Some(Written { text, replaced: quote == '"' }) });
            (rest, line) = (behind, line + lines);
            continue;
        } else if raw {
            value
        } else {
            let comment = value.find(" #").or(value.starts_with('#').then_some(0));
            comment.and_then(|at| value.get(..at)).unwrap_or(value).trim_end()
        };
        let text = Zeroizing::new(written.to_owned());
        entries.push(Entry { line, name, value: Some(Written { text, replaced: !raw }) });
        (rest, line) = (after, line + 1);
    }
    Ok(entries)
}

/// What is before the closing quote, and what is behind it. A backslash hides a quote.
fn quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    let mut hidden = false;
    let at = text.find(|c| {
        let closes = c == quote && !hidden;
        hidden = c == '\\' && !hidden;
        closes
    })?;
    Some((text.get(..at)?, text.get(at + quote.len_utf8()..)?))
}

fn unescaped(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (char, (char == '\\').then(|| chars.next()).flatten()) {
            (_, Some('n')) => out.push('\n'),
            (_, Some('r')) => out.push('\r'),
            (_, Some('t')) => out.push('\t'),
            // compose writes a dollar sign like this too
            (_, Some('$')) => out.push_str("$$"),
            (_, Some(other)) => out.push(other),
            (char, None) => out.push(char),
        }
    }
    out
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, raw: bool) -> Vec<String> {
        match parse(text, raw) {
            Ok(entries) => entries
                .iter()
                .map(|Entry { line, name, value }| match value {
                    Some(Written { text, replaced }) => {
                        format!(
                            "{line} {name}={}{}",
                            text.as_str(),
                            if *replaced { "" } else { " (as it is)" }
                        )
                    }
                    None => format!("{line} {name}"),
                })
                .collect(),
            Err(NotAnEntry { line, reason }) => vec![format!("{line}: {reason}")],
        }
    }

    #[test]
    fn entries() {
        for (text, expected) in [
            ("A=b", &["1 A=b"][..]),
            ("# c\n\n A = b # c\r\nB=c#d\n", &["3 A=b", "4 B=c#d"]),
            ("export A=\"b # c\\n${D}\" # e\nB", &["1 A=b # c\n${D}", "2 B"]),
            ("A='b ${C}'\nB=\"x\ny\"\nC=d", &["1 A=b ${C} (as it is)", "2 B=x\ny", "4 C=d"]),
            ("A=\nB=\"\"\nC: d", &["1 A=", "2 B=", "3 C=d"]),
            ("A=\"b", &["1: a quote that is not closed"]),
            ("A=b\nC D=e", &["2: not a name for a variable"]),
            ("=b", &["1: not a name for a variable"]),
        ] {
            assert_eq!(shown(text, false), expected, "{text}");
        }
        assert_eq!(shown("A='b' # ${C}", true), ["1 A='b' # ${C} (as it is)"]);
    }
}
