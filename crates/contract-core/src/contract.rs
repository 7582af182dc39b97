//! State 5 of 7: the contract, a workload half and an env half that agree, opened by nobody.
//!
//! `contract = (workload half, env half)` without a [`Disagreement`] between them. Source: ours (docs/format/5-contract.md);
//! the guest would find the same disagreements minutes after boot. The result lists what could not be checked.

mod agreement;
mod assembled;
mod auditor;
mod half;
mod history;
pub mod record;

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, Write};
use std::num::NonZeroUsize;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_pki::platform::Prefix;
use contract_pki::private_key::{self, SigningKey};
use contract_pki::random::Randomness;
use findings::{Advice, Blame};
use jiff::Timestamp;
use ssh_signatures::allowed_signers::Vouched;

use crate::handoff;
use crate::kind::{Env, Kind, Workload};
use crate::lifetime::Lifetime;
use crate::statement::Statement;
use crate::token::{self, TokenFacts, Weakness};
use crate::user_data::SignedBytes;
use agreement::Agreement;
use record::{Accepted, Danger, HalfRecord};

pub use agreement::{Accept, Disagreement};
pub use assembled::{Assembled, AssembledError, Entry};
pub use auditor::{AuditorKey, AuditorKeyRecord};
pub use half::{BareToken, Half};
pub use history::{Change, Earlier, Event, Weight};

/// Why there is no user data.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error("the handoffs do not agree: {}", agreement::list(.0))]
    Disagreement(Vec<Disagreement>),
    #[error("the {section} half: {error}")]
    Half {
        section: &'static str,
        #[source]
        error: handoff::Error,
    },
    #[error("the {section} token is weak: {weakness}")]
    Weak { section: &'static str, weakness: Weakness },
    #[error("the workload token and the env token are the same")]
    SameToken,
    #[error("the workload token begins with `{}`, the env token with `{}`: they are for different platforms", .0.as_str(), .1.as_str())]
    Prefixes(Prefix, Prefix),
    #[error(
        "the {section} half is encrypted under the key {stated}, and the auditor key would be under {found}"
    )]
    OtherGuest { section: &'static str, stated: String, found: String },
    /// The guest's own encryption certificate in place of the auditor's key.
    #[error(
        "the auditor key is the key that the {0} half is encrypted under, which exists only inside the guest: no auditor could open the attestation record"
    )]
    AttestationKeyOfGuest(&'static str),
    #[error("the auditor key is the signing key: one person would sign and audit")]
    AttestationKeyOfSigner,
    #[error("the auditor key: {0}")]
    Encrypt(#[source] token::SealError),
    #[error(transparent)]
    Key(#[from] private_key::Error),
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
            Self::AttestationKeyOfGuest(_) => vec![ASK_AUDITOR.into()],
            Self::AttestationKeyOfSigner => {
                vec![ASK_AUDITOR.into(), "in a lab, take the risk with `--danger-allow-one-person`".into()]
            }
            Self::Encrypt(error) => error.hints(),
            Self::Key(error) => error.hints(),
            Self::Write(_) => Vec::new(),
        }
    }
}

const ASK_AUDITOR: &str =
    "ask the auditor for the public half of their key: `contract-auditor keygen` makes it";

/// Two halves that agree, as far as their statements go.
pub struct Contract<'k, R> {
    key: &'k SigningKey,
    workload: Half<Workload, R>,
    env: Half<Env, R>,
    agreement: Agreement,
    auditor: Option<AuditorKey>,
    other_entries: Vec<Entry>,
    accept: Accept,
}

impl<R> std::fmt::Debug for Contract<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contract").field("agreement", &self.agreement).finish_non_exhaustive()
    }
}

/// The result of a signature, for the signing record.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The workload provider's half.
    pub workload: HalfRecord,
    /// The env deployer's half.
    pub env: HalfRecord,
    /// The auditor key, if there is one in the contract.
    pub attestation_key: Option<AuditorKeyRecord>,
    /// What was checked.
    pub checked: Vec<String>,
    /// What could not be checked.
    pub unchecked: Vec<String>,
    /// The dangers that were accepted.
    pub accepted: Vec<Accepted>,
}

impl<'k, R: Read + Seek> Contract<'k, R> {
    /// Compares two halves with each other, and the env half with the signing key.
    pub fn combine(
        workload: Half<Workload, R>,
        env: Half<Env, R>,
        key: &'k SigningKey,
        at: Timestamp,
        accept: Accept,
    ) -> Result<Self, Error> {
        let agreement = Agreement::check(&workload, &env, key.public(), at, accept);
        if agreement.disagreements.is_empty() {
            Ok(Self { key, workload, env, agreement, auditor: None, other_entries: Vec::new(), accept })
        } else {
            Err(Error::Disagreement(agreement.disagreements))
        }
    }

    /// Adds the auditor key, which must be neither the guest's nor the signer's. If it is encrypted, it must be for the guest of
    /// the halves.
    pub fn with_auditor_key(mut self, auditor: AuditorKey, at: Timestamp) -> Result<Self, Error> {
        let (workload, env) = self.statements();
        [workload, env].into_iter().flatten().try_for_each(|half| auditor.check_not_guest_key(half))?;
        if auditor.is_same_key(self.key.public()) {
            if !self.accept.one_person {
                return Err(Error::AttestationKeyOfSigner);
            }
            let text = Error::AttestationKeyOfSigner.to_string();
            self.agreement.accepted.push(Accepted::new(Danger::Other, &text, "--danger-allow-one-person"));
        }
        if auditor.guest().is_some() {
            let (workload, env) = self.statements();
            let stated: Vec<_> = [workload, env].into_iter().flatten().collect();
            stated.iter().try_for_each(|statement| auditor.check_same_guest(statement))?;
            let both = stated.len() == 2;
            let Agreement { checked, unchecked, accepted, .. } = &mut self.agreement;
            let list = if both { checked } else { unchecked };
            list.push("that the guest of both halves can open the auditor key".to_owned());
            accepted.extend(auditor.accepted(at));
        }
        self.agreement.unchecked.extend(auditor.unchecked());
        self.auditor = Some(auditor);
        Ok(self)
    }

    /// Adds entries that were in the contract before it was signed.
    #[must_use]
    pub fn with_entries(mut self, entries: Vec<Entry>) -> Self {
        let what =
            |entry: &Entry| format!("`{}`: kept as it was, and the signature does not cover it", entry.key);
        self.agreement.unchecked.extend(entries.iter().map(what));
        self.other_entries = entries;
        self
    }

    /// Who vouches for the workload half, and who for the env half.
    pub fn vouched(&self) -> (Option<&Vouched>, Option<&Vouched>) {
        (self.workload.vouched().ok(), self.env.vouched().ok())
    }

    /// The statements of both halves, if they have any.
    pub fn statements(&self) -> (Option<&Statement>, Option<&Statement>) {
        (self.workload.statement(), self.env.statement())
    }

    /// The lifetime, as far as both halves state it.
    pub fn lifetime(&self) -> Lifetime {
        let (workload, env) = self.statements();
        Lifetime::from_halves(workload, env)
    }

    /// The changes of the volumes since earlier contracts: advice, never a refusal.
    pub fn changes_since(&self, earlier: &[Earlier]) -> Vec<Change> {
        let (workload, env) = self.statements();
        let halves = [workload, env].into_iter().flatten();
        let mut changes: Vec<_> = halves.flat_map(|half| history::changes(half, earlier)).collect();
        if let (Some(workload), Some(env)) = (workload, env) {
            changes.extend(history::overlaps([workload, env], earlier));
        }
        changes
    }

    /// The variables that the workload uses and neither half provides: compose leaves them empty.
    pub fn empty_variables(&self) -> BTreeSet<String> {
        let (Some(workload), Some(env)) = self.statements() else { return BTreeSet::new() };
        let optional = workload.predicate.optional_variables.iter().flatten();
        optional.filter(|name| !env.predicate.provided_variables.contains(*name)).cloned().collect()
    }

    /// Signs, and streams the user data to `out`: every token is read once, checked on the way, and not kept.
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
        for entry in &self.other_entries {
            write!(out, "{}", entry.yaml)?;
        }
        let Agreement { checked, unchecked, accepted, .. } = self.agreement;
        let (workload, env) = (self.workload.record(&workload), self.env.record(&env));
        let attestation_key = self.auditor.as_ref().and_then(AuditorKey::record);
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

/// Writes a token, and hashes it for the signature.
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
