//! The guest's attestation record: plain text, or encrypted to the auditor key and opened with it.

use std::path::{Path, PathBuf};

use cli_kit::persona::AuditorFolder;
use cli_kit::{Doing as _, ExitCode, Failure, Report, input, private_key};
use contract_core::attestation::signature::digest;
use contract_core::attestation::{AttestationRecord, LONGEST};
use contract_core::token::Token;
use contract_pki::platform::Prefix;
use contract_pki::private_key::Auditing;
use open_token::{Opened, PASSWORD_LENGTH};
use zeroize::Zeroizing;

use crate::cli::{KeyArguments, RecordArguments};

const PLAIN: &str = "se-checksums.txt";
const ENCRYPTED: &str = "se-checksums.txt.enc";

const FROM_THE_GUEST: &str = "get it from the guest again, unchanged: `se-checksums.txt.enc`";

/// The record in plain text, and where it came from.
pub struct GuestRecord {
    pub path: PathBuf,
    /// The bytes that the guest signed.
    pub text: Zeroizing<String>,
    pub record: AttestationRecord,
    /// `None` if it came in plain text.
    pub opened: Option<OpenedWith>,
}

impl GuestRecord {
    /// As the user named it.
    pub fn name(&self) -> String {
        input::name(&self.path)
    }

    /// Digest of the bytes that the guest signed.
    pub fn sha256(&self) -> String {
        digest(self.text.as_bytes())
    }
}

/// How an encrypted record was opened.
pub struct OpenedWith {
    pub key_fingerprint: String,
    pub password_length: usize,
    pub password_cut: bool,
}

/// Reads a record in either form.
pub fn read(
    arguments: &RecordArguments,
    persona: &AuditorFolder,
    report: &Report,
) -> Result<GuestRecord, Failure> {
    let path = arguments.record.clone().unwrap_or_else(|| {
        let encrypted = !Path::new(PLAIN).exists() && Path::new(ENCRYPTED).exists();
        if encrypted { ENCRYPTED } else { PLAIN }.into()
    });
    let text = text_of(&path)?;
    if Prefix::ALL.iter().any(|prefix| text.starts_with(prefix.as_str())) {
        return open_text(path, &text, &arguments.key, persona, report);
    }
    let record = AttestationRecord::parse(&text)
        .doing(|| format!("cannot read `{}` as an attestation record", input::name(&path)))?;
    Ok(GuestRecord { path, text, record, opened: None })
}

/// Opens a record that must be encrypted.
pub fn open(
    path: &Path,
    key: &KeyArguments,
    persona: &AuditorFolder,
    report: &Report,
) -> Result<GuestRecord, Failure> {
    let text = text_of(path)?;
    if AttestationRecord::parse(&text).is_ok() {
        let message =
            format!("`{}` is not encrypted: it is an attestation record in plain text", input::name(path));
        return Err(Failure::new(ExitCode::Rejected, message)
            .hint(format!("use it as it is: `contract-auditor verify {}`", path.display())));
    }
    open_text(path.to_owned(), &text, key, persona, report)
}

fn text_of(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let limit = usize::try_from(LONGEST).unwrap_or(usize::MAX);
    input::read_secret_text(path, limit).map_err(|failure| {
        if path == Path::new("-") || path.exists() {
            failure
        } else {
            failure.hint("get it from the guest, together with `se-signature.bin`")
        }
    })
}

fn open_text(
    path: PathBuf,
    text: &str,
    key: &KeyArguments,
    persona: &AuditorFolder,
    report: &Report,
) -> Result<GuestRecord, Failure> {
    let name = input::name(&path);
    let rejected = |message| Failure::new(ExitCode::Rejected, message);
    let token = Token::<AttestationRecord>::parse(text.trim_end_matches(['\r', '\n'])).map_err(|error| {
        rejected(format!("`{name}` is not an encrypted attestation record: {error}")).hint(FROM_THE_GUEST)
    })?;
    let key_path = key.key.as_ref().unwrap_or(&persona.key);
    let key = private_key::read::<Auditing>(key_path, &key.passphrase)?;
    let rsa = key.rsa().doing(|| format!("cannot use `{}`", input::name(key_path)))?;
    let key_fingerprint = key.public().fingerprint().to_owned();
    let opened = open_token::open(&rsa, &token).map_err(|error| {
        rejected(format!("`{name}` {error}")).hint(format!(
            "name the auditor key that is in the contract with `--key PEM`; this one is {key_fingerprint}"
        ))
    })?;
    let record = AttestationRecord::parse(&opened.text).map_err(|error| {
        rejected(format!("the content of `{name}` is not an attestation record: {error}"))
            .hint(FROM_THE_GUEST)
    })?;
    warn_of_short_password(&name, &opened, report);
    let Opened { text, password_length, password_cut } = opened;
    let opened = Some(OpenedWith { key_fingerprint, password_length, password_cut });
    Ok(GuestRecord { path, text, record, opened })
}

/// A reader that stops at a line feed gets a shorter password (contract-format, section 2).
fn warn_of_short_password(name: &str, opened: &Opened, report: &Report) {
    let length = opened.password_length;
    if length >= PASSWORD_LENGTH {
        return;
    }
    let cut = if opened.password_cut { ", cut at a line feed or NUL" } else { "" };
    let consequence = if length == 0 { "anyone can read it" } else { "it can be guessed more easily" };
    report.warning(
        &format!("`{name}` opens with a password of {length} bytes instead of {PASSWORD_LENGTH}{cut}: {consequence}"),
        &["it is no longer secret; check that it is the guest's: `contract-auditor verify`".into()],
    );
}
