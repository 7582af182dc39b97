//! What our strict reader takes, every other reader reads the same: `yaml_serde`, `PyYAML`, libyaml and Go's yaml.v3.
//!
//! More documents, and others: `READERS_SEED=7 READERS_DOCUMENTS=200000 cargo test -p guest-rehearsal --test readers`.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a test says why it is skipped, and compiles its judge in a folder of its own"
)]

mod documents;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use documents::{Random, document};
use guest_rehearsal::second_reader;
use serde_json::{Value, json};
use strict_yaml::{Kind, Limits, Node, Tags};

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |value| value.parse().unwrap())
}

/// Every section among the test vectors and in the personas' folders, good and bad.
fn samples() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = [
        "tests/vectors/section/accepted",
        "tests/vectors/section/refused",
        "personas/workload-provider",
        "personas/workload-provider/play",
        "personas/env-deployer",
    ];
    let files = folders.iter().filter_map(|folder| std::fs::read_dir(root.join(folder)).ok()).flatten();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let is_yaml = |path: &&std::path::PathBuf| path.extension().is_some_and(|it| it == "yaml" || it == "yml");
    let samples: Vec<_> =
        paths.iter().filter(is_yaml).map(|path| std::fs::read_to_string(path).unwrap()).collect();
    assert!(samples.len() > 5, "where are the samples?");
    samples
}

/// Generated documents that our reader takes.
fn accepted(count: u64) -> Vec<(String, Node)> {
    let (samples, mut random) = (samples(), Random::new(from_environment("READERS_SEED", 1)));
    let count = from_environment("READERS_DOCUMENTS", count);
    let texts = (0..count).map(|_| document(&mut random, &samples));
    let read = |text: String| {
        let document = strict_yaml::parse(&text, &Limits::default(), Tags::Refused).ok()?;
        Some((text, document.root))
    };
    let accepted: Vec<_> = texts.filter_map(read).collect();
    println!("{} of {count} documents are accepted", accepted.len());
    assert!(accepted.len() as u64 > count / 5, "the documents are too odd to prove anything");
    accepted
}

fn tree(node: &Node) -> Value {
    let list = |mark: &str, items: Vec<Value>| Value::Array([vec![json!(mark)], items].concat());
    match &node.kind {
        Kind::Scalar { text, .. } => json!(**text),
        Kind::Sequence(items) => list("-", items.iter().map(tree).collect()),
        Kind::Mapping(entries) => {
            list(":", entries.iter().map(|(key, node)| json!([key.text, tree(node)])).collect())
        }
    }
}

/// Gives the texts to a program as a JSON list, and takes a JSON list of its readings.
fn readings(mut program: Command, accepted: &[(String, Node)]) -> Vec<Value> {
    let texts: Vec<_> = accepted.iter().map(|(text, _)| text).collect();
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let texts = serde_json::to_vec(&texts).unwrap();
    let writer = std::thread::spawn(move || input.write_all(&texts).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{program:?}");
    let readings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(readings.len(), accepted.len());
    readings
}

#[track_caller]
fn assert_same(reader: &str, text: &str, ours: &Node, theirs: &Value) {
    assert!(!theirs.is_null(), "{reader} refuses {text:?}");
    assert_eq!(&tree(ours), theirs, "{reader} reads something else in {text:?}");
}

#[test]
fn yaml_serde_reads_the_same() {
    for (text, root) in accepted(20_000) {
        assert_eq!(second_reader::compare(&text, &root), Ok(()), "{text:?}");
    }
}

#[test]
fn python_and_libyaml_read_the_same() {
    let has_yaml = |python: &&str| {
        let found = Command::new(python).args(["-c", "import yaml"]).stderr(Stdio::null()).status();
        found.is_ok_and(|status| status.success())
    };
    // a python of the user's own may lack what the system's has
    let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(has_yaml) else {
        return eprintln!("skipped: python3 has no yaml module (Debian package python3-yaml)");
    };
    let accepted = accepted(5_000);
    let mut judge = Command::new(python);
    judge.args(["-c", include_str!("judge.py")]);
    for ((text, root), both) in accepted.iter().zip(readings(judge, &accepted)) {
        assert_same("PyYAML", text, root, &both[0]);
        assert_same("libyaml", text, root, &both[1]);
    }
}

#[test]
fn go_reads_the_same() {
    let packages = "/usr/share/gocode";
    let has_go =
        Command::new("go").arg("version").stdout(Stdio::null()).status().is_ok_and(|it| it.success());
    if !has_go || !Path::new(packages).join("src/gopkg.in/yaml.v3").exists() {
        return eprintln!(
            "skipped: no Go with yaml.v3 (Debian packages golang-go, golang-gopkg-yaml.v3-dev)"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("judge.go");
    std::fs::write(&source, include_str!("judge.go")).unwrap();
    let program = folder.path().join("judge");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).args([&program, &source]);
    build.env("GO111MODULE", "off").env("GOPATH", packages).env("GOFLAGS", "");
    build.env("GOCACHE", folder.path().join("cache"));
    assert!(build.status().unwrap().success());
    let accepted = accepted(5_000);
    for ((text, root), theirs) in accepted.iter().zip(readings(Command::new(program), &accepted)) {
        assert_same("yaml.v3", text, root, &theirs);
    }
}
