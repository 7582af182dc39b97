//! The folder of a workload provider or an env deployer.

use std::path::{Path, PathBuf};

use contract_pki::platform::Platform;
use strict_yaml::Node;

use super::reader::{Fields, Reader, expand_home, read};
use super::{CertificateSettings, Persona, folder_name, protected_file};
use crate::failure::Failure;
use crate::names::{in_folder, lock_file};
use crate::protected::Protected;

/// What an author's folder states; what it does not state has its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorFolder {
    /// The beginning of output names; by default the folder's name.
    pub name: String,
    /// `hpvs` by default.
    pub platform: Platform,
    /// The encryption certificate.
    pub certificate: CertificateSettings,
    /// The env deployer's: the contract signer's public key.
    pub signing_key: Option<PathBuf>,
    /// The age identity, `identity.age` by default; `~/` is the home folder.
    pub identity: PathBuf,
    /// Who vouches for a handoff, and who opens it.
    pub handoff: HandoffSettings,
    /// Where the seeds are kept, and who opens them.
    pub seeds: SeedSettings,
    persona: Persona,
    folder: PathBuf,
}

/// `handoff` in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandoffSettings {
    /// The SSH key that signs it; `~/` is the home folder.
    pub vouch_with: Option<PathBuf>,
    /// Who can open it; empty: it is not encrypted.
    pub recipients: Vec<String>,
}

/// `seeds` in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedSettings {
    /// The seed vault, `seeds.age` by default; `~/` is the home folder.
    pub vault: PathBuf,
    /// Who can open it; empty: the persona's own identity alone.
    pub recipients: Vec<String>,
}

impl AuthorFolder {
    /// Reads the folder; one without `persona.yaml` has all defaults.
    pub fn read(folder: &Path, persona: Persona) -> Result<Self, Failure> {
        read(folder, persona)
    }

    /// The encryption certificate to use: the flag's, else the file's.
    pub fn encryption_certificate(&self, flag: Option<&Path>) -> Result<PathBuf, Failure> {
        self.certificate.choose(flag, &self.folder)
    }

    /// The files that this persona has one copy of.
    pub fn protected(&self) -> Protected {
        let mut protected = protected_file(&self.folder);
        let section = if self.persona == Persona::EnvDeployer { "env.yaml" } else { "workload.yaml" };
        protected
            .add_owned(&self.identity, "identity")
            .add_owned(&in_folder(&self.folder, section), "section")
            .add_owned(&self.seeds.vault, "seed vault")
            .add_owned(&lock_file(&self.seeds.vault), "seed vault's lock");
        if let Some(key) = &self.signing_key {
            protected.add_owned(key, "signing key");
        }
        if let Some(key) = self.handoff.vouch_with.as_ref().and_then(|key| expand_home(key).ok()) {
            protected.add_owned(&key, "SSH key");
        }
        protected
    }
}

impl Fields for AuthorFolder {
    fn defaults(folder: &Path, persona: Persona) -> Self {
        Self {
            name: folder_name(folder),
            platform: Platform::Hpvs,
            certificate: CertificateSettings::default(),
            signing_key: None,
            identity: in_folder(folder, "identity.age"),
            handoff: HandoffSettings::default(),
            seeds: SeedSettings { vault: in_folder(folder, "seeds.age"), recipients: Vec::new() },
            persona,
            folder: folder.to_owned(),
        }
    }

    fn known(persona: Persona) -> Vec<&'static str> {
        let signing_key = (persona == Persona::EnvDeployer).then_some("signing-key");
        let first = ["persona", "name", "platform", "certificate", "certificate-pin", "certificate-url"];
        first.into_iter().chain(signing_key).chain(["identity", "handoff", "seeds"]).collect()
    }

    fn set(&mut self, reader: &Reader, field: &str, node: &Node) -> Result<(), Failure> {
        match field {
            "name" => self.name = reader.name(node)?,
            "platform" => self.platform = reader.platform(node)?,
            "signing-key" => self.signing_key = Some(reader.file(field, node)?),
            "identity" => self.identity = reader.home_file(field, node)?,
            "handoff" => {
                for (field, node) in reader.section(field, ["vouch-with", "recipients"], node)? {
                    match field {
                        "vouch-with" => {
                            self.handoff.vouch_with = Some(reader.unexpanded("handoff.vouch-with", node)?);
                        }
                        _ => self.handoff.recipients = reader.texts("handoff.recipients", node)?,
                    }
                }
            }
            "seeds" => {
                for (field, node) in reader.section(field, ["vault", "recipients"], node)? {
                    match field {
                        "vault" => self.seeds.vault = reader.home_file("seeds.vault", node)?,
                        _ => self.seeds.recipients = reader.texts("seeds.recipients", node)?,
                    }
                }
            }
            _ => self.certificate.set(reader, field, node)?,
        }
        Ok(())
    }
}
