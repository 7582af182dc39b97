//! `check`: everything that is wrong or unwise, then the section as it will be encrypted.

use std::path::Path;

use certificate_command::encryption_lines;
use cli_kit::{Doing as _, Failure, Report};
use contract_core::statement::Facts;
use contract_pki::certificate::CertificateFacts;
use contract_section::{IncludedFile, Measured, Section};
use findings::Severity;
use jiff::Timestamp;
use serde::Serialize;

use crate::draft::{Draft, packing};
use crate::{Authored, CheckArguments, Verbose, certificate, handoff, included, signing_key};

/// What stands beside the findings.
#[derive(Serialize)]
struct Checked {
    /// None where the section would not be encrypted.
    section: Option<Measured>,
    /// What `!file` names.
    files: Vec<IncludedFile>,
    /// Fingerprint of the key that the guest will verify the contract with.
    #[serde(rename = "signingKey", skip_serializing_if = "Option::is_none")]
    signing_key: Option<String>,
    /// When its certificate ends, and the contract with it.
    #[serde(rename = "contractEnds", skip_serializing_if = "Option::is_none")]
    contract_ends: Option<Timestamp>,
    certificate: Option<CertificateFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip)]
    facts: Facts,
    #[serde(skip)]
    verbose: Verbose,
}

/// The command; `key` is the env deployer's `--signing-key`.
pub fn check<K: Authored>(
    arguments: &CheckArguments,
    key: Option<&Path>,
    report: &Report,
) -> Result<(), Failure> {
    let draft = Draft::open::<K>(&arguments.folder)?;
    // the folder's may come later, the flag's has to be there
    let named = draft.persona.signing_key.as_deref();
    let key = key.or(named.filter(|path| path.exists())).map(signing_key::read).transpose()?;
    let key = key.as_ref().map(signing_key::pem).transpose()?;
    let (section, mut findings) = draft.read::<K>(key.as_deref(), report)?;
    let missing_key = |section| signing_key::missing(section, &draft.file, named, Severity::Warning);
    findings.0.extend(section.as_ref().and_then(missing_key));
    let certificate = certificate::check(&draft.persona, draft.at, &mut findings);
    if certificate.is_some() && draft.persona.certificate.pin.is_none() {
        report.note(certificate::PIN);
    }
    if draft.persona.handoff.recipients.is_empty() {
        handoff::unencrypted(&mut findings);
    }
    let both = section.as_ref().zip(certificate.as_ref());
    findings.0.extend(both.and_then(|(it, facts)| signing_key::of_the_guest(it.facts(), facts, &draft.file)));

    let measured = section.as_ref().filter(|_| findings.errors() == 0).map(|section| {
        packing(section, report, |workers, progress| section.measure(workers, progress))
            .doing(|| format!("cannot read `{}`", draft.file))
    });
    let facts = section.as_ref().map(|section| section.facts().clone()).unwrap_or_default();
    let files = section.as_ref().map(Section::files).unwrap_or_default().to_vec();
    let text = section.filter(|_| arguments.show).map(|section| section.masked());
    let checked = Checked {
        section: measured.transpose()?,
        signing_key: facts.signing_key.clone(),
        contract_ends: signing_key::contract_ends(&facts),
        certificate,
        text,
        facts,
        files,
        verbose: arguments.verbose,
    };
    report.check(&draft.file, &findings, &checked, lines)
}

fn lines(checked: &Checked) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(checked.certificate.iter().flat_map(encryption_lines));
    lines.extend(signing_key::lines(&checked.facts));
    let archive = checked.section.as_ref().and_then(|section| section.archive.as_ref());
    lines.extend(included::lines(&checked.files, archive, checked.verbose));
    if let Some(Measured { bytes, sha256, .. }) = &checked.section {
        lines.push(format!("section to encrypt: {bytes} bytes, sha256 {sha256}"));
    }
    lines.extend(checked.text.iter().flat_map(|text| text.lines()).map(str::to_owned));
    lines
}
