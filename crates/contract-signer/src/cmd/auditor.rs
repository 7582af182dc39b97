//! The auditor's attestation key, which `sign` puts into the contract: plain, or encrypted for the guest.

use std::path::{Path, PathBuf};

use cli_kit::author::certificate;
use cli_kit::persona::PersonaFile;
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::certificate::{Encryption, Pin, VerifiedCertificate};
use contract_core::contract::{Accept, AuditorKey};
use contract_core::verifying_key::{Error, VerifyingKey};
use jiff::Timestamp;

use crate::cli::AuditorArguments;

/// The files that are named, by flags or by the signer's folder.
pub struct Named {
    key: PathBuf,
    /// To encrypt it under.
    certificate: Option<PathBuf>,
}

impl Named {
    /// None where no attestation key is named.
    pub fn of(arguments: &AuditorArguments, persona: &PersonaFile) -> Result<Option<Self>, Failure> {
        let encrypt = arguments.encrypt_attestation_key || persona.encrypt_attestation_key;
        if arguments.certificate.is_some() && !encrypt {
            return Err(Failure::usage("`--certificate` is for an attestation key that is encrypted")
                .hint("add `--encrypt-attestation-key`, or leave `--certificate` out"));
        }
        let Some(key) = arguments.attestation_key.clone().or_else(|| persona.attestation_key.clone()) else {
            return if encrypt { Err(nothing_to_encrypt()) } else { Ok(None) };
        };
        let certificate =
            encrypt.then(|| persona.certificate(arguments.certificate.as_deref())).transpose()?;
        Ok(Some(Self { key, certificate }))
    }

    /// All that is read.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        [Some(self.key.as_path()), self.certificate.as_deref()].into_iter().flatten()
    }

    /// The key, and a certificate that may encrypt it.
    pub fn read(
        &self,
        pin: Option<&Pin>,
        at: Timestamp,
        accept: Accept,
        report: &Report,
    ) -> Result<AuditorKey, Failure> {
        let key = key(&self.key)?;
        let guest =
            self.certificate.as_deref().map(|path| guest(path, pin, at, accept, report)).transpose()?;
        AuditorKey::new(key, guest).doing(|| format!("cannot use `{}`", input::name(&self.key)))
    }
}

fn nothing_to_encrypt() -> Failure {
    Failure::usage("no attestation key is named that could be encrypted")
        .hint("pass it with `--attestation-key attestation-key.pub.pem`, or write `attestation-key: attestation-key.pub.pem` into `persona.yaml`")
}

fn key(path: &Path) -> Result<VerifyingKey, Failure> {
    let cannot = || format!("cannot use `{}`", input::name(path));
    let key = match VerifyingKey::parse(&input::read_text(path, super::KEY_LIMIT)?) {
        // the library's words are about signatures
        Err(Error::NotRsa(kind)) => {
            let why = format!(
                "{}: a key of type {kind}; attestation records are encrypted with RSA only",
                cannot()
            );
            Err(Failure::new(ExitCode::Rejected, why))
        }
        read => read.doing(cannot),
    };
    key.map_err(|failure| Failure {
        hints: vec!["ask the auditor for the public half of an RSA key, as PEM `PUBLIC KEY`: `contract-auditor keygen` makes it".into()],
        ..failure
    })
}

/// Shown before it can be refused, as both authors' is: the same subject was seen with several keys.
fn guest(
    path: &Path,
    pin: Option<&Pin>,
    at: Timestamp,
    accept: Accept,
    report: &Report,
) -> Result<VerifiedCertificate, Failure> {
    let cannot = || format!("cannot encrypt the attestation key under `{}`", input::name(path));
    let certificate = cli_kit::certificate::read::<Encryption>(path)?;
    for line in certificate::lines(certificate.facts()) {
        report.note(&line);
    }
    if let Some(pin) = pin {
        pin.check(certificate.facts()).doing(cannot)?;
    }
    certificate.verify(at, accept.expiry, accept.foreign).doing(cannot)
}
