//! What an audit finds: the guest's record compared with what is expected, and whether the record is the guest's.

use cli_kit::report::count;
use cli_kit::{ExitCode, Failure};
use contract_core::attestation::comparison::{Comparison, Status};
use contract_core::contract::record::Record;

use crate::attestation_record::GuestRecord;
use crate::expectations::Expectations;
use crate::record_signature::Verified;

/// What an audit finds.
pub struct Audit {
    pub guest: GuestRecord,
    pub expectations: Expectations,
    pub comparison: Comparison,
    pub signature: RecordSignature,
    /// An unsigned record is accepted.
    pub danger_accept_unsigned: bool,
}

/// The signature of the guest's record.
pub enum RecordSignature {
    Verified(Box<Verified>),
    /// It does not verify, or its certificate is not trusted.
    Refused(Failure),
    /// There is none.
    Missing,
}

/// What the audit comes to, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// A line is different, missing or unexpected.
    Differs,
    /// All lines match, but the signature is refused.
    SignatureRefused,
    /// Nothing is wrong, but the layout of the record lacks an expected line, and no other line proves it.
    NotShown,
    /// All lines match, but nobody signed them.
    Unsigned,
    /// All lines match, without a signing record: only some lines were expected.
    LinesMatch,
    /// As signed, if the attestation certificate is the image's: it was accepted unverified.
    MatchesIfTrusted,
    /// The guest is the one that was signed.
    Matches,
}

impl Audit {
    pub fn signing_record(&self) -> Option<&Record> {
        self.expectations.signing.as_ref().map(|(_, record)| record)
    }

    pub fn conclusion(&self) -> Conclusion {
        match &self.signature {
            _ if self.comparison.wrong().next().is_some() => Conclusion::Differs,
            RecordSignature::Refused(_) => Conclusion::SignatureRefused,
            _ if self.comparison.unproven().next().is_some() => Conclusion::NotShown,
            RecordSignature::Missing => Conclusion::Unsigned,
            RecordSignature::Verified(_) if self.signing_record().is_none() => Conclusion::LinesMatch,
            RecordSignature::Verified(verified) if !verified.is_trusted() => Conclusion::MatchesIfTrusted,
            RecordSignature::Verified(_) => Conclusion::Matches,
        }
    }

    /// `6 lines equal, 2 unknown`
    pub fn counts(&self) -> String {
        let number = |status| self.comparison.having(status).count();
        let mut counts = vec![format!("{} equal", count(number(Status::Equal), "line"))];
        for status in
            [Status::Different, Status::Missing, Status::Unexpected, Status::Absent, Status::Unknown]
        {
            counts.extend((number(status) > 0).then(|| format!("{} {status}", number(status))));
        }
        counts.join(", ")
    }

    /// What was not checked.
    pub fn unchecked(&self) -> Vec<String> {
        let mut unchecked = match &self.signature {
            RecordSignature::Missing => {
                vec!["whether the record is the guest's: there is no signature".to_owned()]
            }
            RecordSignature::Refused(_) => Vec::new(),
            RecordSignature::Verified(verified) => verified.unchecked(),
        };
        unchecked.extend(self.expectations.unchecked());
        let version = self.guest.record.image_version().unwrap_or_default();
        let absent = self.comparison.having(Status::Absent);
        unchecked.extend(
            absent.map(|line| format!("line `{}`: not in the layout of image version {version}", line.name)),
        );
        let unknown = self.comparison.having(Status::Unknown);
        unchecked.extend(unknown.map(|line| format!("line `{}`: no file expects it", line.name)));
        unchecked
    }

    /// What the auditor accepted at their own risk.
    pub fn accepted(&self) -> Option<&'static str> {
        if let RecordSignature::Verified(verified) = &self.signature { verified.accepted() } else { None }
    }

    /// Refused, if anything that must match does not.
    pub fn verdict(&self) -> Result<(), Failure> {
        let name = self.guest.name();
        match (self.conclusion(), &self.signature) {
            (Conclusion::Differs, signature) => {
                let wrong = self.comparison.wrong().map(|line| format!("`{}` is {}", line.name, line.status));
                let differs = format!("`{name}` is not as expected: {}", wrong.collect::<Vec<_>>().join(", "));
                if let RecordSignature::Refused(failure) = signature {
                    return Err(Failure { message: format!("{differs}; {}", failure.message), ..failure.clone() });
                }
                Err(Failure::new(ExitCode::Refused, differs)
                    .hint("this guest was not started with what was signed: ask the env deployer, and the author of the expected line"))
            }
            (_, RecordSignature::Refused(failure)) => Err(failure.clone()),
            (Conclusion::NotShown, _) => {
                let lines = self.comparison.unproven().map(|line| format!("`{}`", line.name)).collect::<Vec<_>>();
                Err(Failure::new(
                    ExitCode::Refused,
                    format!("`{name}` does not show {}: not in this layout, and no equal `cidata/user-data` covers it", lines.join(", ")),
                )
                .hint("compare the whole user data: `--medium ciiso.iso`, or the contract signer's signing record"))
            }
            (Conclusion::Unsigned, _) if !self.danger_accept_unsigned => Err(Failure::new(
                ExitCode::Refused,
                format!("`{name}` is as expected, but anyone could have written it: no signature shows that it is the guest's"),
            )
            .hint("get its signature from the guest: `--signature se-signature.bin`")
            .hint("to compare the lines alone, add `--danger-accept-unsigned-record`")),
            _ => Ok(()),
        }
    }
}
