//! The two things that `sign` combines: mostly handoffs that somebody vouches for.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;

use super::record::HalfRecord;
use crate::handoff::{self, Handoff, NotVouched, VerifiedHandoff};
use crate::kind::Kind;
use crate::statement::Statement;
use crate::token::TokenFacts;
use jiff::Timestamp;
use ssh_signatures::allowed_signers::{AllowedSigners, Vouched};

/// One half of a contract.
pub enum Half<K, R> {
    /// A token with its statement, and somebody who vouches for it.
    Verified(Box<VerifiedHandoff<K, R>>),
    /// A token with its statement, and nobody who vouches for it.
    Unverified(Box<Handoff<K, R>>, NotVouched),
    /// A token alone.
    BareToken(BareToken<K, R>),
}

/// A file that holds a token, perhaps with a line end behind it, as shell scripts write it.
pub struct BareToken<K, R> {
    input: R,
    bytes: u64,
    kind: PhantomData<K>,
}

impl<K: Kind, R: Read + Seek> BareToken<K, R> {
    /// Takes a file as a token; its bytes are checked when they are copied.
    pub fn of(mut input: R) -> io::Result<Self> {
        let end = input.seek(SeekFrom::End(0))?;
        let from = end.saturating_sub(2);
        input.seek(SeekFrom::Start(from))?;
        let mut tail = Vec::new();
        input.by_ref().take(2).read_to_end(&mut tail)?;
        let kept = tail.strip_suffix(b"\n").unwrap_or(&tail);
        let kept = if kept.len() < tail.len() { kept.strip_suffix(b"\r").unwrap_or(kept) } else { kept };
        Ok(Self { input, bytes: from + kept.len() as u64, kind: PhantomData })
    }

    /// Streams the token to `out`, checking each byte.
    pub fn copy_token(&mut self, out: &mut dyn Write) -> Result<TokenFacts, handoff::Error> {
        self.input.seek(SeekFrom::Start(0))?;
        handoff::copy_token(&mut self.input.by_ref().take(self.bytes), out)
    }
}

impl<K: Kind, R: Read + Seek> Half<K, R> {
    /// Looks for somebody who vouches for a handoff.
    pub fn of(handoff: Handoff<K, R>, signers: &AllowedSigners, at: Timestamp) -> Self {
        match handoff.verify(signers, at) {
            Ok(verified) => Self::Verified(Box::new(verified)),
            Err(unverified) => {
                let (handoff, reason) = *unverified;
                Self::Unverified(Box::new(handoff), reason)
            }
        }
    }

    /// What its maker states, where there is one.
    pub fn statement(&self) -> Option<&Statement> {
        match self {
            Self::Verified(handoff) => Some(handoff.statement()),
            Self::Unverified(handoff, _) => Some(handoff.statement()),
            Self::BareToken(_) => None,
        }
    }

    /// Who vouches for it, or why nobody does.
    pub fn vouched(&self) -> Result<&Vouched, &NotVouched> {
        match self {
            Self::Verified(handoff) => Ok(handoff.vouched()),
            Self::Unverified(_, reason) => Err(reason),
            Self::BareToken(_) => Err(&NotVouched::BareToken),
        }
    }

    pub(super) fn copy_token(&mut self, out: &mut dyn Write) -> Result<TokenFacts, handoff::Error> {
        match self {
            Self::Verified(handoff) => handoff.copy_token(out),
            Self::Unverified(handoff, _) => handoff.copy_token(out),
            Self::BareToken(token) => token.copy_token(out),
        }
    }

    /// Whether somebody who may vouch says that one of our tools made the token, which never cut a password.
    pub(super) fn is_made_by_us(&self) -> bool {
        matches!(self, Self::Verified(handoff) if handoff.statement().predicate.tool.is_ours())
    }

    pub(super) fn record(&self, token: &TokenFacts) -> HalfRecord {
        match self {
            Self::Verified(handoff) => {
                HalfRecord::of(token, Some(handoff.handoff()), Some(handoff.vouched()))
            }
            Self::Unverified(handoff, _) => HalfRecord::of(token, Some(&**handoff), None),
            Self::BareToken(_) => HalfRecord::of::<K, R>(token, None, None),
        }
    }
}
