//! The options of a line: `name` or `name="value"`, joined by commas, names in any case. In a value `\"` is a quote.

use jiff::Timestamp;

use super::line::LineError;
use super::pattern::PatternList;
use super::time;
use crate::ssh_key::line::BLANK;

/// What a line says between its principals and its key.
#[derive(Default)]
pub(super) struct Options {
    pub(super) cert_authority: bool,
    pub(super) namespaces: Option<PatternList>,
    pub(super) valid_after: Option<Timestamp>,
    pub(super) valid_before: Option<Timestamp>,
    /// The times that say no zone.
    pub(super) zoneless: Vec<&'static str>,
}

impl Options {
    /// Reads the options at the beginning of `text`, and gives what follows them.
    pub(super) fn parse(text: &str) -> Result<(Self, &str), LineError> {
        let mut options = Self::default();
        let mut rest = text;
        loop {
            let end = rest.find(|c| !matches!(c, 'a'..='z' | 'A'..='Z' | '-')).unwrap_or(rest.len());
            let (name, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let name = name.to_ascii_lowercase();
            let (value, after) = match after.strip_prefix('=') {
                Some(after) => quoted(after).map(|(value, after)| (Some(value), after))?,
                None => (None, after),
            };
            options.take(name, value)?;
            match after.strip_prefix(',') {
                Some(more) => rest = more,
                None if after.is_empty() || after.starts_with(BLANK) => return options.whole(after),
                None => return Err(LineError::Options("a comma or white space is due after each")),
            }
        }
    }

    fn take(&mut self, name: String, value: Option<String>) -> Result<(), LineError> {
        let taken = match (name.as_str(), value) {
            ("cert-authority", None) => std::mem::replace(&mut self.cert_authority, true),
            ("namespaces", Some(list)) => self.namespaces.replace(PatternList(list)).is_some(),
            ("valid-after", Some(value)) => {
                let at = self.time("valid-after", value)?;
                self.valid_after.replace(at).is_some()
            }
            ("valid-before", Some(value)) => {
                let at = self.time("valid-before", value)?;
                self.valid_before.replace(at).is_some()
            }
            ("namespaces" | "valid-after" | "valid-before", None) => {
                return Err(LineError::Options(
                    "`=\"…\"` is due after `namespaces`, `valid-after`, `valid-before`",
                ));
            }
            ("cert-authority", Some(_)) => return Err(LineError::Options("`cert-authority` has no value")),
            _ => return Err(LineError::UnknownOption(name)),
        };
        if taken { Err(LineError::Repeated(name)) } else { Ok(()) }
    }

    fn time(&mut self, option: &'static str, value: String) -> Result<Timestamp, LineError> {
        let (at, utc) = time::parse(&value).ok_or(LineError::Time { option, value })?;
        if !utc {
            self.zoneless.push(option);
        }
        Ok(at)
    }

    fn whole(self, after: &str) -> Result<(Self, &str), LineError> {
        match (self.valid_after, self.valid_before) {
            (Some(after), Some(before)) if before <= after => Err(LineError::NeverValid),
            _ => Ok((self, after.trim_start_matches(BLANK))),
        }
    }
}

fn quoted(text: &str) -> Result<(String, &str), LineError> {
    let unquoted = LineError::Options("a value stands in double quotes");
    let mut value = String::new();
    let mut rest = text.strip_prefix('"').ok_or(unquoted)?;
    loop {
        let (before, after) = rest.split_once('"').ok_or(LineError::Options("a double quote is missing"))?;
        rest = after;
        let Some(escaped) = before.strip_suffix('\\') else {
            return Ok((value + before, rest));
        };
        value.push_str(escaped);
        value.push('"');
    }
}
