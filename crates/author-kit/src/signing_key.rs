//! The contract signer's public key, which has to stand in the env section before it is encrypted (contract-format,
//! section 5).

use std::path::Path;

use contract_core::env_certificates::CertificateField;
use contract_core::statement::Facts;
use contract_pki::certificate::CertificateFacts;
use contract_pki::signing_certificate;
use contract_pki::verifying_key::VerifyingKey;
use contract_section::Section;
use findings::Advice as _;
use findings::{Finding, Place, Severity};
use jiff::Timestamp;

use crate::Authored;
use cli_kit::failure::{Doing, Failure};
use cli_kit::input;

/// Bytes of a file with a key or a certificate.
const PEM_LIMIT: usize = 64 << 10;

/// Reads the key or its certificate, and refuses by the file's own name what is neither.
pub fn read(path: &Path) -> Result<VerifyingKey, Failure> {
    let text = input::read_text(path, PEM_LIMIT)
        .map_err(|failure| if path.exists() { failure } else { failure.hint(ask(Some(path))) })?;
    VerifyingKey::parse(&text).doing(|| cannot_use(path))
}

/// As [`read`], and refuses what gives no contract a life today: verification refused, and not a finding in the section.
pub fn read_for_contract(
    path: &Path,
    encryption: &CertificateFacts,
    at: Timestamp,
) -> Result<VerifyingKey, Failure> {
    let key = read(path)?;
    signing_certificate::is_not_the_guest_s(key.fingerprint(), encryption).doing(|| cannot_use(path))?;
    signing_certificate::check(&key, at).doing(|| cannot_use(path))?;
    Ok(key)
}

fn cannot_use(path: &Path) -> String {
    format!("cannot use the signing key `{}`", path.display())
}

/// As it is put into the section: one PEM block, whatever stands around it in the file.
pub fn pem(key: &VerifyingKey) -> Result<String, Failure> {
    key.to_section_pem().doing(|| "cannot use the signing key".to_owned())
}

/// When the contract ends, if it does.
pub fn contract_ends(facts: &Facts) -> Option<Timestamp> {
    facts.certificates.get(&CertificateField::SigningKey).map(|certificate| certificate.not_after)
}

/// As people see it, to compare with what the contract signer says; and until when the contract will live.
pub fn lines(facts: &Facts) -> Vec<String> {
    let Some(fingerprint) = &facts.signing_key else { return Vec::new() };
    let end = contract_ends(facts)
        .map(|end| format!("  with its certificate: the guest boots the contract until {end}"));
    [Some(format!("signing key: {fingerprint}")), end].into_iter().flatten().collect()
}

/// A certificate in the section itself is warned of where it begins later; what is encrypted today should boot today.
pub fn has_begun(facts: &Facts, file: &str, at: Timestamp) -> Result<(), Failure> {
    match facts.certificates.get(&CertificateField::SigningKey) {
        Some(certificate) if at < certificate.not_before => {
            Err(signing_certificate::Error::NotYetValid(certificate.not_before))
                .doing(|| format!("cannot encrypt `{file}`"))
        }
        _ => Ok(()),
    }
}

/// What to say about a section that names the guest's own key, wherever it came from.
pub fn of_the_guest(facts: &Facts, encryption: &CertificateFacts, file: &str) -> Option<Finding> {
    let error = signing_certificate::is_not_the_guest_s(facts.signing_key.as_ref()?, encryption).err()?;
    Some(Finding {
        severity: Severity::Error,
        place: Place { file: file.to_owned(), line: None, field: "signingKey".into() },
        message: error.to_string(),
        hint: error.hints().join("; "),
    })
}

/// What to say about a section in which the key is missing; `named` is where the folder expects it.
pub fn missing<K: Authored>(
    section: &Section<K>,
    file: &str,
    named: Option<&Path>,
    severity: Severity,
) -> Option<Finding> {
    (K::HOLDS_SIGNING_KEY && section.facts().signing_key.is_none()).then(|| Finding {
        severity,
        place: Place { file: file.to_owned(), line: None, field: "signingKey".into() },
        message: "missing: without the contract signer's public key, the guest cannot verify the contract"
            .into(),
        hint: ask(named),
    })
}

fn ask(named: Option<&Path>) -> String {
    let then = named.map_or_else(
        || "pass it with `--signing-key FILE`, or write `signing-key: FILE` into `persona.yaml`".into(),
        |path| format!("put it at `{}`", path.display()),
    );
    format!("ask the contract signer for the file that `contract-signer public-key` writes, and {then}")
}
