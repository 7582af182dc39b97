//! The folder that `init` writes is a good one.
#![expect(clippy::disallowed_methods, reason = "a test of the whole process has to start it")]

use std::path::Path;
use std::process::{Command, Output};

fn workload_provider(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_workload-provider"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn a_fresh_folder_lacks_its_certificate_and_recipients_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert!(workload_provider(folder.path(), &["init", "new"]).status.success());
    let check = workload_provider(folder.path(), &["check", "new", "--json"]);
    assert!(check.status.success(), "{check:?}");
    let said: serde_json::Value = serde_json::from_slice(&check.stdout).unwrap();
    let findings = said["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 2, "{said}");
    assert_eq!(findings[0]["file"], "new/hpcr-encrypt.crt");
    assert_eq!(findings[1]["field"], "handoff.recipients");
}
