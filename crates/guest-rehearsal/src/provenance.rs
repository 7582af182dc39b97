//! Where a contract comes from, as far as the record of its signing tells (docs/format/6-user-data.md).
//!
//! Nobody signs the record itself. What holds without it is held here: that it is the record of these user data, and that
//! whoever is said to vouch signed the statement. That the key is that person's, the contract signer's `allowed_signers`
//! said.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract_core::advice::{Advice, Blame};
use contract_core::contract::record::{HalfRecord, Record, RecordError, Voucher};
use contract_core::sshsig::{Namespace, Signature};

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

/// Why a record says nothing of these user data.
#[derive(Debug, thiserror::Error)]
pub enum ProvenanceError {
    /// It is of others.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Its voucher did not sign its statement.
    #[error("nobody vouches for the {section} half as the record says: {reason}")]
    NotVouched {
        /// Which half.
        section: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl Advice for ProvenanceError {
    fn blame(&self) -> Blame {
        match self {
            Self::Record(error) => error.blame(),
            Self::NotVouched { .. } => Blame::Refusal,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Record(error) => error.hints(),
            Self::NotVouched { .. } => RecordError::Differs(Vec::new()).hints(),
        }
    }
}

impl Provenance {
    /// Holds a record against what the boot found.
    pub fn of(record: Option<Record>, report: &BootReport) -> Result<Self, ProvenanceError> {
        let Some(record) = record else { return Ok(Self::NotGiven) };
        let Some(facts) = &report.user_data else { return Ok(Self::NotCompared) };
        let key = report.contents.as_ref().and_then(|contents| contents.signing_key.as_ref());
        match key {
            Some(key) => record.verify(facts, key)?,
            None => record.verify_without_key(facts)?,
        }
        for (namespace, half) in [(Namespace::Workload, &record.workload), (Namespace::Env, &record.env)] {
            if let Some(voucher) = &half.vouched_by {
                signed(half, voucher, namespace)
                    .map_err(|reason| ProvenanceError::NotVouched { section: namespace.section(), reason })?;
            }
        }
        Ok(Self::Of { record: Box::new(record), key_compared: key.is_some() })
    }
}

/// Whether the voucher's key signed the statement, for this half.
fn signed(half: &HalfRecord, voucher: &Voucher, namespace: Namespace) -> Result<(), String> {
    let (Some(signed), Some(signature)) = (&half.signed, &half.signature) else {
        return Err("it holds no signature".to_owned());
    };
    let statement = STANDARD.decode(signed).map_err(|error| error.to_string())?;
    let made = Signature::parse(signature).and_then(|it| it.verify(&statement, namespace));
    let key = made.map_err(|error| error.to_string())?.key().fingerprint();
    if key != voucher.key || voucher.namespace != namespace.as_str() {
        return Err(format!("the statement is signed with {key}, for `{}`", namespace.as_str()));
    }
    Ok(())
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
