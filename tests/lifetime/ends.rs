//! Each thing ends first once, on each side of its end, in text and in JSON.

use super::{LAST, does, living, says};

/// By their places in `lives`.
const THINGS: [&str; 4] =
    ["encryption certificate", "signing certificate", "syslog CA certificate", "syslog client certificate"];

#[test]
fn whatever_ends_first_stands_on_one_line() {
    for (place, thing) in THINGS.into_iter().enumerate() {
        let story = living(place, "20500120120000Z");
        let line = |arguments: &str| {
            let said = does(&story, &format!("contract-signer inspect user-data.record.json {arguments}"));
            let line = said.lines().find(|line| line.starts_with("ends first")).unwrap().to_owned();
            assert_eq!(said.matches("  then  ").count(), 3, "{said}");
            line
        };
        for (at, says) in [
            ("2049-11-23", "in 58 days; act by 2049-12-21"),
            ("2049-12-21T11:59:59Z", "in 30 days; act by 2049-12-21"),
            ("2049-12-21T12:00:00Z", "in 30 days; act now"),
            ("2050-01-19T11:00:00Z", "in 1 day; act now"),
            ("2050-01-20T12:00:00Z", "in less than a day; act now"),
            ("2050-01-20T12:00:01Z", "expired less than a day ago; act now"),
            ("2050-01-23T12:00:00Z", "expired 3 days ago; act now"),
        ] {
            assert_eq!(
                line(&format!("--at {at}")),
                format!("ends first        {thing} on 2050-01-20, {says}"),
                "{at}"
            );
        }
    }
}

#[test]
fn json_tells_what_ends_and_when_to_act() {
    let story = living(2, "20500120120000Z");
    for command in [
        "inspect user-data",
        "inspect user-data.record.json",
        "verify user-data --signing-key $PUBLIC_KEY --record user-data.record.json",
    ] {
        let outcome = story.sh(&format!("contract-signer {command} --at 2049-11-23 --json"));
        let json = outcome.json();
        assert_eq!(json["at"], "2049-11-23T00:00:00Z", "{command}");
        let first = &json["endsFirst"];
        assert_eq!(first["what"], "syslog CA certificate", "{command}: {json}");
        assert_eq!(first["until"], "2050-01-20T12:00:00Z");
        assert_eq!(first["since"], "2026-01-01T00:00:00Z");
        assert_eq!(first["days"], 58);
        assert_eq!(first["actBy"], "2049-12-21T12:00:00Z");
        assert_eq!(first["of"], serde_json::json!(["env"]));
        assert_eq!(json["ends"].as_array().unwrap().len(), 4, "{json}");
        assert_eq!(json["ends"][0], *first);
        assert_eq!(json["notStated"], serde_json::json!([]));
        assert_eq!(outcome.exit, 0);
    }
    let later = story.sh("contract-signer inspect user-data --at 2050-01-20T13:00:00Z --json").json();
    assert_eq!(later["endsFirst"]["days"], -1, "{later}");
}

#[test]
fn fail_within_fails_at_the_very_second_and_names_what_ends() {
    let story = living(1, "20500120120000Z");
    for (at, within, exit) in [
        ("2049-12-21T11:59:59Z", "30d", 0),
        ("2049-12-21T12:00:00Z", "30d", 4),
        ("2049-12-21T12:00:00Z", "720h", 4),
        ("2049-12-23T11:59:59Z", "4w", 0),
        ("2049-12-23T12:00:00Z", "4w", 4),
        ("2050-01-20T12:00:00Z", "0d", 4),
        ("2050-01-20T11:59:59Z", "0d", 0),
    ] {
        for command in ["inspect user-data.record.json", "inspect env.handoff $TRUST"] {
            let (found, said) =
                says(&story, &format!("contract-signer {command} --at {at} --fail-within {within}"));
            assert_eq!(found, exit, "{command} {at} {within}: {said}");
            assert_eq!(said.contains("error: "), exit == 4, "{said}");
            assert_eq!(said.contains("the signing certificate ends on 2050-01-20, in "), exit == 4, "{said}");
        }
    }
    for (at, exit) in [("2049-12-21T11:59:59Z", 0), ("2049-12-21T12:00:00Z", 4)] {
        let command = format!("contract-signer inspect user-data --at {at} --fail-within 30d");
        assert_eq!(says(&story, &command).0, exit, "{at}");
    }
    let (exit, said) = says(
        &story,
        "contract-signer inspect user-data --at 2050-02-20 --fail-within 30d --json > told; cat told >&2; wc -l < told",
    );
    assert!(exit == 0 && said.starts_with("1\n"), "one object, and no second for the error: {said}");
    let (exit, said) = says(&story, "contract-signer inspect user-data --at 2050-02-20 --fail-within 30d");
    assert!(
        exit == 4 && said.contains("the signing certificate expired on 2050-01-20, 30 days ago"),
        "{said}"
    );
    assert!(said.contains("hint: certify the signing key again"), "{said}");
    let (exit, said) = says(&story, "contract-signer inspect user-data --at 2025-12-31 --fail-within 30d");
    assert!(exit == 4 && said.contains("is not valid before 2026-01-01"), "{said}");
}

#[test]
fn cron_hears_nothing_while_all_is_well() {
    let story = living(0, LAST);
    assert_eq!(
        says(&story, "contract-signer inspect user-data --fail-within 30d > /dev/null"),
        (0, String::new())
    );
}

#[test]
fn verify_knows_the_end_that_a_bare_key_does_not() {
    let story = living(1, "20500120120000Z");
    let verify = |arguments: &str| {
        says(&story, &format!("contract-signer verify user-data --signing-key {arguments}"))
    };
    let record = "--record user-data.record.json";
    assert_eq!(verify("$PUBLIC_KEY --at 2060-01-01").0, 0, "the signature holds for ever");
    for arguments in [format!("$PUBLIC_KEY {record}"), "signing.crt".to_owned()] {
        for (at, exit, words) in [
            ("2050-01-20T12:00:00Z", 0, "ends first: signing certificate"),
            (
                "2050-01-20T12:00:01Z",
                4,
                "the signing certificate expired on 2050-01-20: the guest refuses to boot",
            ),
            ("2025-12-31", 4, "the signing certificate is not valid before 2026-01-01"),
        ] {
            let (found, said) = verify(&format!("{arguments} --at {at}"));
            assert!(found == exit && said.contains(words), "{arguments} {at}: {said}");
        }
        let (exit, said) = verify(&format!("{arguments} --at 2049-12-31 --fail-within 30d"));
        assert!(exit == 4 && said.contains("the signing certificate"), "{said}");
        assert_eq!(verify(&format!("{arguments} --at 2049-12-01 --fail-within 30d")).0, 0);
    }
    does(&story, "rm user-data.record.json");
    let (exit, said) = verify("$PUBLIC_KEY --fail-within 30d");
    assert!(exit == 4 && said.contains("it is not known when `user-data` ends"), "{said}");
    assert!(said.contains("hint: name the signing record"), "{said}");
}

#[test]
fn a_time_that_is_none_is_wrong_usage() {
    let story = living(0, LAST);
    for (arguments, words) in [
        ("--at tomorrow", "as in 2026-11-23T12:00:00Z"),
        ("--at 2026-11-23T12:00:00", "as in 2026-11-23T12:00:00Z"),
        ("--fail-within 30", "as in 30d, 4w or 720h"),
        ("--fail-within=-30d", "as in 30d, 4w or 720h"),
        ("--fail-within 1mo", "as in 30d, 4w or 720h"),
    ] {
        let (exit, said) = says(&story, &format!("contract-signer inspect user-data {arguments}"));
        assert!(exit == 2 && said.contains(words), "{arguments}: {said}");
    }
}
