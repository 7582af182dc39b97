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
    for (name, flags, description) in [
        ("hpvs", "--platform hpvs", "play/pod.yml"),
        ("compose", "--platform hpvs --compose", "compose/docker-compose.yaml"),
        ("ccrt", "--platform ccrt --play", "play/pod.yml"),
        ("ccrt-compose", "--platform ccrt --compose", "compose/docker-compose.yaml"),
        ("ccrv", "--platform ccrv", "play/pod.yml"),
        ("ccco", "--platform ccco", "policy.rego"),
    ] {
        let init: Vec<_> = ["init", name].into_iter().chain(flags.split(' ')).collect();
        let init = workload_provider(folder.path(), &init);
        assert!(init.status.success(), "{init:?}");
        let said = String::from_utf8(init.stderr).unwrap();
        assert_eq!(
            said.contains("on 2027-02-20 deletes those that still run"),
            flags.contains("hpvs"),
            "{said}"
        );
        assert!(folder.path().join(name).join(description).exists(), "{name}");
        let check = workload_provider(folder.path(), &["check", name, "--json"]);
        assert!(check.status.success(), "{name}: {check:?}");
        let said: serde_json::Value = serde_json::from_slice(&check.stdout).unwrap();
        let findings = said["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 2, "{said}");
        assert_eq!(findings[0]["file"], format!("{name}/hpcr-encrypt.crt"));
        assert_eq!(findings[1]["field"], "handoff.recipients");
    }
}

#[test]
fn the_product_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (flags, expected) in [
        (&["init", "new"][..], "`--platform` is missing, and there is no terminal to ask"),
        (&["init", "new", "--platform", "hpcs"], "`hpcs` is no platform"),
        (
            &["init", "new", "--platform", "ccrv", "--compose"],
            "`--compose` is not for ccrv, which runs `play`",
        ),
        (
            &["init", "new", "--platform", "ccco", "--play"],
            "`--play` is not for ccco, which runs `confidential-containers`",
        ),
    ] {
        let init = workload_provider(folder.path(), flags);
        let said = String::from_utf8(init.stderr).unwrap();
        assert!(init.status.code() == Some(2) && said.contains(expected), "{said}");
    }
    assert!(!folder.path().join("new").exists());
}

/// `script` of util-linux is the terminal.
#[test]
fn a_terminal_is_asked_for_the_product() {
    let folder = tempfile::tempdir().unwrap();
    let command = format!("{} init new", env!("CARGO_BIN_EXE_workload-provider"));
    let ask = |answer: &str| {
        Command::new("sh")
            .args([
                "-c",
                "(sleep 1; echo $2; sleep 1) | script -qec \"$1\" /dev/null",
                "sh",
                &command,
                answer,
            ])
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let said = ask("");
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(
        text.contains("which product is your guest image for?") && text.contains("`` is no platform"),
        "{text}"
    );
    assert!(!folder.path().join("new").exists());
    let said = ask("ccrv");
    let persona = std::fs::read_to_string(folder.path().join("new/persona.yaml"));
    assert!(persona.is_ok_and(|persona| persona.contains("\nplatform: ccrv\n")), "{said:?}");
}
