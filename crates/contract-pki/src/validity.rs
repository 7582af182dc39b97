//! From when until when a certificate, a revocation list or a key is valid: one rule for both ends.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Two dates, both of which count as valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Validity {
    /// First second of validity.
    pub not_before: Timestamp,
    /// Last second of validity.
    pub not_after: Timestamp,
}

/// A point in time compared with a [`Validity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Before the first second.
    NotYet,
    /// Within both dates.
    Valid,
    /// After the last second.
    Ended,
}

impl Validity {
    /// Compares a point in time with both dates. A validity that ends before it begins is never valid.
    pub fn at(self, time: Timestamp) -> Standing {
        match () {
            () if time < self.not_before => Standing::NotYet,
            () if time > self.not_after => Standing::Ended,
            () => Standing::Valid,
        }
    }

    /// Refuses a point in time that is outside, with an error that names the date in question.
    pub fn check<E>(
        self,
        time: Timestamp,
        not_yet: impl FnOnce(Timestamp) -> E,
        ended: impl FnOnce(Timestamp) -> E,
    ) -> Result<(), E> {
        match self.at(time) {
            Standing::NotYet => Err(not_yet(self.not_before)),
            Standing::Valid => Ok(()),
            Standing::Ended => Err(ended(self.not_after)),
        }
    }

    /// Whether it is over.
    pub fn has_ended(self, time: Timestamp) -> bool {
        self.at(time) == Standing::Ended
    }

    /// Whether it ends before it begins.
    pub fn is_reversed(self) -> bool {
        self.not_after < self.not_before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_count_as_valid() {
        let second = |number| Timestamp::from_second(number).unwrap();
        let validity = |from, to| Validity { not_before: second(from), not_after: second(to) };
        for (time, expected) in
            [(9, Standing::NotYet), (10, Standing::Valid), (20, Standing::Valid), (21, Standing::Ended)]
        {
            assert_eq!(validity(10, 20).at(second(time)), expected, "{time}");
        }
        assert!((0..30).all(|time| validity(20, 10).at(second(time)) != Standing::Valid));
    }
}
