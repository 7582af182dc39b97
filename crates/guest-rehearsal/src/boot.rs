//! Boots user data in the order of the guest, and reports each step.
//!
//! ```text
//! [input, medium →] user data → workload → env [→ attestation] [→ network] → schema → logging → signature [→ expiry]
//!     → environment → archive → variables → containers → images → ports → mounts → volumes → seeds [→ passphrase → luks]
//!     [→ secrets]
//! ```
//!
//! A step that refuses ends the boot, with the message that the real guest would show ([`crate::hpl`]). The report states
//! what a rehearsal can't know: images, key services, disks that it was not given. It contains no secret.

mod archive;
mod containers;
mod given;
pub mod logging;
pub mod luks;
mod medium;
mod network;
mod platforms;
mod schema;
pub mod sealed_secrets;
mod signature;
mod user_data;
mod volumes;

use std::io::Cursor;

use cli_kit::Failure;
use contract_core::kind::{Env, Workload};
use contract_core::user_data::survey;
use contract_pki::platform::Platform;
use contract_section::Section;
use jiff::Timestamp;

use crate::contents::PublicContents;
use crate::keys::GuestKey;
use crate::report::{BootReport, Halt};
use given::Given;
use logging::LoggingProbe;
use luks::Disks;
use sealed_secrets::{GivenSecret, Keys};

/// The guest that boots, and what is rehearsed besides its user data.
pub struct Guest<'a> {
    /// The private key of its image.
    pub key: &'a GuestKey,
    /// The time of boot.
    pub at: Timestamp,
    /// The disks that are attached.
    pub disks: &'a Disks,
    /// The product; `None` derives what it may be.
    pub platform: Option<Platform>,
    /// How to try the log server; `None` does not use the network.
    pub probe_logging: Option<&'a LoggingProbe>,
    /// What its containers would get from the cluster.
    pub sealed_secrets: &'a [GivenSecret],
}

/// Boots user data, in whatever it is. Returns the steps that were taken. The second value is an error if the
/// rehearsal itself failed: on a file, the machine or the command line.
pub fn boot(input: &[u8], guest: &Guest<'_>) -> (BootReport, Result<(), Failure>) {
    let mut report = BootReport::default();
    let result = match take_steps(&mut report, input, guest) {
        Ok(()) => {
            report.booted = true;
            Ok(())
        }
        Err(Halt::Refused) => Ok(()),
        Err(Halt::Failed(failure)) => Err(failure),
    };
    (report, result)
}

/// Takes the steps in the order of the guest. The report keeps the findings of each, also if a later one refuses.
fn take_steps(report: &mut BootReport, input: &[u8], guest: &Guest<'_>) -> Result<(), Halt> {
    let &Guest { key, at, disks, platform, probe_logging, sealed_secrets } = guest;
    let log = &mut report.steps;

    let given = Given::find(log, input)?;
    let (facts, damage) = match survey(Cursor::new(given.bytes())) {
        Ok(facts) => (Some(facts), None),
        Err(damage) => (None, Some(damage)),
    };
    given.describe(log, facts.as_ref());
    let network_config = given.network_config();
    let user_data = user_data::read(log, given.bytes(), damage.as_ref());
    let delivery = given.delivery();
    report.attestation = given.record_lines(facts.as_ref());
    report.user_data = facts;
    let user_data = user_data?;
    let platforms = platforms::possible(log, platform, &user_data, delivery);

    let workload = user_data::open_section::<Workload>(log, &user_data.workload, key)?;
    let env = user_data::open_section::<Env>(log, &user_data.env, key)?;
    if let Some(value) = &user_data.attestation_public_key {
        report.auditor_key = Some(user_data::auditor_key(log, value, key)?);
    }

    network::check(log, network_config)?;
    let workload = schema::workload(log, workload, at, &platforms)?;
    let platforms = workload.section.as_ref().map_or(&*platforms, Section::platforms);
    let env = schema::env(log, env, at, platforms)?;
    report.contents = Some(PublicContents::new(workload.section.as_ref().map(Section::model), env.model()));

    logging::probe(log, env.model(), probe_logging, at)?;
    signature::verify(log, &user_data, env.model().signing_key.as_ref(), at)?;
    let workload = containers::check(log, workload, &env)?;
    volumes::agree(log, workload.model(), env.model())?;
    luks::open(log, workload.model(), env.model(), disks)?;
    let keys = Keys {
        workload: workload.model().confidential_containers.as_ref().and_then(|it| it.secret.as_ref()),
        env: env.model().sealed_secret_keys.as_ref(),
    };
    sealed_secrets::open(log, &keys, sealed_secrets)
}

#[cfg(test)]
mod tests;
