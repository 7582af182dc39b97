//! What a statement says of dates is somebody else's word: old ones say nothing, hostile ones are rejected.

use super::{LAST, does, living, says};
use story_tests::Story;

#[test]
fn a_statement_of_an_earlier_version_leaves_the_dates_open() {
    let story = living(0, LAST);
    does(
        &story,
        "restate_as env.handoff \"del it['predicate']['certificates']\"\nsign -o user-data --force 2> told",
    );
    let told = String::from_utf8(story.read("told")).unwrap();
    assert!(told.contains("not checked: until when the signing key is certified"), "{told}");
    for command in ["inspect user-data", "inspect env.handoff $TRUST", "inspect user-data.record.json"] {
        let said = does(&story, &format!("contract-signer {command}"));
        assert!(said.contains("ends first        encryption certificate"), "{said}");
        assert!(said.contains("not stated        the env section's own certificates"), "{said}");
        let (exit, said) = says(&story, &format!("contract-signer {command} --fail-within 30d"));
        assert!(exit == 4 && said.contains(": not stated: the env section's own certificates"), "{said}");
        assert!(said.contains("hint: ask the env deployer to encrypt again"), "{said}");
    }
}

#[test]
fn a_bare_key_does_not_end_and_a_log_router_has_no_certificates() {
    let story = Story::new();
    does(
        &story,
        "printf 'type: env\nlogging:\n  logRouter:\n    hostname: h.example.com\n    port: 443\n    iamApiKey: 0123456789abc\nvolumes:\n  data:\n    seed: \"canary-of-the-env-seed\"\n' > env-deployer/env.yaml
         env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o env.handoff",
    );
    let said = does(&story, "contract-signer inspect env.handoff $TRUST");
    assert!(said.contains("does not end      signing key: a bare key"), "{said}");
    assert!(!said.contains("syslog") && !said.contains("  then"), "{said}");
    let json = story.sh("contract-signer inspect env.handoff $TRUST --json").json();
    assert_eq!(json["statement"]["predicate"]["certificates"], serde_json::json!({}));
}

#[test]
fn of_a_chain_the_first_to_end_is_stated() {
    let story = living(2, "20500120120000Z");
    does(
        &story,
        "cd env-deployer/rsyslog; cp ca.crt first.crt; cd ../..
         dated_certificate env-deployer/rsyslog/second.crt 20260101000000Z 20480120120000Z
         dated_certificate env-deployer/rsyslog/third.crt 20260101000000Z 20600120120000Z
         cat env-deployer/rsyslog/{first,second,third}.crt > env-deployer/rsyslog/ca.crt
         b64() { printf '%s' \"$(base64 -w0 \"$1\")\"; }
         printf 'cacerts:\\n  - one: %s\\n    two: %s\\n' \"$(b64 env-deployer/rsyslog/third.crt)\" \\
             \"$(b64 env-deployer/rsyslog/first.crt)\" >> env-deployer/env.yaml
         env-deployer encrypt env-deployer --signing-key signing.crt -o env.handoff --force",
    );
    let json = story.sh("contract-signer inspect env.handoff $TRUST --json").json();
    let stated = &json["statement"]["predicate"]["certificates"];
    assert_eq!(stated["logging.syslog.server"]["notAfter"], "2048-01-20T12:00:00Z", "{stated}");
    assert_eq!(stated["cacerts"]["notAfter"], "2050-01-20T12:00:00Z", "{stated}");
    assert_eq!(stated.as_object().unwrap().len(), 4, "{stated}");
}

#[test]
fn hostile_dates_are_rejected() {
    let story = living(0, LAST);
    does(&story, "cp env.handoff good.handoff");
    let server = "it['predicate']['certificates']['logging.syslog.server']";
    for (python, words) in [
        (format!("{server}['notAfter'] = '2025-01-01T00:00:00Z'"), "ends before it begins"),
        (format!("{server}['notAfter'] = '9999-12-31T23:59:59Z'"), "required range"),
        (format!("{server}['notAfter'] = '10000-01-01T00:00:00Z'"), "statement.json"),
        (format!("{server}['notAfter'] = 'never'"), "statement.json"),
        (format!("{server}['notAfter'] = None"), "statement.json"),
        (format!("del {server}['notBefore']"), "notBefore"),
        (format!("{server}['subject'] = 'CN=log'"), "subject"),
        ("it['predicate']['certificates']['mine'] = {}".into(), "unknown variant `mine`"),
        ("it['predicate']['certificates'] = None".into(), "a mapping"),
        ("it['predicate']['certificates'] = []".into(), "a mapping"),
        (
            "del it['predicate']['signingKey']".into(),
            "`certificates` name a `signingKey`, and the statement none",
        ),
    ] {
        does(&story, &format!("cp good.handoff env.handoff; restate_as env.handoff \"{python}\""));
        let (exit, said) = says(&story, "contract-signer inspect env.handoff $TRUST");
        assert!(exit == 3 && said.contains(words), "{python}: {said}");
        assert_eq!(says(&story, "sign -o new").0, 3, "{python}");
    }
    does(&story, "restate_as workload.handoff \"it['predicate']['certificates'] = {}\"");
    let (exit, said) = says(&story, "contract-signer inspect workload.handoff $TRUST");
    assert!(exit == 3 && said.contains("the statement of an env section only"), "{said}");
    does(
        &story,
        r#"cp good.handoff env.handoff; unpack env.handoff
           edit 's/"logging.syslog.cert": \{/"signingKey": {/' handoff/statement.json; revouch env.handoff"#,
    );
    let (exit, said) = says(&story, "contract-signer inspect env.handoff $TRUST");
    assert!(exit == 3 && said.contains("a key is there twice"), "{said}");
}

#[test]
fn the_far_ends_of_time_overflow_nothing() {
    let story = living(0, LAST);
    for (since, until) in [
        ("-009999-01-02T01:59:59Z", "9999-12-30T22:00:00Z"),
        ("-009999-01-02T01:59:59Z", "-009999-01-02T01:59:59Z"),
        ("9999-12-30T22:00:00Z", "9999-12-30T22:00:00Z"),
    ] {
        does(
            &story,
            &format!(
                "restate_as env.handoff \"it['predicate']['certificates']['cacerts'] = {{'notBefore': '{since}', 'notAfter': '{until}'}}\""
            ),
        );
        for at in ["-009999-01-02T01:59:59Z", "2026-01-01", "9999-12-30T22:00:00Z"] {
            for within in ["0d", "30d", "500000w"] {
                let (exit, said) = says(
                    &story,
                    &format!("contract-signer inspect env.handoff $TRUST --at={at} --fail-within {within}"),
                );
                assert!(
                    [0, 4].contains(&exit) && !said.contains("panicked"),
                    "{until} {at} {within}: {said}"
                );
            }
        }
    }
}

/// RFC 5280 writes so of what has no end.
#[test]
fn a_certificate_without_end_is_taken() {
    let story = living(2, "99991231235959Z");
    let said = does(&story, "contract-signer inspect user-data");
    assert!(said.contains("syslog CA certificate on 9999-12-31"), "{said}");
}

#[test]
fn a_certificate_that_ends_before_it_begins_is_not_encrypted() {
    let story = living(0, LAST);
    does(
        &story,
        "cp env-deployer/rsyslog/ca.crt tmp/ca.crt
         dated_certificate env-deployer/rsyslog/ca.crt 20800101000000Z 20700101000000Z
         dated_certificate signing.crt 20800101000000Z 20700101000000Z tmp/signing-key",
    );
    let encrypt = "env-deployer encrypt env-deployer -o env.handoff --force";
    let (exit, said) = says(&story, encrypt);
    assert_eq!(exit, 3, "{said}");
    assert_eq!(said.matches("ends before it begins").count(), 1, "{said}");
    // a signing certificate never holds, so that nobody looks further
    let (exit, said) =
        says(&story, &format!("cp tmp/ca.crt env-deployer/rsyslog/; {encrypt} --signing-key signing.crt"));
    assert_eq!(exit, 4, "{said}");
    assert!(said.contains("not valid before"), "{said}");
}

/// It does not separate the required variables from the others; one of version 2 does.
#[test]
fn a_statement_of_the_first_version_demands_all_its_variables() {
    let story = living(0, LAST);
    let first = "it['predicateType'] = it['predicateType'].replace('v2', 'v1'); del it['predicate']['optionalVariables']";
    does(
        &story,
        &format!(
            "cp workload.handoff kept; restate_as workload.handoff \"{first}\"; restate_as env.handoff \"{first}\"
             sign -o user-data --force"
        ),
    );
    let demanded = "it['predicate']['requiredVariables'].append('NOBODY')";
    let (exit, said) =
        says(&story, &format!("restate_as workload.handoff \"{demanded}\"; sign -o user-data --force"));
    assert!(exit == 4 && said.contains("environment variables"), "{said}");
    let optional = demanded.replace("required", "optional");
    let (exit, said) = says(
        &story,
        &format!(
            "mv kept workload.handoff; restate_as workload.handoff \"{optional}\"; sign -o user-data --force"
        ),
    );
    let expected = "warning: environment variables that nobody provides are empty: NOBODY";
    assert!(exit == 0 && said.contains(expected), "{said}");
}
