//! State 5 of 7: the contract, a workload half and an env half that agree, opened by nobody.
//!
//! `contract = (workload half, env half)` without a [`Disagreement`] between them. Source: ours (docs/format/5-contract.md);
//! the guest would find the same disagreements, minutes after boot. What could not be checked is listed, not assumed.

mod agreement;
mod auditor;
mod half;
mod history;
pub mod record;

use std::io::{self, Read, Seek, Write};
use std::num::NonZeroUsize;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use crate::handoff;
use crate::kind::{Env, Kind, Workload};
use crate::lifetime::Lifetime;
use crate::statement::Statement;
use crate::token::{self, TokenFacts, Weakness};
use crate::user_data::SignedBytes;
use contract_pki::platform::Prefix;
use contract_pki::private_key::{self, SigningKey};
use contract_pki::random::Randomness;
use findings::{Advice, Blame};
use ssh_signatures::allowed_signers::Vouched;

use agreement::Agreement;
use record::HalfRecord;

pub use agreement::{Accept, Disagreement};
pub use auditor::{AttestationKeyRecord, AuditorKey};
pub use half::{BareToken, Half};
pub use history::{Change, Earlier, Event, Weight};

/// Why no user data comes out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The halves do not belong together; everything that disagrees.
    #[error("the handoffs do not agree: {}", agreement::list(.0))]
    Disagreement(Vec<Disagreement>),
    /// One half cannot be used.
    #[error("the {section} half: {error}")]
    Half {
        /// Which one.
        section: &'static str,
        /// Why.
        #[source]
        error: handoff::Error,
    },
    /// A token that anyone can open.
    #[error("the {section} token is weak: {weakness}")]
    Weak {
        /// Which one.
        section: &'static str,
        /// How weak.
        weakness: Weakness,
    },
    /// One token in both places.
    #[error("the workload token and the env token are the same")]
    SameToken,
    /// Bare tokens for two platforms.
    #[error("the workload token begins with `{}`, the env token with `{}`: they are for different platforms", .0.as_str(), .1.as_str())]
    Prefixes(Prefix, Prefix),
    /// An attestation key encrypted for another guest than the halves.
    #[error(
        "the {section} half is encrypted under the key {stated}, and the attestation key would be under {found}"
    )]
    OtherGuest {
        /// Which half.
        section: &'static str,
        /// Fingerprint of the key that its statement names.
        stated: String,
        /// Of the key in the certificate at hand.
        found: String,
    },
    /// The guest's own encryption certificate in place of the auditor's key.
    #[error(
        "the attestation key is the key that the {0} half is encrypted under, which exists only inside the guest: no auditor could open the record"
    )]
    AttestationKeyOfGuest(&'static str),
    /// The signer would open what an auditor is to hold against the signer's work.
    #[error("the attestation key is the signing key: one person would sign and audit")]
    AttestationKeyOfSigner,
    /// The attestation key could not be encrypted.
    #[error("the attestation key: {0}")]
    Encrypt(#[source] token::SealError),
    /// The key could not sign.
    #[error(transparent)]
    Key(#[from] private_key::Error),
    /// The user data could not be written.
    #[error("cannot write the user data")]
    Write(#[from] io::Error),
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        match self {
            Self::Disagreement(_)
            | Self::Weak { .. }
            | Self::SameToken
            | Self::Prefixes(..)
            | Self::OtherGuest { .. }
            | Self::AttestationKeyOfGuest(_)
            | Self::AttestationKeyOfSigner => Blame::Refusal,
            Self::Encrypt(error) => error.blame(),
            Self::Half { error, .. } => error.blame(),
            Self::Key(error) => error.blame(),
            Self::Write(_) => Blame::Machine,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Disagreement(disagreements) => {
                disagreements.iter().flat_map(|it| it.hints.clone()).collect()
            }
            Self::Half { error, .. } => error.hints(),
            Self::Weak { section, .. } => vec![
                format!(
                    "the {section} section must count as public: change its secrets, then encrypt it again"
                ),
                "our own `encrypt` never makes such a token".into(),
            ],
            Self::SameToken => vec!["name both halves: `--workload FILE --env FILE`".into()],
            Self::Prefixes(..) => vec!["encrypt both for one platform: `encrypt --platform NAME`".into()],
            Self::OtherGuest { .. } => vec![
                "take the certificate that both authors encrypted with, and pass it with `--certificate`"
                    .into(),
            ],
            Self::AttestationKeyOfGuest(_) => vec![NOT_THE_AUDITOR_S.into()],
            Self::AttestationKeyOfSigner => vec![
                NOT_THE_AUDITOR_S.into(),
                "in a lab, take the risk with `--danger-allow-one-person`".into(),
            ],
            Self::Encrypt(error) => error.hints(),
            Self::Key(error) => error.hints(),
            Self::Write(_) => Vec::new(),
        }
    }
}

const NOT_THE_AUDITOR_S: &str =
    "ask the auditor for the public half of a key of their own: `contract-auditor keygen` makes it";

/// Two halves that agree, as far as their statements go.
pub struct Contract<'k, R> {
    key: &'k SigningKey,
    workload: Half<Workload, R>,
    env: Half<Env, R>,
    agreement: Agreement,
    auditor: Option<AuditorKey>,
    accept: Accept,
}

impl<R> std::fmt::Debug for Contract<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contract").field("agreement", &self.agreement).finish_non_exhaustive()
    }
}

/// What was signed: all that a record says of it.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The workload provider's half.
    pub workload: HalfRecord,
    /// The env deployer's half.
    pub env: HalfRecord,
    /// The auditor's key, where one is in the contract.
    pub attestation_key: Option<AttestationKeyRecord>,
    /// What was checked.
    pub checked: Vec<String>,
    /// What could not be.
    pub unchecked: Vec<String>,
    /// What should be refused, and was accepted.
    pub accepted: Vec<String>,
}

impl<'k, R: Read + Seek> Contract<'k, R> {
    /// Holds two halves against each other, and the env half against the key that will sign.
    pub fn combine(
        workload: Half<Workload, R>,
        env: Half<Env, R>,
        key: &'k SigningKey,
        at: Timestamp,
        accept: Accept,
    ) -> Result<Self, Error> {
        let agreement = Agreement::check(&workload, &env, key.public(), at, accept);
        if agreement.disagreements.is_empty() {
            Ok(Self { key, workload, env, agreement, auditor: None, accept })
        } else {
            Err(Error::Disagreement(agreement.disagreements))
        }
    }

    /// Puts the auditor's key in, which must be nobody else's; one that is encrypted must be for the guest that the halves
    /// are for.
    pub fn attested_to(mut self, auditor: AuditorKey, at: Timestamp) -> Result<Self, Error> {
        let (workload, env) = self.statements();
        [workload, env].into_iter().flatten().try_for_each(|half| auditor.is_not_the_guest_s(half))?;
        if auditor.is(self.key.public()) {
            if !self.accept.one_person {
                return Err(Error::AttestationKeyOfSigner);
            }
            self.agreement
                .accepted
                .push(format!("{} (--danger-allow-one-person)", Error::AttestationKeyOfSigner));
        }
        if auditor.guest().is_some() {
            let (workload, env) = self.statements();
            let stated: Vec<_> = [workload, env].into_iter().flatten().collect();
            stated.iter().try_for_each(|statement| auditor.is_for_the_guest_of(statement))?;
            let both = stated.len() == 2;
            let Agreement { checked, unchecked, accepted, .. } = &mut self.agreement;
            let list = if both { checked } else { unchecked };
            list.push("that the guest of both halves can open the attestation key".to_owned());
            accepted.extend(auditor.accepted(at));
        }
        self.auditor = Some(auditor);
        Ok(self)
    }

    /// Who vouches for the workload half, and who for the env half.
    pub fn vouched(&self) -> (Option<&Vouched>, Option<&Vouched>) {
        (self.workload.vouched().ok(), self.env.vouched().ok())
    }

    /// What both halves' makers state, where they do.
    pub fn statements(&self) -> (Option<&Statement>, Option<&Statement>) {
        (self.workload.statement(), self.env.statement())
    }

    /// Until when it lives, as far as both halves' makers state it.
    pub fn lifetime(&self) -> Lifetime {
        let (workload, env) = self.statements();
        Lifetime::from_halves(workload, env)
    }

    /// What changed about the volumes since earlier contracts: advice, of which nothing is refused.
    pub fn changes_since(&self, earlier: &[Earlier]) -> Vec<Change> {
        let (workload, env) = self.statements();
        let halves = [workload, env].into_iter().flatten();
        let mut changes: Vec<_> = halves.flat_map(|half| history::changes(half, earlier)).collect();
        if let (Some(workload), Some(env)) = (workload, env) {
            changes.extend(history::overlaps([workload, env], earlier));
        }
        changes
    }

    /// Signs, and streams the user data to `out`: every token is read once, checked as it passes, and kept nowhere.
    pub fn sign(
        mut self,
        workers: NonZeroUsize,
        randomness: &mut dyn Randomness,
        out: &mut dyn Write,
    ) -> Result<Signed, Error> {
        let mut signed = SignedBytes::default();
        let workload = copy(&mut self.workload, &mut signed, out)?;
        let env = copy(&mut self.env, &mut signed, out)?;
        if workload.prefix != env.prefix {
            return Err(Error::Prefixes(workload.prefix, env.prefix));
        }
        if workload.sha256 == env.sha256 {
            return Err(Error::SameToken);
        }
        refuse_weak::<Workload>(&workload, self.workload.is_made_by_us(), workers)?;
        refuse_weak::<Env>(&env, self.env.is_made_by_us(), workers)?;
        let signature = STANDARD.encode(self.key.sign(&signed.0.finish())?);
        writeln!(out, "envWorkloadSignature: {signature}")?;
        if let Some(auditor) = &self.auditor {
            writeln!(out, "attestationPublicKey: {}", auditor.scalar(workload.prefix, randomness)?)?;
        }
        let Agreement { checked, unchecked, accepted, .. } = self.agreement;
        let (workload, env) = (self.workload.record(&workload), self.env.record(&env));
        let attestation_key = self.auditor.as_ref().map(AuditorKey::record);
        Ok(Signed { workload, env, attestation_key, checked, unchecked, accepted })
    }
}

fn copy<K: Kind, R: Read + Seek>(
    half: &mut Half<K, R>,
    signed: &mut SignedBytes,
    out: &mut dyn Write,
) -> Result<TokenFacts, Error> {
    write!(out, "{}: ", K::NAME)?;
    let facts = half
        .copy_token(&mut Tee { signed, out: &mut *out })
        .map_err(|error| Error::Half { section: K::NAME, error })?;
    writeln!(out)?;
    Ok(facts)
}

fn refuse_weak<K: Kind>(token: &TokenFacts, is_ours: bool, workers: NonZeroUsize) -> Result<(), Error> {
    let one_byte = || if is_ours { None } else { token.opens_with_one_byte(workers) };
    match token.opens_with_empty_password().or_else(one_byte) {
        Some(weakness) => Err(Error::Weak { section: K::NAME, weakness }),
        None => Ok(()),
    }
}

/// Writes a token and hashes it for the signature on the way.
struct Tee<'a> {
    signed: &'a mut SignedBytes,
    out: &'a mut dyn Write,
}

impl Write for Tee<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.signed.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
