//! `sign` and the dates: a signing certificate that has ended is refused, everything else is reported in time.

use super::{LAST, does, living, says};

/// As if the statement had been made long ago: `encrypt` itself refuses such certificates.
fn restated(field: &str, since: &str, until: &str) -> (i32, String) {
    let story = living(0, LAST);
    says(
        &story,
        &format!(
            "set -e; restate_as env.handoff \"
it['predicate']['certificates']['{field}'] = {{'notBefore': '{since}', 'notAfter': '{until}'}}\"
             sign -o new --danger-accept-expired-certificate"
        ),
    )
}

/// So many days and an hour from now, for bash to say.
fn day(days: i64) -> String {
    format!("$(date -u -d '{days} days 1 hour' +%FT%TZ)")
}

#[test]
fn a_signing_certificate_that_is_not_valid_is_refused() {
    for (since, until, words) in [
        (day(-30), day(-1), "the signing certificate expired on"),
        (day(1), day(30), "the signing certificate is not"),
    ] {
        let (exit, said) = restated("signingKey", &since, &until);
        assert_eq!(exit, 4, "{said}");
        assert!(said.contains("the handoffs do not agree: validity of the signing certificate"), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(said.contains("hint:"), "{said}");
    }
}

#[test]
fn what_ends_within_thirty_days_is_a_warning_in_time() {
    for (field, until, words) in [
        ("signingKey", day(29), "warning: the signing certificate ends on"),
        ("logging.syslog.server", day(29), "warning: the syslog CA certificate ends on"),
        ("logging.syslog.cert", day(-2), "warning: the syslog client certificate expired on"),
        ("cacerts", day(0), "warning: the CA certificate under `cacerts`"),
    ] {
        let (exit, said) = restated(field, &day(-90), &until);
        assert!(exit == 0 && said.contains(words) && said.contains("hint: "), "{field}: {said}");
        assert!(said.contains("ends first: "), "{said}");
    }
    for field in ["signingKey", "logging.syslog.server"] {
        let (exit, said) = restated(field, &day(-90), &day(31));
        assert!(exit == 0 && !said.contains("warning: the "), "{said}");
        assert!(said.contains("in 31 days; act by "), "{said}");
    }
}

#[test]
fn a_stated_signing_certificate_is_checked_and_on_record() {
    let story = living(1, "20500120120000Z");
    let record: serde_json::Value = serde_json::from_slice(&story.read("user-data.record.json")).unwrap();
    let lines = |key: &str| record[key].to_string();
    assert!(lines("checked").contains("validity of the signing certificate"), "{record}");
    assert!(!lines("unchecked").contains("certified"), "{record}");
    let done = does(&story, "sign -o new --json 2> /dev/null");
    let done: serde_json::Value = serde_json::from_str(&done).unwrap();
    assert_eq!(done["endsFirst"]["what"], "signing certificate", "{done}");
}

/// The guest of the rehearsal and the record tell the same day.
#[test]
fn the_rehearsal_refuses_from_the_same_second_on() {
    let story = living(1, "20500120120000Z");
    for (at, exit) in [("2050-01-20T12:00:00Z", 0), ("2050-01-20T12:00:01Z", 4), ("2025-12-31T00:00:00Z", 4)]
    {
        let (found, said) = says(&story, &format!("boot --at {at}"));
        assert_eq!(found, exit, "{at}: {said}");
        assert_eq!(said.contains("HPL12007E"), at > "2050-01-20T12:00:00Z", "{said}");
        let verified =
            says(&story, &format!("contract-signer verify user-data --signing-key signing.crt --at {at}"));
        assert_eq!(verified.0, exit, "{at}: {}", verified.1);
    }
}
