//! The time, read in one place: the library takes it as an argument.

use jiff::Timestamp;

/// Now.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The value of `--at`: RFC 3339, for clap's `value_parser`.
pub fn parse_at(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "expected a time as in 2026-11-23T12:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_at;

    #[test]
    fn a_time_needs_its_zone() {
        assert_eq!(parse_at("2026-11-23T13:00:00+01:00"), parse_at("2026-11-23T12:00:00Z"));
        for vague in ["2026-11-23T12:00:00", "2026-11-23", "now", ""] {
            parse_at(vague).unwrap_err();
        }
    }
}
