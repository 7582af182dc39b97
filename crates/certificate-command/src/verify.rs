//! `certificate verify`: from an image's certificate to a root, by IBM's procedure.

use cli_kit::persona::{Persona, SharedSettings};
use cli_kit::{Failure, Report, input};
use contract_pki::certificate::Role;
use contract_pki::certificate::chain::Link;
use contract_pki::certificate::revocation::Revocation;
use jiff::Timestamp;
use serde::Serialize;

use crate::arguments::Verify;
use crate::lines::chain_lines;
use crate::refused;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified<'a> {
    file: String,
    at: Timestamp,
    /// From the image's certificate to the root.
    chain: &'a [Link],
    /// Whether every certificate below the root was looked up in a revocation list.
    revocation_checked: bool,
    /// For `persona.yaml`.
    certificate_pin: &'a str,
    /// Whether `persona.yaml` contains it already.
    pinned: bool,
}

/// The command.
pub fn verify<R: Role>(arguments: &Verify, persona: Persona, report: &Report) -> Result<(), Failure> {
    let settings = SharedSettings::read(&arguments.certificate.folder, persona)?;
    let path = arguments.certificate.path::<R>(&settings)?;
    let chain = arguments.chain.or(&settings.certificate.chain).verify::<R>(&path)?;
    let pinned = settings.certificate.pin.as_ref();
    if let Some(pinned) = pinned {
        pinned.check(chain.facts()).map_err(|error| refused(&input::name(&path), &error))?;
    }
    let checked = chain.links().iter().all(|link| link.revocation != Revocation::NotChecked);
    let pin = &chain.facts().key_fingerprint;
    let verified = Verified {
        file: input::name(&path),
        at: chain.at(),
        chain: chain.links(),
        revocation_checked: checked,
        certificate_pin: pin,
        pinned: pinned.is_some(),
    };
    report.result(&verified, |_| chain_lines(&chain))?;
    report.success(&format!("`{}` leads to a root that you trust", verified.file));
    if pinned.is_some() {
        report.note("it contains the pinned key");
    } else {
        report.note("to accept only this key from now on, write into persona.yaml:");
        report.note(&format!("  certificate-pin: {pin}"));
    }
    Ok(())
}
