use super::*;
use crate::env_certificates::CertificateField;
use crate::env_certificates::Certificates;
use crate::env_certificates::keep_first;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn validity(not_before: &str, not_after: &str) -> Validity {
    Validity { not_before: at(not_before), not_after: at(not_after) }
}

fn end(not_before: &str, not_after: &str) -> End {
    let validity = validity(not_before, not_after);
    End { what: What::EncryptionCertificate, sections: vec![], validity }
}

#[test]
fn life_is_counted_in_whole_days() {
    let end = end("2026-01-01T00:00:00Z", "2026-12-31T12:00:00Z");
    for (now, state, days) in [
        ("2025-12-31T23:59:59Z", State::NotBegun, 364),
        ("2026-01-01T00:00:00Z", State::EndsIn(364), 364),
        ("2026-12-30T12:00:00Z", State::EndsIn(1), 1),
        ("2026-12-30T12:00:01Z", State::EndsIn(0), 0),
        ("2026-12-31T12:00:00Z", State::EndsIn(0), 0),
        ("2026-12-31T12:00:01Z", State::EndedAgo(0), -1),
        ("2027-01-01T12:00:00Z", State::EndedAgo(1), -1),
        ("2027-01-01T12:00:01Z", State::EndedAgo(1), -2),
    ] {
        assert_eq!((end.state(at(now)), end.days(at(now))), (state, days), "{now}");
    }
}

#[test]
fn exactly_at_the_end_is_within() {
    let end = end("2026-01-01T00:00:00Z", "2026-12-31T12:00:00Z");
    for (now, expected) in [
        ("2026-12-01T11:59:59Z", false),
        ("2026-12-01T12:00:00Z", true),
        ("2027-06-01T00:00:00Z", true),
        ("2025-06-01T00:00:00Z", true),
    ] {
        assert_eq!(end.is_ending(at(now), NOTICE), expected, "{now}");
    }
    assert_eq!(end.act_by(NOTICE), at("2026-12-01T12:00:00Z"));
}

#[test]
fn the_edges_of_time_do_not_overflow() {
    for until in [Timestamp::MIN, Timestamp::MAX] {
        let mut end = end("2026-01-01T00:00:00Z", "2026-12-31T12:00:00Z");
        end.validity.not_after = until;
        for now in [Timestamp::MIN, Timestamp::MAX] {
            for within in [SignedDuration::MIN, SignedDuration::MAX] {
                let _ = (end.state(now), end.days(now), end.act_by(within), end.is_ending(now, within));
            }
        }
    }
}

#[test]
fn of_several_certificates_in_one_field_the_first_to_end_is_kept() {
    let early = validity("2026-03-01T00:00:00Z", "2027-01-01T00:00:00Z");
    let late = validity("2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
    for both in [[early, late], [late, early]] {
        let mut kept = Certificates::new();
        for one in both {
            keep_first(&mut kept, CertificateField::Cacerts, one);
        }
        assert_eq!(kept.into_values().collect::<Vec<_>>(), [early]);
    }
}
