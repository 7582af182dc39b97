//! One line of `allowed_signers`.

use jiff::Timestamp;

use crate::allowed_signers::NotAllowed;
use crate::allowed_signers::pattern::{PatternList, Principals};
use crate::allowed_signers::principal::{self, Misleading};
use crate::allowed_signers::time;
use crate::ssh_key::line::{BLANK, is_type, split};
use crate::ssh_key::{Error as KeyError, Line, PublicKey};
use crate::sshsig::Namespace;
use contract_pki::validity::{Standing, Validity};
use findings::{Advice, Blame};

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
    /// From when on it may vouch.
    pub valid_after: Option<Timestamp>,
    /// Until when it may.
    pub valid_before: Option<Timestamp>,
    namespaces: Option<PatternList>,
    zoneless: Vec<&'static str>,
}

impl Entry {
    /// Whether it may vouch for this kind of section, whenever that is.
    pub fn is_for(&self, namespace: Namespace) -> bool {
        self.namespaces.as_ref().is_none_or(|list| list.matches(namespace.as_str()))
    }

    pub(super) fn zoneless(&self) -> &[&'static str] {
        &self.zoneless
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
pub enum LineError {
    /// One word.
    #[error("a line of principals, options, type and key is due")]
    NoKey,
    /// The first field.
    #[error("`{0}` can be no principal")]
    Principals(String),
    /// The principal of a new line.
    #[error("`{name}` can be no principal: {reason}")]
    Misleading {
        /// As it was typed.
        name: String,
        /// What a reader would not see.
        reason: Misleading,
    },
    /// `name` or `name="value"`, joined by commas.
    #[error("damaged options: {0}")]
    Options(&'static str),
    /// OpenSSH knows no such.
    #[error("unknown option `{0}`")]
    UnknownOption(String),
    /// Twice.
    #[error("the option `{0}` stands there twice")]
    Repeated(String),
    /// Not `YYYYMMDD[HHMM[SS]][Z]`.
    #[error("`{option}` is no time: `{value}`")]
    Time {
        /// Which.
        option: &'static str,
        /// What stands there.
        value: String,
    },
    /// Never valid.
    #[error("`valid-before` is not later than `valid-after`")]
    NeverValid,
    /// A CA.
    #[error("`cert-authority`: certificates vouch for nothing in this version")]
    CertAuthority,
    /// The comment of a new line.
    #[error("a comment of one line is due, without white space around it")]
    Comment,
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl LineError {
    /// Whether the line is legal in OpenSSH and gives nobody a right here, so that passing over it is safe.
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

/// Reads a line; none for a blank one and a comment.
pub(super) fn parse(text: &str, line: usize) -> Result<Option<Entry>, LineError> {
    let text = text.trim_matches(BLANK);
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let (principals, rest) = split(text);
    // OpenSSH would take quotes off; a byte order mark would silently begin another name
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
        zoneless: options.zoneless,
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
    // a pattern may be written by hand; what is typed names one person
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
        at.map(|at| format!(",{name}=\"{}\"", time::write(at))).unwrap_or_default()
    };
    let (after, before) = (time("valid-after", valid_after), time("valid-before", valid_before));
    let line = format!("{principal} namespaces=\"{namespace}\"{after}{before} {} {}", key.key, key.comment);
    // what it says is what was meant: also that it is ever valid, and that no comment breaks the line
    match parse(&line, 1)? {
        Some(entry) if entry.comment == key.comment && !line.contains(['\n', '\r']) => {
            Ok(line.trim_end().to_owned())
        }
        _ => Err(LineError::Comment),
    }
}

/// What a line states between its principals and its key: `name` or `name="value"`, joined by commas, names in any case. In a
/// value `\"` is a quote.
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
