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

use crate::arguments::CheckArguments;
use crate::draft::{Draft, packing};
use crate::{Authored, Verbose, certificate, handoff, included, signing_key};

/// What is reported besides the findings.
#[derive(Serialize)]
struct Checked {
    /// `None` if the section would not be encrypted.
    section: Option<Measured>,
    /// The files that `!file` names.
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

/// The command; `key_file` is the env deployer's `--signing-key`.
pub fn check<K: Authored>(
    arguments: &CheckArguments,
    key_file: Option<&Path>,
    report: &Report,
) -> Result<(), Failure> {
    let mut draft = Draft::open::<K>(&arguments.folder)?;
    // the folder's key may come later, the flag's must exist
    let named = draft.persona.signing_key.clone();
    let key_file = key_file.or(named.as_deref().filter(|path| path.exists()));
    let key = key_file.map(signing_key::read).transpose()?;
    let key = key.as_ref().map(signing_key::pem).transpose()?;
    let (section, mut findings) = draft.read::<K>(key.as_deref(), report)?;
    if let Some(section) = &section {
        let missing = signing_key::missing(section, &draft.file, named.as_deref(), Severity::Warning);
        findings.0.extend(missing);
    }
    let certificate = certificate::check(&draft.persona, draft.at, &mut findings);
    if certificate.is_some() && draft.persona.certificate.pin.is_none() {
        report.note(certificate::PIN);
    }
    if draft.persona.handoff.recipients.is_empty() {
        handoff::warn_unencrypted(&mut findings);
    }
    if let (Some(section), Some(certificate)) = (&section, &certificate) {
        findings.0.extend(signing_key::guest_key(section.facts(), certificate, &draft.file));
    }

    let measured = section.as_ref().filter(|_| findings.errors() == 0).map(|section| {
        packing(section, report, |workers, progress| section.measure(workers, progress))
            .doing(|| format!("cannot read `{}`", draft.file))
    });
    // a section that was not read has no facts and no files
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
