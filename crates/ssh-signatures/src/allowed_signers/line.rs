//! One line of `allowed_signers`.

use contract_pki::validity::{Standing, Validity};
use findings::{Advice, Blame};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::allowed_signers::NotAllowed;
use crate::allowed_signers::pattern::{PatternList, Principals};
use crate::allowed_signers::principal::{self, Misleading};
use crate::ssh_key::line::{BLANK, is_type, split};
use crate::ssh_key::{Error as KeyError, Line, PublicKey};
use crate::sshsig::Namespace;

/// Bytes of the principals.
const LONGEST_LIST: usize = 1024;

/// A line that names a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counted from 1.
    pub line: usize,
    /// Who the key belongs to.
    pub principals: Principals,
    /// The key.
    pub key: PublicKey,
    /// What follows the key; may be empty.
    pub comment: String,
    /// When it begins to be valid.
    pub valid_after: Option<Timestamp>,
    /// When it ends.
    pub valid_before: Option<Timestamp>,
    namespaces: Option<PatternList>,
    /// The options whose time has no zone.
    pub(super) times_without_zone: Vec<&'static str>,
}

impl Entry {
    /// Whether it may vouch for this section at any time.
    pub fn is_for(&self, namespace: Namespace) -> bool {
        self.namespaces.as_ref().is_none_or(|list| list.matches(namespace.as_str()))
    }

    /// Both ends count as valid, as in OpenSSH.
    pub(super) fn allows(
        &self,
        namespace: Namespace,
        at: Timestamp,
        fingerprint: &str,
    ) -> Result<(), NotAllowed> {
        let (principals, fingerprint) = (self.principals.to_string(), fingerprint.to_owned());
        if !self.is_for(namespace) {
            return Err(NotAllowed::Namespace { principals, fingerprint, namespace });
        }
        match self.validity().at(at) {
            Standing::NotYet => {
                Err(NotAllowed::NotYet { principals, fingerprint, after: self.validity().not_before })
            }
            Standing::Ended => {
                Err(NotAllowed::Expired { principals, fingerprint, before: self.validity().not_after })
            }
            Standing::Valid => Ok(()),
        }
    }

    /// When it may vouch, without end where the line states none.
    pub fn validity(&self) -> Validity {
        Validity {
            not_before: self.valid_after.unwrap_or(Timestamp::MIN),
            not_after: self.valid_before.unwrap_or(Timestamp::MAX),
        }
    }
}

/// Why a line can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum LineError {
    #[error("expected a line of principals, options, type and key")]
    NoKey,
    #[error("`{0}` can be no principal")]
    Principals(String),
    #[error("`{name}` can be no principal: {reason}")]
    Misleading { name: String, reason: Misleading },
    #[error("damaged options: {0}")]
    Options(&'static str),
    #[error("unknown option `{0}`")]
    UnknownOption(String),
    #[error("the option `{0}` is there twice")]
    Repeated(String),
    #[error("`{option}` is no time: `{value}`")]
    Time { option: &'static str, value: String },
    #[error("`valid-before` is not later than `valid-after`")]
    NeverValid,
    #[error("`cert-authority`: certificates vouch for nothing in this version")]
    CertAuthority,
    #[error("expected a comment of one line, without white space around it")]
    Comment,
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl LineError {
    /// Whether the line is valid in OpenSSH and grants nothing here, so that it is safe to ignore.
    pub(super) fn grants_nothing(&self) -> bool {
        matches!(self, Self::CertAuthority | Self::Key(KeyError::Unsupported(_) | KeyError::Certificate(_)))
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::Time { .. } => "write it as `YYYYMMDDZ` or `YYYYMMDDHHMMSSZ`".into(),
            Self::NeverValid => "let `valid-before` be the later one".into(),
            Self::CertAuthority => "name the people's own keys, each on a line: `contract-signer trust add`".into(),
            Self::Key(KeyError::Bits(_)) => "ask for another key: `ssh-keygen -t ed25519`".into(),
            Self::Key(KeyError::Unsupported(_) | KeyError::Certificate(_)) => {
                "ask for a key of another type: `ssh-keygen -t ed25519`".into()
            }
            _ => "write it as `alice@example.com namespaces=\"hpcr-workload\" ssh-ed25519 AAAA…`, or put a `#` before it".into(),
        }
    }
}

impl Advice for LineError {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::Principals(_) => {
                "name one person, as in `alice@example.com`; patterns may be written by hand".into()
            }
            Self::Misleading { reason, .. } => reason.hint(),
            Self::Comment => "name a comment of one line: `--comment TEXT`".into(),
            _ => self.hint(),
        }]
    }
}

/// Reads a line; `None` for a blank one and a comment.
pub(super) fn parse(text: &str, line: usize) -> Result<Option<Entry>, LineError> {
    let text = text.trim_matches(BLANK);
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let (principals, rest) = split(text);
    // OpenSSH would remove quotes; a byte order mark would silently begin another name
    let hidden = |c: char| c.is_control() || matches!(c, '"' | '\u{feff}');
    let nobody = principals.split(',').all(|pattern| pattern.is_empty() || pattern.starts_with('!'));
    if nobody || principals.len() > LONGEST_LIST || principals.contains(hidden) {
        return Err(LineError::Principals(principals.chars().take(40).collect()));
    }
    if rest.is_empty() {
        return Err(LineError::NoKey);
    }
    let (options, key) =
        if is_type(split(rest).0) { (Options::default(), rest) } else { Options::parse(rest)? };
    if !is_type(split(key).0) {
        return Err(LineError::NoKey);
    }
    if options.cert_authority {
        return Err(LineError::CertAuthority);
    }
    let Line { key, comment } = Line::parse(key)?;
    Ok(Some(Entry {
        line,
        principals: Principals(PatternList(principals.to_owned())),
        key,
        comment,
        valid_after: options.valid_after,
        valid_before: options.valid_before,
        namespaces: options.namespaces,
        times_without_zone: options.times_without_zone,
    }))
}

/// A line for one person's key, without its line end, as `trust add` appends it.
pub fn new_line(
    principal: &str,
    key: &Line,
    namespace: Namespace,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
) -> Result<String, LineError> {
    // patterns can be written by hand; an argument names one person
    let steers = |c: char| c.is_ascii_whitespace() || c.is_ascii_control() || "\",*?!#\\".contains(c);
    if principal.is_empty()
        || principal.len() > LONGEST_LIST
        || principal.contains(steers)
        || is_type(principal)
    {
        return Err(LineError::Principals(principal.chars().take(40).collect()));
    }
    principal::check(principal)
        .map_err(|reason| LineError::Misleading { name: principal.to_owned(), reason })?;
    let time = |name: &str, at: Option<Timestamp>| {
        at.map(|at| format!(",{name}=\"{}\"", write_time(at))).unwrap_or_default()
    };
    let (after, before) = (time("valid-after", valid_after), time("valid-before", valid_before));
    let line = format!("{principal} namespaces=\"{namespace}\"{after}{before} {} {}", key.key, key.comment);
    // the line reads back as intended: it is valid at some time, and no comment breaks it
    match parse(&line, 1)? {
        Some(entry) if entry.comment == key.comment && !line.contains(['\n', '\r']) => {
            Ok(line.trim_end().to_owned())
        }
        _ => Err(LineError::Comment),
    }
}

/// The options between principals and key: `name` or `name="value"`, joined by commas, names in any case. In a
/// value `\"` is a quote.
#[derive(Default)]
struct Options {
    cert_authority: bool,
    namespaces: Option<PatternList>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
    times_without_zone: Vec<&'static str>,
}

impl Options {
    /// Reads the options at the beginning of `text`, and returns the rest.
    fn parse(text: &str) -> Result<(Self, &str), LineError> {
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
                None => return Err(LineError::Options("expected a comma or white space after each")),
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
                    "expected `=\"…\"` after `namespaces`, `valid-after`, `valid-before`",
                ));
            }
            ("cert-authority", Some(_)) => return Err(LineError::Options("`cert-authority` has no value")),
            _ => return Err(LineError::UnknownOption(name)),
        };
        if taken { Err(LineError::Repeated(name)) } else { Ok(()) }
    }

    fn time(&mut self, option: &'static str, value: String) -> Result<Timestamp, LineError> {
        let (at, utc) = parse_time(&value).ok_or(LineError::Time { option, value })?;
        if !utc {
            self.times_without_zone.push(option);
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
    let unquoted = LineError::Options("a value needs double quotes");
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

/// Reads a time of `valid-after` and `valid-before`, `YYYYMMDD[HHMM[SS]][Z]`, and whether it names UTC; it is read as UTC anyway.
pub fn parse_time(text: &str) -> Option<(Timestamp, bool)> {
    let upper = text.to_ascii_uppercase();
    let digits = upper.strip_suffix("UTC").or_else(|| upper.strip_suffix('Z')).unwrap_or(&upper);
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to).map_or(Ok(0), str::parse::<i8>).ok();
    let year = digits.get(..4)?.parse().ok()?;
    let (month, day) = (number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let time = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let at = TimeZone::UTC.to_timestamp(time).ok()?;
    // OpenSSH accepts none before its epoch
    (at > Timestamp::UNIX_EPOCH).then_some((at, digits.len() < text.len()))
}

/// The form in the file, always with `Z`.
pub fn write_time(at: Timestamp) -> String {
    at.strftime("%Y%m%d%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_lengths_with_and_without_zone() {
        for (text, expected, utc) in [
            ("20261123", "2026-11-23T00:00:00Z", false),
            ("20261123Z", "2026-11-23T00:00:00Z", true),
            ("202611231530z", "2026-11-23T15:30:00Z", true),
            ("20261123153045UTC", "2026-11-23T15:30:45Z", true),
        ] {
            assert_eq!(parse_time(text), Some((expected.parse().unwrap(), utc)), "{text}");
        }
        for wrong in [
            "",
            "Z",
            "2026",
            "2026112",
            "2026112315",
            "20260231Z",
            "20261301",
            "2026-11-23",
            "20261123 Z",
            "202611232460",
            "+2611231",
            "19691231Z",
            "19700101Z",
            "２０２６１１２３",
        ] {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
        let at = "2026-11-23T15:30:45Z".parse().unwrap();
        assert_eq!(parse_time(&write_time(at)), Some((at, true)));
    }
}
