//! What the rehearsal is given: a boot medium, or user data in whatever another tool put it.

use std::io::Cursor;

use contract_core::received::{Error, FileKind, UserDataFile, Wrapper};
use contract_core::user_data::{State, UserDataFacts};
use contract_pki::platform::Delivery;
use findings::Advice as _;

use super::medium;
use crate::hpl::HPL11001E;
use crate::report::{Halt, Log, RecordLine};

const STEP: &str = "input";

/// A file that contains user data.
pub enum Given<'a> {
    /// A boot medium.
    Medium(medium::MediumContents<'a>),
    /// User data, and the whole file.
    File(UserDataFile<Cursor<&'a [u8]>>, &'a [u8]),
}

impl<'a> Given<'a> {
    /// Finds the user data. On a medium, it must be as the guest reads it.
    pub fn find(log: &mut Log, input: &'a [u8]) -> Result<Self, Halt> {
        if FileKind::from_beginning(input) == FileKind::Medium {
            return medium::read(log, input).map(Self::Medium);
        }
        match UserDataFile::read(Cursor::new(input)) {
            Ok(file) => Ok(Self::File(file, input)),
            Err(error) => {
                // a guest that gets it cannot read it
                let code = matches!(error, Error::NotUserData(_) | Error::Section(_)).then_some(HPL11001E);
                let hint = error.hints().join("; ");
                Err(log.refused(STEP, code, error.to_string(), &hint))
            }
        }
    }

    /// The user data.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Medium(contents) => contents.user_data,
            Self::File(file, whole) => file.unpacked().unwrap_or(whole),
        }
    }

    /// The guest's static addresses, which come on a medium alone.
    pub fn network_config(&self) -> Option<&'a [u8]> {
        match self {
            Self::Medium(contents) => contents.network_config,
            Self::File(..) => None,
        }
    }

    /// How the guest gets it, if the file shows that.
    pub fn delivery(&self) -> Option<Delivery> {
        match self {
            Self::Medium(..) => Some(Delivery::Medium),
            Self::File(file, _) if file.wrappers.contains(&Wrapper::Initdata) => Some(Delivery::Initdata),
            Self::File(..) => None,
        }
    }

    /// States what the file is, if it is anything but signed user data.
    pub fn describe(&self, log: &mut Log, facts: Option<&UserDataFacts>) {
        let (Self::File(file, _), Some(state)) = (self, facts.map(UserDataFacts::state)) else { return };
        if file.has_mappings() {
            let detail = format!("{}; booted with their text, as tools encrypt it", file.describe(state));
            log.warning(STEP, None, detail);
        } else if !file.doubts.is_empty() {
            log.warning(STEP, None, format!("{}; {}", file.describe(state), file.doubts.join("; ")));
        } else if !file.wrappers.is_empty() || state != State::Signed {
            log.ok(STEP, file.describe(state));
        }
    }

    /// The lines that the attestation record must show, as far as they are known: those of the user data, then those of the
    /// medium.
    pub fn record_lines(self, facts: Option<&UserDataFacts>) -> Vec<RecordLine> {
        let lines = facts.map(|facts| match &self {
            Self::File(file, _) => file.attestation_lines(facts),
            Self::Medium(_) => facts.attestation_lines(),
        });
        let medium = if let Self::Medium(contents) = self { contents.record_lines } else { Vec::new() };
        let lines = lines.unwrap_or_default();
        let mut known: Vec<_> = lines.into_iter().map(|(name, sha256)| RecordLine { name, sha256 }).collect();
        for line in medium {
            if known.iter().all(|known| known.name != line.name) {
                known.push(line);
            }
        }
        known
    }
}
