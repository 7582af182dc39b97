//! Errors with advice, and findings: everything that is wrong or unwise in a section, not just the first thing.

use serde::Serialize;

use crate::text::shortened;

/// Characters of a finding's message.
const LONGEST_MESSAGE: usize = 500;

/// Who has to act on an error; `cli-kit` turns it into an exit code (docs/exit-codes.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The machine: a file, the network, memory.
    Machine,
    /// The input was read and rejected.
    Input,
    /// The input is well formed, and verification refused it: signature, provenance, disagreement, expiry.
    Refusal,
    /// A secret is not available: passphrase, identity.
    Secret,
}

/// An error that states who has to act, and what to do next.
pub trait Advice: std::error::Error {
    /// Who has to act.
    fn blame(&self) -> Blame;

    /// What to do next, each a lower-case sentence with something that can be typed.
    fn hints(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Whether a finding stops the section from being encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Unwise, or likely to surprise on the guest.
    Warning,
    /// The guest would refuse it.
    Error,
}

/// The place of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file as the user named it: `workload.yaml`, `play/pod.yml`.
    pub file: String,
    /// One-based line, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The field as a dotted path: `volumes.data.seed`, `auths."us.icr.io".password`; empty for the whole file.
    pub field: String,
}

/// The broken rule, for code that acts on a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// A rule that no code asks for.
    #[default]
    Other,
    /// No pod is described.
    NoPod,
    /// An image is neither pinned by digest nor covered by `images`.
    UnverifiedImage,
    /// A form that documentation or a tool uses, and that no source shows a guest reading.
    Unproven,
    /// Guests of an earlier version accept it, today's schema does not.
    OlderGuests,
    /// An archive that is not base64 on one line.
    NotBase64,
    /// A certificate expired.
    Expired,
    /// A field without a meaning here, in a place where the guest's schema accepts any.
    UnknownField,
    /// The guests of some products refuse it, those of others do not.
    SomePlatforms,
    /// No guest of this product runs such a workload.
    WrongApplication,
    /// The guest's schema accepts it.
    NotInSchema,
}

/// One thing to fix: its place, what is wrong, and what to do. Never holds a secret value.
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
    /// The broken rule: no decision is made on the message.
    #[serde(skip)]
    pub rule: Rule,
}

/// All findings of one section, in reading order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    /// Adds something that the guest would refuse.
    pub fn error(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.error_of(Rule::Other, place, message, hint);
    }

    /// Adds something that the guest would refuse, by this rule.
    pub fn error_of(
        &mut self,
        rule: Rule,
        place: Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(Severity::Error, rule, place, &message.into(), hint.into());
    }

    /// Adds something unwise.
    pub fn warning(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.warning_of(Rule::Other, place, message, hint);
    }

    /// Adds something unwise, by this rule.
    pub fn warning_of(
        &mut self,
        rule: Rule,
        place: Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(Severity::Warning, rule, place, &message.into(), hint.into());
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    /// How many warnings there are.
    pub fn warnings(&self) -> usize {
        self.0.len() - self.errors()
    }

    fn push(&mut self, severity: Severity, rule: Rule, place: Place, message: &str, hint: String) {
        // what quotes many values of a file, or a long one that nobody expected
        let message = shortened(message, LONGEST_MESSAGE).into_owned();
        self.0.push(Finding { severity, place, message, hint, rule });
    }
}

/// A path and one more name. A name with a dot is quoted.
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

/// The known name that is probably meant, and its distance: 0 if only case, `-` and `_` differ.
pub fn near<'k>(name: &str, known: &[&'k str]) -> Option<(usize, &'k str)> {
    let bare = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&bare(name), &bare(known)), *known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min_by_key(|(distance, _)| *distance)
}

/// The hint for an unknown name.
pub fn nearest(name: &str, known: &[&str]) -> String {
    match near(name, known) {
        Some((0, known)) => format!("write `{known}`: upper and lower case, `-` and `_` are different"),
        Some((_, known)) => format!("did you mean `{known}`?"),
        None => format!("remove it, or take one of `{}`", known.join("`, `")),
    }
}
