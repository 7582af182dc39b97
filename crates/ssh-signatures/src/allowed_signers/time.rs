//! Times of `valid-after` and `valid-before`: `YYYYMMDD[HHMM[SS]][Z]`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A time, and whether it says that it is UTC; it is read as UTC anyway.
pub fn parse(text: &str) -> Option<(Timestamp, bool)> {
    let upper = text.to_ascii_uppercase();
    let digits = upper.strip_suffix("UTC").or_else(|| upper.strip_suffix('Z')).unwrap_or(&upper);
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to).map_or(Ok(0), str::parse::<i8>).ok();
    let year = digits.get(..4)?.parse().ok()?;
    let (month, day) = (number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let time = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let at = TimeZone::UTC.to_timestamp(time).ok()?;
    // OpenSSH takes none before its epoch
    (at > Timestamp::UNIX_EPOCH).then_some((at, digits.len() < text.len()))
}

/// As it stands in the file, always with its `Z`.
pub fn write(at: Timestamp) -> String {
    at.strftime("%Y%m%d%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_lengths_with_and_without_zone() {
        for (text, due, utc) in [
            ("20261123", "2026-11-23T00:00:00Z", false),
            ("20261123Z", "2026-11-23T00:00:00Z", true),
            ("202611231530z", "2026-11-23T15:30:00Z", true),
            ("20261123153045UTC", "2026-11-23T15:30:45Z", true),
        ] {
            assert_eq!(parse(text), Some((due.parse().unwrap(), utc)), "{text}");
        }
        for wrong in [
            "",
            "Z",
            "2026",
            "2026112",
            "2026112315",
            "20260231Z",
            "20261301",
            "2026-11-23",
            "20261123 Z",
            "202611232460",
            "+2611231",
            "19691231Z",
            "19700101Z",
            "２０２６１１２３",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        let at = "2026-11-23T15:30:45Z".parse().unwrap();
        assert_eq!(parse(&write(at)), Some((at, true)));
    }
}
