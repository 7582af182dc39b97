//! The key that `persona.yaml` pins.

use story_tests::Story;

use super::played;

const ENCRYPT: &str = "workload-provider encrypt workload-provider -o new.handoff";

#[test]
fn another_key_than_the_pinned_one_stops_encrypt() {
    let story = Story::new();
    story.does(
        "workload-provider check workload-provider 2>&1 | grep 'no `certificate-pin` in `persona.yaml`: `certificate verify` shows'
         pin() { contract-signer certificate show \"$1\" --json | sed 's/.*\"keyFingerprint\":\"\\([^\"]*\\)\".*/\\1/'; }
         stand_in other.crt other 2>/dev/null
         echo \"certificate-pin: $(pin guest/guest-encrypt.crt)\" >> workload-provider/persona.yaml
         workload-provider check workload-provider 2>&1 | fails grep 'no `certificate-pin`'",
    );
    story.does(&format!("{ENCRYPT}; rm new.handoff"));

    let outcome = story.sh(&format!("{ENCRYPT} --certificate other.crt"));
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    let json = story.does("contract-signer certificate show other.crt --json");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let other = json["keyFingerprint"].as_str().unwrap();
    let pinned = String::from_utf8(story.read("workload-provider/persona.yaml")).unwrap();
    let pinned = pinned.lines().find_map(|line| line.strip_prefix("certificate-pin: ")).unwrap();
    let says = format!("holds another key than the pinned one: {other}, and pinned is {pinned}");
    assert!(outcome.stderr.contains(&says), "{outcome:?}");
    assert!(outcome.stderr.contains(&format!("write `certificate-pin: {other}`")), "{outcome:?}");
    assert!(!story.path("new.handoff").exists());

    let outcome = story.sh("cp other.crt guest/guest-encrypt.crt; workload-provider check workload-provider");
    assert_eq!(outcome.exit, 3, "{outcome:?}");
    assert!(outcome.text().contains("another key than the pinned one"), "{outcome:?}");

    let outcome = story.sh(&format!("{ENCRYPT} --danger-accept-expired-certificate"));
    assert_eq!(outcome.exit, 4, "no flag goes round the pin: {outcome:?}");
}

/// Whatever certificate the authors were given: the statements name its key, and the signer has seen the right one.
#[test]
fn halves_under_another_key_than_the_pinned_one_are_not_signed() {
    let story = Story::encrypted();
    let pin = |pin: &str| story.write("persona.yaml", format!("certificate-pin: {pin}\n"));
    let stated = story
        .does("openssl x509 -in $CERTIFICATE -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum");
    let stated = format!("sha256:{}", stated.split_whitespace().next().unwrap());
    let other = format!("sha256:{:064}", 0);

    pin(&other);
    let outcome = story.sh("sign --danger-accept-expired-certificate");
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    let says = format!(
        "cannot take `workload.handoff` as the workload half: the certificate holds another key than the pinned one: \
         {stated}, and pinned is {other}"
    );
    assert!(outcome.stderr.contains(&says), "{outcome:?}");
    assert!(!story.path("user-data").exists());

    pin(&stated);
    for (sign, list) in [("sign", "checked"), ("sign_tokens --force", "unchecked")] {
        story.does(sign);
        let record: serde_json::Value = serde_json::from_slice(&story.read("user-data.record.json")).unwrap();
        let lines: Vec<_> = record[list].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        assert!(lines.contains(&"that both halves are encrypted under the pinned key"), "{sign}: {lines:?}");
    }
}

/// `certificate verify` is what says which key to pin: it must not offer another one beside the pinned one.
#[test]
fn verify_refuses_another_key_than_the_pinned_one_in_all_four_binaries() {
    const PIN: &str = "echo certificate-pin: sha256:$(openssl x509 -in encrypt.crt -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1) > persona.yaml";
    for binary in ["workload-provider", "env-deployer", "contract-signer", "contract-auditor"] {
        let run = format!("{binary} certificate verify encrypt.crt $CHAIN");
        let outcome = played(PIN, &run);
        assert_eq!(outcome.exit, 0, "{binary}: {outcome:?}");
        assert!(outcome.stderr.contains("it contains the pinned key"), "{outcome:?}");
        assert!(!outcome.stderr.contains("  certificate-pin: "), "{outcome:?}");
        assert_eq!(played(PIN, &format!("{run} --json")).json()["pinned"], true);
        assert_eq!(played("", &format!("{run} --json")).json()["pinned"], false);

        let other = format!(
            "{PIN}; mkdir folder; mv persona.yaml folder; issue other intermediate encryption x; mv other.crt encrypt.crt"
        );
        let outcome = played(&other, &format!("{run} -C folder"));
        assert_eq!(outcome.exit, 4, "{binary}: {outcome:?}");
        assert!(
            outcome.stderr.contains(
                "cannot trust `encrypt.crt`: the certificate holds another key than the pinned one: sha256:"
            ),
            "{outcome:?}"
        );
        assert_eq!(outcome.text(), "");
    }
}

/// The auditor's has its own name in persona.yaml, and what it is held against stands there too.
#[test]
fn the_auditor_verifies_what_his_folder_names() {
    let given = "printf 'attestation-certificate: encrypt.crt\nintermediates: [intermediate.crt, ca.crt]\nroots: root.crt\n' > persona.yaml";
    let outcome = played(given, "contract-auditor certificate verify");
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    let revoked = format!("{given}; revocations intermediate l encrypt; echo 'crls: l' >> persona.yaml");
    let outcome = played(&revoked, "contract-auditor certificate verify");
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    assert!(outcome.stderr.contains("was revoked on"), "{outcome:?}");
    for (binary, field) in [("contract-auditor", "attestation-certificate"), ("env-deployer", "certificate")]
    {
        for verb in ["show", "verify"] {
            let help = played("", &format!("{binary} certificate {verb} --help")).text();
            let words: Vec<_> = help.split_whitespace().collect();
            let says = format!("[default: `{field}` in persona.yaml]");
            assert!(words.join(" ").contains(&says), "{binary}: {help}");
        }
    }
}

#[test]
fn a_pin_that_is_none_is_said_with_its_line() {
    let story = Story::new();
    for pin in [
        "sha256:abc",
        "SHA256:47DEQpj8HBSa",
        "b8d3ee02f0154a5b6ffeb57b87fd3d3a53fa6283eedfb0e227219a93a1b9ef7f",
    ] {
        let outcome = story.sh(&format!(
            "cp -r workload-provider copy; echo 'certificate-pin: \"{pin}\"' >> copy/persona.yaml
             workload-provider encrypt copy; exit=$?; rm -r copy; exit $exit"
        ));
        assert_eq!(outcome.exit, 3, "{outcome:?}");
        assert!(outcome.stderr.contains(": certificate-pin: `"), "{outcome:?}");
    }
}
