//! Attestation records of every published layout, about one contract on one medium: `tests/vectors/attestation-record`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::PathBuf;

use contract_core::attestation::AttestationRecord;
use contract_core::attestation::comparison::{Comparison, Expectation, Status};
use contract_core::boot_media::{BootMedia, Hostname};
use contract_core::user_data::survey;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/attestation-record"))
}

/// Name and text of each record.
fn records() -> Vec<(String, String)> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut records: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| {
            (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap())
        })
        .collect();
    records.sort();
    assert_eq!(records.len(), 7);
    records
}

/// All lines of the contract and of its medium for the host name `paynow`.
fn expectation() -> Expectation {
    let user_data = fs::read(folder().join("user-data")).unwrap();
    let facts = survey(Cursor::new(&user_data)).unwrap();
    let medium = BootMedia::new(user_data.as_slice(), &facts, &Hostname::parse("paynow").unwrap()).unwrap();
    let written = medium.write_to(&mut std::io::sink(), &|_| ()).unwrap();
    let lines = facts.attestation_lines().into_iter().chain(written.attestation_lines());
    Expectation {
        by: "medium".to_owned(),
        lines: lines.map(|(name, sha256)| (name.to_owned(), sha256)).collect(),
        if_shown: BTreeMap::from([("contract:envWorkloadSignature".to_owned(), facts.signature_sha256())]),
        whole_contract: true,
    }
}

fn compare(text: &str) -> Comparison {
    let record = AttestationRecord::parse(text).unwrap();
    Comparison::new(&record, &[expectation()]).unwrap()
}

fn names(comparison: &Comparison, status: Status) -> Vec<&str> {
    comparison.having(status).map(|line| line.name.as_str()).collect()
}

#[test]
fn every_layout_compares_equal_with_its_contract() {
    for (name, text) in records() {
        let comparison = compare(&text);
        assert_eq!(comparison.wrong().collect::<Vec<_>>(), [] as [&_; 0], "{name}");
        let sections = ["contract:env", "contract:workload"];
        let absent: &[&str] = if name == "1.0.0" { &sections } else { &[] };
        assert_eq!(names(&comparison, Status::Absent), absent, "{name}");
        assert_eq!(comparison.unproven().count(), 0, "{name}");
        let signature = usize::from(name == "24.11.0");
        assert_eq!(names(&comparison, Status::Equal).len(), 7 + signature - absent.len(), "{name}");
        // the image's own lines are nobody's to expect
        let unknown = names(&comparison, Status::Unknown);
        assert!(unknown.contains(&"baseimage") && unknown.contains(&"root.tar.gz"), "{name}: {unknown:?}");
    }
}

#[test]
fn lines_of_text_are_kept_and_the_first_is_the_version() {
    for (name, text) in records() {
        let record = AttestationRecord::parse(&text).unwrap();
        let texts: Vec<_> = text.lines().filter(|line| !line.contains(' ') || line.contains(": ")).collect();
        let remarks = record.remarks();
        assert!(!remarks.is_empty() && remarks.iter().all(|line| texts.contains(&line.as_str())), "{name}");
        assert_eq!(record.image_version(), name.split('-').next(), "{name}");
        assert_eq!(remarks.len() + record.lines().len(), text.lines().count(), "{name}");
    }
}

#[test]
fn one_changed_digit_is_found_in_every_layout() {
    for (name, text) in records() {
        for line in compare(&text).having(Status::Equal) {
            let found = line.found.as_ref().unwrap();
            let other = if found.starts_with('0') { "1" } else { "0" };
            let changed = text.replacen(found, &format!("{other}{}", found.get(1..).unwrap()), 1);
            assert_eq!(names(&compare(&changed), Status::Different), [line.name.as_str()], "{name}");
        }
    }
}

/// In any order, with CRLF, without the last line end.
#[test]
fn the_form_of_a_layout_does_not_matter() {
    for (name, text) in records() {
        let (version, rest) = text.split_once('\n').unwrap();
        let mut lines: Vec<_> = rest.lines().collect();
        lines.reverse();
        let turned = format!("{version}\n{}", lines.join("\n"));
        for same in [turned, text.replace('\n', "\r\n"), text.trim_end().to_owned(), format!("{text}\n\n")] {
            assert_eq!(compare(&same), compare(&text), "{name}");
        }
    }
}
