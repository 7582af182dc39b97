//! Pattern lists (`ssh_config(5)`, PATTERNS): `*` and `?`, joined by commas, `!` in front of exceptions.

use std::fmt;

use crate::allowed_signers::principal::{fold, is_similar};

/// A list of patterns, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PatternList(pub(super) String);

impl PatternList {
    /// Whether one pattern matches, and no exception.
    pub(super) fn matches(&self, text: &str) -> bool {
        let mut found = false;
        for pattern in self.0.split(',') {
            match pattern.strip_prefix('!') {
                Some(pattern) if matches(pattern, text) => return false,
                Some(_) => {}
                None => found |= matches(pattern, text),
            }
        }
        found
    }

    fn positive(&self) -> impl Iterator<Item = &str> {
        self.0.split(',').filter(|pattern| !pattern.starts_with('!'))
    }
}

/// The first field of a line: who the key belongs to. Mostly one name; OpenSSH allows a list of patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principals(pub(super) PatternList);

impl Principals {
    /// As on the line, and as `ssh-keygen -Y find-principals` shows it.
    pub fn as_str(&self) -> &str {
        &self.0.0
    }

    /// Whether it matches this name.
    pub fn names(&self, principal: &str) -> bool {
        self.0.matches(principal)
    }

    /// Another name of the list that could be confused with this one; patterns are no names.
    pub(super) fn similar(&self, principal: &str) -> Option<&str> {
        self.0.positive().find(|name| !name.contains(['*', '?']) && is_similar(name, principal))
    }

    /// Whether some name could match both. If in doubt, yes: exceptions are ignored, and `Alice` equals `alice`.
    pub fn may_share_a_name(&self, other: &Self) -> bool {
        let folded = |list: &PatternList| list.positive().map(fold).collect::<Vec<_>>();
        let others = folded(&other.0);
        folded(&self.0).iter().any(|one| others.iter().any(|another| meet(one, another)))
    }
}

impl fmt::Display for Principals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a pattern matches the whole text. Backtracks to the last `*` alone, so its time is at most their product.
fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.as_bytes(), text.as_bytes());
    let mut last_star = None;
    loop {
        match (pattern, text) {
            ([b'*', rest @ ..], _) => {
                last_star = Some((rest, text));
                pattern = rest;
            }
            ([one, rest @ ..], [byte, more @ ..]) if *one == b'?' || one == byte => {
                (pattern, text) = (rest, more);
            }
            ([], []) => return true,
            _ => match last_star {
                Some((after, [_, more @ ..])) => {
                    last_star = Some((after, more));
                    (pattern, text) = (after, more);
                }
                _ => return false,
            },
        }
    }
}

/// Whether some text matches both patterns: the pairs of positions that one text can lead to, row by row.
fn meet(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut above: Vec<bool> = Vec::new();
    for i in 0..=one.len() {
        let mut row: Vec<bool> = Vec::with_capacity(other.len() + 1);
        for j in 0..=other.len() {
            let (a, b) =
                (i.checked_sub(1).and_then(|i| one.get(i)), j.checked_sub(1).and_then(|j| other.get(j)));
            let up = above.get(j).copied().unwrap_or_default();
            let left = row.last().copied().unwrap_or_default();
            let both = j.checked_sub(1).and_then(|j| above.get(j)).copied().unwrap_or_default();
            row.push(match (a, b) {
                (None, None) => true,
                // a star matches nothing, or what the other pattern just matched
                (Some(b'*'), _) | (_, Some(b'*')) if up || left => true,
                (Some(a), Some(b)) => {
                    both && *a != b'*' && *b != b'*' && (a == b || *a == b'?' || *b == b'?')
                }
                _ => false,
            });
        }
        above = row;
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "abc"),
            ("a*", "a"),
            ("*c", "abc"),
            ("a?c", "abc"),
            ("*b*", "abc"),
            ("a**c", "ac"),
            ("*@example.com", "alice@example.com"),
            ("*a*a*", "aa"),
            ("a*bc", "abbc"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("?", ""),
            ("a", "A"),
            ("a?", "a"),
            ("*b", "abc"),
            ("*a*a*", "a"),
            ("a*bc", "abb"),
            ("[a]", "a"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        let hostile = "*a".repeat(200);
        assert!(!matches(&hostile, &"a".repeat(4000).replace("aaaa", "aaab").repeat(2)));
    }

    #[test]
    fn an_exception_counts_anywhere_in_the_list() {
        let list = |text: &str| PatternList(text.into());
        assert!(list("*@a,!b@a").matches("c@a"));
        assert!(!list("*@a,!b@a").matches("b@a"));
        assert!(!list("!b@a,*@a").matches("b@a"));
        assert!(!list("!b@a").matches("c@a"));
    }

    #[test]
    fn two_patterns_meet_where_one_text_matches_both() {
        for (one, other) in [
            ("a", "a"),
            ("a*", "*b"),
            ("*", ""),
            ("?b", "a*"),
            ("*@x", "al?ce@x"),
            ("a*c*e", "ab*de"),
            ("**", "*"),
        ] {
            assert!(meet(one, other) && meet(other, one), "{one} {other}");
        }
        for (one, other) in
            [("a", "b"), ("a*", "b*"), ("?", ""), ("*a", "*b"), ("ab", "a"), ("a?", "a"), ("*@x", "*@y")]
        {
            assert!(!meet(one, other) && !meet(other, one), "{one} {other}");
        }
    }
}
