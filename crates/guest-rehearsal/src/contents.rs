//! The public content of opened sections, for the page that an auditor files: names, dates, public keys, and whether a
//! seed rolls.

use std::collections::BTreeMap;

use contract_pki::validity::Validity;
use contract_pki::verifying_key::VerifyingKey;
use contract_pki::x509::CertificateFacts;
use contract_section::{EnvModel, EnvSeed, Logging, WorkloadModel};
use openssl::error::ErrorStack;
use openssl::x509::X509Ref;

use crate::keys::certificates;

/// Public content of both sections.
#[derive(Clone, Debug)]
pub struct PublicContents {
    /// `signingKey` of the env section.
    pub signing_key: Option<VerifyingKey>,
    /// The certificates of the env section, the signer's first.
    pub certificates: Vec<Certificate>,
    /// The volumes of both.
    pub volumes: BTreeMap<String, Volume>,
}

/// What is public about a certificate, or about a key without one.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The owner: "contract signer".
    pub role: &'static str,
    /// The field, in backticks: `logging.syslog.cert`.
    pub place: String,
    /// The subject on one line; `None` for a bare key.
    pub subject: Option<String>,
    /// Its validity; `None` for a bare key.
    pub validity: Option<Validity>,
    /// `sha256:` and the hex SHA-256 of the key's DER `SubjectPublicKeyInfo`.
    pub key_fingerprint: String,
}

/// A volume, as each section describes it.
#[derive(Clone, Debug, Default)]
pub struct Volume {
    /// From the workload section.
    pub workload: Option<Side>,
    /// From the env section.
    pub env: Option<Side>,
    /// Mount point and file system, if the workload section is known.
    pub mount: Option<String>,
}

/// One section's half of a volume's passphrase.
#[derive(Clone, Debug)]
pub struct Side {
    /// Whether the previous seed is there too.
    pub rolling: bool,
    /// Who else keeps a part of it.
    pub kept_elsewhere: Option<String>,
}

impl PublicContents {
    /// Collects it from sections that follow the schema. There is no workload section if its descriptors can't be read.
    pub fn new(workload: Option<&WorkloadModel>, env: &EnvModel) -> Self {
        let mut volumes = BTreeMap::<String, Volume>::new();
        for volume in workload.map(|it| it.volumes.as_slice()).unwrap_or_default() {
            let entry = volumes.entry(volume.name.clone()).or_default();
            entry.workload = Some(Side { rolling: volume.previous_seed.is_some(), kept_elsewhere: None });
            let mount = volume.mount.as_deref().unwrap_or("/mnt/data");
            entry.mount = Some(format!("`{mount}`, {}", volume.filesystem.unwrap_or("ext4")));
        }
        for volume in &env.volumes {
            let rolling = volume.previous_seed.is_some() || volume.uv_previous_secret_id.is_some();
            let kept_elsewhere = match &volume.seed {
                EnvSeed::UvSecret(id) => Some(format!("the ultravisor keeps it as `{id}`")),
                EnvSeed::Seed(_) if volume.has_kms => Some("a key service adds a third".to_owned()),
                EnvSeed::Seed(_) if volume.has_grep11 => Some("a crypto card adds a third".to_owned()),
                EnvSeed::Seed(_) => None,
            };
            volumes.entry(volume.name.clone()).or_default().env = Some(Side { rolling, kept_elsewhere });
        }
        Self { signing_key: env.signing_key.clone(), certificates: of_env(env), volumes }
    }
}

fn of_env(env: &EnvModel) -> Vec<Certificate> {
    let mut found = Vec::new();
    found.extend(env.signing_key.as_ref().map(|key| Certificate {
        role: "contract signer",
        place: "`signingKey`".to_owned(),
        subject: key.facts().map(|facts| facts.subject.clone()),
        validity: key.validity(),
        key_fingerprint: key.fingerprint().to_owned(),
    }));
    let mut add = |role, field: &str, text: &str| {
        let all = certificates(text).unwrap_or_default();
        // the schema step has reported what does not decode
        found.extend(all.iter().filter_map(|it| Certificate::from_field(role, field, it).ok()));
    };
    if let Some(Logging::Syslog(syslog)) = &env.logging {
        add("log server’s authority", "logging.syslog.server", &syslog.server);
        if let Some(certificate) = &syslog.cert {
            add("guest, to the log server", "logging.syslog.cert", certificate);
        }
    }
    for (name, certificate) in &env.cacerts {
        add("authority, for images", &format!("cacerts.{name}"), certificate);
    }
    found
}

impl Certificate {
    fn from_field(role: &'static str, field: &str, x509: &X509Ref) -> Result<Self, ErrorStack> {
        let facts = CertificateFacts::read(x509)?;
        Ok(Self {
            role,
            place: format!("`{field}`"),
            validity: Some(facts.validity()),
            subject: Some(facts.subject),
            key_fingerprint: facts.key_fingerprint,
        })
    }
}
