//! `persona.yaml`, so that the everyday command needs no flag. Flags win. Paths are relative to the file.

mod reader;

use std::path::{Path, PathBuf};

use contract_pki::certificate::Pin;
use contract_pki::platform::Platform;
use strict_yaml::{Limits, Tags};

use crate::failure::{Doing, Failure};
use crate::input;
use crate::kept;
use crate::lock;
use crate::output;
use crate::vouch;
use reader::Reader;

/// The file's name in a persona's folder.
pub const FILE: &str = "persona.yaml";

/// Bytes; a few lines are usual.
const LIMIT: usize = 64 << 10;

/// What `certificate fetch` may replace of what the auditor keeps.
pub(crate) const FETCHED: [&str; 2] = ["attestation certificate", "intermediate certificate"];

/// Whose folder it is, and which binary is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persona {
    /// Owns the application and writes the workload section.
    WorkloadProvider,
    /// Owns the infrastructure and writes the env section.
    EnvDeployer,
    /// Combines both tokens and signs them.
    ContractSigner,
    /// Compares what the running guest says of itself with what was signed.
    ContractAuditor,
}

impl Persona {
    const ALL: [Self; 4] =
        [Self::WorkloadProvider, Self::EnvDeployer, Self::ContractSigner, Self::ContractAuditor];

    /// As it stands in the file; the binary has the same name.
    pub fn name(self) -> &'static str {
        match self {
            Self::WorkloadProvider => "workload-provider",
            Self::EnvDeployer => "env-deployer",
            Self::ContractSigner => "contract-signer",
            Self::ContractAuditor => "contract-auditor",
        }
    }

    /// The file of the section that this persona writes.
    fn section(self) -> Option<&'static str> {
        match self {
            Self::WorkloadProvider => Some("workload.yaml"),
            Self::EnvDeployer => Some("env.yaml"),
            Self::ContractSigner | Self::ContractAuditor => None,
        }
    }

    /// The file of this persona's private key, where `persona.yaml` names no other.
    pub fn key_file(self) -> &'static str {
        match self {
            Self::ContractAuditor => "attestation-key.pem",
            _ => "signing-key.pem",
        }
    }

    /// What its two halves are to this persona.
    pub(crate) fn key_names(self) -> [&'static str; 2] {
        match self {
            Self::ContractAuditor => ["attestation key", "attestation key's public half"],
            _ => ["signing key", "signing key's public half"],
        }
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::WorkloadProvider => &[
                "persona",
                "name",
                "platform",
                "certificate",
                "certificate-pin",
                "certificate-url",
                "identity",
                "handoff",
                "seeds",
            ],
            Self::EnvDeployer => &[
                "persona",
                "name",
                "platform",
                "certificate",
                "certificate-pin",
                "certificate-url",
                "signing-key",
                "identity",
                "handoff",
                "seeds",
            ],
            Self::ContractSigner => &[
                "persona",
                "name",
                "key",
                "identity",
                "allowed-signers",
                "attestation-key",
                "encrypt-attestation-key",
                "certificate",
                "certificate-pin",
                "certificate-url",
            ],
            Self::ContractAuditor => &[
                "persona",
                "name",
                "attestation-key",
                "attestation-certificate",
                "intermediates",
                "roots",
                "crls",
                "certificate-pin",
                "certificate-url",
                "record",
                "signing-key",
                "allowed-signers",
            ],
        }
    }
}

/// What a persona's folder says about itself; what it doesn't say has its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonaFile {
    /// Begins the names of outputs; by default the folder's name.
    pub name: String,
    /// `hpvs` by default.
    pub platform: Platform,
    /// The encryption certificate; contract auditor: the attestation certificate.
    pub certificate: Option<PathBuf>,
    /// The one key that this certificate may hold; none: any.
    pub certificate_pin: Option<Pin>,
    /// Where `certificate fetch` looks, instead of IBM's documented address.
    pub certificate_url: Option<String>,
    /// env deployer, contract auditor: the contract signer's public key.
    pub signing_key: Option<PathBuf>,
    /// contract signer: the private key, `signing-key.pem` by default; contract auditor: `attestation-key.pem`.
    pub key: PathBuf,
    /// contract signer: who may vouch for what, `allowed_signers` by default.
    pub allowed_signers: PathBuf,
    /// contract signer: the auditor's public key, for which the guest encrypts its attestation record.
    pub attestation_key: Option<PathBuf>,
    /// contract signer: whether that key is encrypted for the guest in its turn.
    pub encrypt_attestation_key: bool,
    /// contract auditor: what a record is held against.
    pub audit: AuditSettings,
    /// This persona's age identity, `identity.age` by default; `~/` is the home folder.
    pub identity: PathBuf,
    /// Both authors: who vouches for a handoff, and who opens it.
    pub handoff: HandoffSettings,
    /// Both authors: where the seeds are kept, and who opens them.
    pub seeds: SeedSettings,
    folder: PathBuf,
}

/// `handoff` in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandoffSettings {
    /// The SSH key that signs it; `~/` is the home folder.
    pub vouch_with: Option<PathBuf>,
    /// Who can open it; none are named: it is not encrypted.
    pub recipients: Vec<String>,
}

/// What the contract auditor's file names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditSettings {
    /// The attestation certificate's issuer, and the authorities above it.
    pub intermediates: Vec<PathBuf>,
    /// What is trusted.
    pub roots: Vec<PathBuf>,
    /// Revocation lists.
    pub lists: Vec<PathBuf>,
    /// The record of the signing, `user-data.record.json` by default.
    pub record: PathBuf,
    /// Who may vouch for what, as the auditor knows it.
    pub allowed_signers: Option<PathBuf>,
}

/// `seeds` in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedSettings {
    /// The seed vault, `seeds.age` by default; `~/` is the home folder.
    pub vault: PathBuf,
    /// Who can open it; none are named: the persona's own identity alone.
    pub recipients: Vec<String>,
}

impl PersonaFile {
    /// Reads the file of a persona's folder; a folder without one has all defaults. No other output replaces what it
    /// names.
    pub fn read(folder: &Path, persona: Persona) -> Result<Self, Failure> {
        let read = Self::read_here(folder, persona)?;
        read.keep(persona);
        Ok(read)
    }

    fn read_here(folder: &Path, persona: Persona) -> Result<Self, Failure> {
        let path = beside(folder, FILE);
        kept::own(&path, "settings file");
        // a link that leads nowhere is not an absent file
        if folder.is_dir() && path.symlink_metadata().is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound)
        {
            return Ok(Self::defaults(folder, persona));
        }
        Self::parse(&input::read_text(&path, LIMIT)?, folder, persona)
    }

    /// Reads the text of a `persona.yaml`; `folder` is what its paths are relative to.
    pub fn parse(text: &str, folder: &Path, persona: Persona) -> Result<Self, Failure> {
        let defaults = Self::defaults(folder, persona);
        if text.lines().map(str::trim_start).all(|line| line.is_empty() || line.starts_with('#')) {
            return Ok(defaults);
        }
        let path = beside(folder, FILE);
        let document = strict_yaml::parse(text, &Limits::default(), Tags::Refused)
            .doing(|| format!("cannot read `{}`", path.display()))?;
        Reader { path: &path, folder, persona }.read(&document.root, defaults)
    }

    fn defaults(folder: &Path, persona: Persona) -> Self {
        Self {
            name: folder_name(folder),
            platform: Platform::Hpvs,
            certificate: None,
            certificate_pin: None,
            certificate_url: None,
            signing_key: None,
            key: beside(folder, persona.key_file()),
            allowed_signers: beside(folder, "allowed_signers"),
            attestation_key: None,
            encrypt_attestation_key: false,
            audit: AuditSettings {
                record: beside(folder, "user-data.record.json"),
                ..AuditSettings::default()
            },
            identity: beside(folder, "identity.age"),
            handoff: HandoffSettings::default(),
            seeds: SeedSettings { vault: beside(folder, "seeds.age"), recipients: Vec::new() },
            folder: folder.to_owned(),
        }
    }

    /// What this persona has one copy of.
    fn keep(&self, persona: Persona) {
        match persona {
            Persona::WorkloadProvider | Persona::EnvDeployer => self.keep_author_s(persona),
            Persona::ContractSigner => {
                kept::own(&self.identity, "identity");
                self.keep_key(persona);
                kept::own(&self.allowed_signers, "list of allowed signers");
                if let Some(key) = &self.attestation_key {
                    kept::own(key, "auditor's attestation key");
                }
            }
            Persona::ContractAuditor => {
                self.keep_key(persona);
                kept::own(&self.audit.record, "record of the signing");
                let AuditSettings { intermediates, roots, lists, .. } = &self.audit;
                for (files, what) in [
                    (self.certificate.as_slice(), FETCHED[0]),
                    (intermediates, FETCHED[1]),
                    (roots, "root certificate"),
                    (self.signing_key.as_slice(), "contract signer's key"),
                    (self.audit.allowed_signers.as_slice(), "list of allowed signers"),
                    (lists, "revocation list"),
                ] {
                    for file in files {
                        kept::own(file, what);
                    }
                }
            }
        }
    }

    fn keep_key(&self, persona: Persona) {
        let [what, public] = persona.key_names();
        kept::own(&self.key, what);
        kept::own(&public_half(&self.key), public);
    }

    fn keep_author_s(&self, persona: Persona) {
        kept::own(&self.identity, "identity");
        if let Some(section) = persona.section() {
            kept::own(&beside(&self.folder, section), "section");
        }
        kept::own(&self.seeds.vault, "seed vault");
        kept::own(&lock::beside(&self.seeds.vault), "seed vault's lock");
        if let Some(key) = &self.signing_key {
            kept::own(key, "signing key");
        }
        let vouch_key = self.handoff.vouch_with.as_ref().and_then(|key| vouch::expand(key).ok());
        if let Some(key) = vouch_key {
            kept::own(&key, "SSH key");
        }
    }

    /// The encryption certificate to use: the flag's, else the file's.
    pub fn certificate(&self, flag: Option<&Path>) -> Result<PathBuf, Failure> {
        self.chosen(
            flag,
            self.certificate.as_ref(),
            "encryption certificate",
            "certificate",
            "hpcr-encrypt.crt",
        )
    }

    /// The contract signer's public key to use: the flag's, else the file's.
    pub fn signing_key(&self, flag: Option<&Path>) -> Result<PathBuf, Failure> {
        self.chosen(flag, self.signing_key.as_ref(), "signing key", "signing-key", "signing-key.pub.pem")
    }

    fn chosen(
        &self,
        flag: Option<&Path>,
        file: Option<&PathBuf>,
        what: &str,
        field: &str,
        example: &str,
    ) -> Result<PathBuf, Failure> {
        flag.map(Path::to_owned).or_else(|| file.cloned()).ok_or_else(|| {
            Failure::usage(format!("no {what} is named")).hint(format!(
                "pass it with `--{field} {example}`, or write `{field}: {example}` into `{}`",
                beside(&self.folder, FILE).display()
            ))
        })
    }
}

/// For commands that need no folder of the persona: what the one at hand has of its own is kept, and the one that is
/// written to.
pub fn keep_own_files(persona: Persona, target: &Path) {
    for folder in [Path::new("."), output::folder(target)] {
        // another persona's folder, or a damaged file, is no reason not to do what needs neither
        let _ = PersonaFile::read(folder, persona);
    }
}

/// Where the public half of a private key goes, by its name without `.pem`: `signing-key.pem` and `signing-key` →
/// `signing-key.pub.pem`, `key.json` → `key.json.pub.pem`.
pub fn public_half(private: &Path) -> PathBuf {
    let stem = if private.extension().is_some_and(|it| it == "pem") {
        private.with_extension("")
    } else {
        private.to_owned()
    };
    let mut public = stem.into_os_string();
    public.push(".pub.pem");
    public.into()
}

/// A file of a folder, named as shortly as it can be.
pub(crate) fn beside(folder: &Path, name: &str) -> PathBuf {
    if folder == Path::new(".") { name.into() } else { folder.join(name) }
}

/// The name of a folder that may be named `.` or `..`.
fn folder_name(folder: &Path) -> String {
    let named = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    named.file_name().map_or_else(|| "contract".into(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
