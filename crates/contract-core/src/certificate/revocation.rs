//! Certificate revocation lists: who issued them, until when they hold, whom they name (contract-format, section 9).

use std::cmp::Ordering;

use jiff::Timestamp;
use openssl::x509::{CrlStatus, X509, X509Crl};

use super::chain::{Reason, Refusal};
use super::{one_line, timestamp};
use crate::advice::{Advice, Blame};

/// `id-ce-deltaCRLIndicator` and `id-ce-issuingDistributionPoint`, DER (RFC 5280, sections 5.2.4 and 5.2.5).
const DELTA: [u8; 5] = [0x06, 0x03, 0x55, 0x1d, 0x1b];
const SCOPE: [u8; 5] = [0x06, 0x03, 0x55, 0x1d, 0x1c];

/// Why a file is no revocation list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// Neither PEM nor DER.
    #[error("not a revocation list: neither a PEM `X509 CRL` nor DER")]
    NotAList,
    /// Changes since another list only.
    #[error("a delta revocation list: it says only what changed since another one")]
    Delta,
    /// RFC 5280 demands `nextUpdate`, and without it nobody knows whether a list is old.
    #[error("a revocation list that does not say until when it holds")]
    NoEnd,
}

impl Advice for ListError {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec!["download the complete list again from the address that `certificate show` tells".into()]
    }
}

/// A well-formed list that nobody has verified yet.
pub struct RevocationList {
    crl: X509Crl,
    name: String,
    from: Timestamp,
    until: Timestamp,
    /// It says itself that it covers a part of what its issuer issued.
    partial: bool,
}

impl RevocationList {
    /// Reads PEM or DER; `name` is what messages call it.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, ListError> {
        let crl = X509Crl::from_pem(bytes).or_else(|_| X509Crl::from_der(bytes));
        let crl = crl.map_err(|_| ListError::NotAList)?;
        let der = crl.to_der().map_err(|_| ListError::NotAList)?;
        let holds = |extension: &[u8]| der.windows(extension.len()).any(|bytes| bytes == extension);
        if holds(&DELTA) {
            return Err(ListError::Delta);
        }
        let until = timestamp(crl.next_update().ok_or(ListError::NoEnd)?).map_err(|_| ListError::NotAList)?;
        let from = timestamp(crl.last_update()).map_err(|_| ListError::NotAList)?;
        Ok(Self { partial: holds(&SCOPE), name: name.to_owned(), crl, from, until })
    }

    /// Verifies the list itself: issued by one of the chain, signed with its key, neither too old nor too new. Returns the
    /// issuer's place in the chain.
    pub(super) fn verify(&self, chain: &[X509], at: Timestamp) -> Result<usize, Refusal> {
        let refuse = |reason| Refusal { subject: one_line(self.crl.issuer_name()), reason };
        let file = || self.name.clone();
        let is_issuer = |x509: &X509| {
            x509.subject_name().try_cmp(self.crl.issuer_name()).is_ok_and(|order| order == Ordering::Equal)
        };
        // the first certificate of a chain issues nothing
        let issuer = chain.iter().enumerate().skip(1).find(|(_, x509)| is_issuer(x509));
        let (place, issuer) = issuer.ok_or_else(|| refuse(Reason::ListOfAnother { file: file() }))?;
        let signed = issuer.public_key().and_then(|key| self.crl.verify(&key)).unwrap_or(false);
        if !signed {
            return Err(refuse(Reason::ListSignature { file: file() }));
        }
        if at < self.from {
            return Err(refuse(Reason::ListNotYetValid { file: file(), from: self.from }));
        }
        if at > self.until {
            return Err(refuse(Reason::ListOutdated { file: file(), until: self.until }));
        }
        Ok(place)
    }

    /// Looks a certificate up that the list's issuer issued.
    pub(super) fn look_up(&self, x509: &X509) -> Result<Revocation, Refusal> {
        match self.crl.get_by_cert(x509) {
            CrlStatus::Revoked(entry) => Err(Refusal {
                subject: one_line(x509.subject_name()),
                reason: Reason::Revoked {
                    since: timestamp(entry.revocation_date()).unwrap_or(self.from),
                    file: self.name.clone(),
                },
            }),
            _ => Ok(Revocation::NotListed {
                file: self.name.clone(),
                until: self.until,
                partial: self.partial,
            }),
        }
    }
}

/// What is known about a certificate's revocation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Revocation {
    /// No list of its issuer was given.
    NotChecked,
    /// A root is trusted because it was given, not because somebody vouches for it.
    Root,
    /// A verified list does not name it.
    NotListed {
        /// The list.
        file: String,
        /// The list's own end.
        until: Timestamp,
        /// The list says that it covers a part of its issuer's certificates.
        partial: bool,
    },
}
