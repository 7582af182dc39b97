//! The key that `persona.yaml` pins.

use story_tests::Story;

const ENCRYPT: &str = "workload-provider encrypt workload-provider -o new.handoff";

#[test]
fn another_key_than_the_pinned_one_stops_encrypt() {
    let story = Story::new();
    story.does(
        "pin() { contract-signer certificate show \"$1\" --json | sed 's/.*\"keyFingerprint\":\"\\([^\"]*\\)\".*/\\1/'; }
         openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out other.crt -subj /CN=other 2>/dev/null
         echo \"certificate-pin: $(pin guest/guest-encrypt.crt)\" >> workload-provider/persona.yaml
         workload-provider check workload-provider",
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
