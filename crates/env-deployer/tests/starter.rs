//! The folder that `init` writes is a good one, once the files that it names are there.
#![expect(clippy::disallowed_methods, reason = "a test of the whole process has to start it")]

use std::path::Path;
use std::process::{Command, Output};

/// What the operator of a syslog server and the contract signer send.
const FILES: &str = "
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out new/rsyslog/ca.crt -days 365 -subj /CN=ca
openssl req -newkey rsa:2048 -nodes -keyout new/rsyslog/client-key.pem -out client.csr -subj /CN=client
openssl x509 -req -in client.csr -CA new/rsyslog/ca.crt -CAkey ca.key -CAcreateserial -days 300 -out new/rsyslog/client.crt
openssl genrsa 2048 | openssl rsa -pubout -out new/signing-key.pub.pem";

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    output
}

#[test]
fn a_fresh_folder_lacks_its_certificate_and_recipients_alone() {
    let folder = tempfile::tempdir().unwrap();
    let env_deployer = |arguments: &[&str]| run(folder.path(), env!("CARGO_BIN_EXE_env-deployer"), arguments);
    env_deployer(&["init", "new", "--platform", "hpvs"]);
    run(folder.path(), "sh", &["-ec", FILES]);
    let check = env_deployer(&["check", "new", "--json"]);
    let said: serde_json::Value = serde_json::from_slice(&check.stdout).unwrap();
    let findings = said["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 2, "{said}");
    assert_eq!(findings[0]["file"], "new/hpcr-encrypt.crt");
    assert_eq!(findings[1]["field"], "handoff.recipients");
}

#[test]
fn the_network_config_to_start_from_goes_onto_a_medium_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let vector = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/user-data");
    let env_deployer = |arguments: &[&str]| run(folder.path(), env!("CARGO_BIN_EXE_env-deployer"), arguments);
    env_deployer(&["init", "without", "--platform", "ccrt"]);
    assert!(!folder.path().join("without/network-config").exists());
    env_deployer(&["init", "new", "--platform", "ccrt", "--network-config"]);
    let (user_data, key) = (format!("{vector}/user-data"), format!("{vector}/signing-key.pub.pem"));
    let input = [&user_data, "--signing-key", &key, "--network-config", "new/network-config"];
    let made = env_deployer(&[&["boot-media", "--hostname", "paynow"][..], &input].concat());
    let said = String::from_utf8(made.stderr).unwrap();
    assert!(said.contains("for a guest named `paynow`, enc1 192.0.2.21/24"), "{said}");
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn the_log_server_is_that_of_the_flags_and_the_product() {
    let folder = tempfile::tempdir().unwrap();
    for (name, flags, findings) in [
        // the API key is not there yet
        ("router", "--platform ccrv --logging logRouter", 1),
        ("ccco", "--platform ccco", 0),
        ("ccco-router", "--platform ccco --logging log-router", 1),
    ] {
        let init: Vec<_> = ["init", name].into_iter().chain(flags.split(' ')).collect();
        run(folder.path(), env!("CARGO_BIN_EXE_env-deployer"), &init);
        let key = "openssl genrsa 2048 | openssl rsa -pubout -out \"$0/signing-key.pub.pem\"";
        run(folder.path(), "sh", &["-ec", key, name]);
        let check = Command::new(env!("CARGO_BIN_EXE_env-deployer"))
            .args(["check", name, "--json"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said: serde_json::Value = serde_json::from_slice(&check.stdout).unwrap();
        let errors = said["findings"].as_array().unwrap().iter().filter(|it| it["severity"] == "error");
        let fields: Vec<_> = errors.map(|it| it["field"].clone()).collect();
        assert_eq!(fields, ["logging.logRouter.iamApiKey"][..findings], "{said}");
        assert!(!folder.path().join(name).join("rsyslog").exists());
    }
    for flags in ["--platform ccrt --logging none", "--platform ccco --network-config", "--logging syslog"] {
        let output = Command::new(env!("CARGO_BIN_EXE_env-deployer"))
            .args(["init", "new"].into_iter().chain(flags.split(' ')))
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}
