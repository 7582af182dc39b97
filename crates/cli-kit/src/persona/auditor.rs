//! The folder of a contract auditor.

use std::path::{Path, PathBuf};

use strict_yaml::Node;

use super::reader::{Fields, Reader, read};
use super::{CertificateSettings, ChainFiles, FETCHED, Persona, folder_name, protected_file};
use crate::failure::Failure;
use crate::names::{in_folder, public_half};
use crate::protected::Protected;

/// What the contract auditor's folder states; what it does not state has its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditorFolder {
    /// By default the folder's name.
    pub name: String,
    /// The private key that opens attestation records, `attestation-key.pem` by default.
    pub key: PathBuf,
    /// The attestation certificate.
    pub certificate: CertificateSettings,
    /// The signing record, `user-data.record.json` by default.
    pub record: PathBuf,
    /// The contract signer's public key.
    pub signing_key: Option<PathBuf>,
    /// Who may vouch for what, as the auditor knows it.
    pub allowed_signers: Option<PathBuf>,
    folder: PathBuf,
}

impl AuditorFolder {
    /// Reads the folder; one without `persona.yaml` has all defaults.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        read(folder, Persona::ContractAuditor)
    }

    /// The files that this persona has one copy of.
    pub fn protected(&self) -> Protected {
        let [key, public] = Persona::ContractAuditor.key_names();
        let [certificate, intermediate] = FETCHED;
        let mut protected = protected_file(&self.folder);
        protected
            .add_owned(&self.key, key)
            .add_owned(&public_half(&self.key), public)
            .add_owned(&self.record, "signing record");
        let ChainFiles { intermediates, roots, lists } = &self.certificate.chain;
        for (files, what) in [
            (self.certificate.file.as_slice(), certificate),
            (intermediates, intermediate),
            (roots, "root certificate"),
            (self.signing_key.as_slice(), "contract signer's key"),
            (self.allowed_signers.as_slice(), "list of allowed signers"),
            (lists, "revocation list"),
        ] {
            for file in files {
                protected.add_owned(file, what);
            }
        }
        protected
    }
}

impl Fields for AuditorFolder {
    fn defaults(folder: &Path, persona: Persona) -> Self {
        Self {
            name: folder_name(folder),
            key: in_folder(folder, persona.key_file()),
            certificate: CertificateSettings::default(),
            record: in_folder(folder, "user-data.record.json"),
            signing_key: None,
            allowed_signers: None,
            folder: folder.to_owned(),
        }
    }

    fn known(_: Persona) -> Vec<&'static str> {
        vec![
            "persona",
            "name",
            "auditor-key",
            "attestation-certificate",
            "intermediates",
            "roots",
            "crls",
            "certificate-pin",
            "certificate-url",
            "record",
            "signing-key",
            "allowed-signers",
        ]
    }

    fn set(&mut self, reader: &Reader, field: &str, node: &Node) -> Result<(), Failure> {
        match field {
            "name" => self.name = reader.name(node)?,
            "auditor-key" | "attestation-key" => self.key = reader.file(field, node)?,
            "record" => self.record = reader.file(field, node)?,
            "signing-key" => self.signing_key = Some(reader.file(field, node)?),
            "allowed-signers" => self.allowed_signers = Some(reader.file(field, node)?),
            _ => self.certificate.set(reader, field, node)?,
        }
        Ok(())
    }
}
