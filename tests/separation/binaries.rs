//! What the built binaries can do at all: shown on their symbols, not by trying alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use story_tests::{Story, repository};

/// Those who can open no token.
const PERSONAS: [&str; 3] = ["workload-provider", "env-deployer", "contract-signer"];

/// Those who can, each with a key of its own: the guest's stand-in, and the auditor's.
const OPENERS: [&str; 2] = ["contract-auditor", "guest-rehearsal"];

/// Whatever unwraps something with an RSA private key: OpenSSL's calls, old and new, raw operations included, and those
/// of Rust's `rsa`.
const UNWRAPS: &str = "RSA_private_decrypt|RSA_private_encrypt|EVP_PKEY_decrypt|EVP_PKEY_decapsulate|EVP_OpenInit\
    |CMS_decrypt|PKCS7_decrypt|PKCS7_dataDecode|[ <]rsa::";

/// The symbols of a binary that match, without their addresses.
fn symbols(binary: &str, pattern: &str) -> Vec<String> {
    let story = Story::new();
    let all = story.does(&format!("nm -C $(command -v {binary})"));
    assert!(all.lines().count() > 1000, "{binary} is stripped: nothing is proven");
    story.write("tmp/symbols", &all);
    let found = story.does(&format!("grep -E '{pattern}' tmp/symbols || true"));
    found.lines().map(|line| line.get(17..).unwrap_or(line).to_owned()).collect()
}

/// No author's and no signer's binary can unwrap a token: none knows a way to be given the guest's key, and none links
/// the code.
#[test]
fn only_the_guest_and_the_auditor_open_tokens() {
    let story = Story::signed();
    for binary in PERSONAS {
        let help = story.does(&format!(
            "{binary} --help; for c in $({binary} --help | sed -nE '/^Commands:/,/^$/s/^  ([a-z-]+).*/\\1/p' | grep -vx help); do {binary} $c --help; done"
        ));
        assert!(!help.contains("guest-key"), "{help}");
        let outcome = story.sh(&format!("{binary} boot user-data --guest-key $GUEST_KEY"));
        assert_eq!(outcome.exit, 2, "{binary}: {outcome:?}");
        assert_eq!(symbols(binary, UNWRAPS), Vec::<String>::new(), "{binary}");
    }
    for binary in OPENERS {
        assert_ne!(symbols(binary, UNWRAPS), Vec::<String>::new(), "the search must be able to find it");
    }
}

/// The walls: each program links exactly the crates of ours that docs/architecture.md lists for it, by whatever name a manifest
/// calls them, and through any other crate.
#[test]
fn each_program_links_the_crates_that_the_architecture_page_lists() {
    let lock = lock();
    let ours: BTreeSet<_> = fs::read_dir(repository().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let page = fs::read_to_string(repository().join("docs/architecture.md")).unwrap();
    let (_, walls) = page.split_once("| program | crates that it links |").unwrap();
    let rows = walls.lines().skip(2).take_while(|line| line.starts_with('|'));
    let mut programs = BTreeSet::new();
    for row in rows {
        let cells: Vec<_> = row.split('|').collect();
        let program = cells[1].trim().trim_matches('`');
        let listed: BTreeSet<_> = cells[2].split(',').map(|name| name.trim().trim_matches('`')).collect();
        let mut links = needs(&lock, program);
        links.retain(|name| ours.contains(*name) && *name != program);
        assert_eq!(links, listed, "{program}");
        programs.insert(program.to_owned());
    }
    let all = [&PERSONAS[..], &OPENERS[..]].concat();
    assert_eq!(programs, all.into_iter().map(str::to_owned).collect());
}

/// The second YAML reader judges ours in the rehearsal. No persona reads with it: not by its manifest, and not by its symbols.
#[test]
fn only_the_rehearsal_links_the_second_reader() {
    let lock = lock();
    for persona in [&PERSONAS[..], &["contract-auditor"]].concat() {
        let linked = symbols(persona, "yaml_serde|libyaml_rs|unsafe_libyaml");
        assert_eq!(linked, Vec::<String>::new(), "{persona}");
        assert!(!needs(&lock, persona).contains("yaml_serde"), "{persona}");
    }
    assert!(needs(&lock, "guest-rehearsal").contains("yaml_serde"));
    let linked = symbols("guest-rehearsal", "yaml_serde|libyaml_rs|unsafe_libyaml");
    assert_ne!(linked, Vec::<String>::new(), "the search must be able to find it");
}

/// RUSTSEC-2023-0071 has no fix. `cargo deny` knows more advisories; this test runs without it.
#[test]
fn rsa_is_not_locked() {
    assert!(!lock().contains_key("rsa"));
}

/// Every package of Cargo.lock with the names of those that it depends on: for whatever feature, target and purpose,
/// and without a download.
fn lock() -> BTreeMap<String, Vec<String>> {
    let lock = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
    let mut packages = BTreeMap::<String, Vec<String>>::new();
    let mut package = String::new();
    for line in lock.lines() {
        if let Some(name) = line.strip_prefix("name = ") {
            name.trim_matches('"').clone_into(&mut package);
            packages.entry(package.clone()).or_default();
        } else if let Some(dependency) = line.strip_prefix(" \"") {
            // a version follows the name where there are several
            let name = dependency.split(['"', ' ']).next().unwrap();
            packages.get_mut(&package).unwrap().push(name.to_owned());
        }
    }
    packages
}

/// All that a package depends on, itself included.
fn needs<'a>(lock: &'a BTreeMap<String, Vec<String>>, package: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![package];
    while let Some(package) = open.pop() {
        if found.insert(package) {
            open.extend(lock[package].iter().map(String::as_str));
        }
    }
    found
}

/// The binaries of the contract signer and the auditor hold no code that reads plain sections, packs archives, or keeps seeds.
#[test]
fn the_contract_signer_and_the_auditor_read_no_sections() {
    const READS: &str = "^[0-9a-f]+ [A-Za-z] <?(contract_section|contract_archive|container_descriptors|seed_vault|author_kit)::";
    for binary in ["contract-signer", "contract-auditor"] {
        assert_eq!(symbols(binary, READS), Vec::<String>::new(), "{binary}");
    }
    for author in ["workload-provider", "env-deployer", "guest-rehearsal"] {
        assert!(symbols(author, READS).len() >= 20, "the search must be able to find it in {author}");
    }
}
