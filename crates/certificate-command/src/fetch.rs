//! `certificate fetch`: from the publisher's address into files, verified before they get their names.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cli_kit::failure::DoingIo as _;
use cli_kit::names::{in_folder, same_target};
use cli_kit::output::{Output, Visibility, commit_all};
use cli_kit::persona::{FETCHED, Persona, SharedSettings};
use cli_kit::progress::Progress;
use cli_kit::protected::Protected;
use cli_kit::{Doing as _, Failure, Report};
use contract_pki::certificate::authority::Authority;
use contract_pki::certificate::chain::Authorities;
use contract_pki::certificate::{Attestation, ImageCertificate, Role};
use jiff::Timestamp;
use serde::Serialize;

use crate::arguments::{Companion, Fetch};
use crate::https::{Fetcher, without_query};
use crate::images::{Contradiction, contradiction};
use crate::lines::{chain_lines, description_lines};
use crate::{address, refused};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fetched {
    files: Vec<String>,
    addresses: Vec<String>,
    key_fingerprint: String,
    /// How far the certificate was verified: `dates`, `issuer` or `root`.
    verified: &'static str,
}

/// A file that is fetched.
struct File {
    address: String,
    name: String,
    bytes: Vec<u8>,
    output: Output,
}

/// The command.
pub fn fetch<R: Role>(arguments: &Fetch, persona: Persona, report: &Report) -> Result<(), Failure> {
    let settings = SharedSettings::read(&arguments.folder, persona)?;
    let platform = arguments.platform.unwrap_or(settings.platform);
    let given = arguments.url.as_deref().or(settings.certificate.url.as_deref());
    let pattern = address::pattern(given, platform)?;
    let fill = |kind: &str| address::fill(pattern, platform, arguments.version.as_deref(), kind);

    let first = fill(R::PUBLISHED)?;
    let target = arguments.output.clone().or_else(|| settings.certificate.file.clone());
    let target = target.map_or_else(|| last_part(&first, &arguments.folder), Ok)?;
    let mut wanted = vec![(first, target)];
    for companion in &arguments.with {
        let address = fill(companion.published())?;
        if wanted.iter().any(|(other, _)| *other == address) {
            return Err(Failure::usage(format!("`{pattern}` is the same address for two certificates"))
                .hint("put `{kind}` where the addresses differ, or leave `--with` out"));
        }
        let target = last_part(&address, wanted[0].1.parent().unwrap_or(Path::new("")))?;
        wanted.push((address, target));
    }
    let mut files = create(wanted, arguments, settings.protected, report)?;

    let timeout = Duration::from_secs(arguments.timeout);
    {
        let _progress = Progress::spinner(report, "fetching");
        let fetcher = Fetcher::new(arguments.ca_file.as_deref(), timeout)?;
        for file in &mut files {
            file.bytes = fetcher.fetch(&file.address)?;
        }
    }
    let at = arguments.chain.at();
    let certificate = parse::<R>(&files[0])?;
    let description = certificate.describe();
    if let Some(pin) = &settings.certificate.pin {
        pin.check(&description.facts).map_err(|error| refused(&files[0].address, &error))?;
    }
    let (verified, chain_lines) = verified(certificate, &files, arguments, at)?;

    for file in &mut files {
        file.output.write_all(&file.bytes).doing_io("write", Path::new(&file.name))?;
    }
    let written: Vec<_> = files.iter().map(|file| file.output.quoted()).collect();
    let fetched = Fetched {
        files: files.iter().map(|file| file.name.clone()).collect(),
        addresses: files.iter().map(|file| file.address.clone()).collect(),
        key_fingerprint: description.facts.key_fingerprint.clone(),
        verified,
    };
    commit_all(files.into_iter().rev().map(|file| file.output))?;
    if let Some(Contradiction { message, hint }) = contradiction(&description.facts, platform) {
        report.warning(&message, &[hint]);
    }
    let lines = chain_lines.unwrap_or_else(|| description_lines(&description, at));
    for line in lines {
        report.note(&line);
    }
    report.success(&format!("wrote {}", written.join(" and ")));
    report.note(match verified {
        "root" => "verified up to a root that you trust",
        "issuer" => "its issuer signed it; the issuer itself is not verified: `certificate verify`",
        _ => "well formed and valid today; verify whose it is: `certificate verify`",
    });
    report.result(&fetched, |_| Vec::<String>::new())
}

/// Refuses existing files before anything is fetched.
fn create(
    wanted: Vec<(String, PathBuf)>,
    arguments: &Fetch,
    mut protected: Protected,
    report: &Report,
) -> Result<Vec<File>, Failure> {
    protected.add_inputs(arguments.chain.files()).add_inputs(&arguments.ca_file);
    for (place, (_, target)) in wanted.iter().enumerate() {
        report.shares_stdout_with(target)?;
        if wanted[..place].iter().any(|(_, other)| same_target(other, target)) {
            return Err(Failure::usage(format!(
                "two certificates would be written to `{}`",
                target.display()
            ))
            .hint("name another file with `-o`"));
        }
    }
    let file = |(address, target): (String, PathBuf)| {
        // a new certificate replaces an old one, and nothing else
        protected.release(&target, &FETCHED);
        let output = Output::create(&target, arguments.force.force, Visibility::Public, &protected)?;
        Ok(File { address, name: output.name(), bytes: Vec::new(), output })
    };
    wanted.into_iter().map(file).collect()
}

/// Verifies as far as the given files allow: dates, the fetched issuer, a root.
fn verified<R: Role>(
    certificate: ImageCertificate<R>,
    files: &[File],
    arguments: &Fetch,
    at: Timestamp,
) -> Result<(&'static str, Option<Vec<String>>), Failure> {
    let mut authorities = arguments.chain.read()?;
    if authorities.roots.is_empty() && !authorities.lists.is_empty() {
        return Err(Failure::usage("a revocation list is part of a chain, and no root is named")
            .hint("name the root: `--root root.crt`"));
    }
    for (file, companion) in files[1..].iter().zip(&arguments.with) {
        if *companion == Companion::Intermediate {
            let parsed = Authority::parse_all(&file.bytes);
            authorities.intermediates.extend(parsed.doing(|| format!("cannot take `{}`", file.address))?);
        }
    }
    // an attestation certificate has the same issuer
    for (file, _) in
        files[1..].iter().zip(&arguments.with).filter(|(_, companion)| **companion == Companion::Attestation)
    {
        verify_with(&authorities, parse::<Attestation>(file)?, &file.address, at)?;
    }
    verify_with(&authorities, certificate, &files[0].address, at)
}

fn verify_with<R: Role>(
    authorities: &Authorities,
    certificate: ImageCertificate<R>,
    address: &str,
    at: Timestamp,
) -> Result<(&'static str, Option<Vec<String>>), Failure> {
    let verdict = if !authorities.roots.is_empty() {
        authorities.verify(certificate, at).map(|chain| ("root", Some(chain_lines(&chain))))
    } else if !authorities.intermediates.is_empty() {
        authorities.verify_issuer(&certificate, at).map(|()| ("issuer", None))
    } else {
        certificate.verify_dates(at).map(|()| ("dates", None))
    };
    verdict.map_err(|refusal| refused(address, &refusal))
}

fn parse<R: Role>(file: &File) -> Result<ImageCertificate<R>, Failure> {
    ImageCertificate::from_bytes(&file.bytes).doing(|| format!("cannot take `{}`", file.address))
}

/// The file's name in the address.
fn last_part(address: &str, folder: &Path) -> Result<PathBuf, Failure> {
    let name =
        without_query(address).rsplit('/').next().filter(|name| !name.is_empty() && !name.starts_with('.'));
    let name = name.ok_or_else(|| {
        Failure::usage(format!("`{address}` names no file")).hint("name one: `-o image.crt`")
    })?;
    Ok(in_folder(if folder == Path::new("") { Path::new(".") } else { folder }, name))
}
