//! What an audit has found: the guest's record against what was foretold of it, and who signed it.

use cli_kit::report::count;
use cli_kit::{ExitCode, Failure, input};
use contract_core::attestation::comparison::{Comparison, Status};
use contract_core::contract::record::Record;

use crate::cmd::foretold::Expectations;
use crate::cmd::guest_record::GuestRecord;
use crate::cmd::guest_signature::Verified;

/// What an audit has found.
pub struct Audit {
    pub guest: GuestRecord,
    pub expectations: Expectations,
    pub comparison: Comparison,
    pub signature: Signed,
    /// Whether a record that nobody has signed is good enough.
    pub danger_accept_unsigned: bool,
}

/// Who says that the record is the guest's.
pub enum Signed {
    /// Its signature holds.
    By(Box<Verified>),
    /// It does not, or its certificate is not trusted.
    Refused(Failure),
    /// There is no signature.
    Unknown,
}

impl Audit {
    /// The record of the signing.
    pub fn signing(&self) -> Option<&Record> {
        self.expectations.signing.as_ref().map(|(_, record)| record)
    }

    /// `6 lines equal, 2 unknown`
    pub fn counts(&self) -> String {
        let number = |status| self.comparison.having(status).count();
        let mut counts = vec![format!("{} equal", count(number(Status::Equal), "line"))];
        for status in [Status::Different, Status::Missing, Status::Unexpected, Status::Unknown] {
            counts.extend((number(status) > 0).then(|| format!("{} {status}", number(status))));
        }
        counts.join(", ")
    }

    /// What nobody looked at.
    pub fn unchecked(&self) -> Vec<String> {
        let mut unchecked = Vec::new();
        match &self.signature {
            Signed::Unknown => unchecked.push("whose record it is: there is no signature".to_owned()),
            Signed::Refused(_) => {}
            Signed::By(verified) => unchecked.extend(verified.unchecked()),
        }
        unchecked.extend(self.expectations.unchecked());
        unchecked.extend(
            self.comparison
                .having(Status::Unknown)
                .map(|line| format!("line `{}`: nobody foretold it", line.name)),
        );
        unchecked
    }

    /// What was taken at risk, by the auditor.
    pub fn accepted(&self) -> Option<&'static str> {
        if let Signed::By(verified) = &self.signature { verified.accepted() } else { None }
    }

    /// Refused, if anything that must match does not.
    pub fn verdict(&self) -> Result<(), Failure> {
        let wrong: Vec<_> =
            self.comparison.wrong().map(|line| format!("`{}` is {}", line.name, line.status)).collect();
        let name = input::name(&self.guest.path);
        let differs =
            (!wrong.is_empty()).then(|| format!("`{name}` is not as foretold: {}", wrong.join(", ")));
        match (&self.signature, differs) {
            (Signed::Refused(failure), None) => Err(failure.clone()),
            (Signed::Refused(failure), Some(differs)) => {
                Err(Failure { message: format!("{differs}; and {}", failure.message), ..failure.clone() })
            }
            (Signed::Unknown, None) if !self.danger_accept_unsigned => Err(Failure::new(
                ExitCode::Refused,
                format!("`{name}` is as foretold, and anybody can have written it: nobody says that it is the guest's"),
            )
            .hint("get its signature from the guest: `--signature se-signature.bin`")
            .hint("for a look at the lines alone, add `--danger-accept-unsigned-record`")),
            (_, Some(differs)) => Err(Failure::new(ExitCode::Refused, differs)
                .hint("this guest was not started with what was signed: ask whoever started it, and whoever foretold the line")),
            (_, None) => Ok(()),
        }
    }
}
