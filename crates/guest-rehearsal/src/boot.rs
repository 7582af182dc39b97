//! Boots user data in the guest's order, and says what it did.
//!
//! ```text
//! user data → decrypt [→ attestation] → schema → logging → signature → environment → archive → variables → containers → images → ports → mounts
//!     → volumes → seeds [→ luks]
//! ```
//!
//! A step that refuses ends the boot, with the message that the real guest would show ([`crate::hpl`]). What a
//! rehearsal can't know (images, key services, disks that it was not given) it says. Nothing that it says holds a secret.

mod archive;
mod attestation;
mod containers;
mod decrypt;
mod log;
mod logging;
pub mod luks;
pub mod medium;
pub mod passphrase;
mod schema;
mod signature;
mod user_data;
mod volumes;

use std::io::Cursor;

use cli_kit::Failure;
use contract_core::section::{Env, Section, Workload};
use contract_core::user_data::{Error, UserDataFacts, survey};
use contract_core::verifying_key::VerifyingKey;
use jiff::Timestamp;

use crate::contents::Contents;
use crate::guest_key::GuestKey;
use crate::logging_probe::LoggingProbe;
use crate::report::BootReport;
use log::{Log, Stopped};
use luks::Disks;

/// A guest to boot in, and what is rehearsed beside its user data.
pub struct Guest<'a> {
    /// Its image's private key.
    pub key: &'a GuestKey,
    /// When it boots.
    pub at: Timestamp,
    /// What it finds attached.
    pub disks: &'a Disks,
    /// How its log server is tried; none to leave the network alone.
    pub probe_logging: Option<&'a LoggingProbe>,
}

/// The log, and what kept the rehearsal from going on, if something did: a file, the machine, the command line.
pub type Booted = (BootReport, Result<(), Failure>);

/// Why a boot did not come to its end.
enum Halt {
    /// The guest would stop here; the log says why.
    Refused,
    /// The rehearsal could not go on: a file, the machine, the command line.
    Failed(Failure),
}

impl From<Stopped> for Halt {
    fn from(Stopped: Stopped) -> Self {
        Self::Refused
    }
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Boots these user data; beside what was found, why the rehearsal itself could not go on, if so.
pub fn boot(user_data: &[u8], guest: &Guest<'_>) -> Booted {
    let mut log = Log::default();
    // what is wrong with damaged user data, the boot's first step reports
    let surveyed = survey(Cursor::new(user_data));
    let mut found = Found::default();
    let (booted, ended) = match sequence(&mut log, &mut found, user_data, surveyed.as_ref(), guest) {
        Ok(()) => (true, Ok(())),
        Err(Halt::Refused) => (false, Ok(())),
        Err(Halt::Failed(failure)) => (false, Err(failure)),
    };
    let facts = surveyed.ok();
    let attestation = facts.as_ref().map(attestation::digests).unwrap_or_default();
    let Found { contents, attestation_key } = found;
    let steps = log.0;
    let report =
        BootReport { booted, steps, attestation, attestation_key, written: None, user_data: facts, contents };
    (report, ended)
}

/// What a boot comes to know on its way, however far it goes.
#[derive(Default)]
struct Found {
    contents: Option<Contents>,
    attestation_key: Option<VerifyingKey>,
}

fn sequence(
    log: &mut Log,
    found: &mut Found,
    bytes: &[u8],
    surveyed: Result<&UserDataFacts, &Error>,
    &Guest { key, at, disks, probe_logging }: &Guest<'_>,
) -> Result<(), Halt> {
    let user_data = user_data::read(log, bytes, surveyed)?;
    let workload = decrypt::section::<Workload>(log, &user_data.workload, key)?;
    let env = decrypt::section::<Env>(log, &user_data.env, key)?;
    if let Some(value) = &user_data.attestation_public_key {
        found.attestation_key = Some(attestation::key(log, value, key)?);
    }
    let workload = schema::workload(log, workload, at)?;
    let env = schema::env(log, env, at)?;
    found.contents = Some(Contents::of(workload.section.as_ref().map(Section::model), env.model()));
    logging::set_up(log, env.model(), probe_logging, at)?;
    let signed = signature::Signed {
        digest: user_data.signed_digest(),
        signature: user_data.signature.as_deref(),
        signing_key: env.model().signing_key.as_ref(),
    };
    signature::verify(log, &signed, at)?;
    let workload = containers::start(log, workload, &env)?;
    volumes::agree(log, workload.model(), env.model())?;
    luks::open(log, workload.model(), env.model(), disks)
}

#[cfg(test)]
mod tests;
