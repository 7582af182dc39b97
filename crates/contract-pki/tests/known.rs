//! The published certificates, compared with the facts where they are next to the project.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test reads files and states what it skips"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use contract_pki::certificate::known::KnownCertificate;
use contract_pki::platform::Platform;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// One line of the facts: a product's version, and its certificate.
type Fact = BTreeMap<String, String>;

/// `known-certificates.tsv`, and the folder of certificates; `None` with a word about it if they are not there.
fn facts() -> Option<(Vec<Fact>, PathBuf)> {
    let folder = std::env::var_os("SHARED_DATA")
        .map_or_else(|| Path::new(HERE).join("../../../shared/data"), PathBuf::from);
    let Ok(table) = fs::read_to_string(folder.join("known-certificates.tsv")) else {
        println!("skipped: no known-certificates.tsv in {}", folder.display());
        return None;
    };
    let mut lines = table.lines().map(|line| line.split('\t').map(str::to_owned));
    let names: Vec<_> = lines.next().unwrap().collect();
    let facts = lines.map(|line| names.iter().cloned().zip(line).collect()).collect();
    Some((facts, folder.join("certificates")))
}

#[test]
fn the_table_holds_what_the_facts_hold_and_nothing_else() {
    let Some((facts, _)) = facts() else { return };
    let time = |text: &str| text.replace(' ', "T");
    let expected: BTreeSet<_> = facts
        .iter()
        .map(|it| {
            let image = format!("{} {}", it["product"], it["version"]).replace("hpvs test", "test");
            let verified = !it["source"].contains("text copied");
            let key = format!("sha256:{}", it["spki_sha256"]);
            let dates = [time(&it["not_before"]), time(&it["not_after"])];
            (image, it["kind"].clone(), it["serial"].clone(), key, dates, verified)
        })
        .collect();
    let table: BTreeSet<_> = KnownCertificate::all()
        .iter()
        .flat_map(|row| {
            let versions = |platform: &Platform| row.versions(*platform).unwrap_or_default().iter();
            let images = Platform::ALL.iter().flat_map(move |platform| {
                versions(platform).map(move |version| format!("{platform} {version}"))
            });
            let tests = row.is_for_tests().then(|| "test".to_owned());
            images.chain(tests).map(|image| {
                let dates = [row.not_before, row.not_after].map(str::to_owned);
                let [kind, serial, key] = [row.kind, row.serial, row.key_fingerprint].map(str::to_owned);
                (image, kind, serial, key, dates, row.verified)
            })
        })
        .collect();
    assert_eq!(table, expected);
}

/// The script's judge is the facts: it is given a file and its products, and prints the row as it is in the source.
#[test]
fn the_script_prints_the_rows_of_the_table() {
    let Some((facts, certificates)) = facts() else { return };
    let source = fs::read_to_string(Path::new(HERE).join("src/certificate/known.rs")).unwrap();
    let mut rows = 0;
    for path in fs::read_dir(certificates).unwrap().map(|entry| entry.unwrap().path()) {
        let serial = Command::new("openssl").args(["x509", "-noout", "-serial", "-in"]).arg(&path).output();
        let serial = String::from_utf8(serial.unwrap().stdout).unwrap();
        let serial = serial.trim().trim_start_matches("serial=");
        let of_this: Vec<_> = facts.iter().filter(|it| it["serial"] == serial).collect();
        let mut script = Command::new(Path::new(HERE).join("known-row"));
        if of_this[0]["source"].contains("text copied") {
            script.arg("--unverified");
        }
        script.arg(&path);
        for platform in Platform::ALL {
            let versions = of_this.iter().filter(|it| it["product"] == platform.name());
            let versions: Vec<_> = versions.map(|it| it["version"].as_str()).collect();
            if !versions.is_empty() {
                script.arg(format!("{platform}={}", versions.join(",")));
            }
        }
        let output = script.output().unwrap();
        let row = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && source.contains(&row), "{}: {row}", path.display());
        rows += 1;
    }
    assert!(rows > 10, "{rows} certificates");
}

#[test]
fn the_script_refuses_wrong_usage_and_what_is_no_certificate() {
    let script = |arguments: &[&str]| {
        let output = Command::new(Path::new(HERE).join("known-row")).args(arguments).output().unwrap();
        assert_eq!(output.stdout, b"", "{arguments:?}");
        output.status.code().unwrap()
    };
    assert_eq!(script(&[]), 2);
    assert_eq!(script(&["--verified", "/dev/null"]), 2);
    assert_eq!(script(&["/dev/null", "hpcr=1"]), 2);
    assert_eq!(script(&["/dev/null", "ccrt=1"]), 1);
}
