//! From when until when.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;

use super::Error;

/// A certificate begins this long before it is made: a guest whose clock is behind must not find it not yet valid
/// (HPL12005E, contract-format, section 11).
pub const BACKDATED: SignedDuration = SignedDuration::from_hours(1);

/// How many days a certificate is to live: between 1 and [`Days::MOST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(u16);

impl Days {
    /// Ten years: whoever wants a contract without end takes the bare key.
    pub const MOST: u16 = 3650;
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

/// First and last second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub begin: Timestamp,
    pub end: Timestamp,
}

const DAY: i64 = 86_400;

impl Validity {
    /// Exactly that many days, beginning [`BACKDATED`].
    pub fn of(days: Days, at: Timestamp) -> Result<Self, Error> {
        Self::from(at - BACKDATED, days)
    }

    /// As [`Validity::of`], but no earlier than its authority, and refused if it were to end later.
    pub fn within(authority: Self, days: Days, at: Timestamp) -> Result<Self, Error> {
        let validity = Self::from((at - BACKDATED).max(authority.begin), days)?;
        if validity.end > authority.end {
            let longest = (authority.end.as_second() - validity.begin.as_second()) / DAY;
            return Err(Error::Outlives { end: authority.end, longest });
        }
        Ok(validity)
    }

    fn from(begin: Timestamp, days: Days) -> Result<Self, Error> {
        let far = |_| Error::Openssl("write a date so far away");
        let begin = Timestamp::from_second(begin.as_second()).map_err(far)?;
        let end = Timestamp::from_second(begin.as_second() + i64::from(days.0) * DAY).map_err(far)?;
        Ok(Self { begin, end })
    }

    pub fn to_asn1(self) -> Result<(Asn1Time, Asn1Time), ErrorStack> {
        Ok((Asn1Time::from_unix(self.begin.as_second())?, Asn1Time::from_unix(self.end.as_second())?))
    }
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
        let authority = Validity::from(at, days("10")).unwrap();
        // backdated, and still not older than its authority
        assert_eq!(Validity::within(authority, days("10"), at).unwrap(), authority);
        let refused = Validity::within(authority, days("11"), at);
        assert!(matches!(refused, Err(Error::Outlives { longest: 10, .. })), "{refused:?}");
        let later = Validity::within(authority, days("9"), at + SignedDuration::from_hours(2)).unwrap();
        assert_eq!(later.begin, authority.begin + SignedDuration::from_hours(1));
    }
}
