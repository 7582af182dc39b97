//! The days that a signing certificate is valid.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;

use crate::signing_certificate::Error;
use crate::validity::Validity;

const DAY: i64 = 86_400;

/// A certificate begins this long before it is made: the clock of a guest may be slow.
pub const BACKDATED: SignedDuration = SignedDuration::from_hours(1);

/// How many days a certificate is valid: between 1 and [`Days::MOST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(u16);

impl Days {
    /// Ten years: for a contract without end, use the bare key.
    pub const MOST: u16 = 3650;

    /// From [`BACKDATED`] until this many days after `at`.
    pub(super) fn validity(self, at: Timestamp) -> Result<Validity, Error> {
        let far = |_| Error::Openssl("write a date so far away");
        let whole = |seconds| Timestamp::from_second(seconds).map_err(far);
        let not_before = whole(at.checked_sub(BACKDATED).map_err(far)?.as_second())?;
        Ok(Validity { not_before, not_after: whole(at.as_second() + i64::from(self.0) * DAY)? })
    }

    /// As [`Days::validity`], within the authority's: begins with it at the earliest, and is refused if it would end later.
    pub(super) fn validity_within(self, authority: Validity, at: Timestamp) -> Result<Validity, Error> {
        let Validity { not_before, not_after } = self.validity(at)?;
        if not_after > authority.not_after {
            let longest = (authority.not_after.as_second() - at.as_second()) / DAY;
            return Err(Error::Outlives { end: authority.not_after, longest });
        }
        Ok(Validity { not_before: not_before.max(authority.not_before), not_after })
    }
}

impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(0) => Err("a contract of 0 days never boots".into()),
            Ok(days @ 1..=Self::MOST) => Ok(Self(days)),
            _ => Err(format!("expected a number of days, from 1 to {}", Self::MOST)),
        }
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// For OpenSSL: not before, not after.
pub(super) fn to_asn1(validity: Validity) -> Result<(Asn1Time, Asn1Time), ErrorStack> {
    let time = |at: Timestamp| Asn1Time::from_unix(at.as_second());
    Ok((time(validity.not_before)?, time(validity.not_after)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(text: &str) -> Days {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_whole_and_bounded() {
        assert_eq!((days("1"), days("3650")), (Days(1), Days(Days::MOST)));
        for text in ["0", "3651", "-1", "1.5", "", "x", "99999999999"] {
            text.parse::<Days>().unwrap_err();
        }
    }

    #[test]
    fn no_leaf_outlives_its_authority() {
        let at: Timestamp = "2026-11-23T12:00:00.7Z".parse().unwrap();
        let authority = days("10").validity(at).unwrap();
        assert_eq!(authority.not_before, "2026-11-23T11:00:00Z".parse().unwrap());
        assert_eq!(authority.not_after, "2026-12-03T12:00:00Z".parse().unwrap());
        assert_eq!(days("10").validity_within(authority, at).unwrap(), authority);
        let refused = days("11").validity_within(authority, at);
        assert!(matches!(refused, Err(Error::Outlives { longest: 10, .. })), "{refused:?}");
        // backdated, and still not older than its authority
        let young = Validity { not_before: at, ..authority };
        assert_eq!(days("9").validity_within(young, at).unwrap().not_before, at);
    }
}
