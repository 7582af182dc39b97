//! The encryption certificate: checked first, shown at every encryption (contract-format, section 9).

use std::path::Path;

use certificate_command::{Contradiction, contradiction, read};
use cli_kit::persona::{self, AuthorFolder};
use contract_core::env_certificates::CertificateField;
use contract_core::lifetime::{NOTICE, What};
use contract_core::statement::Facts;
use contract_pki::certificate::{CertificateFacts, Encryption, Error, Expiry, Foreign, VerifiedCertificate};
use contract_pki::platform::Platform;
use contract_pki::validity::Validity;
use contract_pki::x509::day;
use findings::{Advice as _, Findings, Place};
use jiff::Timestamp;

/// The dates of the section's certificates that the statement contains; it contains nothing else about them.
pub fn stated_ends(facts: &Facts) -> Option<String> {
    let one = |(field, validity): (&CertificateField, &Validity)| {
        format!("{} {}", What::Certificate(*field), day(validity.not_after))
    };
    let all: Vec<_> = facts.certificates.iter().map(one).collect();
    (!all.is_empty()).then(|| format!("states the ends of: {}", all.join(", ")))
}

/// Warns of what is unwise about a certificate that could be used.
pub fn warnings(
    path: &Path,
    certificate: &VerifiedCertificate,
    platform: Platform,
    at: Timestamp,
    findings: &mut Findings,
) {
    let facts = certificate.facts();
    if let Some(why) = certificate.foreign() {
        findings.warning(
            place(path),
            format!("it is not an image's encryption certificate, and is accepted all the same: {why}"),
            "for a guest of your own only: leave `--danger-accept-foreign-certificate` out",
        );
    }
    if certificate.is_self_signed() {
        findings.warning(
            place(path),
            "the encryption certificate is signed with its own key: a stand-in, not an image's",
            "take the certificate that comes with your image, or for a rehearsal that of `guest-rehearsal keygen`",
        );
    }
    if facts.validity().has_ended(at) {
        findings.warning(
            place(path),
            format!(
                "the encryption certificate expired on {}, and is accepted all the same",
                day(facts.not_after)
            ),
            "for test guests only: leave `--danger-accept-expired-certificate` out",
        );
    }
    if (at..at.checked_add(NOTICE).unwrap_or(Timestamp::MAX)).contains(&facts.not_after) {
        findings.warning(
            place(path),
            format!("the encryption certificate ends on {}", day(facts.not_after)),
            "look for a newer image and take the certificate that belongs to it",
        );
    }
    if certificate.foreign().is_none() {
        compare_platform(path, facts, platform, findings);
    }
}

/// Warns of a known key that belongs to another platform's images.
fn compare_platform(path: &Path, facts: &CertificateFacts, platform: Platform, findings: &mut Findings) {
    if let Some(Contradiction { message, hint }) = contradiction(facts, platform) {
        findings.warning(place(path), message, hint);
    }
}

/// How to pin a key.
pub const PIN: &str =
    "no `certificate-pin` in `persona.yaml`: `certificate verify` shows the line that pins this key";

/// Checks the certificate that `encrypt` would use; a missing one is a warning.
pub fn check(persona: &AuthorFolder, at: Timestamp, findings: &mut Findings) -> Option<CertificateFacts> {
    const HOW: &str = "take the one that belongs to your image version: `encrypt` needs it";
    let Some(path) = persona.certificate.file.as_deref() else {
        let place = Place { file: persona::FILE.into(), line: None, field: "certificate".into() };
        findings.warning(place, "no encryption certificate is named", HOW);
        return None;
    };
    if !path.exists() {
        findings.warning(place(path), "the encryption certificate is not there yet", HOW);
        return None;
    }
    let certificate = match read::<Encryption>(path) {
        Ok(certificate) => certificate,
        Err(failure) => {
            findings.error(place(path), failure.message, failure.hints.join("; "));
            return None;
        }
    };
    let facts = certificate.facts().clone();
    if let Some(Err(error)) = persona.certificate.pin.as_ref().map(|pin| pin.check(&facts)) {
        findings.error(place(path), error.to_string(), error.hints().join("; "));
    }
    match certificate.verify(at, Expiry::Refuse, Foreign::Refuse) {
        Ok(certificate) => warnings(path, &certificate, persona.platform, at, findings),
        Err(error) => {
            findings.error(place(path), error.to_string(), error.hints().join("; "));
            if !matches!(error, Error::Foreign(_)) {
                compare_platform(path, &facts, persona.platform, findings);
            }
        }
    }
    Some(facts)
}

fn place(path: &Path) -> Place {
    Place { file: path.display().to_string(), ..Place::default() }
}
