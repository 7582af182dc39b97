//! Who vouches for a handoff: a signature over its statement, by a key that the contract signer allows.

use std::io::{Read, Seek, Write};

use findings::{Advice, Blame};
use jiff::Timestamp;
use ssh_signatures::allowed_signers::{AllowedSigners, NotAllowed, Vouched};
use ssh_signatures::sshsig::{self, Signature};

use super::{Error, Handoff, Unsorted};
use crate::kind::Kind;
use crate::statement::Statement;
use crate::token::TokenFacts;

/// Why nobody vouches for a handoff.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum NotVouched {
    #[error("nobody vouches for a bare token")]
    BareToken,
    #[error("nobody vouches for an unsigned token, which another tool assembled")]
    Assembled,
    #[error("nobody vouches for it: it holds no `statement.json.sig`")]
    Unsigned,
    #[error("nobody is allowed to vouch: there are no allowed signers")]
    NobodyAllowed,
    #[error("its `statement.json.sig` is not UTF-8 text")]
    NotText,
    #[error("its signature does not hold: {0}")]
    Signature(#[from] sshsig::Error),
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
}

impl NotVouched {
    /// Whether `--danger-accept-unsigned-tokens` covers it. A wrong signature is never accepted.
    pub fn may_be_accepted(&self) -> bool {
        matches!(self, Self::BareToken | Self::Unsigned | Self::NobodyAllowed)
    }
}

impl Advice for NotVouched {
    fn blame(&self) -> Blame {
        Blame::Refusal
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::BareToken | Self::Assembled => vec!["ask for the handoff that `encrypt` wrote".into()],
            Self::Unsigned => vec!["ask its author to encrypt with `--vouch-with KEY`, an SSH key".into()],
            Self::NobodyAllowed => vec![
                "state whom you trust: `contract-signer trust add PRINCIPAL KEY.pub --workload`, and `--env` for the other"
                    .into(),
            ],
            Self::NotText => vec!["get the handoff again from its author, unchanged".into()],
            Self::Signature(error) => error.hints(),
            Self::NotAllowed(error) => error.hints(),
        }
    }
}

/// Proof that an allowed signer vouches for a handoff. Only [`Handoff::verify`] makes one.
pub struct VerifiedHandoff<K, R> {
    handoff: Handoff<K, R>,
    vouched: Vouched,
}

/// A handoff, and why nobody vouches for it.
pub type Unverified<K, R> = Box<(Handoff<K, R>, NotVouched)>;

impl<K: Kind, R: Read + Seek> Handoff<K, R> {
    /// Verifies the signature over the statement, and that the signer is allowed.
    pub fn verify(
        self,
        signers: &AllowedSigners,
        at: Timestamp,
    ) -> Result<VerifiedHandoff<K, R>, Unverified<K, R>> {
        match self.inner.vouched(signers, at) {
            Ok(vouched) => Ok(VerifiedHandoff { handoff: self, vouched }),
            Err(reason) => Err(Box::new((self, reason))),
        }
    }
}

impl<R: Read + Seek> Unsorted<R> {
    /// Who vouches for the stated section.
    pub fn vouched(&self, signers: &AllowedSigners, at: Timestamp) -> Result<Vouched, NotVouched> {
        let armored = self.signature.as_deref().ok_or(NotVouched::Unsigned)?;
        let armored = std::str::from_utf8(armored).map_err(|_| NotVouched::NotText)?;
        let namespace = self.statement().predicate.section.namespace();
        let signature = Signature::parse(armored)?.verify(&self.signed, namespace)?;
        // last: a wrong signature is worse than an empty list
        if signers.entries().is_empty() {
            return Err(NotVouched::NobodyAllowed);
        }
        Ok(signers.vouch(signature, at)?)
    }
}

impl<K, R: Read + Seek> VerifiedHandoff<K, R> {
    /// Who vouches.
    pub fn vouched(&self) -> &Vouched {
        &self.vouched
    }

    /// The statement.
    pub fn statement(&self) -> &Statement {
        self.handoff.statement()
    }

    /// The handoff itself.
    pub fn handoff(&self) -> &Handoff<K, R> {
        &self.handoff
    }

    /// As [`Handoff::copy_token`].
    pub fn copy_token(&mut self, out: &mut dyn Write) -> Result<TokenFacts, Error> {
        self.handoff.copy_token(out)
    }
}
