//! A contract for CCCO from the sections to the pod: policy, sealed secrets, host key document, initdata; and sealed secrets
//! by themselves, opened by a script that knows our page of the format.

use story_tests::{Outcome, Story, repository};

const WORDS: &str = r#"
    # sealed-secret ARGS… of the two authors, each in the own folder
    workload_secret() { workload-provider sealed-secret "$@" -C workload-provider; }
    env_secret() { env-deployer sealed-secret "$@" -C env-deployer; }
    # unseal SECTION FILE FOLDER: by Python and openssl
    unseal() { python3 "$UNSEAL" "$1" "$2" "$3/secret-signing-key.pub.pem" "$3/secret-decryption-key.pem"; }
"#;

const WORKLOAD: &str = "type: workload
confidential-containers:
  regoValidator:
    policy: !file policy.rego
  secret:
    verificationKey: !file secret-signing-key.pub.pem
    decryptionKey: !file secret-decryption-key.pem
";

const POLICY: &str = "package agent_policy

default ExecProcessRequest := false
default CreateContainerRequest := false
";

const ENV: &str = "type: env
host-attestation:
  HKD-8562-1:
    description: 'the machine''s key'
    host-key-doc: !file hkd.b64
confidential-containers:
  secret:
    verificationKey: !file secret-signing-key.pub.pem
    decryptionKey: !file secret-decryption-key.pem
";

fn sh(story: &Story, script: &str) -> Outcome {
    let unseal = repository().join("tests/ccco/unseal.py");
    story.sh(&format!("set -euo pipefail\nUNSEAL='{}'\n{WORDS}{script}", unseal.display()))
}

fn does(story: &Story, script: &str) -> String {
    let outcome = sh(story, script);
    assert_eq!(outcome.exit, 0, "{script}\n{outcome:?}");
    outcome.text()
}

/// Sections for CCCO, the keys of both authors, and a secret sealed by each: `workload.sealed`, `env.sealed`.
fn authored() -> Story {
    let story = Story::new();
    story.write("workload-provider/workload.yaml", WORKLOAD);
    story.write("workload-provider/policy.rego", POLICY);
    story.write("env-deployer/env.yaml", ENV);
    does(
        &story,
        r"sed -i 's/^platform: .*/platform: ccco/' workload-provider/persona.yaml env-deployer/persona.yaml
           openssl req -x509 -newkey rsa:2048 -nodes -keyout tmp/key -days 30 -subj /CN=HKD 2> /dev/null | base64 -w0 > env-deployer/hkd.b64
           workload_secret keygen > workload.lines; env_secret keygen > env.lines
           printf canary-of-the-database > database; printf 'canary-of-the-queue\n' > queue; chmod 600 database queue
           workload_secret seal --from-file database > workload.sealed
           env_secret seal --from-file queue -o env.sealed",
    );
    story
}

/// As [`authored`], then encrypted and signed: `user-data`.
fn signed() -> Story {
    let story = authored();
    does(
        &story,
        "workload-provider encrypt workload-provider -o workload.handoff
         env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o env.handoff
         sign -o user-data",
    );
    story
}

#[test]
fn a_contract_goes_from_the_sections_to_the_pod() {
    let story = signed();
    // what `keygen` prints is what the sections say
    for (section, text) in [("workload", WORKLOAD), ("env", ENV)] {
        let lines = does(&story, &format!("tail -n +2 {section}.lines"));
        assert!(text.ends_with(&lines), "{section}: {lines}");
    }
    does(
        &story,
        "printf 'IBMSecEx and the rest' > se-hdr.bin
         env-deployer initdata user-data --se-header se-hdr.bin --signing-key $PUBLIC_KEY > annotations
         base64 -d initdata.txt | gunzip | python3 -c '
import sys, tomllib
sys.stdout.write(tomllib.load(sys.stdin.buffer)[\"data\"][\"contract.yaml\"])' > contract
         head -c $(stat -c %s user-data) contract | cmp - user-data
         contract-signer verify contract --signing-key $PUBLIC_KEY --record user-data.record.json
         sed -n 's/^io.*bare.*//; s/^io.katacontainers.config.hypervisor.cc_init_data: \"\\(.*\\)\"$/\\1/p' annotations | tr -d '\\n' | cmp - initdata.txt",
    );
    let outcome = sh(
        &story,
        "guest-rehearsal boot initdata.txt --guest-key $GUEST_KEY --sealed-secret workload.sealed --sealed-secret env.sealed",
    );
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    let digest = |file: &str| does(&story, &format!("sha256sum < {file} | cut -d' ' -f1")).trim().to_owned();
    let (log, database, queue) = (outcome.text(), digest("database"), digest("queue"));
    for line in [
        format!(
            "secrets     `workload.sealed`, for the workload section: signed, opens to 22 bytes, sha256 {database}"
        ),
        format!("secrets     `env.sealed`, for the env section: signed, opens to 20 bytes, sha256 {queue}"),
        "the guest would boot".to_owned(),
    ] {
        assert!(log.contains(&line), "{line}\n{outcome:?}");
    }
    assert!(!log.contains("[ warning ]"), "{log}");
    // a pod has no medium
    assert!(log.contains(" contract:env\n") && !log.contains(" cidata/"), "{log}");
}

/// The page of the format is enough to read what we make.
#[test]
fn a_script_of_its_own_opens_sealed_secrets() {
    let story = authored();
    does(
        &story,
        "unseal workload workload.sealed workload-provider | cmp - database
         unseal env env.sealed env-deployer | cmp - queue
         head -c 262144 /dev/urandom > large; workload_secret seal --from-file large > large.sealed
         test $(stat -c %s large.sealed) -lt 1048576
         printf x | workload_secret seal --from-file - -o x.sealed; unseal workload x.sealed workload-provider | grep -qx x",
    );
    // its keys are wrong: the script is no judge that accepts everything
    assert_ne!(sh(&story, "unseal workload workload.sealed env-deployer").exit, 0);
}

#[test]
fn keys_and_secrets_are_private() {
    let story = authored();
    let modes = does(&story, "stat -c '%a %n' */secret-*key.pem; stat -c %a env.sealed");
    assert_eq!(
        modes,
        "600 env-deployer/secret-decryption-key.pem\n600 env-deployer/secret-signing-key.pem\n\
         600 workload-provider/secret-decryption-key.pem\n600 workload-provider/secret-signing-key.pem\n644\n"
    );
    let shown = does(
        &story,
        "{ workload-provider check workload-provider --show; workload_secret seal --from-file database --json
           env-deployer check env-deployer --signing-key $PUBLIC_KEY --show; env_secret keygen --force; } 2>&1",
    );
    assert!(shown.contains("decryptionKey: ") && shown.contains("\"section\":\"workload\""), "{shown}");
    for secret in ["canary", "PRIVATE KEY"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    // the key that signs is in no section
    let signing = does(&story, "sed -n 2p workload-provider/secret-signing-key.pem");
    let section = does(
        &story,
        "workload-provider encrypt workload-provider -o workload.handoff --token workload.token
         open_token workload.token",
    );
    assert!(section.contains("decryptionKey: \"-----BEGIN PRIVATE KEY-----"), "{section}");
    assert!(!section.contains(signing.trim()), "{section}");
}

#[test]
fn a_kubernetes_secret_is_made_on_request() {
    let story = authored();
    does(
        &story,
        r#"workload_secret seal --from-file database --manifest paynow-db --key password -o secret.yaml
           for p in python3 /usr/bin/python3; do if $p -c 'import yaml' 2> /dev/null; then break; fi; done
           $p -c '
import yaml
secret = yaml.safe_load(open("secret.yaml"))
assert (secret["apiVersion"], secret["kind"], secret["metadata"]) == ("v1", "Secret", {"name": "paynow-db"}), secret
assert list(secret["stringData"]) == ["password"], secret
open("password.sealed", "w").write(secret["stringData"]["password"] + "\n")'
           unseal workload password.sealed workload-provider | cmp - database"#,
    );
}

#[test]
fn what_cannot_be_sealed_or_opened_is_refused() {
    let story = signed();
    does(
        &story,
        "cp workload.sealed other.sealed; : > empty; head -c 262145 /dev/zero > large; mkdir none; cp env-deployer/persona.yaml none
         mkdir mixed; cp workload-provider/persona.yaml workload-provider/secret-signing-key* mixed
         cp env-deployer/secret-decryption-key.pub.pem mixed
         workload-provider sealed-secret seal -C mixed --from-file database > mixed.sealed
         workload_secret seal --from-file database --signing-key env-deployer/secret-signing-key.pem > foreign.sealed
         env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o env.handoff --token env.token --force
         sed -i '/^confidential/,$d' env-deployer/env.yaml
         env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o env.handoff --force
         sign -o without",
    );
    let boot = |sealed: &str| {
        format!("guest-rehearsal boot user-data --guest-key $GUEST_KEY --sealed-secret {sealed}")
    };
    for (command, exit, says) in [
        ("workload_secret seal --from-file empty".to_owned(), 3, "the secret is empty"),
        ("workload_secret seal --from-file large".to_owned(), 3, "larger than the limit"),
        ("workload_secret seal --from-file absent".to_owned(), 1, "absent"),
        ("workload_secret seal < /dev/null".to_owned(), 5, "--from-file FILE"),
        ("workload_secret keygen".to_owned(), 1, "--force"),
        ("env-deployer sealed-secret seal -C none --from-file database".to_owned(), 1, "env-deployer sealed-secret keygen"),
        ("workload_secret seal --from-file database --encryption-key workload-provider/secret-signing-key.pub.pem".to_owned(), 3, "the public half of the key that signs"),
        ("workload_secret seal --from-file database --signing-key $PUBLIC_KEY".to_owned(), 3, "`sealed-secret keygen`"),
        ("workload_secret seal --from-file database --manifest Paynow_DB".to_owned(), 2, "no name of a Kubernetes Secret"),
        ("workload_secret seal --from-file database --manifest paynow --key 'a b'".to_owned(), 2, "no key of a Kubernetes Secret"),
        (boot("foreign.sealed"), 4, "its signature does not verify with `verificationKey`"),
        (boot("mixed.sealed"), 4, "it does not open with `decryptionKey`"),
        (boot("user-data"), 3, "cannot read `user-data` as a sealed secret"),
        ("guest-rehearsal boot without --guest-key $GUEST_KEY --sealed-secret env.sealed".to_owned(), 4, "the section has no keys for sealed secrets"),
    ] {
        let outcome = sh(&story, &command);
        assert_eq!(outcome.exit, exit, "{command}: {outcome:?}");
        assert!(outcome.stderr.contains(says), "{command}: {outcome:?}");
        assert!(!(outcome.text() + &outcome.stderr).contains("canary"), "{command}: {outcome:?}");
    }
    // keys without a secret are shown as not tried
    let log = does(&story, "guest-rehearsal boot user-data --guest-key $GUEST_KEY");
    assert!(log.contains("[ skipped ] secrets     "), "{log}");
}
