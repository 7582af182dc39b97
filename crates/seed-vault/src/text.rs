//! The text inside a vault: the fields of a section's `volumes`, generations and dates.
//!
//! Fields may have any order: a person may have edited them. Unknown fields are refused: one of them may be a seed, which
//! the next change would lose.

use std::{collections::BTreeMap, fmt::Write as _, marker::PhantomData};

use contract_core::{
    kind::{Env, Kind, Workload},
    names::is_volume_name,
};
use contract_section::seed::{Seed, SeedError, VolumeSeeds};
use jiff::Timestamp;
use strict_yaml::{Key, Limits, Node, Tags, quote};
use zeroize::Zeroizing;

use crate::{
    Entry, Vault,
    sealed::{TEXT_LIMIT, VaultError},
};

/// The only one there is.
const FORMAT: &str = "1";

/// Twice the longest line without seeds.
const LINE: usize = 256;

impl<K: Kind> Vault<K> {
    /// The text that is sealed.
    pub(super) fn to_yaml(&self) -> Zeroizing<String> {
        let seeds = |entry: &Entry| {
            let previous = entry.seeds.previous.as_ref().map_or(0, |seed| seed.expose().len());
            // a quoted seed grows by its quotes and an escape for each `"`
            2 * (entry.seeds.seed.expose().len() + previous) + 8 * LINE
        };
        // a buffer that grows leaves a copy of a secret behind
        let size: usize = self.volumes.iter().map(|(name, entry)| name.len() + seeds(entry)).sum();
        let recipients: usize = self.recipients.iter().map(|name| 2 * name.len() + LINE).sum();
        let mut text = Zeroizing::new(String::with_capacity(size + recipients + 4 * LINE));
        // writing to a string does not fail
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "# Seed vault of the {} section: secret, and the only way to its disks.", K::NAME)?;
        writeln!(
            text,
            "# `seed` and `previousSeed` go under `volumes` of {}.yaml as they are here.",
            K::NAME
        )?;
        writeln!(text, "format: {FORMAT}\nsection: {}", K::NAME)?;
        list(text, &self.recipients)?;
        if self.volumes.is_empty() {
            return text.write_str("volumes: {}\n");
        }
        text.write_str("volumes:\n")?;
        for (name, entry) in &self.volumes {
            writeln!(text, "  {}:", *key(name))?;
            writeln!(text, "    seed: {}", *quote(entry.seeds.seed.expose()))?;
            if let Some(previous) = &entry.seeds.previous {
                writeln!(text, "    previousSeed: {}", *quote(previous.expose()))?;
            }
            writeln!(text, "    generation: {}", entry.seeds.generation)?;
            let dates =
                [("created", Some(entry.created)), ("rolled", entry.rolled), ("settled", entry.settled)];
            for (field, at) in dates.into_iter().filter_map(|(field, at)| Some((field, at?))) {
                writeln!(text, "    {field}: \"{at}\"")?;
            }
        }
        Ok(())
    }

    /// Reads the text.
    pub(super) fn parse(text: &str) -> Result<Self, VaultError> {
        let limits = Limits { bytes: TEXT_LIMIT, nesting: 8, ..Limits::default() };
        let document = strict_yaml::parse(text, &limits, Tags::Refused).map_err(VaultError::Yaml)?;
        let root = Fields::of(&document.root, "", &["format", "section", "recipients", "volumes"])?;
        let format = root.text("format")?;
        if format != FORMAT {
            return Err(root.wrong("format", "a format that this version does not know"));
        }
        let sections = [Workload::NAME, Env::NAME];
        match sections.into_iter().find(|name| root.text("section").is_ok_and(|found| found == *name)) {
            None => return Err(root.wrong("section", "expected `workload` or `env`")),
            Some(found) if found != K::NAME => {
                return Err(VaultError::OtherSection { found, expected: K::NAME });
            }
            Some(_) => {}
        }
        let mut recipients = Vec::new();
        if let Some(node) = root.find("recipients") {
            let items = node.items().ok_or_else(|| root.wrong("recipients", "expected a list"))?;
            for item in items {
                let name = item.text().ok_or_else(|| root.wrong("recipients", "expected a list of texts"))?;
                recipients.push(name.to_owned());
            }
        }
        let volumes = root.required("volumes")?;
        let entries = volumes.entries().ok_or_else(|| root.wrong("volumes", "expected a mapping"))?;
        let volumes = entries.iter().map(volume).collect::<Result<BTreeMap<_, _>, _>>()?;
        Ok(Self { volumes, recipients, section: PhantomData })
    }
}

fn list(text: &mut String, recipients: &[String]) -> std::fmt::Result {
    if !recipients.is_empty() {
        text.write_str("recipients:\n")?;
    }
    recipients.iter().try_for_each(|name| writeln!(text, "  - {}", *quote(name)))
}

/// `no`, `y` and `null` are legal names of volumes, but not texts to some readers of YAML.
fn key(name: &str) -> Zeroizing<String> {
    match strict_yaml::plain::classify(name) {
        strict_yaml::plain::Plain::Text => Zeroizing::new(name.to_owned()),
        _ => quote(name),
    }
}

fn volume((key, node): &(Key, Node)) -> Result<(String, Entry), VaultError> {
    let name = &key.text;
    if !is_volume_name(name) {
        return Err(VaultError::Text { line: key.line, message: "volumes: not a name for a volume".into() });
    }
    let known = ["seed", "previousSeed", "generation", "created", "rolled", "settled"];
    let fields = Fields::of(node, &format!("volumes.{name}."), &known)?;
    let seed = |field, parse: fn(&str) -> Result<Seed, SeedError>| {
        parse(fields.text(field)?).map_err(|error| fields.wrong(field, &error.to_string()))
    };
    let generation = fields.text("generation")?;
    let digits = generation.bytes().all(|byte| byte.is_ascii_digit()) && !generation.starts_with('0');
    let generation = generation.parse().ok().filter(|_| digits);
    let seeds = VolumeSeeds {
        seed: seed("seed", Seed::parse)?,
        previous: fields
            .find("previousSeed")
            .map(|_| seed("previousSeed", Seed::parse_previous))
            .transpose()?,
        generation: generation.ok_or_else(|| fields.wrong("generation", "expected a number, 1 or more"))?,
    };
    let time = |field| -> Result<Timestamp, VaultError> {
        let wrong = |_| fields.wrong(field, "expected a time as in \"2026-11-23T12:00:00Z\"");
        fields.text(field)?.parse().map_err(wrong)
    };
    let later = |field| fields.find(field).map(|_| time(field)).transpose();
    let entry =
        Entry { seeds, created: time("created")?, rolled: later("rolled")?, settled: later("settled")? };
    Ok((name.clone(), entry))
}

/// A mapping of known fields.
struct Fields<'n> {
    node: &'n Node,
    path: String,
}

impl<'n> Fields<'n> {
    fn of(node: &'n Node, path: &str, known: &[&str]) -> Result<Self, VaultError> {
        let fields = Self { node, path: path.to_owned() };
        let wrong = |line, message| Err(VaultError::Text { line, message });
        let Some(entries) = node.entries() else {
            return wrong(node.line, format!("{path}expected a mapping"));
        };
        // an unknown name may be a seed in the wrong place
        match entries.iter().find(|(key, _)| !known.contains(&&*key.text)) {
            Some((key, _)) => wrong(key.line, format!("{path}unknown field; known are {}", known.join(", "))),
            None => Ok(fields),
        }
    }

    fn find(&self, field: &str) -> Option<&'n Node> {
        self.node.entry(field)
    }

    fn required(&self, field: &str) -> Result<&'n Node, VaultError> {
        self.find(field).ok_or_else(|| self.wrong(field, "missing"))
    }

    fn text(&self, field: &str) -> Result<&'n str, VaultError> {
        let node = self.required(field)?;
        node.text().filter(|_| !node.is_null()).ok_or_else(|| self.wrong(field, "expected a text"))
    }

    fn wrong(&self, field: &str, message: &str) -> VaultError {
        let line = self.find(field).map_or(self.node.line, |node| node.line);
        VaultError::Text { line, message: format!("{}{field}: {message}", self.path) }
    }
}
