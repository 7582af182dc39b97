//! Inserts seeds into the volumes of a persona's file that have none (contract-format, section 6).
//!
//! ```text
//! volumes:                        volumes:
//!   data:                           data:
//!     mount: /mnt/data      ──►       seed: "…"
//!                                     previousSeed: "…"        while rolling
//!                                     mount: /mnt/data
//!   logs: {mount: /logs}    ──►     logs: {seed: "…", mount: /logs}
//!   scratch:                ──►     scratch: {seed: "…"}
//! ```

use std::ops::Range;

use contract_core::{names::is_volume_name, secret::hidden};
use findings::join;
use strict_yaml::{Key, Kind, Node, Style, Tag, quote};
use zeroize::Zeroizing;

use crate::{
    fields::{Check, Field, Origin, Origins},
    seed::{Seed, Seeds, VolumeSeeds},
    splice::{Edit, Part},
};

/// An insertion into the section, and what is shown instead.
pub struct Insertion {
    /// With the seeds.
    pub written: Edit,
    /// Without them.
    pub shown: Edit,
}

/// Inserts the seeds of all volumes that have none into the tree; returns the edits of the text.
pub fn insert(check: &mut Check<'_>, text: &str, root: &mut Node, seeds: &mut dyn Seeds) -> Vec<Insertion> {
    let mut insertions = Vec::new();
    let mut origins = Origins::new();
    for (key, node) in volumes(root) {
        let origin = match origin_of(check, key, node, seeds) {
            Some(origin) => origin,
            None => match seeds.seeds_for(&key.text) {
                Ok(seeds) => {
                    insertions.extend(insert_seeds(check, text, key, node, &seeds));
                    Origin::Vault { generation: seeds.generation }
                }
                Err(none) => {
                    check.error(&volume(key, node), none.message, none.hint);
                    if node.is_null() {
                        // one mistake is enough: it is not also a missing mapping
                        node.kind = Kind::Mapping(Vec::new());
                    }
                    Origin::Elsewhere
                }
            },
        };
        origins.insert(key.text.clone(), origin);
    }
    check.origins = Some(origins);
    insertions
}

fn volumes(root: &mut Node) -> impl Iterator<Item = &mut (Key, Node)> {
    let volumes = match &mut root.kind {
        Kind::Mapping(fields) => fields.iter_mut().find(|(key, _)| key.text == "volumes"),
        _ => None,
    };
    let entries = volumes.and_then(|(_, node)| match &mut node.kind {
        Kind::Mapping(entries) => Some(entries),
        _ => None,
    });
    entries.into_iter().flatten()
}

fn volume<'n>(key: &Key, node: &'n Node) -> Field<'n> {
    Field { path: join("volumes", &key.text), line: key.line, node }
}

/// `None` if the vault is asked.
fn origin_of(check: &mut Check<'_>, key: &Key, node: &Node, seeds: &mut dyn Seeds) -> Option<Origin> {
    if let Some(seed) = node.entry("seed") {
        // an illegal name gets its finding later
        let stored = if is_volume_name(&key.text) { seeds.stored(&key.text) } else { Ok(None) };
        return Some(match (seed.tag, seed.text()) {
            (Some(Tag::File), Some(path)) => Origin::File(path.to_owned(), stored),
            _ => Origin::Section(stored),
        });
    }
    let fields = node.entries().unwrap_or_default();
    if fields.iter().any(|(key, _)| matches!(&*key.text, "uv-secret-id" | "uv-previous-secret-id")) {
        return Some(Origin::Elsewhere);
    }
    if let Some((previous, value)) = fields.iter().find(|(key, _)| key.text == "previousSeed") {
        // one seed by hand and the other from the vault would lose the disk
        let path = join(&volume(key, node).path, "previousSeed");
        check.error(
            &Field { path, line: previous.line, node: value },
            "`seed` is missing: a vault that has the seed has the previous one as well",
            "remove the field, or give `seed` too",
        );
        return Some(Origin::Elsewhere);
    }
    // other shapes and names get their findings later
    let is_mapping = node.entries().is_some() || (node.is_null() && node.tag.is_none());
    (!is_mapping || !is_volume_name(&key.text)).then_some(Origin::Elsewhere)
}

/// Inserts seeds into the tree; returns the edit of the text.
fn insert_seeds(
    check: &mut Check<'_>,
    text: &str,
    key: &Key,
    node: &mut Node,
    seeds: &VolumeSeeds,
) -> Option<Insertion> {
    let Some(frame) = Frame::find(text, key, node) else {
        let hint = "write `{}` for a volume without fields";
        check.error(&volume(key, node), "there is no place for its seed", hint);
        return None;
    };
    frame.insert_into_tree(key, node, seeds);
    let edit = |value: fn(&str) -> Zeroizing<String>| Edit {
        span: frame.span.clone(),
        replacement: Part::Text(frame.text(seeds, value)),
    };
    Some(Insertion { written: edit(quote), shown: edit(|seed| Zeroizing::new(hidden(seed))) })
}

/// The text around inserted fields.
struct Frame {
    /// What is replaced: nothing, or `null`.
    span: Range<usize>,
    open: &'static str,
    between: String,
    close: String,
}

impl Frame {
    fn find(text: &str, key: &Key, node: &Node) -> Option<Self> {
        let inside =
            |at: usize, between: String, close: String| Some(Self { span: at..at, open: "", between, close });
        match node.entries() {
            None if node.span.is_empty() => {
                // a missing value is after the colon, if there is one: `{data}` has none
                let behind = text.get(key.span.end..)?;
                let spaces = behind.len() - behind.trim_start().len();
                let colon = behind.trim_start().starts_with(':');
                let at = key.span.end + if colon { spaces + 1 } else { 0 };
                let open = if colon { " {" } else { ": {" };
                Some(Self { span: at..at, open, between: ", ".into(), close: "}".into() })
            }
            None => {
                Some(Self { span: node.span.clone(), open: "{", between: ", ".into(), close: "}".into() })
            }
            Some([]) => inside(node.span.start + 1, ", ".into(), String::new()),
            Some([(first, _), ..]) if text.get(node.span.start..)?.starts_with('{') => {
                inside(first.span.start, ", ".into(), ", ".into())
            }
            Some([(first, _), ..]) => {
                let line = new_line(text, first.span.start)?;
                inside(first.span.start, line.clone(), line)
            }
        }
    }

    fn text(&self, seeds: &VolumeSeeds, value: fn(&str) -> Zeroizing<String>) -> Zeroizing<String> {
        let fields: Vec<_> = fields(seeds).map(|(name, seed)| (name, value(seed.expose()))).collect();
        let length: usize = fields.iter().map(|(name, value)| name.len() + 2 + value.len()).sum();
        let frame = self.open.len() + self.between.len() + self.close.len();
        // a buffer that grows leaves a copy of a secret behind
        let mut text = Zeroizing::new(String::with_capacity(length + frame));
        text.push_str(self.open);
        for (at, (name, value)) in fields.iter().enumerate() {
            for part in [if at == 0 { "" } else { &self.between }, name, ": ", value] {
                text.push_str(part);
            }
        }
        text.push_str(&self.close);
        text
    }

    /// The same in the tree.
    fn insert_into_tree(&self, key: &Key, node: &mut Node, seeds: &VolumeSeeds) {
        let place = self.span.start..self.span.start;
        let entry = |(name, seed): (&str, &Seed)| {
            let kind = Kind::Scalar { text: Zeroizing::new(seed.expose().to_owned()), style: Style::Quoted };
            let value = Node { span: place.clone(), line: key.line, column: key.column, tag: None, kind };
            (Key { text: name.to_owned(), span: place.clone(), style: Style::Plain, ..key.clone() }, value)
        };
        let mut entries: Vec<_> = fields(seeds).map(entry).collect();
        if let Kind::Mapping(given) = &mut node.kind {
            entries.append(given);
        }
        node.kind = Kind::Mapping(entries);
    }
}

fn fields(seeds: &VolumeSeeds) -> impl Iterator<Item = (&'static str, &Seed)> {
    [("seed", Some(&seeds.seed)), ("previousSeed", seeds.previous.as_ref())]
        .into_iter()
        .filter_map(|(name, seed)| Some((name, seed?)))
}

/// The end of a line, and the indentation of the next: that of a block mapping's first key.
pub fn new_line(text: &str, key: usize) -> Option<String> {
    let before = text.get(..key)?;
    let start = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let (above, indent) = before.split_at_checked(start)?;
    let end = ["\r\n", "\r"].into_iter().find(|end| above.ends_with(end)).unwrap_or("\n");
    Some(format!("{end}{indent}"))
}
