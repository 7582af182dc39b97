//! `persona.yaml`, so that the everyday command needs no flag. Flags win. Paths are relative to the file.

mod author;
mod auditor;
mod reader;
mod signer;

use std::path::{Path, PathBuf};

use contract_pki::certificate::Pin;
use contract_pki::platform::Platform;

use crate::failure::Failure;
use crate::names;
use crate::protected::Protected;

pub use auditor::AuditorFolder;
pub use author::{AuthorFolder, HandoffSettings, SeedSettings};
pub use reader::{expand_home, parse};
pub use signer::SignerFolder;

/// The file's name in a persona's folder.
pub const FILE: &str = "persona.yaml";

/// What `certificate fetch` may replace.
pub const FETCHED: [&str; 2] = ["attestation certificate", "intermediate certificate"];

/// A role in the making of a contract, and the binary of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persona {
    /// Owns the application and writes the workload section.
    WorkloadProvider,
    /// Owns the infrastructure and writes the env section.
    EnvDeployer,
    /// Combines both tokens and signs them.
    ContractSigner,
    /// Compares what the running guest reports with what was signed.
    ContractAuditor,
}

impl Persona {
    const ALL: [Self; 4] =
        [Self::WorkloadProvider, Self::EnvDeployer, Self::ContractSigner, Self::ContractAuditor];

    /// The name in `persona.yaml`, and of the binary.
    pub fn name(self) -> &'static str {
        match self {
            Self::WorkloadProvider => "workload-provider",
            Self::EnvDeployer => "env-deployer",
            Self::ContractSigner => "contract-signer",
            Self::ContractAuditor => "contract-auditor",
        }
    }

    /// The file of this persona's private key, unless `persona.yaml` names another.
    pub fn key_file(self) -> &'static str {
        match self {
            Self::ContractAuditor => "attestation-key.pem",
            _ => "signing-key.pem",
        }
    }

    /// The persona that gets the public half of that key.
    pub(crate) fn key_reader(self) -> Self {
        match self {
            Self::ContractAuditor => Self::ContractSigner,
            _ => Self::EnvDeployer,
        }
    }

    /// What the two halves of that key are called.
    pub(crate) fn key_names(self) -> [&'static str; 2] {
        match self {
            Self::ContractAuditor => ["auditor key", "auditor key's public half"],
            _ => ["signing key", "signing key's public half"],
        }
    }
}

/// What a folder states about the certificate of its guest image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateSettings {
    /// The encryption certificate; for the contract auditor, the attestation certificate.
    pub file: Option<PathBuf>,
    /// The only key that the certificate may contain; without one, any.
    pub pin: Option<Pin>,
    /// Where `certificate fetch` looks, instead of IBM's documented address.
    pub url: Option<String>,
    /// The certificates that it is verified with.
    pub chain: ChainFiles,
}

impl CertificateSettings {
    /// The encryption certificate to use: the flag's, else the file's.
    fn choose(&self, flag: Option<&Path>, folder: &Path) -> Result<PathBuf, Failure> {
        flag.map(Path::to_owned).or_else(|| self.file.clone()).ok_or_else(|| {
            let file = names::in_folder(folder, FILE);
            let hint = format!(
                "pass it with `--certificate hpcr-encrypt.crt`, or write `certificate: hpcr-encrypt.crt` into `{}`",
                file.display()
            );
            Failure::usage("no encryption certificate is named").hint(hint)
        })
    }
}

/// The files between a certificate and a root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainFiles {
    /// The certificate's issuer, and the authorities above it.
    pub intermediates: Vec<PathBuf>,
    /// Trusted roots.
    pub roots: Vec<PathBuf>,
    /// Revocation lists.
    pub lists: Vec<PathBuf>,
}

/// What the commands that all personas share need from a folder.
#[derive(Debug)]
pub struct SharedSettings {
    /// The certificate of the guest image.
    pub certificate: CertificateSettings,
    /// The product that the image belongs to.
    pub platform: Platform,
    /// The age identity; the contract auditor has none.
    pub identity: Option<PathBuf>,
    /// What the persona has one copy of.
    pub protected: Protected,
}

impl SharedSettings {
    /// Reads the folder of a persona.
    pub fn read(folder: &Path, persona: Persona) -> Result<Self, Failure> {
        Ok(match persona {
            Persona::WorkloadProvider | Persona::EnvDeployer => {
                let author = AuthorFolder::read(folder, persona)?;
                Self {
                    protected: author.protected(),
                    certificate: author.certificate,
                    platform: author.platform,
                    identity: Some(author.identity),
                }
            }
            Persona::ContractSigner => {
                let signer = SignerFolder::read(folder)?;
                Self {
                    protected: signer.protected(),
                    certificate: signer.certificate,
                    platform: Platform::Hpvs,
                    identity: Some(signer.identity),
                }
            }
            Persona::ContractAuditor => {
                let auditor = AuditorFolder::read(folder)?;
                Self {
                    protected: auditor.protected(),
                    certificate: auditor.certificate,
                    platform: Platform::Hpvs,
                    identity: None,
                }
            }
        })
    }
}

/// For commands that need no folder: what the persona owns in the current folder, and in the folder of the target.
pub fn protected_around(persona: Persona, target: &Path) -> Protected {
    let mut protected = Protected::default();
    for folder in [Path::new("."), names::folder(target)] {
        protected.add_all(&protected_file(folder));
        // another persona's folder, or a damaged file, does not stop a command that needs neither
        if let Ok(settings) = SharedSettings::read(folder, persona) {
            protected.add_all(&settings.protected);
        }
    }
    protected
}

fn protected_file(folder: &Path) -> Protected {
    let mut protected = Protected::default();
    protected.add_inputs([names::in_folder(folder, FILE)]);
    protected
}

/// The name of a folder that may be named `.` or `..`.
fn folder_name(folder: &Path) -> String {
    let named = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    named.file_name().map_or_else(|| "contract".into(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
