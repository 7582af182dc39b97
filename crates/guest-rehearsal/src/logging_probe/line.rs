//! The one line that a probe sends.

use jiff::Timestamp;

/// `user.info`: 1 × 8 + 6.
const PRIORITY: &str = "<14>";
const TEXT: &str = "contract rehearsal: the log of a guest with this contract would arrive here";

/// `frame = length SP line` (RFC 5425, section 4.3), `line = PRI "1" SP TIMESTAMP SP HOSTNAME SP APP-NAME SP "-" SP "-"
/// SP "-" SP MSG` (RFC 5424, section 6), which allows a timestamp six decimals at most.
pub fn framed(now: Timestamp, origin: &str) -> String {
    let line = format!("{PRIORITY}1 {now:.3} {} guest-rehearsal - - - {TEXT}", hostname(origin));
    format!("{} {line}", line.len())
}

/// 1 to 255 printable ASCII characters, or `-`.
fn hostname(origin: &str) -> &str {
    let fits = (1..=255).contains(&origin.len()) && origin.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { origin } else { "-" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_counted_in_octets() {
        let now: Timestamp = "2026-11-23T12:00:00.123456789Z".parse().unwrap();
        let line = "<14>1 2026-11-23T12:00:00.123Z desk guest-rehearsal - - - contract rehearsal: the log of a guest \
                    with this contract would arrive here";
        assert_eq!(framed(now, "desk"), format!("{} {line}", line.len()));
    }

    #[test]
    fn a_name_that_would_break_the_line_is_left_out() {
        for origin in ["", "two words", "line\nend", "größe", &"x".repeat(256)] {
            assert!(framed(Timestamp::UNIX_EPOCH, origin).contains("Z - guest-rehearsal "), "{origin}");
        }
    }
}
