//! `encrypt`: section, token, statement and handoff in one pass.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use certificate_command::encryption_lines;
use cli_kit::age_keys::Recipients;
use cli_kit::names::same_target;
use cli_kit::output::{Output, Visibility, commit_all, quoted_list};
use cli_kit::{Doing as _, ExitCode, Failure, Report, expect};
use contract_core::handoff::Writer;
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

use crate::arguments::EncryptArguments;
use crate::draft::{Draft, packing};
use crate::handoff::{self, HandoffFile, other_form, warn_unencrypted};
use crate::vouch::VouchKey;
use crate::{Authored, certificate, included, signing_key};

/// The command; `key_file` is the env deployer's `--signing-key`.
pub fn encrypt<K: Authored>(
    arguments: &EncryptArguments,
    key_file: Option<&Path>,
    report: &Report,
) -> Result<(), Failure> {
    let (mut inputs, recipients) = Inputs::read::<K>(arguments, key_file, report)?;
    let outputs = Outputs::create::<K>(arguments, &inputs, recipients, report)?;

    let vouch_key = inputs.open_vouch_key(arguments)?;
    let (section, findings) = inputs.accept_section::<K>(report)?;
    // nothing that the section is made of may be replaced, nothing may be added to what is packed
    outputs.all().try_for_each(|output| output.check(&inputs.draft.protected))?;

    let written = outputs.write(&inputs, &section, vouch_key.as_ref(), report)?;

    Done::new(inputs, &section, findings, written).show(arguments, report)
}

/// What is read before anything is written, and checked.
struct Inputs<'a> {
    draft: Draft<'a>,
    certificate_file: PathBuf,
    certificate: VerifiedCertificate,
    /// The contract signer's public key, as it is put into the section.
    key_pem: Option<String>,
    /// The SSH key that vouches. `None`: the contract signer will refuse the handoff.
    vouch_with: Option<PathBuf>,
    /// Who can open the handoff; empty: everybody.
    recipients: Vec<String>,
}

impl<'a> Inputs<'a> {
    /// Reads everything but the section and the SSH key: those ask for passphrases, so every output is created first.
    fn read<K: Authored>(
        arguments: &'a EncryptArguments,
        key_file: Option<&Path>,
        report: &Report,
    ) -> Result<(Self, Option<Recipients>), Failure> {
        let mut draft = Draft::open::<K>(&arguments.folder)?;
        if let Some(platform) = arguments.platform {
            draft.persona.platform = platform;
        }
        let certificate_file = draft.persona.encryption_certificate(arguments.certificate.as_deref())?;
        let key_file = key_file.map(Path::to_owned).or_else(|| draft.persona.signing_key.clone());
        draft
            .protected
            .add_inputs([&certificate_file])
            .add_inputs(&key_file)
            .add_inputs(&arguments.vouch_with);

        let certificate = usable_certificate(&certificate_file, arguments, &draft, report)?;
        let vouch_with = handoff::vouch_with(arguments, &draft.persona.handoff, report);
        let recipients = handoff::recipients(arguments, &draft.persona.handoff)?;
        let key = key_file.map(|path| signing_key::read_for_contract(&path, certificate.facts(), draft.at));
        let key_pem = key.transpose()?.as_ref().map(signing_key::pem).transpose()?;
        let names = recipients.as_ref().map(|recipients| recipients.names.clone()).unwrap_or_default();
        let inputs = Self { draft, certificate_file, certificate, key_pem, vouch_with, recipients: names };
        Ok((inputs, recipients))
    }

    fn open_vouch_key(&self, arguments: &EncryptArguments) -> Result<Option<VouchKey>, Failure> {
        let open = |path: &PathBuf| VouchKey::open(path, &arguments.folder.passphrases);
        self.vouch_with.as_ref().map(open).transpose()
    }

    /// Reads the section, reports all findings, and refuses a section that has an error or cannot be used today.
    fn accept_section<K: Authored>(&mut self, report: &Report) -> Result<(Section<K>, Findings), Failure> {
        let Self { draft, certificate_file, certificate, key_pem, recipients, .. } = self;
        let (section, mut findings) = draft.read::<K>(key_pem.as_deref(), report)?;
        let (file, at) = (&draft.file, draft.at);
        if let Some(section) = &section {
            findings.0.extend(signing_key::missing(section, file, None, Severity::Error));
            findings.0.extend(signing_key::guest_key(section.facts(), certificate.facts(), file));
        }
        if recipients.is_empty() {
            warn_unencrypted(&mut findings);
        }
        certificate::warnings(certificate_file, certificate, draft.persona.platform, at, &mut findings);
        report.findings(file, &findings)?;
        let rejected = || Failure::new(ExitCode::Rejected, format!("`{file}` is rejected"));
        let section = section.ok_or_else(rejected)?;
        signing_key::check_begun(section.facts(), file, at)?;
        for line in signing_key::lines(section.facts()) {
            report.note(&line);
        }
        if let Some(line) = certificate::stated_ends(section.facts()) {
            report.note(&line);
        }
        Ok((section, findings))
    }
}

/// The certificate, shown before it can be refused: the same subject was seen with several keys.
fn usable_certificate(
    path: &Path,
    arguments: &EncryptArguments,
    draft: &Draft,
    report: &Report,
) -> Result<VerifiedCertificate, Failure> {
    let certificate = certificate_command::read(path)?;
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
    certificate.verify(draft.at, expiry, foreign).doing(cannot)
}

/// The files that are written, all of them or none.
struct Outputs {
    handoff: HandoffFile,
    token: Option<Output>,
    expected_lines: Option<Output>,
}

/// What was written.
struct Written {
    /// The handoff's path, or `standard output`.
    handoff: String,
    token: Option<String>,
    /// For people: what was written, and what to do with it.
    summary: String,
    encrypted: Encrypted,
    /// Fingerprint of the SSH key that vouches.
    vouched_with: Option<String>,
}

impl Outputs {
    fn create<K: Authored>(
        arguments: &EncryptArguments,
        inputs: &Inputs,
        recipients: Option<Recipients>,
        report: &Report,
    ) -> Result<Self, Failure> {
        let Inputs { draft, .. } = inputs;
        let default = || {
            draft.path(&format!(
                "{}.{}.{}",
                draft.persona.name,
                K::NAME,
                handoff::suffix(recipients.as_ref())
            ))
        };
        let handoff = arguments.output.clone().unwrap_or_else(default);
        let (token, force) = (arguments.token.as_deref(), arguments.force.force);
        if token.is_some_and(|token| same_target(token, &handoff)) {
            return Err(Failure::usage(format!("`{}` cannot be both handoff and token", handoff.display()))
                .hint("name another file with `--token`"));
        }
        let create = |path: &Path| {
            report.shares_stdout_with(path)?;
            Output::create(path, force, Visibility::Public, &draft.protected)
        };
        let others: Vec<_> = [Some(handoff.as_path()), token].into_iter().flatten().collect();
        Ok(Self {
            expected_lines: arguments.expect.create(&others, force, &draft.protected, report)?,
            handoff: HandoffFile::new(create(&handoff)?, &handoff, recipients)?,
            token: token.map(create).transpose()?,
        })
    }

    fn all(&self) -> impl Iterator<Item = &Output> {
        [Some(self.handoff.output()), self.token.as_ref(), self.expected_lines.as_ref()].into_iter().flatten()
    }

    /// Encrypts, states, vouches, and gives all files their names.
    fn write<K: Authored>(
        mut self,
        inputs: &Inputs,
        section: &Section<K>,
        vouch_key: Option<&VouchKey>,
        report: &Report,
    ) -> Result<Written, Failure> {
        let Inputs { draft, certificate, .. } = inputs;
        let platform = draft.persona.platform;
        let cannot = || format!("cannot encrypt `{}`", draft.file);
        let unwritten = |error| Failure::from_io(&cannot(), &error);
        let mut writer = Writer::new(&mut self.handoff, draft.at);
        let encrypted = writer.token(|out: &mut dyn Write| {
            let mut both = Tee { out, token: &mut self.token };
            packing(section, report, |workers, progress| {
                section.encrypt(certificate, platform, &mut SystemRandomness, workers, &mut both, progress)
            })
        });
        let encrypted = encrypted.doing(cannot)?;
        let tool = Tool { name: K::PERSONA.name().into(), version: env!("CARGO_PKG_VERSION").into() };
        let statement =
            Statement::new::<K>(section.facts(), &encrypted, platform, certificate, draft.at, tool);
        let signed = writer.statement(&statement).map_err(unwritten)?;
        let vouching = vouch_key.map(|key| key.vouch(&signed, K::SECTION.namespace()));
        let vouching = vouching.transpose()?;
        if let Some(vouching) = &vouching {
            writer.signature(&vouching.armored).map_err(unwritten)?;
        }
        writer.finish().map_err(unwritten)?;
        expect::write(&mut self.expected_lines, [(record_line(K::NAME), encrypted.sha256.clone())])?;

        let written = Written {
            handoff: self.handoff.output().name(),
            token: self.token.as_ref().map(Output::name),
            summary: self.summary(),
            encrypted,
            vouched_with: vouching.map(|vouching| vouching.key.fingerprint()),
        };
        let handoff = self.handoff.finish()?;
        commit_all([self.token, self.expected_lines, Some(handoff)].into_iter().flatten())?;
        Ok(written)
    }

    /// Only the handoff is for the contract signer.
    fn summary(&self) -> String {
        let outputs: Vec<_> = self.all().collect();
        let handoff = if outputs.len() > 1 { self.handoff.output().quoted() } else { "it".to_owned() };
        format!("wrote {}; hand {handoff} to the contract signer", quoted_list(outputs))
    }
}

/// The token's name in the attestation record.
fn record_line(section: &str) -> String {
    format!("contract:{section}")
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

/// What was done.
#[derive(Serialize)]
struct Done {
    section: &'static str,
    platform: Platform,
    certificate: CertificateFacts,
    #[serde(rename = "signingKey", skip_serializing_if = "Option::is_none")]
    key_fingerprint: Option<String>,
    /// When the signing key's certificate ends, and the contract with it.
    #[serde(rename = "contractEnds", skip_serializing_if = "Option::is_none")]
    contract_ends: Option<Timestamp>,
    findings: Findings,
    handoff: String,
    token: Option<String>,
    /// The token's digest in the attestation record.
    sha256: String,
    /// Bytes of the token.
    bytes: u64,
    archive: Option<Packed>,
    /// The files that `!file` names.
    files: Vec<IncludedFile>,
    /// Fingerprint of the SSH key that vouches, as `ssh-keygen -l` shows it.
    #[serde(rename = "vouchedWith")]
    vouched_with: Option<String>,
    /// Who can open the handoff; empty: everybody.
    recipients: Vec<String>,
    #[serde(skip)]
    summary: String,
}

impl Done {
    fn new<K: Authored>(inputs: Inputs, section: &Section<K>, findings: Findings, written: Written) -> Self {
        let Written { handoff, token, summary, encrypted, vouched_with } = written;
        Self {
            section: K::NAME,
            platform: inputs.draft.persona.platform,
            certificate: inputs.certificate.facts().clone(),
            key_fingerprint: section.facts().signing_key.clone(),
            contract_ends: signing_key::contract_ends(section.facts()),
            findings,
            handoff,
            token,
            sha256: encrypted.sha256,
            bytes: encrypted.bytes,
            archive: encrypted.archive,
            files: section.files().to_vec(),
            vouched_with,
            recipients: inputs.recipients,
            summary,
        }
    }

    fn show(self, arguments: &EncryptArguments, report: &Report) -> Result<(), Failure> {
        for line in included::lines(&self.files, self.archive.as_ref(), arguments.verbose) {
            report.note(&line);
        }
        report.note(&format!("token: sha256 {}", self.sha256));
        report.note(&format!(
            "  expected in the attestation record of the running guest as `{}`",
            record_line(self.section)
        ));
        if let Some(key) = &self.vouched_with {
            report.note(&format!("vouched for with {key}"));
        }
        if !self.recipients.is_empty() {
            report.note(&format!("encrypted to {}", self.recipients.join(", ")));
        }
        report.success(&self.summary);
        if let Some(other) = other_form(Path::new(&self.handoff)) {
            let other = other.display();
            let message = format!("an older handoff is next to it: `{other}`");
            let hint = format!("remove it, so that nobody signs it by mistake: `rm {other}`");
            report.warning(&message, &[hint]);
        }
        report.result(&self, |_| Vec::<String>::new())
    }
}
