//! The folder of a contract signer.

use std::path::{Path, PathBuf};

use strict_yaml::Node;

use super::reader::{Fields, Reader, read};
use super::{CertificateSettings, Persona, folder_name, protected_file};
use crate::failure::Failure;
use crate::names::{in_folder, public_half};
use crate::protected::Protected;

/// What the contract signer's folder states; what it does not state has its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerFolder {
    /// By default the folder's name.
    pub name: String,
    /// The private key, `signing-key.pem` by default.
    pub key: PathBuf,
    /// The age identity, `identity.age` by default; `~/` is the home folder.
    pub identity: PathBuf,
    /// Who may vouch for what, `allowed_signers` by default.
    pub allowed_signers: PathBuf,
    /// `auditor-key`: the auditor's public key, for which the guest encrypts its attestation record.
    pub auditor_key: Option<PathBuf>,
    /// `encrypt-auditor-key`: whether that key is encrypted for the guest.
    pub encrypt_auditor_key: bool,
    /// The encryption certificate.
    pub certificate: CertificateSettings,
    folder: PathBuf,
}

impl SignerFolder {
    /// Reads the folder; one without `persona.yaml` has all defaults.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        read(folder, Persona::ContractSigner)
    }

    /// The encryption certificate to use: the flag's, else the file's.
    pub fn encryption_certificate(&self, flag: Option<&Path>) -> Result<PathBuf, Failure> {
        self.certificate.choose(flag, &self.folder)
    }

    /// The files that this persona has one copy of.
    pub fn protected(&self) -> Protected {
        let [key, public] = Persona::ContractSigner.key_names();
        let mut protected = protected_file(&self.folder);
        protected
            .add_owned(&self.identity, "identity")
            .add_owned(&self.key, key)
            .add_owned(&public_half(&self.key), public)
            .add_owned(&self.allowed_signers, "list of allowed signers");
        if let Some(key) = &self.auditor_key {
            protected.add_owned(key, "auditor key");
        }
        protected
    }
}

impl Fields for SignerFolder {
    fn defaults(folder: &Path, persona: Persona) -> Self {
        Self {
            name: folder_name(folder),
            key: in_folder(folder, persona.key_file()),
            identity: in_folder(folder, "identity.age"),
            allowed_signers: in_folder(folder, "allowed_signers"),
            auditor_key: None,
            encrypt_auditor_key: false,
            certificate: CertificateSettings::default(),
            folder: folder.to_owned(),
        }
    }

    fn known(_: Persona) -> Vec<&'static str> {
        vec![
            "persona",
            "name",
            "key",
            "identity",
            "allowed-signers",
            "auditor-key",
            "encrypt-auditor-key",
            "certificate",
            "certificate-pin",
            "certificate-url",
        ]
    }

    fn set(&mut self, reader: &Reader, field: &str, node: &Node) -> Result<(), Failure> {
        match field {
            "name" => self.name = reader.name(node)?,
            "key" => self.key = reader.file(field, node)?,
            "identity" => self.identity = reader.home_file(field, node)?,
            "allowed-signers" => self.allowed_signers = reader.file(field, node)?,
            "auditor-key" | "attestation-key" => self.auditor_key = Some(reader.file(field, node)?),
            "encrypt-auditor-key" | "encrypt-attestation-key" => {
                self.encrypt_auditor_key = reader.boolean(field, node)?;
            }
            _ => self.certificate.set(reader, field, node)?,
        }
        Ok(())
    }
}
