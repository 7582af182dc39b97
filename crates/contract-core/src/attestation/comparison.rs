//! The attestation record of the running guest, compared with what is expected (contract-format, section 8): every persona can
//! compute the lines of their own part, without any other part.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use findings::{Advice, Blame};
use serde::{Serialize, Serializer};

use super::AttestationRecord;

/// The lines that one file lets us expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The name of the file.
    pub by: String,
    /// Name to lower-case hex SHA-256.
    pub lines: BTreeMap<String, String>,
    /// The same for lines that only some guests show: these may be missing.
    pub if_shown: BTreeMap<String, String>,
    /// The file describes the whole contract, so the record may have no other lines of a contract.
    pub whole_contract: bool,
}

/// A line of the record compared with the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As expected.
    Equal,
    /// The record has it with another checksum.
    Different,
    /// Expected, and not in the record.
    Missing,
    /// Expected, and not in the layout of this record: [`AttestationRecord::may_lack`].
    Absent,
    /// In the record, and not allowed: a part of the contract that was not signed with the others, or a name that could be
    /// confused with another one.
    Unexpected,
    /// In the record, and not expected.
    Unknown,
}

impl Status {
    /// The word for people and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Different => "different",
            Self::Missing => "missing",
            Self::Absent => "absent",
            Self::Unexpected => "unexpected",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One line: in the record, expected, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// `contract:workload`, say.
    pub name: String,
    /// The result of the comparison.
    pub status: Status,
    /// Hex SHA-256; `None` if it is not expected.
    pub expected: Option<String>,
    /// Hex SHA-256; `None` if the record does not have it.
    pub found: Option<String>,
    /// The files that expect it.
    #[serde(rename = "foretoldBy")]
    pub expected_by: Vec<String>,
}

/// Two files expect different checksums in one line: one of them belongs to another contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is expected in two ways: {} by `{}`, {} by `{}`", .first.1, .first.0, .second.1, .second.0)]
pub struct Contradiction {
    /// The line.
    pub name: String,
    /// Who, and what.
    pub first: (String, String),
    /// Who else, and what.
    pub second: (String, String),
}

impl Advice for Contradiction {
    fn blame(&self) -> Blame {
        Blame::Refusal
    }

    fn hints(&self) -> Vec<String> {
        vec![
            "find out which of the two files belongs to another contract, and get it again from its author"
                .into(),
        ]
    }
}

/// All lines, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison(Vec<Line>);

impl Comparison {
    /// Compares a record with all expectations, which must agree with each other.
    pub fn new(record: &AttestationRecord, expectations: &[Expectation]) -> Result<Self, Contradiction> {
        let mut expected: BTreeMap<&str, (&str, Vec<String>)> = BTreeMap::new();
        for Expectation { by, lines, if_shown, .. } in expectations {
            let shown = if_shown.iter().filter(|(name, _)| record.lines().contains_key(*name));
            for (name, sha256) in lines.iter().chain(shown) {
                let (agreed, all) = expected.entry(name).or_insert((sha256, Vec::new()));
                if let Some(first) = all.first().filter(|_| *agreed != sha256) {
                    let (first, second) =
                        ((first.clone(), (*agreed).to_owned()), (by.clone(), sha256.clone()));
                    return Err(Contradiction { name: name.to_owned(), first, second });
                }
                all.push(by.clone());
            }
        }
        let unexpected = Unexpected::new(expectations);
        let names: BTreeSet<&str> =
            expected.keys().copied().chain(record.lines().keys().map(String::as_str)).collect();
        let lines = names.into_iter().map(|name| {
            let found = record.lines().get(name);
            let (expected, expected_by) = expected.remove(name).unzip();
            let status = match (expected, found) {
                (expected, Some(_)) if unexpected.contains(name, expected.is_some()) => Status::Unexpected,
                (Some(expected), Some(found)) if expected == found => Status::Equal,
                (Some(_), Some(_)) => Status::Different,
                (Some(_), None) if record.may_lack(name) => Status::Absent,
                (Some(_), None) => Status::Missing,
                (None, _) => Status::Unknown,
            };
            Line {
                name: name.to_owned(),
                status,
                expected: expected.map(str::to_owned),
                found: found.cloned(),
                expected_by: expected_by.unwrap_or_default(),
            }
        });
        Ok(Self(lines.collect()))
    }

    /// By name.
    pub fn lines(&self) -> &[Line] {
        &self.0
    }

    /// Those of one status.
    pub fn having(&self, status: Status) -> impl Iterator<Item = &Line> {
        self.0.iter().filter(move |line| line.status == status)
    }

    /// Absent lines that no other line proves: that of the whole user data covers them.
    pub fn unproven(&self) -> impl Iterator<Item = &Line> {
        let is_covered = self.having(Status::Equal).any(|line| line.name == "cidata/user-data");
        self.having(Status::Absent).filter(move |_| !is_covered)
    }

    /// Those that are not as expected.
    pub fn wrong(&self) -> impl Iterator<Item = &Line> {
        let wrong = |status| matches!(status, Status::Different | Status::Missing | Status::Unexpected);
        self.0.iter().filter(move |line| wrong(line.status))
    }
}

/// The lines that a record must not have.
struct Unexpected<'a> {
    /// The expectations of whole contracts.
    whole: Vec<&'a Expectation>,
    /// All expected names, as [`plain`] folds them.
    plain: BTreeSet<String>,
}

impl<'a> Unexpected<'a> {
    fn new(expectations: &'a [Expectation]) -> Self {
        let names = expectations.iter().flat_map(|it| it.lines.keys().chain(it.if_shown.keys()));
        Self {
            whole: expectations.iter().filter(|it| it.whole_contract).collect(),
            plain: names.map(|name| plain(name)).collect(),
        }
    }

    fn contains(&self, name: &str, expected: bool) -> bool {
        let has = |it: &&Expectation| it.lines.contains_key(name) || it.if_shown.contains_key(name);
        let plain = plain(name);
        let not_of_the_whole = plain.starts_with("contract:") && !self.whole.iter().all(has);
        let printable = name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        not_of_the_whole || !expected && (!printable || self.plain.contains(&plain))
    }
}

/// Without white space and in one case.
fn plain(name: &str) -> String {
    name.split_whitespace().flat_map(str::chars).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(digit: char) -> String {
        digit.to_string().repeat(64)
    }

    fn expectation(by: &str, lines: &[(&str, char)]) -> Expectation {
        let lines = lines.iter().map(|(name, digit)| ((*name).to_owned(), digest(*digit))).collect();
        Expectation { by: by.to_owned(), lines, if_shown: BTreeMap::new(), whole_contract: false }
    }

    fn record(lines: &[(&str, char)]) -> AttestationRecord {
        lines.iter().map(|(name, digit)| (*name, digest(*digit))).collect()
    }

    #[test]
    fn every_line_has_one_status() {
        let record = record(&[("a", '1'), ("b", '2'), ("d", '4')]);
        let sources =
            [expectation("one", &[("a", '1'), ("b", '3')]), expectation("two", &[("a", '1'), ("c", '5')])];
        let comparison = Comparison::new(&record, &sources).unwrap();
        let statuses: Vec<_> =
            comparison.lines().iter().map(|line| (line.name.as_str(), line.status.as_str())).collect();
        assert_eq!(statuses, [("a", "equal"), ("b", "different"), ("c", "missing"), ("d", "unknown")]);
        assert_eq!(comparison.lines()[0].expected_by, ["one", "two"]);
        assert_eq!(comparison.wrong().map(|line| line.name.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn what_is_not_promised_may_be_missing_but_not_different() {
        let source = Expectation {
            if_shown: expectation("", &[("b", '2')]).lines,
            ..expectation("one", &[("a", '1')])
        };
        for (shown, expected) in [(None, None), (Some('2'), Some("equal")), (Some('3'), Some("different"))] {
            let lines: Vec<_> = [("a", '1')].into_iter().chain(shown.map(|digit| ("b", digit))).collect();
            let comparison = Comparison::new(&record(&lines), std::slice::from_ref(&source)).unwrap();
            let line = comparison.lines().iter().find(|line| line.name == "b");
            assert_eq!(line.map(|line| line.status.as_str()), expected);
        }
    }

    #[test]
    fn a_whole_contract_has_no_other_line() {
        let own = expectation("one", &[("contract:env", '1')]);
        let signature = expectation("", &[("contract:envWorkloadSignature", '2')]).lines;
        let whole = Expectation { whole_contract: true, if_shown: signature, ..own.clone() };
        let medium = expectation("medium", &[("contract:attestationPublicKey", '3')]);
        let shown = |name, sources: &[Expectation]| {
            let record = record(&[("contract:env", '1'), (name, '3')]);
            let comparison = Comparison::new(&record, sources).unwrap();
            comparison.lines().iter().find(|line| line.name == name).unwrap().status.as_str()
        };
        for (name, alone, in_whole) in [
            ("contract:attestationPublicKey", "unknown", "unexpected"),
            ("Contract:attestationPublicKey", "unknown", "unexpected"),
            ("contract :x", "unknown", "unexpected"),
            ("baseimage", "unknown", "unknown"),
            ("contract:envWorkloadSignature", "unknown", "different"),
            // each could be confused with the expected one
            ("Contract:env", "unexpected", "unexpected"),
            ("contract:env\u{200b}", "unexpected", "unexpected"),
            ("c\u{43e}ntract:env", "unexpected", "unexpected"),
            ("base\u{1b}image", "unexpected", "unexpected"),
        ] {
            assert_eq!(shown(name, std::slice::from_ref(&own)), alone, "{name:?}");
            assert_eq!(shown(name, std::slice::from_ref(&whole)), in_whole, "{name:?}");
        }
        let both = [whole, medium];
        assert_eq!(shown("contract:attestationPublicKey", &both), "unexpected");
        assert_eq!(shown("contract:attestationPublicKey", &both[1..]), "equal");
    }

    #[test]
    fn a_line_that_an_older_image_lacks_is_not_missing_but_needs_another_to_prove_it() {
        let user_data = ("cidata/user-data", '1');
        for (version, user_data_found, expected, unproven) in
            [("24.11.0", '1', "missing", 0), ("1.0.0", '1', "absent", 0), ("1.0.0", '2', "absent", 1)]
        {
            let text = format!("{version}\n{} cidata/user-data\n", digest(user_data_found));
            let record = AttestationRecord::parse(&text).unwrap();
            let source = expectation("one", &[("contract:env", '3'), user_data]);
            let comparison = Comparison::new(&record, &[source]).unwrap();
            let line = comparison.lines().iter().find(|line| line.name == "contract:env").unwrap();
            assert_eq!(line.status.as_str(), expected);
            assert_eq!(comparison.unproven().count(), unproven);
        }
    }

    #[test]
    fn two_contradicting_files_are_named() {
        let sources = [expectation("one", &[("a", '1')]), expectation("two", &[("a", '2')])];
        for guest in [record(&[("a", '1')]), record(&[("b", '1')])] {
            let contradiction = Comparison::new(&guest, &sources).unwrap_err();
            assert_eq!(contradiction.first, ("one".to_owned(), digest('1')));
            assert_eq!(contradiction.second, ("two".to_owned(), digest('2')));
        }
    }
}
