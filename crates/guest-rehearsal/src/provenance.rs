//! Where a contract comes from, as far as the record of its signing tells (docs/format/6-user-data.md).
//!
//! Nobody signs the record itself. What can be checked without it is checked here: that it is the record of this user data,
//! and that the key of each voucher signed the statement. Whose key it is, only the contract signer's `allowed_signers`
//! says.

use contract_core::contract::record::{Record, RecordError};

use crate::report::BootReport;

/// What is known of the signing.
#[derive(Debug)]
pub enum Provenance {
    /// Nobody gave a record.
    NotGiven,
    /// The user data are damaged: there is nothing to hold a record against.
    NotCompared,
    /// The record of these user data.
    Of {
        /// As `contract-signer sign` wrote it.
        record: Box<Record>,
        /// Whether its signing key is the one of the env section; not known where the boot did not come to read it.
        key_compared: bool,
    },
}

impl Provenance {
    /// Holds a record against what the boot found.
    pub fn of(record: Option<Record>, report: &BootReport) -> Result<Self, RecordError> {
        let Some(record) = record else { return Ok(Self::NotGiven) };
        let Some(facts) = &report.user_data else { return Ok(Self::NotCompared) };
        let key = report.contents.as_ref().and_then(|contents| contents.signing_key.as_ref());
        match key {
            Some(key) => record.verify(facts, key)?,
            None => record.verify_without_key(facts)?,
        }
        Ok(Self::Of { record: Box::new(record), key_compared: key.is_some() })
    }
}

impl Provenance {
    /// The record, if it is that of these user data.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Of { record, .. } => Some(record),
            Self::NotGiven | Self::NotCompared => None,
        }
    }
}
