//! The time, read in one place: the library takes it as an argument.

use std::time::SystemTime;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// `Timestamp::MAX`, to the second.
const LAST: &str = "9999-12-30T22:00:00Z";

/// Now, or the nearest time that has a date if the machine's clock is beyond.
pub fn now() -> Timestamp {
    dated(SystemTime::now())
}

fn dated(now: SystemTime) -> Timestamp {
    let nearest = || if now < SystemTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::try_from(now).unwrap_or_else(|_| nearest())
}

/// The value of `--at`, for clap's `value_parser`: RFC 3339, or a day, which is its beginning in UTC.
pub fn parse_at(text: &str) -> Result<Timestamp, String> {
    let day = || text.parse::<Date>().ok().filter(|day| day.to_string() == text);
    let beginning = || TimeZone::UTC.to_timestamp(day()?.at(0, 0, 0, 0)).ok();
    text.parse().ok().or_else(beginning).ok_or_else(|| {
        // the last day of the year 9999, which certificates without an end name, is not complete in our calendar
        if text.starts_with("9999-12-3") {
            return format!("that is too late: the last time is {LAST}");
        }
        "expected a time as in 2026-11-23T12:00:00Z, or a day as in 2026-11-23, which begins in UTC"
            .to_owned()
    })
}

/// The value of `--fail-within`, for clap's `value_parser`: `30d`, `4w`, `720h`. Months and years vary in length, so they
/// are refused.
pub fn parse_within(text: &str) -> Result<SignedDuration, String> {
    let long = text
        .parse::<Span>()
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
        .ok()
        .filter(|long| !long.is_negative());
    long.ok_or_else(|| "expected days, weeks or hours, as in 30d, 4w or 720h".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_needs_a_zone_and_a_day_begins_in_utc() {
        assert_eq!(parse_at("2026-11-23T13:00:00+01:00"), parse_at("2026-11-23T12:00:00Z"));
        assert_eq!(parse_at("2026-11-23"), parse_at("2026-11-23T00:00:00Z"));
        for vague in ["2026-11-23T12:00:00", "2026-11", "2026-11-31", "20261123", "now", ""] {
            assert!(parse_at(vague).unwrap_err().starts_with("expected a time"), "{vague}");
        }
        assert_eq!(parse_at(LAST).map(Timestamp::as_second), Ok(Timestamp::MAX.as_second()));
        for beyond in ["9999-12-31T23:59:59Z", "9999-12-31", "9999-12-30T22:00:01Z"] {
            assert!(parse_at(beyond).unwrap_err().starts_with("that is too late"), "{beyond}");
        }
    }

    #[test]
    fn any_clock_is_taken() {
        let far = Duration::from_secs(i64::MAX.unsigned_abs());
        assert_eq!(dated(SystemTime::UNIX_EPOCH + far), Timestamp::MAX);
        assert_eq!(dated(SystemTime::UNIX_EPOCH - far), Timestamp::MIN);
        assert_eq!(dated(SystemTime::UNIX_EPOCH), Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn a_time_to_act_is_counted_in_days_of_24_hours() {
        let hours = |hours| Ok(SignedDuration::from_hours(hours));
        for (text, long) in
            [("30d", 720), ("4w", 672), ("720h", 720), ("0d", 0), ("1w 2d", 216), ("30 days", 720)]
        {
            assert_eq!(parse_within(text), hours(long), "{text}");
        }
        for wrong in ["30", "-30d", "30d ago", "1mo", "1y", "soon", "", "99999999w"] {
            assert!(parse_within(wrong).unwrap_err().contains("30d, 4w or 720h"), "{wrong}");
        }
    }
}
