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

/// What opens tokens is a crate of its own, and exactly these two have it.
#[test]
fn two_crates_depend_on_what_opens_tokens() {
    let mut found = Vec::new();
    for folder in fs::read_dir(repository().join("crates")).unwrap() {
        let folder = folder.unwrap();
        let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        if manifest.lines().any(|line| line.starts_with("open-token")) {
            found.push(folder.file_name().into_string().unwrap());
        }
    }
    found.sort();
    assert_eq!(found, OPENERS);
    // by whatever name a manifest calls it, and through whatever lies between
    let lock = lock();
    for persona in PERSONAS {
        assert!(needs(&lock, persona).contains("contract-core"), "the search must be able to find it");
        assert!(!needs(&lock, persona).contains("open-token"), "{persona}");
    }
    for opener in OPENERS {
        assert!(needs(&lock, opener).contains("open-token"), "{opener}");
    }
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

/// Of the module that reads plain sections, the contract signer's and the auditor's binary hold one function, which knows what a volume's
/// name may be; the authors' hold all of it. Drop glue, which the compiler puts everywhere, has names of its own.
#[test]
fn the_contract_signer_and_the_auditor_read_no_sections() {
    const READS: &str = "^[0-9a-f]+ [A-Za-z] <?contract_core::(section|archive)::";
    for binary in ["contract-signer", "contract-auditor"] {
        let reads = symbols(binary, READS);
        assert!(reads.iter().all(|name| name.contains("is_volume_name")), "{binary}: {reads:#?}");
    }
    for author in ["workload-provider", "env-deployer", "guest-rehearsal"] {
        assert!(symbols(author, READS).len() >= 20, "the search must be able to find it in {author}");
    }
}
