//! The contract signer's public key, which the env section must contain before it is encrypted (contract-format,
//! section 5).

use std::path::Path;

use cli_kit::{Doing as _, Failure, input};
use contract_core::env_certificates::CertificateField;
use contract_core::statement::Facts;
use contract_pki::certificate::CertificateFacts;
use contract_pki::signing_certificate;
use contract_pki::validity::Standing;
use contract_pki::verifying_key::VerifyingKey;
use contract_section::Section;
use findings::{Advice as _, Finding, Place, Rule, Severity};
use jiff::Timestamp;

use crate::Authored;

/// Reads the key, or its certificate.
pub fn read(path: &Path) -> Result<VerifyingKey, Failure> {
    let text = input::read_text(path, input::LARGEST_KEY_FILE)
        .map_err(|failure| if path.exists() { failure } else { failure.hint(ask(Some(path))) })?;
    VerifyingKey::parse(&text).doing(|| cannot_use(path))
}

/// Reads a key, and refuses one that no guest would boot a contract with today.
pub fn read_for_contract(
    path: &Path,
    encryption: &CertificateFacts,
    at: Timestamp,
) -> Result<VerifyingKey, Failure> {
    let key = read(path)?;
    signing_certificate::check_not_guest_key(key.fingerprint(), encryption).doing(|| cannot_use(path))?;
    signing_certificate::check(&key, at).doing(|| cannot_use(path))?;
    Ok(key)
}

fn cannot_use(path: &Path) -> String {
    format!("cannot use the signing key `{}`", path.display())
}

/// The key as it is put into the section: one PEM block.
pub fn pem(key: &VerifyingKey) -> Result<String, Failure> {
    key.to_section_pem().doing(|| "cannot use the signing key".to_owned())
}

/// When the contract ends, if it does.
pub fn contract_ends(facts: &Facts) -> Option<Timestamp> {
    facts.certificates.get(&CertificateField::SigningKey).map(|certificate| certificate.not_after)
}

/// The key's fingerprint, to compare with what the contract signer reports, and the end of the contract.
pub fn lines(facts: &Facts) -> Vec<String> {
    let Some(fingerprint) = &facts.signing_key else { return Vec::new() };
    let end = contract_ends(facts)
        .map(|end| format!("  with its certificate: the guest boots the contract until {end}"));
    [Some(format!("signing key: {fingerprint}")), end].into_iter().flatten().collect()
}

/// Refuses a certificate in the section that begins later: what is encrypted today should boot today.
pub fn check_begun(facts: &Facts, file: &str, at: Timestamp) -> Result<(), Failure> {
    match facts.certificates.get(&CertificateField::SigningKey) {
        Some(certificate) if certificate.at(at) == Standing::NotYet => {
            Err(signing_certificate::Error::NotYetValid(certificate.not_before))
                .doing(|| format!("cannot encrypt `{file}`"))
        }
        _ => Ok(()),
    }
}

/// The finding about a section that names the guest's own key.
pub fn guest_key(facts: &Facts, encryption: &CertificateFacts, file: &str) -> Option<Finding> {
    let error = signing_certificate::check_not_guest_key(facts.signing_key.as_ref()?, encryption).err()?;
    Some(finding(Severity::Error, file, error.to_string(), error.hints().join("; ")))
}

/// The finding about a section without the key; `named` is where the folder expects it.
pub fn missing<K: Authored>(
    section: &Section<K>,
    file: &str,
    named: Option<&Path>,
    severity: Severity,
) -> Option<Finding> {
    const MESSAGE: &str =
        "missing: without the contract signer's public key, the guest cannot verify the contract";
    let is_missing = K::HOLDS_SIGNING_KEY && section.facts().signing_key.is_none();
    is_missing.then(|| finding(severity, file, MESSAGE.to_owned(), ask(named)))
}

fn finding(severity: Severity, file: &str, message: String, hint: String) -> Finding {
    let place = Place { file: file.to_owned(), line: None, field: "signingKey".into() };
    Finding { severity, place, message, hint, rule: Rule::Other }
}

fn ask(named: Option<&Path>) -> String {
    let then = named.map_or_else(
        || "pass it with `--signing-key FILE`, or write `signing-key: FILE` into `persona.yaml`".into(),
        |path| format!("put it at `{}`", path.display()),
    );
    format!("ask the contract signer for the file that `contract-signer public-key` writes, and {then}")
}
