//! What `check` reports: everything that is wrong or unwise in a section, not just the first thing.

use serde::Serialize;

/// Whether a finding stops the section from being encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Unwise, or likely to surprise on the guest.
    Warning,
    /// The guest would refuse it.
    Error,
}

/// Where a finding stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file as the user named it: `workload.yaml`, `play/pod.yml`.
    pub file: String,
    /// One-based line, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The field as a dotted path: `volumes.data.seed`, `auths."us.icr.io".password`; empty for the whole file.
    pub field: String,
}

/// One thing to mend, with the place, the reason and the way on. Never holds a secret value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Error or warning.
    pub severity: Severity,
    /// File, line, field.
    #[serde(flatten)]
    pub place: Place,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// All findings of one section, in the order in which they were met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    /// Notes something that the guest would refuse.
    pub fn error(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Error, place, message.into(), hint.into());
    }

    /// Notes something unwise.
    pub fn warning(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Warning, place, message.into(), hint.into());
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    /// How many warnings there are.
    pub fn warnings(&self) -> usize {
        self.0.len() - self.errors()
    }

    fn push(&mut self, severity: Severity, place: Place, message: String, hint: String) {
        self.0.push(Finding { severity, place, message, hint });
    }
}

/// A path and one more name, quoted where a dot in it would mislead.
pub fn join(path: &str, name: &str) -> String {
    let simple =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    match (path, simple) {
        ("", true) => name.to_owned(),
        ("", false) => format!("{name:?}"),
        (_, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}.{name:?}"),
    }
}

/// The known name that is meant, as likely as not, and how far off it is.
pub fn near<'k>(name: &str, known: &[&'k str]) -> Option<(usize, &'k str)> {
    let bare = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&bare(name), &bare(known)), *known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min_by_key(|(distance, _)| *distance)
}

/// What the writer of an unknown field meant.
pub fn nearest(name: &str, known: &[&str]) -> String {
    let near = near(name, known);
    match near {
        Some((0, known)) => {
            format!("write `{known}`: names count letter by letter, upper and lower case apart")
        }
        Some((_, known)) => format!("did you mean `{known}`?"),
        None => format!("remove it, or take one of `{}`", known.join("`, `")),
    }
}
