//! Reads the tree field by field. Every finding has its line and path, and reading continues after it.

use std::{collections::BTreeMap, ops::Range, path::Path};

use contract_core::{
    env_certificates::Certificates,
    secret::{Secret, hidden},
};
use contract_pki::platform::{self, Platform, Product};
use findings::{Findings, Place, Rule, Severity, join, nearest};
use jiff::Timestamp;
use strict_yaml::{
    Key, Kind, Node, Style, Tag,
    plain::{Plain, Type, classify},
};
use zeroize::Zeroizing;

use crate::seed::{NoSeed, VolumeSeeds};

/// Where a volume's seed comes from, in a persona's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The vault.
    Vault {
        /// Counted from 1.
        generation: u64,
    },
    /// The section's own text.
    Section(Stored),
    /// A file in plain text, by `!file`.
    File(String, Stored),
    /// The ultravisor, or nowhere: then a finding says why.
    Elsewhere,
}

/// What the vault holds for a volume with its own seed; an error if that is not known.
pub type Stored = Result<Option<VolumeSeeds>, NoSeed>;

/// The origins of a file's seeds, by volume.
pub type Origins = BTreeMap<String, Origin>;

/// One reading of a section: what it needs to know and what it finds.
pub struct Check<'a> {
    /// The file, as shown.
    pub file: &'a str,
    /// What `!folder` is relative to; `None` for a section without tags.
    pub folder: Option<&'a Path>,
    /// Now.
    pub at: Timestamp,
    /// The products whose guest may read the section; those that refuse it are taken out while others are left.
    pub platforms: Vec<Platform>,
    /// The findings so far.
    pub findings: Findings,
    /// Secrets in the source, and what to show instead.
    pub hidden: Vec<(Range<usize>, String)>,
    /// Where the seeds come from; `None` for a section as the guest reads it.
    pub origins: Option<Origins>,
    /// The dates of certificates.
    pub certificates: Certificates,
}

/// A value, its path and the line to point at.
#[derive(Clone, Debug)]
pub struct Field<'n> {
    /// `volumes.data.seed`
    pub path: String,
    /// One-based.
    pub line: usize,
    /// The value.
    pub node: &'n Node,
}

/// A mapping's fields.
#[derive(Clone)]
pub struct Map<'n> {
    /// The mapping itself.
    pub field: Field<'n>,
    entries: &'n [(Key, Node)],
}

impl<'n> Field<'n> {
    /// The document itself.
    pub fn root(node: &'n Node) -> Self {
        Self { path: String::new(), line: node.line, node }
    }

    fn under(&self, key: &Key, node: &'n Node) -> Self {
        Self { path: join(&self.path, &key.text), line: key.line, node }
    }
}

impl<'n> Map<'n> {
    /// The field of this name.
    pub fn find(&self, name: &str) -> Option<Field<'n>> {
        let (key, node) = self.entries.iter().find(|(key, _)| key.text == name)?;
        Some(self.field.under(key, node))
    }

    /// All fields by name, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'n str, Field<'n>)> {
        self.entries.iter().map(|(key, node)| (&*key.text, self.field.under(key, node)))
    }

    /// Whether there is a field of this name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(key, _)| key.text == name)
    }
}

impl<'a> Check<'a> {
    /// A new reading.
    pub fn new(file: &'a str, folder: Option<&'a Path>, at: Timestamp, platforms: &[Platform]) -> Self {
        Self {
            file,
            folder,
            at,
            platforms: platforms.to_vec(),
            findings: Findings::default(),
            hidden: Vec::new(),
            origins: None,
            certificates: Certificates::new(),
        }
    }

    /// Where a volume's seed comes from.
    pub fn origin(&self, volume: &str) -> Option<&Origin> {
        self.origins.as_ref()?.get(volume)
    }

    /// The guest would refuse this field.
    pub fn error(&mut self, field: &Field<'_>, message: impl Into<String>, hint: impl Into<String>) {
        self.findings.error(self.place(field), message, hint);
    }

    /// The guest would refuse this field, by this rule.
    pub fn error_of(
        &mut self,
        rule: Rule,
        field: &Field<'_>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.findings.error_of(rule, self.place(field), message, hint);
    }

    /// This field is unwise.
    pub fn warning(&mut self, field: &Field<'_>, message: impl Into<String>, hint: impl Into<String>) {
        self.findings.warning(self.place(field), message, hint);
    }

    /// This field is unwise, by this rule.
    pub fn warning_of(
        &mut self,
        rule: Rule,
        field: &Field<'_>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.findings.warning_of(rule, self.place(field), message, hint);
    }

    /// Some products refuse this: an error if no product is left that does not.
    pub fn refused_by(
        &mut self,
        refuses: impl Fn(&Product) -> bool,
        (rule, place): (Rule, Place),
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let (refusing, _) = self.split(&refuses);
        if !refusing.is_empty() {
            let message = format!("{} on {}", message.into(), platform::names(&refusing));
            self.ruled_by(refuses, |check| check.findings.error_of(rule, place, message, hint));
        }
    }

    /// Reads a place that the guest's schema describes, or does not: then the errors are ours alone.
    pub fn described_if<T>(&mut self, described: bool, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.findings.0.len();
        let value = read(self);
        let errors = self.findings.0.iter_mut().skip(before).filter(|it| it.severity == Severity::Error);
        for finding in errors.filter(|_| !described) {
            finding.rule = Rule::NotInSchema;
        }
        value
    }

    /// Reads what some products have rules for. Its errors are errors if no product is left without these rules; there are
    /// none if no product has them.
    pub fn ruled_by<T>(
        &mut self,
        has_rules: impl Fn(&Product) -> bool,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.findings.0.len();
        let value = read(self);
        let (ruled, others) = self.split(&has_rules);
        if others.is_empty() {
            return value;
        }
        let mut refused = false;
        for finding in self.findings.0.iter_mut().skip(before) {
            if finding.severity == Severity::Error && finding.rule != Rule::NotInSchema {
                refused = true;
                finding.severity = Severity::Warning;
                if finding.rule != Rule::WrongApplication {
                    finding.rule = Rule::SomePlatforms;
                }
            }
        }
        if ruled.is_empty() {
            self.findings.0.truncate(before);
        } else if refused {
            self.platforms = others;
        }
        value
    }

    /// The products in question for which this is true, and the others.
    fn split(&self, is: impl Fn(&Product) -> bool) -> (Vec<Platform>, Vec<Platform>) {
        self.platforms.iter().partition(|platform| is(platform.product()))
    }

    /// The place of a field.
    pub fn place(&self, field: &Field<'_>) -> Place {
        Place { file: self.file.to_owned(), line: Some(field.line), field: field.path.clone() }
    }

    /// A mapping with these fields and no others.
    pub fn mapping<'n>(&mut self, field: &Field<'n>, known: &[&str]) -> Option<Map<'n>> {
        let map = self.any_mapping(field)?;
        for (name, unknown) in map.fields().filter(|(name, _)| !known.contains(name)) {
            self.error(&unknown, format!("unknown field `{name}`"), nearest(name, known));
        }
        Some(map)
    }

    /// A mapping with these fields, in a place where the guest's schema accepts others too: they are a warning.
    pub fn open_mapping<'n>(&mut self, field: &Field<'n>, known: &[&str]) -> Option<Map<'n>> {
        let map = self.any_mapping(field)?;
        for (name, unknown) in map.fields().filter(|(name, _)| !known.contains(name)) {
            self.findings.warning_of(
                Rule::UnknownField,
                self.place(&unknown),
                format!("unknown field `{name}`: a guest may ignore it"),
                nearest(name, known),
            );
        }
        Some(map)
    }

    /// A mapping with names that the user chooses.
    pub fn any_mapping<'n>(&mut self, field: &Field<'n>) -> Option<Map<'n>> {
        let Some(entries) = field.node.entries() else {
            self.mismatch(field, "a mapping", "write `name: value` lines under it, or remove the field");
            return None;
        };
        for (key, node) in entries.iter().filter(|(key, _)| key.style == Style::Plain) {
            if let Plain::Core(kind) | Plain::Legacy(kind) = classify(&key.text) {
                let name = &key.text;
                let message = format!("the name `{name}` is {kind} to YAML readers");
                self.error(&field.under(key, node), message, format!("quote it: `\"{name}\":`"));
            }
        }
        Some(Map { field: field.clone(), entries })
    }

    /// The items of a list.
    pub fn list<'n>(&mut self, field: &Field<'n>) -> Option<Vec<Field<'n>>> {
        let Some(items) = field.node.items() else {
            self.mismatch(field, "a list", "write `- item` lines under it, or remove the field");
            return None;
        };
        let item = |(at, node): (usize, &'n Node)| Field {
            path: format!("{}[{at}]", field.path),
            line: node.line,
            node,
        };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// A field that must exist.
    pub fn required<'n>(&mut self, map: &Map<'n>, name: &str, hint: &str) -> Option<Field<'n>> {
        let found = map.find(name);
        if found.is_none() {
            let place = Place { field: join(&map.field.path, name), ..self.place(&map.field) };
            self.findings.error(place, format!("`{name}` is missing"), hint);
        }
        found
    }

    /// A text. What some YAML readers take for something else must be quoted.
    pub fn text<'n>(&mut self, field: &Field<'n>) -> Option<&'n Zeroizing<String>> {
        let quote = "put the value in double quotes";
        let (message, hint) = match (&field.node.kind, field.node.tag) {
            // another finding says why the file could not be read
            (_, Some(Tag::File)) => return None,
            (_, Some(Tag::Folder)) => {
                let message = "`!folder` is only for archives".to_owned();
                (message, "take `!file` for the content of a file")
            }
            (Kind::Scalar { text, style: Style::Plain }, None) => match classify(text) {
                Plain::Text => return Some(text),
                Plain::Core(Type::Null) => {
                    let hint = "write a value in double quotes, or remove the field";
                    ("the value is missing".to_owned(), hint)
                }
                Plain::Core(kind) => (format!("expected a string, found {kind}"), quote),
                Plain::Legacy(kind) => (format!("{kind} to some YAML readers, a string to others"), quote),
            },
            (Kind::Scalar { text, .. }, None) => return Some(text),
            _ => {
                self.mismatch(field, "a string", "quote a value which begins with `[` or `{`");
                return None;
            }
        };
        self.error(field, message, hint);
        None
    }

    /// A text that is never shown.
    pub fn secret(&mut self, field: &Field<'_>) -> Option<Secret> {
        self.hide(field);
        self.text(field).map(|text| Secret::new(text))
    }

    /// Hides a value. An inserted one has no bytes in the source, and is hidden where it is inserted.
    pub fn hide(&mut self, field: &Field<'_>) {
        if field.node.span.is_empty() {
            return;
        }
        let instead = field.node.text().map_or("<hidden>".to_owned(), hidden);
        self.hidden.push((field.node.span.clone(), instead));
    }

    /// A text of at least so many characters.
    pub fn at_least(&mut self, field: &Field<'_>, minimum: usize, text: &str) {
        let count = text.chars().count();
        if count < minimum {
            let unit = if minimum == 1 { "character" } else { "characters" };
            self.error(
                field,
                format!("{count} characters, at least {minimum} are required"),
                format!("write {minimum} {unit} or more"),
            );
        }
    }

    /// A whole number, unquoted.
    pub fn integer(&mut self, field: &Field<'_>) -> Option<u64> {
        let number = match &field.node.kind {
            Kind::Scalar { text, style: Style::Plain } if text.bytes().all(|b| b.is_ascii_digit()) => {
                // 0514 is 332 to readers of YAML 1.1
                (!text.starts_with('0') || text.len() == 1).then(|| text.parse().ok()).flatten()
            }
            _ => None,
        };
        if number.is_none() {
            self.mismatch(field, "a whole number", "write decimal digits without quotes");
        }
        number
    }

    /// `true` or `false`, unquoted.
    pub fn boolean(&mut self, field: &Field<'_>) -> Option<bool> {
        if let Kind::Scalar { text, style: Style::Plain } = &field.node.kind
            && classify(text) == Plain::Core(Type::Boolean)
        {
            return Some(text.eq_ignore_ascii_case("true"));
        }
        self.mismatch(field, "`true` or `false`", "write one of them without quotes");
        None
    }

    /// A list of texts.
    pub fn texts(&mut self, field: &Field<'_>) {
        for item in self.list(field).unwrap_or_default() {
            self.text(&item);
        }
    }

    /// One of some words.
    pub fn one_of(&mut self, field: &Field<'_>, words: &[&'static str]) -> Option<&'static str> {
        let text = self.text(field)?;
        let found = words.iter().copied().find(|word| *word == **text);
        if found.is_none() {
            let words = words.join("`, `");
            self.error(
                field,
                "not one of the values that are allowed here",
                format!("write one of `{words}`"),
            );
        }
        found
    }

    /// A value of another type.
    pub fn mismatch(&mut self, field: &Field<'_>, expected: &str, hint: &str) {
        let found = match &field.node.kind {
            Kind::Scalar { style: Style::Plain, text } => match classify(text) {
                Plain::Core(found) => found.to_string(),
                _ => "a string".to_owned(),
            },
            Kind::Scalar { .. } => "a string".to_owned(),
            Kind::Sequence(_) => "a list".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
        };
        self.error(field, format!("expected {expected}, found {found}"), hint);
    }
}
