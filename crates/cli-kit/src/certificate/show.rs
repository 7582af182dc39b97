//! `certificate show`: what a certificate says of itself. Nothing is verified.

use std::path::PathBuf;

use contract_pki::certificate::{Description, Role};
use contract_pki::x509::{day, is_endless};
use jiff::Timestamp;
use serde::Serialize;

use super::arguments::{CertificateFile, Show};
use super::read;
use crate::author::certificate::contradiction;
use crate::clock;
use crate::failure::Failure;
use crate::input;
use crate::persona::{Persona, PersonaFile};
use crate::report::Report;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    file: String,
    #[serde(flatten)]
    description: &'a Description,
    /// Negative: it has expired.
    days_left: i64,
    valid_now: bool,
    /// What speaks against `--platform`.
    contradiction: Option<String>,
}

impl CertificateFile {
    fn path<R: Role>(&self, persona: Persona) -> Result<PathBuf, Failure> {
        match &self.file {
            Some(path) => Ok(path.clone()),
            None => self.path_of::<R>(&PersonaFile::read(&self.folder, persona)?),
        }
    }

    pub(super) fn path_of<R: Role>(&self, settings: &PersonaFile) -> Result<PathBuf, Failure> {
        self.file.clone().or_else(|| settings.certificate.clone()).ok_or_else(|| {
            Failure::usage(format!("no {} certificate is named", R::NAME))
                .hint("name its file, as in `certificate show image.crt`")
        })
    }
}

/// The command.
pub fn show<R: Role>(arguments: &Show, persona: Persona, report: &Report) -> Result<(), Failure> {
    let path = arguments.certificate.path::<R>(persona)?;
    let now = clock::now();
    let description = &read::<R>(&path)?.describe();
    let against = arguments.platform.and_then(|platform| contradiction(&description.facts, platform));
    let shown = Shown {
        file: input::name(&path),
        days_left: days_left(description.facts.not_after, now),
        valid_now: (description.facts.not_before..=description.facts.not_after).contains(&now),
        contradiction: against.as_ref().map(|(message, _)| message.clone()),
        description,
    };
    if let Some((message, _)) = against {
        let hint = "take the certificate that belongs to your image, or name the platform that it is for";
        report.warning(&message, &[hint.to_owned()]);
    }
    report.result(&shown, |_| lines(description, now))
}

/// Whole days until a certificate's end.
pub(super) fn days_left(end: Timestamp, now: Timestamp) -> i64 {
    end.duration_since(now).as_secs().div_euclid(86_400)
}

/// As people read it; nothing that tells one certificate from another is left out.
pub(super) fn lines(description: &Description, now: Timestamp) -> Vec<String> {
    let facts = &description.facts;
    let mut lines = Vec::new();
    let mut line = |label: &str, text: &str| lines.push(format!("{label:<18}{text}"));
    line("subject", &facts.subject);
    line(
        "issuer",
        if description.self_signed { "itself: nobody vouches for it" } else { &description.issuer },
    );
    line("serial", &facts.serial);
    line("key", &format!("{} {}, {}", description.key_type, description.key_bits, facts.key_fingerprint));
    line("signed with", &description.signature_algorithm);
    line("valid from", &day(facts.not_before).to_string());
    line("valid until", &until(facts.not_before, facts.not_after, now));
    for address in &description.crl_distribution_points {
        line("revocation list", address);
    }
    if let Some(command) = fetches_list(&description.crl_distribution_points, "intermediate.crl") {
        line("  get it with", &command);
    }
    let platforms: Vec<_> = description.suggested_platforms.iter().map(|it| it.name()).collect();
    if !platforms.is_empty() {
        line("seen with", &format!("platform {}", platforms.join(" or ")));
    }
    lines
}

/// A command that gets a revocation list. Lists are signed by themselves, and authorities publish theirs over plain HTTP,
/// so it is the user's to run. The address is the certificate's word: nothing in it may mean something to a shell.
pub(super) fn fetches_list(addresses: &[String], file: &str) -> Option<String> {
    let harmless = |address: &&String| {
        (address.starts_with("https://") || address.starts_with("http://"))
            && address.bytes().all(|it| it.is_ascii_alphanumeric() || b"-._~:/?&=%+,".contains(&it))
    };
    addresses.iter().find(harmless).map(|address| format!("curl -fL -o {file} '{address}'"))
}

/// The last day, and how long that is.
pub(super) fn until(from: Timestamp, to: Timestamp, now: Timestamp) -> String {
    let left = match days_left(to, now) {
        _ if now < from => "NOT YET VALID".to_owned(),
        _ if now > to => "EXPIRED".to_owned(),
        _ if is_endless(to) => return "no end".to_owned(),
        1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    };
    format!("{}, {left}", day(to))
}
