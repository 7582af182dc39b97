//! Whether a record is the guest's: its signature, and whether the certificate of the signing key is trusted.

use std::path::{Path, PathBuf};

use certificate_command::{chain_lines, read, refused};
use cli_kit::persona::AuditorFolder;
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::attestation::signature::{self, LONGEST};
use contract_pki::certificate::chain::{Link, VerifiedChain};
use contract_pki::certificate::revocation::Revocation;
use contract_pki::certificate::{Attestation, CertificateFacts};
use contract_pki::verifying_key::VerifyingKey;
use contract_pki::x509::day;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::attestation_record::GuestRecord;
use crate::cli::SignatureArguments;

/// A verified signature.
pub struct Verified {
    /// The signature.
    pub signature: PathBuf,
    /// The certificate.
    pub certificate: PathBuf,
    pub facts: CertificateFacts,
    pub trust: Trust,
    pub at: Timestamp,
}

/// Why the certificate is accepted as the image's.
pub enum Trust {
    /// It leads to a root; its key is the pinned one, if one is pinned.
    Chain { chain: VerifiedChain<Attestation>, pinned: bool },
    /// Its key is the pinned one.
    Pin,
    /// `--danger-accept-unverified-certificate`.
    Accepted,
}

/// The named signature file, or the default one next to the record.
pub fn path(arguments: &SignatureArguments, record: &Path) -> PathBuf {
    arguments.signature.clone().unwrap_or_else(|| {
        let folder = if record == Path::new("-") { None } else { record.parent() };
        folder.unwrap_or(Path::new("")).join("se-signature.bin")
    })
}

/// Verifies the certificate, then the signature.
pub fn verify(
    arguments: &SignatureArguments,
    persona: &AuditorFolder,
    record: &GuestRecord,
) -> Result<Verified, Failure> {
    let signature = path(arguments, &record.path);
    let bytes = input::read_bytes(&signature, LONGEST).map_err(|failure| {
        if signature.exists() { failure } else { failure.hint("get it from the guest, with the record") }
    })?;
    let certificate = arguments.attestation_certificate.as_ref().or(persona.certificate.file.as_ref());
    let Some(certificate) = certificate else {
        return Err(Failure::usage("no attestation certificate is named").hint(
            "pass it with `--attestation-certificate CRT`, or write `attestation-certificate: CRT` into `persona.yaml`",
        ));
    };
    let (key, facts, trust) = trusted(arguments, persona, certificate)?;
    signature::verify(record.text.as_bytes(), &bytes, &key)
        .doing(|| format!("cannot verify `{}` with `{}`", record.name(), input::name(&signature)))?;
    Ok(Verified { signature, certificate: certificate.clone(), facts, trust, at: arguments.chain.at() })
}

fn trusted(
    arguments: &SignatureArguments,
    persona: &AuditorFolder,
    path: &Path,
) -> Result<(VerifyingKey, CertificateFacts, Trust), Failure> {
    let name = input::name(path);
    let cannot_use = || format!("cannot use `{name}`");
    let certificate = read::<Attestation>(path)?;
    let pin = persona.certificate.pin.as_ref();
    if let Some(pin) = pin {
        pin.check(certificate.facts()).doing(cannot_use)?;
    }
    let facts = certificate.facts().clone();
    let chain = arguments.chain.or(&persona.certificate.chain);
    // what is named is used, even with a pin or the danger flag
    if chain.name_anything() {
        let chain = chain.verify::<Attestation>(path).map_err(with_folder_hint)?;
        let key = chain.verifying_key().doing(cannot_use)?;
        return Ok((key, facts, Trust::Chain { chain, pinned: pin.is_some() }));
    }
    certificate.verify_dates(chain.at()).map_err(|refusal| refused(&name, &refusal))?;
    let trust = match pin {
        Some(_) => Trust::Pin,
        None if arguments.danger_accept_unverified_certificate => Trust::Accepted,
        None => return Err(untrusted(&name)),
    };
    Ok((certificate.danger_verifying_key().doing(cannot_use)?, facts, trust))
}

fn with_folder_hint(failure: Failure) -> Failure {
    if failure.exit != ExitCode::Usage {
        return failure;
    }
    failure.hint("or name the whole chain in `persona.yaml`, `intermediates` and `roots`, or nothing of it: neither flags nor `crls`")
}

fn untrusted(name: &str) -> Failure {
    Failure::new(
        ExitCode::Refused,
        format!("cannot trust `{name}`: no chain to a root is given, and anyone could have made it"),
    )
    .hint(
        "name its chain: `--intermediate FILE --root FILE`, or `intermediates` and `roots` in `persona.yaml`",
    )
    .hint("or pin its key, once you know that it is the image's: `certificate-pin` in `persona.yaml`")
    .hint("for a rehearsal, add `--danger-accept-unverified-certificate`")
}

const CHAIN_NOT_CHECKED: &str =
    "whether the attestation certificate leads to a root, and whether it was revoked";

impl Verified {
    /// From the image's certificate to a root; empty without a chain.
    pub fn links(&self) -> &[Link] {
        match &self.trust {
            Trust::Chain { chain, .. } => chain.links(),
            Trust::Pin | Trust::Accepted => &[],
        }
    }

    /// What the auditor accepted at their own risk.
    pub fn accepted(&self) -> Option<&'static str> {
        matches!(self.trust, Trust::Accepted)
            .then_some("attestation certificate: no chain to a root (--danger-accept-unverified-certificate)")
    }

    /// What was not checked about the certificate.
    pub fn unchecked(&self) -> Vec<String> {
        let not_checked = |link: &&Link| link.revocation == Revocation::NotChecked;
        let revoked =
            |link: &Link| format!("whether `{}` was revoked: no `--crl` covers it", link.facts.subject);
        match &self.trust {
            Trust::Chain { chain, .. } => chain.links().iter().filter(not_checked).map(revoked).collect(),
            Trust::Pin | Trust::Accepted => vec![CHAIN_NOT_CHECKED.to_owned()],
        }
    }

    /// Why the certificate is trusted, in words.
    pub fn reason(&self) -> &'static str {
        match &self.trust {
            Trust::Chain { pinned: true, .. } => "leads to a root that you trust, and has the pinned key",
            Trust::Chain { .. } => "leads to a root that you trust",
            Trust::Pin => "has the pinned key; its chain was not verified",
            Trust::Accepted => "is accepted unverified: anyone could have made it",
        }
    }

    /// Whether a root or the auditor's own pin confirms that the certificate is the image's.
    pub fn is_trusted(&self) -> bool {
        !matches!(self.trust, Trust::Accepted)
    }

    /// Why the certificate is trusted, for scripts: `chain`, `pinned` or `unverified`.
    pub fn trusted_by(&self) -> &'static str {
        match self.trust {
            Trust::Chain { .. } => "chain",
            Trust::Pin => "pinned",
            Trust::Accepted => "unverified",
        }
    }

    pub fn json(&self) -> Value {
        json!({
            "signatureFile": input::name(&self.signature),
            "certificateFile": input::name(&self.certificate),
            "certificateFacts": self.facts,
            "chain": self.links(),
            "pinned": matches!(self.trust, Trust::Pin | Trust::Chain { pinned: true, .. }),
            "accepted": self.accepted(),
            "at": self.at,
        })
    }

    /// The certificate, or its chain, for people.
    pub fn lines(&self) -> Vec<String> {
        if let Trust::Chain { chain, .. } = &self.trust {
            return chain_lines(chain);
        }
        let line = |label: &str, text: &str| format!("{label:<18}{text}");
        vec![
            line("certificate", &self.facts.subject),
            line("  serial", &self.facts.serial),
            line("  key", &self.facts.key_fingerprint),
            line("  valid until", &day(self.facts.not_after).to_string()),
        ]
    }

    /// Warns of what was accepted at risk.
    pub fn warn(&self, report: &Report) {
        if self.accepted().is_some() {
            let name = input::name(&self.certificate);
            report.warning(
                &format!("`{name}` is accepted unverified: anyone could have made it"),
                &["for rehearsals only: leave `--danger-accept-unverified-certificate` out".into()],
            );
        }
    }
}
