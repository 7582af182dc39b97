//! `encrypt`: section, token, statement and handoff in one pass.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use certificate_command::encryption_lines;
use contract_core::handoff;
use contract_core::packed::Packed;
use contract_core::statement::{Statement, Tool};
use contract_core::token::Encrypted;
use contract_pki::certificate::{CertificateFacts, Expiry, Foreign, VerifiedCertificate};
use contract_pki::platform::Platform;
use contract_pki::random::SystemRandomness;
use contract_section::{IncludedFile, Section};
use findings::{Findings, Severity};
use jiff::Timestamp;
use serde::Serialize;

use crate::draft::{Draft, packing, protect_sources};
use crate::handoff::{HandoffFile, Way, other_form, unencrypted};
use crate::vouch::VouchKey;
use crate::{Authored, EncryptArguments, certificate, included, signing_key};
use cli_kit::exit::ExitCode;
use cli_kit::expect;
use cli_kit::failure::{Doing, Failure};
use cli_kit::names::same_target;
use cli_kit::output::{Output, Visibility, commit_all};
use cli_kit::report::Report;

/// What was done.
#[derive(Serialize)]
struct Done {
    section: &'static str,
    platform: Platform,
    certificate: CertificateFacts,
    #[serde(rename = "signingKey", skip_serializing_if = "Option::is_none")]
    signing_key: Option<String>,
    /// When the signing key's certificate ends, and the contract with it.
    #[serde(rename = "contractEnds", skip_serializing_if = "Option::is_none")]
    contract_ends: Option<Timestamp>,
    findings: Findings,
    handoff: String,
    token: Option<String>,
    /// What the attestation record must show.
    sha256: String,
    /// Bytes of the token.
    bytes: u64,
    archive: Option<Packed>,
    /// What `!file` names.
    files: Vec<IncludedFile>,
    /// Fingerprint of the SSH key that vouches, as `ssh-keygen -l` shows it.
    #[serde(rename = "vouchedWith")]
    vouched_with: Option<String>,
    /// Who can open the handoff; empty: everybody.
    recipients: Vec<String>,
}

/// The command; `key` is the env deployer's `--signing-key`.
pub fn encrypt<K: Authored>(
    arguments: &EncryptArguments,
    key: Option<&Path>,
    report: &Report,
) -> Result<(), Failure> {
    let mut draft = Draft::open::<K>(&arguments.folder)?;
    let platform = arguments.platform.unwrap_or(draft.persona.platform);
    let (certificate_file, certificate) = usable_certificate(arguments, &draft, report)?;
    let key = key.map(Path::to_owned).or_else(|| draft.persona.signing_key.clone());
    draft.protected.read([&certificate_file]).read(&key).read(&arguments.vouch_with);
    let way = Way::of(arguments, &draft, report)?;
    let recipients = way.recipients.as_ref().map(|them| them.names.clone()).unwrap_or_default();
    let mut outputs = Outputs::create::<K>(arguments, &draft, way, report)?;

    let key = key
        .as_deref()
        .map(|path| signing_key::read_for_contract(path, certificate.facts(), draft.at))
        .transpose()?;
    let key = key.as_ref().map(signing_key::pem).transpose()?;
    let (section, mut findings) = draft.read::<K>(key.as_deref(), report)?;
    let missing_key = |section| signing_key::missing(section, &draft.file, None, Severity::Error);
    findings.0.extend(section.as_ref().and_then(missing_key));
    let of_the_guest =
        |it: &Section<K>| signing_key::of_the_guest(it.facts(), certificate.facts(), &draft.file);
    findings.0.extend(section.as_ref().and_then(of_the_guest));
    if recipients.is_empty() {
        unencrypted(&mut findings);
    }
    certificate::warnings(&certificate_file, &certificate, platform, draft.at, &mut findings);
    report.findings(&draft.file, &findings)?;
    // before anything is packed: what is written into a folder would go along
    let rejected = || Failure::new(ExitCode::Rejected, format!("`{}` is rejected", draft.file));
    let section = section.ok_or_else(rejected)?;
    protect_sources(&section, &mut draft.protected);
    outputs.all().try_for_each(|output| output.check(&draft.protected))?;

    signing_key::has_begun(section.facts(), &draft.file, draft.at)?;
    for line in signing_key::lines(section.facts()) {
        report.note(&line);
    }
    if let Some(line) = certificate::stated(section.facts()) {
        report.note(&line);
    }

    let (encrypted, vouched_with) = outputs.write(&draft, &section, platform, &certificate, report)?;
    let written: Vec<_> = outputs.all().map(Output::quoted).collect();
    let done = Done {
        section: K::NAME,
        platform,
        certificate: certificate.facts().clone(),
        signing_key: section.facts().signing_key.clone(),
        contract_ends: signing_key::contract_ends(section.facts()),
        findings,
        handoff: outputs.handoff.output().name(),
        token: outputs.token.as_ref().map(Output::name),
        sha256: encrypted.sha256,
        bytes: encrypted.bytes,
        archive: encrypted.archive,
        files: section.files().to_vec(),
        vouched_with,
        recipients,
    };
    let line = (format!("contract:{}", K::NAME), done.sha256.clone());
    expect::write(&mut outputs.expect, [line])?;
    commit_all([outputs.token, outputs.expect, Some(outputs.handoff.finish()?)].into_iter().flatten())?;
    for line in included::lines(&done.files, done.archive.as_ref(), arguments.verbose) {
        report.note(&line);
    }
    report.note(&format!("token: sha256 {}", done.sha256));
    report.note(&format!(
        "  as the attestation record of the running guest must show it for `contract:{}`",
        K::NAME
    ));
    if let Some(key) = &done.vouched_with {
        report.note(&format!("vouched for with {key}"));
    }
    if !done.recipients.is_empty() {
        report.note(&format!("encrypted to {}", done.recipients.join(", ")));
    }
    report.success(&format!("wrote {}; hand it to the contract signer", written.join(" and ")));
    if let Some(other) = other_form(Path::new(&done.handoff)) {
        let other = other.display();
        let message = format!("an older handoff is next to it: `{other}`");
        report.warning(&message, &[format!("remove it, so that nobody signs it by mistake: `rm {other}`")]);
    }
    report.result(&done, |_| Vec::<String>::new())
}

/// First of all, and shown before it can be refused: the same subject was seen with several keys.
fn usable_certificate(
    arguments: &EncryptArguments,
    draft: &Draft,
    report: &Report,
) -> Result<(PathBuf, VerifiedCertificate), Failure> {
    let path = draft.persona.encryption_certificate(arguments.certificate.as_deref())?;
    let certificate = certificate_command::read(&path)?;
    for line in encryption_lines(certificate.facts()) {
        report.note(&line);
    }
    let cannot = || format!("cannot encrypt `{}`", draft.file);
    match &draft.persona.certificate.pin {
        Some(pin) => pin.check(certificate.facts()).doing(cannot)?,
        None => report.note(certificate::PIN),
    }
    let expiry =
        if arguments.danger_accept_expired_certificate { Expiry::DangerAccept } else { Expiry::Refuse };
    let foreign =
        if arguments.danger_accept_foreign_certificate { Foreign::DangerAccept } else { Foreign::Refuse };
    Ok((path, certificate.verify(draft.at, expiry, foreign).doing(cannot)?))
}

/// The handoff; the bare token and the line of the attestation record, where they are asked for.
struct Outputs {
    handoff: HandoffFile,
    token: Option<Output>,
    expect: Option<Output>,
    vouch_key: Option<VouchKey>,
}

impl Outputs {
    fn create<K: Authored>(
        arguments: &EncryptArguments,
        draft: &Draft,
        way: Way,
        report: &Report,
    ) -> Result<Self, Failure> {
        let default = || draft.path(&format!("{}.{}.{}", draft.persona.name, K::NAME, way.suffix()));
        let handoff = arguments.output.clone().unwrap_or_else(default);
        if arguments.token.as_deref().is_some_and(|token| same_target(token, &handoff)) {
            return Err(Failure::usage(format!("`{}` cannot be both handoff and token", handoff.display()))
                .hint("name another file with `--token`"));
        }
        let create = |path: &Path| {
            report.shares_stdout_with(path)?;
            Output::create(path, arguments.force.force, Visibility::Public, &draft.protected)
        };
        let others = [Some(handoff.as_path()), arguments.token.as_deref()];
        let others: Vec<_> = others.into_iter().flatten().collect();
        Ok(Self {
            expect: arguments.expect.create(&others, arguments.force.force, &draft.protected, report)?,
            handoff: HandoffFile::new(create(&handoff)?, &handoff, way.recipients)?,
            token: arguments.token.as_deref().map(create).transpose()?,
            vouch_key: way.vouch_key,
        })
    }

    fn all(&self) -> impl Iterator<Item = &Output> {
        [Some(self.handoff.output()), self.token.as_ref(), self.expect.as_ref()].into_iter().flatten()
    }

    /// What was encrypted, and the key that vouches for it.
    fn write<K: Authored>(
        &mut self,
        draft: &Draft,
        section: &Section<K>,
        platform: Platform,
        certificate: &VerifiedCertificate,
        report: &Report,
    ) -> Result<(Encrypted, Option<String>), Failure> {
        let Self { handoff, token, vouch_key, .. } = self;
        let cannot = || format!("cannot encrypt `{}`", draft.file);
        let unwritten = |error| Failure::from_io(&cannot(), &error);
        let mut writer = handoff::Writer::new(handoff, draft.at);
        let encrypt = |out: &mut dyn Write| {
            let mut both = Tee { out, token };
            packing(section, report, |workers, progress| {
                let randomness = &mut SystemRandomness;
                section.encrypt(certificate, platform, randomness, workers, &mut both, progress)
            })
        };
        let encrypted = writer.token(encrypt).doing(cannot)?;
        let tool = Tool { name: K::PERSONA.name().into(), version: env!("CARGO_PKG_VERSION").into() };
        let statement =
            Statement::new::<K>(section.facts(), &encrypted, platform, certificate, draft.at, tool);
        let signed = writer.statement(&statement).map_err(unwritten)?;
        let vouching =
            vouch_key.as_ref().map(|key| key.vouch(&signed, K::SECTION.namespace())).transpose()?;
        if let Some(vouching) = &vouching {
            writer.signature(&vouching.armored).map_err(unwritten)?;
        }
        writer.finish().map_err(unwritten)?;
        Ok((encrypted, vouching.map(|vouching| vouching.key.fingerprint())))
    }
}

/// Writes the token twice, in one pass.
struct Tee<'a> {
    out: &'a mut dyn Write,
    token: &'a mut Option<Output>,
}

impl Write for Tee<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        if let Some(token) = self.token {
            token.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
