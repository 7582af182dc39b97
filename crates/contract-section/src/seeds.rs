//! Seeds from whoever keeps them, put into the volumes of a persona's file that name none (contract-format, section 6).
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

use zeroize::Zeroizing;

use crate::fields::{Check, Field, Origin, Origins};
use crate::seed::{Seed, Seeds, VolumeSeeds};
use crate::splice::{Edit, Part};
use contract_core::names::is_volume_name;
use contract_core::secret::hidden;
use findings::join;
use strict_yaml::{Key, Kind, Node, Style, Tag, quote};

/// What is put into the section, and what people are shown there.
pub struct Insertion {
    /// With the seeds.
    pub written: Edit,
    /// Without them.
    pub shown: Edit,
}

/// Asks for the seeds of all volumes that name none, puts them into the tree, and says what to edit in the text.
pub fn insert(check: &mut Check<'_>, text: &str, root: &mut Node, seeds: &mut dyn Seeds) -> Vec<Insertion> {
    let mut insertions = Vec::new();
    let mut origins = Origins::new();
    for (key, node) in volumes(root) {
        let origin = match origin_of(check, key, node, seeds) {
            Some(origin) => origin,
            None => match seeds.of(&key.text) {
                Ok(seeds) => {
                    insertions.extend(planted(check, text, key, node, &seeds));
                    Origin::Kept { generation: seeds.generation }
                }
                Err(none) => {
                    check.error(&volume(key, node), none.message, none.hint);
                    if node.is_null() {
                        // that it has no fields either is no second mistake
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

/// None: somebody has to be asked.
fn origin_of(check: &mut Check<'_>, key: &Key, node: &Node, seeds: &mut dyn Seeds) -> Option<Origin> {
    if let Some(seed) = node.entry("seed") {
        // what no vault could hold under this name gets its finding later
        let beside = if is_volume_name(&key.text) { seeds.beside(&key.text) } else { Ok(None) };
        return Some(match (seed.tag, seed.text()) {
            (Some(Tag::File), Some(path)) => Origin::File(path.to_owned(), beside),
            _ => Origin::Section(beside),
        });
    }
    let fields = node.entries().unwrap_or_default();
    if fields.iter().any(|(key, _)| matches!(&*key.text, "uv-secret-id" | "uv-previous-secret-id")) {
        return Some(Origin::Elsewhere);
    }
    if let Some((previous, value)) = fields.iter().find(|(key, _)| key.text == "previousSeed") {
        // half a pair by hand, the other half from the vault, is how disks get lost
        let path = join(&volume(key, node).path, "previousSeed");
        check.error(
            &Field { path, line: previous.line, node: value },
            "`seed` is missing: a vault that has the seed has the previous one as well",
            "remove the field, or give `seed` beside it",
        );
        return Some(Origin::Elsewhere);
    }
    // other shapes and names get their findings later
    let is_mapping = node.entries().is_some() || (node.is_null() && node.tag.is_none());
    (!is_mapping || !is_volume_name(&key.text)).then_some(Origin::Elsewhere)
}

/// Puts seeds into the tree, and says what to edit in the text.
fn planted(
    check: &mut Check<'_>,
    text: &str,
    key: &Key,
    node: &mut Node,
    seeds: &VolumeSeeds,
) -> Option<Insertion> {
    let Some(frame) = Frame::of(text, key, node) else {
        check.error(
            &volume(key, node),
            "there is no place for its seed",
            "write `{}` for a volume without fields",
        );
        return None;
    };
    frame.plant(key, node, seeds);
    Some(frame.around(seeds))
}

/// What stands around the fields that are put in.
struct Frame {
    /// What goes: nothing, or the word for nothing.
    span: Range<usize>,
    open: &'static str,
    between: String,
    close: String,
}

impl Frame {
    fn of(text: &str, key: &Key, node: &Node) -> Option<Self> {
        let inside =
            |at: usize, between: String, close: String| Some(Self { span: at..at, open: "", between, close });
        match node.entries() {
            None if node.span.is_empty() => {
                // the place of an absent value is behind the colon, of which `{data}` has none
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
                let line = own_line(text, first.span.start)?;
                inside(first.span.start, line.clone(), line)
            }
        }
    }

    fn around(&self, seeds: &VolumeSeeds) -> Insertion {
        let edit = |value: fn(&str) -> Zeroizing<String>| Edit {
            span: self.span.clone(),
            replacement: Part::Text(self.text(seeds, value)),
        };
        Insertion { written: edit(quote), shown: edit(|seed| Zeroizing::new(hidden(seed))) }
    }

    fn text(&self, seeds: &VolumeSeeds, value: fn(&str) -> Zeroizing<String>) -> Zeroizing<String> {
        let fields: Vec<_> = fields(seeds).map(|(name, seed)| (name, value(seed.expose()))).collect();
        let length: usize = fields.iter().map(|(name, value)| name.len() + 2 + value.len()).sum();
        let frame = self.open.len() + self.between.len() + self.close.len();
        // room for all: a buffer that moves leaves a copy of a secret behind
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
    fn plant(&self, key: &Key, node: &mut Node, seeds: &VolumeSeeds) {
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

/// What ends a line, and indents the next as the line is on which a block mapping's first key stands.
pub fn own_line(text: &str, key: usize) -> Option<String> {
    let before = text.get(..key)?;
    let start = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let (above, indent) = before.split_at_checked(start)?;
    let end = ["\r\n", "\r"].into_iter().find(|end| above.ends_with(end)).unwrap_or("\n");
    Some(format!("{end}{indent}"))
}
