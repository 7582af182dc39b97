//! Boots user data in the order of the guest, and reports each step.
//!
//! ```text
//! [input, medium →] user data → workload → env [→ attestation] [→ network] → logging → schema → signature [→ expiry]
//!     → volumes → seeds [→ passphrase → luks] → environment → archive → images → variables → containers → ports → mounts
//!     [→ secrets]
//! ```
//!
//! The order is that of published logs of real guests. A step that refuses ends the boot, with the message that the
//! real guest would show, and where ([`crate::hpl`]). Where no source states what a guest does, the step is `unknown`. The
//! report states what a rehearsal can't know: images, key services, disks that it was not given. It contains no secret.

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
use crate::report::{BootReport, Forecast, Halt, Verdict};
use given::Given;
use logging::LoggingProbe;
use luks::Disks;
use sealed_secrets::{GivenSecret, Keys};
use signature::SigningKey;

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

impl<'a> Guest<'a> {
    /// A guest of any product, without network and without sealed secrets.
    pub fn new(key: &'a GuestKey, at: Timestamp, disks: &'a Disks) -> Self {
        Self { key, at, disks, platform: None, probe_logging: None, sealed_secrets: &[] }
    }
}

/// Boots user data, in whatever it is. Returns the steps that were taken. The second value is an error if the
/// rehearsal itself failed: on a file, the machine or the command line.
pub fn boot(input: &[u8], guest: &Guest<'_>) -> (BootReport, Result<(), Failure>) {
    let mut report = BootReport::default();
    let steps = take_steps(&mut report, input, guest);
    let is_unknown = report.first(Verdict::Unknown).is_some();
    let (forecast, result) = match steps {
        Ok(()) if is_unknown => (Forecast::Unknown, Ok(())),
        Ok(()) => (Forecast::Boots, Ok(())),
        Err(Halt::Refused) => (Forecast::Refused, Ok(())),
        Err(Halt::Unknown) => (Forecast::Unknown, Ok(())),
        Err(Halt::Failed(failure)) => (Forecast::Failed, Err(failure)),
    };
    report.forecast = forecast;
    report.booted = forecast == Forecast::Boots;
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
    report.attested = true;

    network::check(log, network_config)?;
    let workload = schema::open::<Workload>(log, workload, at, &platforms)?;
    let env = schema::open::<Env>(log, env, at, workload.platforms())?;
    if let Some(env) = env.section() {
        report.contents = Some(PublicContents::new(workload.section().map(Section::model), env.model()));
    }
    schema::logging(log, &env)?;
    if let Some(env) = env.section() {
        logging::probe(log, env.model(), probe_logging, at);
    }
    let signing_key = SigningKey::new(&env);
    let (workload, env) = schema::contract(log, workload, env, &user_data)?;
    signature::verify(log, &user_data, &signing_key, at)?;
    volumes::agree(log, &workload.root, env.model())?;
    if let Some(workload) = &workload.section {
        volumes::describe(log, workload.model(), env.model());
        luks::open(log, workload.model(), env.model(), disks)?;
    }
    containers::check(log, &workload, &env)?;
    let workload = workload.section.as_ref().map(Section::model);
    let keys = Keys {
        workload: workload.and_then(|it| it.confidential_containers.as_ref()?.secret.as_ref()),
        env: env.model().sealed_secret_keys.as_ref(),
    };
    sealed_secrets::open(log, &keys, sealed_secrets)
}

#[cfg(test)]
mod tests;
