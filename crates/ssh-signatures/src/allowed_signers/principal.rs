//! Names of people that a reader cannot confuse with another's (UTS #39: identifiers, mixed scripts, confusables).

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::{GeneralSecurityProfile as _, MixedScript as _, skeleton};

use findings::text::is_invisible;

/// Why a name could be confused with another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misleading {
    /// A character that is not visible.
    Invisible(char),
    /// Another sequence of characters looks the same.
    NotNormal {
        /// The form to write.
        normal: String,
    },
    /// A character that is not used in names.
    Uncommon(char),
    /// Letters of several scripts in one word.
    Mixed {
        /// The word.
        word: String,
    },
    /// Foreign letters, each of which looks like an ASCII one.
    LooksLike {
        /// What a reader sees.
        ascii: String,
    },
}

impl fmt::Display for Misleading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invisible(char) => {
                write!(f, "the character U+{:04X} in it is not visible", u32::from(*char))
            }
            Self::NotNormal { normal } => {
                write!(f, "it is written in another way than `{normal}`, and looks the same")
            }
            Self::Uncommon(char) => {
                write!(f, "the character U+{:04X} in it is not used in names", u32::from(*char))
            }
            Self::Mixed { word } => write!(f, "`{word}` mixes letters of several scripts"),
            Self::LooksLike { ascii } => {
                write!(f, "it looks like `{ascii}`, and is written in other letters")
            }
        }
    }
}

impl Misleading {
    pub(super) fn hint(&self) -> String {
        match self {
            Self::NotNormal { normal } => format!("write `{normal}`"),
            Self::LooksLike { .. } | Self::Mixed { .. } => {
                "type the name again, in letters of one script; where they look like Latin ones, in Latin letters".into()
            }
            Self::Invisible(_) | Self::Uncommon(_) => "type the name again, without this character".into(),
        }
    }
}

/// Refuses a name that looks like another one. Letters of any one script are accepted.
pub(super) fn check(name: &str) -> Result<(), Misleading> {
    if let Some(char) = name.chars().find(|char| is_invisible(*char)) {
        return Err(Misleading::Invisible(char));
    }
    if name.is_ascii() {
        return Ok(());
    }
    let normal: String = name.nfkc().collect();
    if normal != name {
        return Err(Misleading::NotNormal { normal });
    }
    if let Some(char) = name.chars().find(|char| !char.is_ascii() && !char.identifier_allowed()) {
        return Err(Misleading::Uncommon(char));
    }
    let words = || name.split(|char: char| char.is_ascii() && !char.is_ascii_alphanumeric());
    if let Some(word) = words().find(|word| !word.is_single_script()) {
        return Err(Misleading::Mixed { word: word.to_owned() });
    }
    let look = |char: char| -> String {
        // the skeleton of `m` is `rn`: what is ASCII stays as it is
        if char.is_ascii() { char.into() } else { skeleton(char.encode_utf8(&mut [0; 4])).collect() }
    };
    let ascii: String = name.chars().map(look).collect();
    let latin = |word: &str| word.contains(|char: char| char.is_ascii_alphabetic());
    if ascii.is_ascii() && !words().any(|word| !word.is_ascii() && latin(word)) {
        return Err(Misleading::LooksLike { ascii });
    }
    Ok(())
}

/// Two names with one fold differ only by case, by a dot at their end, or by their normal form.
pub(super) fn fold(name: &str) -> String {
    let lower: String = name.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    lower.trim_end_matches('.').to_owned()
}

/// Whether a reader could confuse two different names.
pub(super) fn is_similar(one: &str, other: &str) -> bool {
    let (folded, others) = (fold(one), fold(other));
    // `l` and `1` look alike too, and distinguish ASCII names
    let look_alike = || !(one.is_ascii() && other.is_ascii()) && skeleton(&folded).eq(skeleton(&others));
    one != other && (folded == others || look_alike())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_are_accepted() {
        for name in [
            "alice@example.com",
            "jürgen@firma.example",
            "JÜRGEN@firma.example",
            "zoë.o-neil@example.com",
            "kjær@firma.example",
            "kızılırmak@firma.example",
            "łukasz@firma.example",
            "straße@firma.example",
            "иван@firma.example",
            "сара@фирма.example",
            "γιώργος@firma.example",
            "田中@firma.example",
            "たなか太郎@firma.example",
            "김민수@firma.example",
            "أحمد@firma.example",
            "अनिता@firma.example",
            "team-7@example.com.",
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_show_another_are_not() {
        for (name, expected) in [
            ("al\u{200b}ice", "U+200B in it is not visible"),
            ("alice\u{ad}", "U+00AD in it is not visible"),
            ("alice\u{3164}", "U+3164 in it is not visible"),
            ("alice\u{e0041}", "U+E0041 in it is not visible"),
            ("a\u{a0}b", "U+00A0 in it is not visible"),
            ("ju\u{308}rgen", "in another way than `jürgen`"),
            ("ａlice", "in another way than `alice`"),
            ("alice＠example.com", "in another way than `alice@example.com`"),
            ("ﬁrma", "in another way than `firma`"),
            ("\u{212a}arl", "in another way than `Karl`"),
            ("\u{430}lice@example.com", "`\u{430}lice` mixes letters of several scripts"),
            ("alice@ex\u{430}mple.com", "mixes letters"),
            ("\u{430}\u{440}\u{435}@example.com", "it looks like `ape@example.com`"),
            ("a\u{2024}b", "in another way"),
            ("alice\u{2764}", "U+2764 in it is not used in names"),
            ("alice\u{2215}b", "U+2215 in it is not used in names"),
            ("\u{251}lice@example.com", "U+0251 in it is not used in names"),
        ] {
            let found = check(name).map_err(|error| error.to_string());
            assert!(found.as_ref().is_err_and(|it| it.contains(expected)), "{name}: {found:?}");
        }
    }

    #[test]
    fn similar_names_differ_in_what_nobody_sees() {
        for (one, other, expected) in [
            ("alice@example.com", "Alice@example.com", true),
            ("alice@example.com", "alice@example.com.", true),
            ("jürgen", "JU\u{308}RGEN", true),
            ("straße", "STRAßE.", true),
            ("alice", "\u{430}lice", true),
            ("kızı", "kizi", true),
            ("alice", "alice", false),
            ("jürgen", "jurgen", false),
            ("team1", "teaml", false),
            ("alice@example.com", "alice@example.org", false),
        ] {
            assert_eq!(is_similar(one, other), expected, "{one} {other}");
            assert_eq!(is_similar(other, one), expected, "{other} {one}");
        }
    }
}
