//! `sign --attestation-key`, plain and encrypted for the guest, judged by `openssl`.

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
         # what it says of itself
         test $(jq -r .attestationKey.fingerprint user-data.record.json) = $(fingerprint)
         test $(jq -r .attestationKey.encrypted user-data.record.json) = true
         test $(jq -r '.attestationRecord[\"contract:attestationPublicKey\"]' user-data.record.json) = $(value attestationPublicKey user-data | tr -d '\\n' | sha256sum | cut -d' ' -f1)
         grep -q 'the guest of both halves' user-data.record.json
         verify --record user-data.record.json
         ! grep -rq 'BEGIN PUBLIC' user-data
         boot --attest attested; GUEST_KEY=auditor.pem open_token attested/se-checksums.txt.enc | grep contract:attestationPublicKey",
    );
}

#[test]
fn without_it_the_pem_stands_there_for_everybody_and_both_are_told_apart() {
    let story = Story::encrypted();
    does(
        &story,
        "auditor; sign --attestation-key auditor.pub.pem; test $(jq .attestationKey.encrypted user-data.record.json) = false",
    );
    let plain = does(&story, "echo \"a PEM, key $(fingerprint)\"");
    let inspected = does(&story, "contract-signer inspect user-data");
    assert!(inspected.contains(&format!("attestation key   {}; the signature", plain.trim())), "{inspected}");
    for (value, form, said) in [
        ("$(base64 -w0 auditor.pub.pem)", "base64", "base64 of a PEM, key sha256:"),
        (
            "$(openssl req -x509 -key auditor.pem -subj /CN=auditor | base64 -w0)",
            "base64",
            "base64 of a PEM, key sha256:",
        ),
        ("$(cat workload.token)", "token", "a token: only the guest can tell whose key it is"),
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
        "auditor; openssl req -x509 -newkey rsa:2048 -nodes -keyout other.pem -subj /CN=other -out other.crt
         dated_certificate over.crt 20200101000000Z 20210101000000Z; dated_certificate soon.crt 20400101000000Z 20410101000000Z
         openssl ecparam -name prime256v1 -genkey -noout -out ec.pem; openssl pkey -in ec.pem -pubout -out ec.pub.pem
         openssl req -x509 -key ec.pem -subj /CN=ec -out ec.crt",
    );
    let files = listing(story.folder());
    for (given, exit, said) in [
        (
            "--attestation-key auditor.pub.pem --encrypt-attestation-key --certificate other.crt",
            4,
            "cannot sign: the workload half is encrypted under the key sha256:",
        ),
        (
            "--attestation-key auditor.pub.pem --encrypt-attestation-key --certificate over.crt",
            4,
            "cannot encrypt the attestation key under `over.crt`: the encryption certificate expired on 2021-01-01",
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
            "no attestation key is named that could be encrypted",
        ),
        (
            "--attestation-key auditor.pub.pem --certificate guest/guest-encrypt.crt",
            2,
            "add `--encrypt-attestation-key`",
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
         jq -r '.accepted[]' user-data.record.json | grep 'attestation key is encrypted under a certificate that expired on 2021-01-01'
         value attestationPublicKey user-data > key.token; open_token key.token | cmp - auditor.pub.pem",
    );
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
        outcome.stderr.contains("not checked: that the guest of both halves can open the attestation key"),
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
        "auditor; openssl req -x509 -newkey rsa:2048 -nodes -keyout other.pem -subj /CN=other -out other.crt
         printf 'persona: contract-signer\\nattestation-key: auditor.pub.pem\\nencrypt-attestation-key: true\\ncertificate: guest/guest-encrypt.crt\\n' > persona.yaml
         sign -o from-folder; value attestationPublicKey from-folder > key.token; open_token key.token | cmp - auditor.pub.pem
         fails sign -o auditor.pub.pem --record elsewhere --force",
    );
    for (line, given, exit, said) in [
        (
            "certificate-pin: sha256:0000000000000000000000000000000000000000000000000000000000000000",
            "",
            4,
            "the certificate holds another key than the pinned one",
        ),
        (
            "certificate-pin: $(contract-signer certificate show guest/guest-encrypt.crt --json | jq -r .keyFingerprint)",
            "--certificate other.crt",
            4,
            "cannot encrypt the attestation key under `other.crt`",
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
        outcome.stderr.contains("line 3: encrypt-attestation-key: `true` or `false` is due here"),
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
    for (jq, said) in [
        (".attestationKey.encrypted = false", "attestation key"),
        ("del(.attestationRecord[\"contract:attestationPublicKey\"])", "attestation key"),
    ] {
        let outcome =
            sh(&story, &format!("jq '{jq}' kept.json > changed.json; verify --record changed.json"));
        assert_eq!(outcome.exit, 4, "{outcome:?}");
        assert!(outcome.stderr.contains(said), "{outcome:?}");
    }
    // in a token, whose it is is the signer's word; a record of an earlier version says nothing of it
    does(&story, "jq 'del(.attestationKey)' kept.json > old.json; verify --record old.json");
    does(&story, "sign --attestation-key auditor.pub.pem --force; cp user-data.record.json kept.json");
    let zeros = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let outcome = sh(
        &story,
        &format!(
            "jq '.attestationKey.fingerprint = \"{zeros}\"' kept.json > changed.json; verify --record changed.json"
        ),
    );
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    assert!(
        outcome.stderr.contains(&format!("attestation key: {zeros}, plain in the record, sha256:")),
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
        ("sealed -o x --expect - --json", "both want standard output"),
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
        ("guest.crt", "", "which exists only inside the guest: no auditor could open the record"),
        ("guest.pub.pem", "--danger-allow-one-person", "which exists only inside the guest"),
        (
            "$PUBLIC_KEY",
            "",
            "cannot sign: the attestation key is the signing key: one person would sign and audit",
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
    does(
        &story,
        "sign --attestation-key $PUBLIC_KEY --danger-allow-one-person
         jq -r '.accepted[]' user-data.record.json | grep 'the attestation key is the signing key'",
    );
}
