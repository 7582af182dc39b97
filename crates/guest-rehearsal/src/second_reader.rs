//! A second YAML reader for user data and sections: `yaml_serde`, a port of libyaml, as is the guest's reader (Go).
//!
//! The strict reader should accept only what all readers read in the same way. This module checks that for one document:
//! structure, keys and texts must be the same. The types of plain scalars are not compared: `yaml_serde` returns the text
//! of any.
//!
//! Its errors contain values, which may be secrets: only the line number is used.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use strict_yaml::{Key, Kind, Limits, Node, Tags};

/// A place where two readers read different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: a second YAML reader (libyaml's family, as the guest's) reads something else here")]
pub struct Difference {
    /// One-based.
    pub line: usize,
}

/// Reads a text with both readers. A text that the strict reader refuses passes: the caller has the better message.
pub fn check(text: &str) -> Result<(), Difference> {
    let limits = Limits { bytes: text.len(), ..Limits::default() };
    match strict_yaml::parse(text, &limits, Tags::Refused) {
        Ok(document) => compare(text, &document.root),
        Err(_) => Ok(()),
    }
}

/// Reads the text again, and compares it with the tree.
pub fn compare(text: &str, root: &Node) -> Result<(), Difference> {
    let reached = Cell::new(1);
    Same { node: root, reached: &reached }
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .map_err(|error| Difference { line: error.location().map_or(reached.get(), |place| place.line()) })
}

/// Expects the value of a node.
struct Same<'n> {
    node: &'n Node,
    /// Both readers agree up to this line.
    reached: &'n Cell<usize>,
}

impl<'n> Same<'n> {
    fn child(&self, node: &'n Node) -> Self {
        Same { node, reached: self.reached }
    }
}

impl<'de> DeserializeSeed<'de> for Same<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, other: D) -> Result<(), D::Error> {
        self.reached.set(self.node.line);
        match self.node.kind {
            Kind::Scalar { .. } => other.deserialize_str(self),
            Kind::Sequence(_) | Kind::Mapping(_) => other.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Same<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the same")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if self.node.text() == Some(text) { Ok(()) } else { Err(different()) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut others: A) -> Result<(), A::Error> {
        for item in self.node.items().ok_or_else(different)? {
            others.next_element_seed(self.child(item))?.ok_or_else(different)?;
        }
        if others.next_element::<IgnoredAny>()?.is_none() { Ok(()) } else { Err(different()) }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut others: A) -> Result<(), A::Error> {
        for (key, node) in self.node.entries().ok_or_else(different)? {
            self.reached.set(key.line);
            others.next_key_seed(SameKey(key))?.ok_or_else(different)?;
            others.next_value_seed(self.child(node))?;
        }
        if others.next_key::<IgnoredAny>()?.is_none() { Ok(()) } else { Err(different()) }
    }
}

/// Expects a key.
struct SameKey<'n>(&'n Key);

impl<'de> DeserializeSeed<'de> for SameKey<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, other: D) -> Result<(), D::Error> {
        other.deserialize_str(self)
    }
}

impl Visitor<'_> for SameKey<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the same key")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if self.0.text == text { Ok(()) } else { Err(different()) }
    }
}

fn different<E: serde::de::Error>() -> E {
    E::custom("different")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        strict_yaml::parse(text, &Limits::default(), Tags::Refused).unwrap().root
    }

    #[test]
    fn the_same_text_is_the_same() {
        for text in [
            "a: b\n",
            "a:\nb: ~\nc: ''\nd: []\ne: {}\n",
            "- 1\n- 0x1F\n- 1.10\n- true\n- 99999999999999999999999999\n- -99999999999999999999999999\n- 1e999\n",
            "a: |\n  one\n\n  two\nb: >-\n  one\n  two\nc: \"\\N\\L\\u2028\\U0001f600\"\n",
            "\"1\": {\"no\":[a, [b, {c: d}]]}\n",
            "--- # c\na: 'é'\n...\n",
            "text\n",
        ] {
            assert_eq!(check(text), Ok(()), "{text:?}");
        }
    }

    /// No text is known that the strict reader takes and `yaml_serde` reads in another way: two texts instead.
    #[test]
    fn a_difference_is_found_and_its_line_named() {
        for (one, other, line) in [
            ("a: b\nc: canary\n", "a: b\nc: d\n", 2),
            ("a: b\ncanary: c\n", "a: b\nd: c\n", 2),
            ("a: b\n", "a: b\nc: canary\n", 1),
            ("a: b\nc: canary\n", "a: b\n", 1),
            ("- a\n- canary\n", "- a\n", 1),
            ("- a\n", "- a\n- canary\n", 1),
            ("a: [b]\n", "a: b\n", 1),
            ("a: []\n", "a:\n", 1),
            ("a: {}\n", "a:\n", 1),
            ("a: ''\n", "a: []\n", 1),
            ("a: {b: c}\n", "a: [b, c]\n", 1),
            ("a: b\nc: \"d e\"\n", "a: b\n# c\nc: \"d  e\"\n", 3),
        ] {
            let difference = compare(other, &node(one)).unwrap_err();
            assert!(difference.line.abs_diff(line) <= 1, "{one:?} {other:?}: {difference}");
            assert!(!difference.to_string().contains("canary"));
        }
        assert!(compare("a: [b\n", &node("a: b\n")).is_err());
    }
}
