//! `sign --attestation-key`, plain and encrypted for the guest, judged by `openssl`.

use serde_json::{Value, json};
use story_tests::{Outcome, Story, listing};

/// Words of the scripts here. The auditor's key pair is `openssl`'s.
const WORDS: &str = r#"
auditor() { openssl genrsa -out auditor.pem 2> /dev/null; openssl pkey -in auditor.pem -pubout -out auditor.pub.pem; }
sealed() { sign --attestation-key auditor.pub.pem --encrypt-attestation-key --certificate $CERTIFICATE "$@"; }
fingerprint() { echo sha256:$(openssl pkey -pubin -in auditor.pub.pem -outform DER | sha256sum | cut -d' ' -f1); }
verify() { contract-signer verify user-data --signing-key $PUBLIC_KEY "$@"; }
"#;

fn does(story: &Story, script: &str) -> String {
    story.does(&format!("{WORDS}{script}"))
}

fn sh(story: &Story, script: &str) -> Outcome {
    story.sh(&format!("{WORDS}{script}"))
}

/// A record, read.
fn record(story: &Story, file: &str) -> Value {
    serde_json::from_slice(&story.read(file)).unwrap()
}

/// Whether the record of the user data names a risk that the signer accepted.
fn accepts(story: &Story, risk: &str) -> bool {
    let record = record(story, "user-data.record.json");
    record["accepted"].as_array().unwrap().iter().any(|accepted| accepted.as_str().unwrap().contains(risk))
}

/// `kept.json` with a change, as `changed.json`, compared with the user data.
fn verify_changed(story: &Story, change: impl FnOnce(&mut Value)) -> Outcome {
    let mut changed = record(story, "kept.json");
    change(&mut changed);
    assert_ne!(changed, record(story, "kept.json"));
    story.write("changed.json", changed.to_string());
    sh(story, "verify --record changed.json")
}

#[test]
fn the_guest_s_key_alone_opens_it_to_the_very_pem() {
    let story = Story::encrypted();
    does(
        &story,
        "auditor; sealed
         test $(wc -l < user-data) = 4
         value attestationPublicKey user-data > key.token
         [[ $(cat key.token) =~ ^hyper-protect-basic(\\.[A-Za-z0-9+/=]+){2}$ ]]
         open_token key.token | cmp - auditor.pub.pem
         test \"$(python3 -c 'import yaml; print(yaml.safe_load(open(\"user-data\"))[\"attestationPublicKey\"])')\" = \"$(cat key.token)\"
         grep -q 'the guest of both halves' user-data.record.json
         verify --record user-data.record.json
         ! grep -rq 'BEGIN PUBLIC' user-data
         boot --attest attested; GUEST_KEY=auditor.pem open_token attested/se-checksums.txt.enc | grep contract:attestationPublicKey",
    );
    let record = record(&story, "user-data.record.json");
    let fingerprint = does(&story, "fingerprint");
    assert_eq!(record["attestationKey"], json!({"fingerprint": fingerprint.trim(), "encrypted": true}));
    let digest =
        does(&story, "value attestationPublicKey user-data | tr -d '\\n' | sha256sum | cut -d' ' -f1");
    assert_eq!(record["attestationRecord"]["contract:attestationPublicKey"], digest.trim());
}

#[test]
fn without_it_the_pem_stands_there_for_everybody_and_both_are_told_apart() {
    let story = Story::encrypted();
    does(&story, "auditor; sign --attestation-key auditor.pub.pem");
    assert_eq!(record(&story, "user-data.record.json")["attestationKey"]["encrypted"], false);
    let plain = does(&story, "echo \"a PEM, key $(fingerprint)\"");
    let inspected = does(&story, "contract-signer inspect user-data");
    assert!(inspected.contains(&format!("auditor key       {}; the signature", plain.trim())), "{inspected}");
    for (value, form, said) in [
        ("$(base64 -w0 auditor.pub.pem)", "base64", "base64 of a PEM, key sha256:"),
        (
            "$(openssl req -x509 -key auditor.pem -subj /CN=auditor | base64 -w0)",
            "base64",
            "base64 of a PEM, key sha256:",
        ),
        ("$(cat workload.token)", "token", "a token: only the guest can read the key"),
        ("$(head -c 900 workload.token)", "unusable", "of no use to a guest: a damaged token: "),
        ("QUJD", "unusable", "of no use to a guest: not a public key"),
        (
            "$(openssl ecparam -name prime256v1 -genkey | openssl pkey -pubout | base64 -w0)",
            "unusable",
            "a key of type EC, and a token needs RSA",
        ),
        ("$(base64 -w0 auditor.pem)", "unusable", "a private key"),
    ] {
        does(&story, &format!("edit \"s|^(attestationPublicKey:).*|\\1 {value}|\" user-data"));
        for command in ["contract-signer inspect user-data", "verify"] {
            let outcome = sh(&story, command);
            let shown = format!("{}{}", outcome.text(), outcome.stderr);
            assert_eq!(outcome.exit, 0, "{outcome:?}");
            assert!(shown.contains(said), "{value}: {outcome:?}");
            assert_eq!(
                outcome.stderr.contains("warning: `attestationPublicKey`"),
                form == "unusable",
                "{outcome:?}"
            );
            let outcome = sh(&story, &format!("{command} --json"));
            assert_eq!(outcome.json()["attestationKey"]["form"], form, "{outcome:?}");
            assert_eq!(outcome.json()["attestationKey"]["fingerprint"].is_string(), form == "base64");
        }
    }
}

/// What is refused, in which words, and that nothing is left behind.
#[test]
fn what_cannot_be_the_auditor_s_key_for_this_guest_is_refused() {
    let story = Story::encrypted();
    does(
        &story,
        "auditor; stand_in other.crt other other.pem
         dated_certificate over.crt 20200101000000Z 20210101000000Z; dated_certificate soon.crt 20400101000000Z 20410101000000Z
         openssl ecparam -name prime256v1 -genkey -noout -out ec.pem; openssl pkey -in ec.pem -pubout -out ec.pub.pem
         openssl req -x509 -key ec.pem -subj /CN=ec -out ec.crt",
    );
    let files = listing(story.folder());
    for (given, exit, said) in [
        (
            "--auditor-key auditor.pub.pem --encrypt-auditor-key --certificate other.crt",
            4,
            "cannot sign: the workload half is encrypted under the key sha256:",
        ),
        (
            "--attestation-key auditor.pub.pem --encrypt-attestation-key --certificate over.crt",
            4,
            "cannot encrypt the auditor key under `over.crt`: the encryption certificate expired on 2021-01-01",
        ),
        (
            "--attestation-key auditor.pub.pem --encrypt-attestation-key --certificate soon.crt",
            4,
            "the encryption certificate is not valid before 2040-01-01",
        ),
        (
            "--attestation-key auditor.pub.pem --encrypt-attestation-key --certificate ec.crt",
            3,
            "cannot use `ec.crt`: the certificate holds a key of type EC",
        ),
        (
            "--attestation-key auditor.pub.pem --encrypt-attestation-key",
            2,
            "no encryption certificate is named",
        ),
        (
            "--encrypt-attestation-key --certificate guest/guest-encrypt.crt",
            2,
            "there is no auditor key to encrypt",
        ),
        (
            "--attestation-key auditor.pub.pem --certificate guest/guest-encrypt.crt",
            2,
            "add `--encrypt-auditor-key`",
        ),
        (
            "--attestation-key ec.pub.pem",
            3,
            "cannot use `ec.pub.pem`: a key of type EC; attestation records are encrypted with RSA only",
        ),
        (
            "--attestation-key auditor.pem",
            3,
            "cannot use `auditor.pem`: a private key (`PRIVATE KEY`), where only a public key may travel",
        ),
        ("--attestation-key workload.token", 3, "hint: ask the auditor for the public half of an RSA key"),
        ("--attestation-key absent.pem", 1, "`absent.pem`"),
    ] {
        let outcome = sh(&story, &format!("sign {given}"));
        assert_eq!(outcome.exit, exit, "{given}: {outcome:?}");
        assert!(outcome.stderr.contains(said), "{given}: {outcome:?}");
        assert!(outcome.stderr.contains("\n  hint: ") || exit == 1, "{given}: {outcome:?}");
        assert!(!outcome.stderr.contains("-----BEGIN P"), "{outcome:?}");
        assert_eq!(listing(story.folder()), files, "{given}");
    }
}

#[test]
fn an_expired_certificate_of_the_same_key_is_taken_at_a_risk_that_stands_on_record() {
    let story = Story::encrypted();
    does(
        &story,
        "auditor; dated_certificate over.crt 20200101000000Z 20210101000000Z
         CERTIFICATE=over.crt sealed --danger-accept-expired-certificate
         value attestationPublicKey user-data > key.token; open_token key.token | cmp - auditor.pub.pem",
    );
    assert!(accepts(&story, "auditor key is encrypted under a certificate that expired on 2021-01-01"));
}

#[test]
fn bare_tokens_name_no_certificate_and_give_the_prefix() {
    let story = Story::encrypted();
    let outcome = sh(
        &story,
        "auditor; sed -i 's/^hyper-protect-basic/contract-basic/' workload.token env.token
         sign_tokens --attestation-key auditor.pub.pem --encrypt-attestation-key --certificate $CERTIFICATE",
    );
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    assert!(
        outcome.stderr.contains("not checked: that the guest of both halves can open the auditor key"),
        "{outcome:?}"
    );
    does(
        &story,
        "value attestationPublicKey user-data > key.token; [[ $(cat key.token) = contract-basic.* ]]
         open_token key.token | cmp - auditor.pub.pem",
    );
}

#[test]
fn the_signer_s_folder_names_it_once_and_the_pin_holds_for_it() {
    let story = Story::encrypted();
    does(
        &story,
        "auditor; stand_in other.crt other other.pem
         printf 'persona: contract-signer\\nattestation-key: auditor.pub.pem\\nencrypt-attestation-key: true\\ncertificate: guest/guest-encrypt.crt\\n' > persona.yaml
         sign -o from-folder; value attestationPublicKey from-folder > key.token; open_token key.token | cmp - auditor.pub.pem
         fails sign -o auditor.pub.pem --record elsewhere --force",
    );
    let shown = sh(&story, "contract-signer certificate show guest/guest-encrypt.crt --json").json();
    for (line, given, exit, said) in [
        (
            format!("certificate-pin: sha256:{}", "0".repeat(64)),
            "",
            4,
            "the certificate holds another key than the pinned one",
        ),
        (
            format!("certificate-pin: {}", shown["keyFingerprint"].as_str().unwrap()),
            "--certificate other.crt",
            4,
            "cannot encrypt the auditor key under `other.crt`",
        ),
    ] {
        let outcome = sh(
            &story,
            &format!(
                "cp persona.yaml kept; echo \"{line}\" >> persona.yaml; sign -o other {given}; e=$?; mv kept persona.yaml; exit $e"
            ),
        );
        assert_eq!(outcome.exit, exit, "{line}: {outcome:?}");
        assert!(outcome.stderr.contains(said), "{line}: {outcome:?}");
        assert!(!story.path("other").exists());
    }
    let outcome = sh(&story, "sed -i 's/: true/: maybe/' persona.yaml; sign -o other");
    assert_eq!(outcome.exit, 3, "{outcome:?}");
    assert!(
        outcome.stderr.contains("line 3: encrypt-attestation-key: expected `true` or `false`"),
        "{outcome:?}"
    );
}

#[test]
fn a_record_that_names_another_key_or_none_is_held_against_the_user_data() {
    let story = Story::encrypted();
    does(
        &story,
        "auditor; sealed; cp user-data.record.json kept.json; verify --record user-data.record.json",
    );
    let changes: [fn(&mut Value); 2] = [
        |record| record["attestationKey"]["encrypted"] = json!(false),
        |record| {
            record["attestationRecord"].as_object_mut().unwrap().remove("contract:attestationPublicKey");
        },
    ];
    for change in changes {
        let outcome = verify_changed(&story, change);
        assert_eq!(outcome.exit, 4, "{outcome:?}");
        assert!(outcome.stderr.contains("auditor key"), "{outcome:?}");
    }
    // in a token, whose it is is the signer's word; a record of an earlier version says nothing of it
    let outcome = verify_changed(&story, |record| {
        record.as_object_mut().unwrap().remove("attestationKey");
    });
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    does(&story, "sign --attestation-key auditor.pub.pem --force; cp user-data.record.json kept.json");
    let zeros = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let outcome = verify_changed(&story, |record| record["attestationKey"]["fingerprint"] = json!(zeros));
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    assert!(
        outcome.stderr.contains(&format!("auditor key: {zeros}, plain in the record, sha256:")),
        "{outcome:?}"
    );
}

/// `--expect FILE` of all who can foretell a line: the same as the record of the signing and the rehearsed guest say.
#[test]
fn what_each_can_foretell_is_written_for_the_auditor() {
    let story = Story::encrypted();
    does(
        &story,
        "auditor
         workload-provider encrypt workload-provider -o workload.handoff --expect workload.txt --force
         env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o env.handoff --expect env.txt --force
         sealed --expect user-data.txt
         env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY --expect medium.txt
         guest-rehearsal boot ciiso.iso --guest-key $GUEST_KEY --attest attested
         GUEST_KEY=auditor.pem open_token attested/se-checksums.txt.enc | sort > opened
         sort medium.txt | cmp - opened
         test $(wc -l < workload.txt) = 1; test $(wc -l < env.txt) = 1; test $(wc -l < user-data.txt) = 4; test $(wc -l < medium.txt) = 7
         for file in workload.txt env.txt user-data.txt; do test -z \"$(sort $file | comm -23 - opened)\"; done",
    );
    for (command, said) in [
        (
            "env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY -o x --expect x",
            "is named with `--expect`, and for something else",
        ),
        ("sealed -o x --expect x.record.json", "is named with `--expect`, and for something else"),
        (
            "workload-provider encrypt workload-provider -o x --expect x",
            "is named with `--expect`, and for something else",
        ),
        ("sealed -o x --expect - --json", "both need standard output"),
    ] {
        let outcome = sh(&story, command);
        assert_eq!(outcome.exit, 2, "{command}: {outcome:?}");
        assert!(outcome.stderr.contains(said), "{outcome:?}");
    }
    let outcome = sh(&story, "sealed -o x --expect workload.txt");
    assert_eq!(outcome.exit, 1, "{outcome:?}");
    assert!(!story.path("x").exists() && !story.path("x.record.json").exists());
}

/// The record is for somebody who is neither the guest nor whoever signed.
#[test]
fn the_guest_s_key_and_the_signer_s_are_not_the_auditor_s() {
    let story = Story::encrypted();
    does(&story, "openssl x509 -in $CERTIFICATE -noout -pubkey > guest.pub.pem; cp $CERTIFICATE guest.crt");
    let files = listing(story.folder());
    for (key, lab, said) in [
        ("guest.crt", "", "which exists only inside the guest: no auditor could open the attestation record"),
        ("guest.pub.pem", "--danger-allow-one-person", "which exists only inside the guest"),
        (
            "$PUBLIC_KEY",
            "",
            "cannot sign: the auditor key is the signing key: one person would sign and audit",
        ),
    ] {
        for how in ["", "--encrypt-attestation-key --certificate $CERTIFICATE"] {
            let outcome = sh(&story, &format!("sign --attestation-key {key} {how} {lab}"));
            assert_eq!(outcome.exit, 4, "{key}: {outcome:?}");
            assert!(outcome.stderr.contains(said), "{key}: {outcome:?}");
            assert!(outcome.stderr.contains("hint: ask the auditor"), "{key}: {outcome:?}");
            assert_eq!(listing(story.folder()), files, "{key}");
        }
    }
    does(&story, "sign --attestation-key $PUBLIC_KEY --danger-allow-one-person");
    assert!(accepts(&story, "the auditor key is the signing key"));
}
