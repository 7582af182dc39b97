//! The halves that `sign` combines: handoffs or bare tokens.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;

use jiff::Timestamp;
use ssh_signatures::allowed_signers::{AllowedSigners, Vouched};

use super::record::HalfRecord;
use crate::handoff::{self, Handoff, NotVouched, VerifiedHandoff};
use crate::kind::Kind;
use crate::statement::Statement;
use crate::token::TokenFacts;

/// One half of a contract.
pub enum Half<K, R> {
    /// A token with its statement, and somebody who vouches for it.
    Verified(Box<VerifiedHandoff<K, R>>),
    /// A token with its statement, and nobody who vouches for it.
    Unverified(Box<Handoff<K, R>>, NotVouched),
    /// A token without a statement.
    BareToken(BareToken<K, R>),
    /// A token of an [`Assembled`](super::Assembled) contract: to sign it is to accept that nobody vouches for it.
    Assembled(BareToken<K, R>),
}

/// A file with a token, and perhaps a line end as shell scripts write it.
pub struct BareToken<K, R> {
    input: R,
    bytes: u64,
    kind: PhantomData<K>,
}

impl<K: Kind, R: Read + Seek> BareToken<K, R> {
    /// Takes a file as a token; its bytes are checked when they are copied.
    pub fn new(mut input: R) -> io::Result<Self> {
        let end = input.seek(SeekFrom::End(0))?;
        let from = end.saturating_sub(2);
        input.seek(SeekFrom::Start(from))?;
        let mut tail = Vec::new();
        input.by_ref().take(2).read_to_end(&mut tail)?;
        let token = match tail.as_slice() {
            [token @ .., b'\r', b'\n'] | [token @ .., b'\n'] | token => token,
        };
        Ok(Self { input, bytes: from + token.len() as u64, kind: PhantomData })
    }

    /// Streams the token to `out`, checking each byte.
    pub fn copy_token(&mut self, out: &mut dyn Write) -> Result<TokenFacts, handoff::Error> {
        self.input.seek(SeekFrom::Start(0))?;
        handoff::copy_token(&mut self.input.by_ref().take(self.bytes), out)
    }
}

impl<K: Kind, R: Read + Seek> Half<K, R> {
    /// Verifies who vouches for a handoff.
    pub fn new(handoff: Handoff<K, R>, signers: &AllowedSigners, at: Timestamp) -> Self {
        match handoff.verify(signers, at) {
            Ok(verified) => Self::Verified(Box::new(verified)),
            Err(unverified) => {
                let (handoff, reason) = *unverified;
                Self::Unverified(Box::new(handoff), reason)
            }
        }
    }

    /// The statement, if there is one.
    pub fn statement(&self) -> Option<&Statement> {
        match self {
            Self::Verified(handoff) => Some(handoff.statement()),
            Self::Unverified(handoff, _) => Some(handoff.statement()),
            Self::BareToken(_) | Self::Assembled(_) => None,
        }
    }

    /// Who vouches for it, or why nobody does.
    pub fn vouched(&self) -> Result<&Vouched, &NotVouched> {
        match self {
            Self::Verified(handoff) => Ok(handoff.vouched()),
            Self::Unverified(_, reason) => Err(reason),
            Self::BareToken(_) => Err(&NotVouched::BareToken),
            Self::Assembled(_) => Err(&NotVouched::Assembled),
        }
    }

    pub(super) fn copy_token(&mut self, out: &mut dyn Write) -> Result<TokenFacts, handoff::Error> {
        match self {
            Self::Verified(handoff) => handoff.copy_token(out),
            Self::Unverified(handoff, _) => handoff.copy_token(out),
            Self::BareToken(token) | Self::Assembled(token) => token.copy_token(out),
        }
    }

    /// Whether a verified statement says that one of our tools made the token: they never cut a password.
    pub(super) fn is_made_by_us(&self) -> bool {
        matches!(self, Self::Verified(handoff) if handoff.statement().predicate.tool.is_ours())
    }

    pub(super) fn record(&self, token: &TokenFacts) -> HalfRecord {
        match self {
            Self::Verified(handoff) => {
                HalfRecord::new(token, Some(handoff.handoff()), Some(handoff.vouched()))
            }
            Self::Unverified(handoff, _) => HalfRecord::new(token, Some(&**handoff), None),
            Self::BareToken(_) | Self::Assembled(_) => HalfRecord::new::<K, R>(token, None, None),
        }
    }
}
