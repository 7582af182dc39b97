//! Certificate revocation lists: who issued them, until when they hold, whom they name (contract-format, section 9).

mod contents;

use std::cmp::Ordering;

use contents::{Contents, Scope};
use jiff::Timestamp;
use openssl::asn1::Asn1Object;
use openssl::x509::{CrlStatus, X509, X509Crl};

use crate::certificate::form;
use crate::certificate::refusal::{Reason, Refusal};
use crate::pem::{self, PemError};
use crate::x509::algorithm_name;
use crate::x509::signature_is_strong;
use crate::x509::{one_line, timestamp};
use findings::{Advice, Blame};

/// Why a file is no revocation list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// Neither PEM nor DER.
    #[error("not a revocation list: neither a PEM `X509 CRL` nor DER")]
    NotAList,
    /// Not one PEM block.
    #[error("not a revocation list: {0}")]
    Pem(#[from] PemError),
    /// Changes since another list only.
    #[error("a delta revocation list: it says only what changed since another one")]
    Delta,
    /// It may change what the entries mean (RFC 5280, sections 5.2 and 5.3).
    #[error("a revocation list with a critical extension that is not known here: {0}")]
    Critical(String),
    /// Its entries name certificates of others.
    #[error("an indirect revocation list: it speaks for other issuers than its own")]
    Indirect,
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
    algorithm: Asn1Object,
    scope: Option<Scope>,
}

impl RevocationList {
    /// Reads PEM or DER; `name` is what messages call it.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, ListError> {
        // the first byte of any DER here
        if bytes.first() == Some(&0x30) {
            return Self::from_der(bytes, name);
        }
        let block = pem::only_block(form::text(bytes).map_err(|_| ListError::NotAList)?)?;
        if block.label != "X509 CRL" {
            return Err(ListError::NotAList);
        }
        Self::from_der(&block.der, name)
    }

    fn from_der(der: &[u8], name: &str) -> Result<Self, ListError> {
        let crl = X509Crl::from_der(der).map_err(|_| ListError::NotAList)?;
        let contents = Contents::read(der)?;
        let algorithm =
            Asn1Object::from_str(&contents.algorithm.to_string()).map_err(|_| ListError::NotAList)?;
        let until = timestamp(crl.next_update().ok_or(ListError::NoEnd)?).map_err(|_| ListError::NotAList)?;
        let from = timestamp(crl.last_update()).map_err(|_| ListError::NotAList)?;
        Ok(Self { name: name.to_owned(), crl, from, until, algorithm, scope: contents.scope })
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
        if !signature_is_strong(&self.algorithm) {
            let algorithm = algorithm_name(&self.algorithm);
            return Err(refuse(Reason::WeakListSignature { file: file(), algorithm }));
        }
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

    /// Whether a certificate of the list's issuer is one that the list is about.
    pub(super) fn covers(&self, x509: &X509) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.covers(x509))
    }

    /// Looks a certificate of the list's issuer up.
    pub(super) fn look_up(&self, x509: &X509) -> Result<Revocation, Refusal> {
        let file = self.name.clone();
        let reason = match self.crl.get_by_cert(x509) {
            CrlStatus::NotRevoked => {
                let partial = self.scope.is_some();
                return Ok(Revocation::NotListed { file, until: self.until, partial });
            }
            CrlStatus::Revoked(entry) => {
                Reason::Revoked { since: timestamp(entry.revocation_date()).unwrap_or(self.from), file }
            }
            CrlStatus::RemoveFromCrl(_) => Reason::TakenBack { file },
        };
        Err(Refusal { subject: one_line(x509.subject_name()), reason })
    }
}

/// What is known about a certificate's revocation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Revocation {
    /// No list was given that is about it.
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
