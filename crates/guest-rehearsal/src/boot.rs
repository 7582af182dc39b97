//! Boots user data in the guest's order, and says what it did.
//!
//! ```text
//! user data → decrypt → schema → logging → signature → environment → archive → variables → containers → images → ports → mounts
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

use cli_kit::Failure;
use contract_core::section::{Env, Workload};
use jiff::Timestamp;

use crate::guest_key::GuestKey;
use crate::logging_probe::LoggingProbe;
use crate::report::{BootReport, Digest};
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
    let mut attestation = Vec::new();
    let (booted, ended) = match sequence(&mut log, &mut attestation, user_data, guest) {
        Ok(()) => (true, Ok(())),
        Err(Halt::Refused) => (false, Ok(())),
        Err(Halt::Failed(failure)) => (false, Err(failure)),
    };
    (BootReport { booted, steps: log.0, attestation }, ended)
}

fn sequence(
    log: &mut Log,
    attestation: &mut Vec<Digest>,
    bytes: &[u8],
    &Guest { key, at, disks, probe_logging }: &Guest<'_>,
) -> Result<(), Halt> {
    let user_data = user_data::read(log, bytes)?;
    *attestation = attestation::digests(bytes);
    let workload = decrypt::section::<Workload>(log, &user_data.workload, key)?;
    let env = decrypt::section::<Env>(log, &user_data.env, key)?;
    let workload = schema::workload(log, workload, at)?;
    let env = schema::env(log, env, at)?;
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
