//! The record beside the user data: it tells what was signed, who vouched, and what danger was accepted; `verify
//! --record` notices another one and a changed one.

use super::cases;
use story_tests::Story;

const VERIFY: &str =
    "contract-signer verify user-data --signing-key $PUBLIC_KEY --record user-data.record.json";

cases! {
    record_of_other_user_data {
        given: "workload-provider encrypt workload-provider -o workload.handoff --force; sign -o other",
        run: "contract-signer verify user-data --signing-key $PUBLIC_KEY --record other.record.json",
        exit: 4, says: ["it is not the signing record of this user data", "user data", "workload token", "ask the contract signer for both files"],
    }
    an_attestation_key_put_into_user_data {
        given: "echo 'attestationPublicKey: QUJD' >> user-data",
        run: VERIFY,
        exit: 4, says: ["it is not the signing record of this user data", "user data", "contract:attestationPublicKey"],
    }
    other_user_data_of_the_same_tokens {
        given: "openssl genrsa -out other.pem 2048; openssl rsa -in other.pem -pubout -out other.pub.pem
                documented_contract workload.token env.token > user-data; echo '# a comment' >> user-data",
        run: VERIFY,
        exit: 4, says: ["it is not the signing record of this user data: user data"],
    }
    a_record_that_is_none {
        given: "cp workload-provider/persona.yaml user-data.record.json",
        run: VERIFY,
        exit: 3, says: ["it is no signing record"],
    }
    a_record_that_is_cut {
        given: "truncate -s -100 user-data.record.json",
        run: VERIFY,
        exit: 3, says: ["it is no signing record"],
    }
    a_record_with_a_field_of_a_later_version {
        given: r#"edit '1s/\{/{"later": 1,/' user-data.record.json"#,
        run: VERIFY,
        exit: 3, says: ["unknown field `later`"],
    }
    a_record_of_two_gigabytes {
        given: "truncate -s 2G user-data.record.json",
        run: "ulimit -v 1000000; contract-signer verify user-data --signing-key $PUBLIC_KEY --record user-data.record.json",
        exit: 3, says: ["user-data.record.json"],
    }
    a_record_with_escapes_in_it {
        given: r#"edit 's/"name": "data"/"x"/; s/"principals": "/"principals": "\\u001b[2J/' user-data.record.json; edit 's/"userData": \{/"userData": {"\\u001b[2J": 1,/' user-data.record.json"#,
        run: VERIFY,
        exit: 3, says: ["unknown field"],
    }
    a_record_that_would_be_replaced {
        given: "rm user-data",
        run: "sign -o user-data",
        exit: 1, says: ["user-data.record.json", "--force"],
    }
}

/// Runs Python over the record as `it`, then verifies; what is said.
fn changed(story: &Story, python: &str) -> (i32, String) {
    story.write("tmp/change.py", python);
    story.does(
        "python3 -c 'if True:
             import json
             with open(\"user-data.record.json\") as file: it = json.load(file)
             exec(open(\"tmp/change.py\").read())
             with open(\"changed.record.json\", \"w\") as file: json.dump(it, file)'",
    );
    let outcome =
        story.sh("contract-signer verify user-data --signing-key $PUBLIC_KEY --record changed.record.json");
    (outcome.exit, format!("{}{}", outcome.text(), outcome.stderr))
}

#[test]
fn the_true_record_is_accepted() {
    let story = Story::signed();
    let said = story.does(&format!("{VERIFY} 2>&1"));
    assert!(
        said.contains("workload: vouched for by alice@example.com, as the signing record states"),
        "{said}"
    );
    // also as other tools write JSON
    assert_eq!(changed(&story, "").0, 0);
}

/// Each class of field that can be held against the user data, the key, or the rest of the record.
#[test]
fn a_record_changed() {
    let story = Story::signed();
    let zeros = "'0' * 64";
    for (python, says) in [
        (format!("it['userData']['sha256'] = {zeros}"), "user data"),
        (format!("it['signature']['sha256'] = {zeros}"), "signature"),
        (format!("it['signingKey'] = 'sha256:' + {zeros}"), "signing key"),
        (format!("it['workload']['token']['sha256'] = {zeros}"), "workload token"),
        (format!("it['env']['token']['sha256'] = {zeros}"), "env token"),
        (
            "it['workload']['token'], it['env']['token'] = it['env']['token'], it['workload']['token']"
                .into(),
            "env token",
        ),
        (format!("it['attestationRecord'][sorted(it['attestationRecord'])[0]] = {zeros}"), "line `"),
        ("it['attestationRecord'].popitem()".into(), "line `"),
        (format!("it['attestationRecord']['more'] = {zeros}"), "line `more`"),
        ("it['workload']['statement']['predicate']['platform'] = 'ccco'".into(), "workload statement"),
        ("it['env']['statement']['predicate']['volumes'] = {}".into(), "env statement"),
        ("it['env']['signed'] = it['workload']['signed']".into(), "env statement"),
        ("it['env']['signed'] = 'AAAA'".into(), "env statement"),
        ("del it['env']['signed']".into(), "env statement"),
        ("del it['env']['statement']".into(), "env statement"),
        ("del it['workload']['statement']".into(), "workload statement"),
        ("it['env']['statement'] = None".into(), "env statement"),
        ("del it['env']['statement'], it['env']['signed']".into(), "env statement"),
        ("for key in 'statement', 'signed', 'vouchedBy': del it['env'][key]".into(), "env statement"),
        ("for key in 'statement', 'signed', 'signature': del it['env'][key]".into(), "env half"),
        ("it['env']['statement']['predicate']['certificates'] = {}".into(), "env statement"),
    ] {
        let (exit, said) = changed(&story, &python);
        assert_eq!(exit, 4, "{python}: {said}");
        assert!(said.contains("it is not the signing record of this user data"), "{python}: {said}");
        assert!(said.contains(says), "{python}: {said}");
    }
}

/// The dates that every reader of a record shows are those that were signed.
#[test]
fn no_reader_takes_a_record_whose_statement_is_not_the_signed_one() {
    let story = Story::signed();
    for (python, exit) in [
        ("del it['env']['statement']", 4),
        (
            "it['env']['statement']['predicate']['encryptionCertificate']['notAfter'] = '2099-01-01T00:00:00Z'",
            4,
        ),
        ("del it['workload']['signed']", 4),
        ("it['env']['statement']['more'] = 1", 3),
    ] {
        changed(&story, python);
        for reader in [
            "contract-signer verify user-data --signing-key $PUBLIC_KEY --record changed.record.json",
            "contract-signer inspect user-data --record changed.record.json",
            "contract-signer inspect changed.record.json",
            "sign -o new --previous changed.record.json",
            "guest-rehearsal boot user-data --guest-key guest/guest-key.pem --report page.html --record changed.record.json",
            "contract-auditor init auditor 2>&1; cd auditor; echo \"$(sha256sum < ../user-data | cut -c 1-64) cidata/user-data\" > record
             contract-auditor compare record ../changed.record.json",
        ] {
            let outcome = story.sh(reader);
            assert_eq!(outcome.exit, exit, "{python}: {reader}: {outcome:?}");
            assert!(outcome.stderr.contains("changed.record.json"), "{python}: {reader}: {outcome:?}");
        }
    }
}

/// A record that is not signed can be rewritten whole; what is signed within it cannot: the vouching.
#[test]
fn a_voucher_who_did_not_sign_is_noticed() {
    let story = Story::signed();
    for python in [
        "it['workload']['signature'] = it['env']['signature']",
        "it['workload']['vouchedBy']['key'] = it['env']['vouchedBy']['key']",
        "it['env']['vouchedBy']['namespace'] = 'hpcr-workload'",
        "it['env']['signature'] = 'x'",
        "del it['env']['signature']",
    ] {
        let (exit, said) = changed(&story, python);
        assert_eq!(exit, 4, "{python}: {said}");
        assert!(said.contains("vouch"), "{python}: {said}");
    }
}

/// The danger that the halves show must have been owned up to.
#[test]
fn a_record_without_the_danger_it_accepted() {
    let story = Story::signed();
    for (given, danger) in [
        ("", ""),
        ("sed -i 's/^bob/alice/' contract-signer/allowed_signers", "one person behind both halves"),
        ("unpack env.handoff; repack env.handoff token statement.json", "nobody vouches for the env half"),
    ] {
        story.does(&format!(
            "{given}\nsign -o user-data --force --danger-allow-one-person --danger-accept-unsigned-tokens"
        ));
        assert_eq!(changed(&story, "").0, 0);
        let (exit, said) = changed(&story, "it['accepted'] = []");
        assert_eq!(exit, if danger.is_empty() { 0 } else { 4 }, "{said}");
        assert!(said.contains(danger), "{said}");
    }
    let (exit, said) = changed(&Story::signed(), "del it['workload']['vouchedBy']");
    assert!(exit == 4 && said.contains("nobody vouches for the workload half"), "{said}");
}

/// A record says what was looked at, no more and no less.
#[test]
fn what_was_checked_is_on_record_in_full() {
    let story = Story::signed();
    let listed = |flags: &str, list: &str| {
        story.does(&format!(
            "contract-signer sign {flags} --danger-accept-unsigned-tokens $SIGNER -o new --force"
        ));
        let record: serde_json::Value = serde_json::from_slice(&story.read("new.record.json")).unwrap();
        let lines = record[list].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
        // whose key it is, only this run knows
        lines.map(|line| line.split(": ").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let both = "--workload workload.handoff --env env.handoff";
    assert_eq!(
        listed(both, "checked"),
        [
            "who made the workload half",
            "who made the env half",
            "that two persons vouch, with two keys",
            "that no token opens with the empty password",
            "platform",
            "encryption certificate",
            "volumes",
            "environment variables",
            "purpose of the encryption certificate",
            "validity of the encryption certificate",
            "times of the statements",
            "signing key",
            "validity of the signing certificate",
        ]
    );
    assert_eq!(listed(both, "unchecked"), [""; 0]);
    let one_byte = "that no token of an unknown tool opens with a password of one byte";
    let bare = "--workload workload.token --env env.handoff";
    assert_eq!(
        listed(bare, "checked"),
        [
            "who made the env half",
            "that no token opens with the empty password",
            one_byte,
            "times of the statements",
            "signing key",
            "validity of the signing certificate",
        ]
    );
    assert_eq!(
        listed(bare, "unchecked"),
        [
            "who made the workload half",
            "sections, platform, certificate, volumes, variables of both halves",
            "until when the workload half's encryption certificate is valid",
        ]
    );
}

fn accepted(story: &Story) -> Vec<String> {
    let record: serde_json::Value = serde_json::from_slice(&story.read("new.record.json")).unwrap();
    story.does("contract-signer verify new --signing-key $PUBLIC_KEY --record new.record.json");
    record["accepted"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_danger_was_accepted_is_on_record() {
    let story = Story::signed();
    story.does("sign -o new --danger-allow-one-person --danger-accept-unsigned-tokens --danger-accept-expired-certificate");
    assert_eq!(accepted(&story), Vec::<String>::new(), "no danger, nothing accepted");

    story.does("sed -i 's/^bob/alice/' contract-signer/allowed_signers; sign -o new --force --danger-allow-one-person");
    let one = accepted(&story);
    assert!(
        matches!(&one[..], [line] if line.starts_with("one person behind both halves") && line.ends_with("(--danger-allow-one-person)")),
        "{one:?}"
    );

    story.does("unpack workload.handoff; repack workload.handoff token statement.json; sign -o new --force --danger-accept-unsigned-tokens");
    let unsigned = accepted(&story);
    assert!(
        matches!(&unsigned[..], [line] if line.starts_with("workload: ") && line.ends_with("(--danger-accept-unsigned-tokens)")),
        "{unsigned:?}"
    );

    story.does("sign_tokens -o new --force");
    let bare = accepted(&story);
    assert_eq!(bare.len(), 2, "{bare:?}");
    assert!(
        bare[0].starts_with("workload: nobody vouches for a bare token") && bare[1].starts_with("env: "),
        "{bare:?}"
    );
}
