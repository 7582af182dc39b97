//! Boots user data in the guest's order, and says what it did.
//!
//! ```text
//! user data → decrypt → schema → logging → signature → environment → archive → variables → volumes → seeds
//! ```
//!
//! A step that refuses ends the boot, with the message that the real guest would show ([`crate::hpl`]). What a
//! rehearsal can't know (images, disks, key services) it says. Nothing that it says holds a secret.

mod archive;
mod attestation;
mod containers;
mod decrypt;
mod log;
mod logging;
mod schema;
mod signature;
mod user_data;
mod volumes;

use contract_core::section::{Env, Workload};
use jiff::Timestamp;

use crate::guest_key::GuestKey;
use crate::logging_probe::LoggingProbe;
use crate::report::{BootReport, Digest};
use log::{Log, Stopped};

/// A guest, and what is rehearsed beside its user data.
pub struct Guest<'a> {
    /// Its key.
    pub key: &'a GuestKey,
    /// When it boots.
    pub at: Timestamp,
    /// How its log server is tried; none to leave the network alone.
    pub probe_logging: Option<&'a LoggingProbe>,
}

/// Boots these user data in a guest with this key at this time, with nothing around it.
pub fn boot(user_data: &[u8], key: &GuestKey, at: Timestamp) -> BootReport {
    Guest { key, at, probe_logging: None }.boot(user_data)
}

impl Guest<'_> {
    /// Boots these user data.
    pub fn boot(&self, user_data: &[u8]) -> BootReport {
        let mut log = Log::default();
        let mut attestation = Vec::new();
        let booted = sequence(&mut log, &mut attestation, user_data, self).is_ok();
        BootReport { booted, steps: log.0, attestation }
    }
}

fn sequence(
    log: &mut Log,
    attestation: &mut Vec<Digest>,
    bytes: &[u8],
    guest: &Guest<'_>,
) -> Result<(), Stopped> {
    let Guest { key, at, probe_logging } = *guest;
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
    volumes::agree(log, workload.model(), env.model())
}

#[cfg(test)]
mod tests;
