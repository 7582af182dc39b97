//! `certificate verify`: from an image's certificate to a root, by IBM's procedure.

use contract_pki::certificate::Role;
use contract_pki::certificate::chain::{Link, VerifiedChain};
use contract_pki::certificate::revocation::Revocation;
use contract_pki::x509::day;
use jiff::Timestamp;
use serde::Serialize;

use super::arguments::Verify;
use super::refused;
use super::show::{fetches_list, until};
use crate::failure::Failure;
use crate::input;
use crate::persona::{Persona, PersonaFile};
use crate::report::Report;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified<'a> {
    file: String,
    at: Timestamp,
    /// From the image's certificate to the root.
    chain: &'a [Link],
    /// Whether a list was looked into for every certificate below the root.
    revocation_checked: bool,
    /// For `persona.yaml`.
    certificate_pin: &'a str,
    /// Whether it stands there already.
    pinned: bool,
}

/// The command.
pub fn verify<R: Role>(arguments: &Verify, persona: Persona, report: &Report) -> Result<(), Failure> {
    let settings = PersonaFile::read(&arguments.certificate.folder, persona)?;
    let path = arguments.certificate.path_of::<R>(&settings)?;
    let chain = arguments.chain.or(&settings.audit).verify::<R>(&path)?;
    let pinned = settings.certificate_pin.as_ref();
    if let Some(pinned) = pinned {
        pinned.check(chain.facts()).map_err(|error| refused(&input::name(&path), &error))?;
    }
    let checked = chain.links().iter().all(|link| link.revocation != Revocation::NotChecked);
    let pin = chain.links().first().map(|leaf| leaf.key_fingerprint.as_str()).unwrap_or_default();
    let verified = Verified {
        file: input::name(&path),
        at: chain.at(),
        chain: chain.links(),
        revocation_checked: checked,
        certificate_pin: pin,
        pinned: pinned.is_some(),
    };
    report.result(&verified, |_| lines(&chain))?;
    report.success(&format!("`{}` leads to a root that you trust", verified.file));
    if pinned.is_some() {
        report.note("it holds the pinned key");
    } else {
        report.note("to take this key alone from now on, write into persona.yaml:");
        report.note(&format!("  certificate-pin: {pin}"));
    }
    Ok(())
}

/// What was checked of each certificate, and what was not.
pub fn lines<R: Role>(chain: &VerifiedChain<R>) -> Vec<String> {
    let last = chain.links().len().saturating_sub(1);
    let mut lines = Vec::new();
    for (place, link) in chain.links().iter().enumerate() {
        let what = match place {
            0 => "certificate",
            1 => "issued by",
            _ if place == last => "root",
            _ => "authority",
        };
        let mut line = |label: &str, text: String| lines.push(format!("{label:<18}{text}"));
        line(what, link.subject.clone());
        line("  serial", link.serial.clone());
        line("  key", link.key_fingerprint.clone());
        line("  signed with", link.signature_algorithm.clone());
        line("  valid until", until(link.not_before, link.not_after, chain.at()));
        match &link.revocation {
            Revocation::Root => {}
            Revocation::NotChecked => {
                line("  revoked", "NOT CHECKED: no `--crl` is about it".to_owned());
                let file = format!("{}.crl", place + 1);
                if let Some(command) = fetches_list(&link.crl_distribution_points, &file) {
                    line("  its list", command);
                }
            }
            Revocation::NotListed { file, until, partial } => {
                let part =
                    if *partial { "; the list covers a part of its issuer's certificates" } else { "" };
                line("  revoked", format!("no, says `{file}`, which holds until {}{part}", day(*until)));
            }
        }
    }
    lines
}
