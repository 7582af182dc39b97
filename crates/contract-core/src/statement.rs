//! The statement: what a persona states about a token that nobody else can open. It holds public facts only.
//!
//! An in-toto Statement v1 (in-toto attestation framework, spec v1), so that other tools can read it: the subject is
//! the token, by the SHA-256 of its text without line end, which is also what the guest's attestation record shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use contract_pki::certificate::{CertificateFacts, Encryption, Role as _, VerifiedCertificate};
use contract_pki::platform::Platform;
use jiff::Timestamp;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::env_certificates::{CertificateField, Certificates};
use crate::kind::{Env, Kind, SectionName, Workload};
use crate::names::{is_variable_name, is_volume_name};
use crate::token::Encrypted;

const TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "urn:hyper-protect-contract:handoff:v2";
/// Without `optionalVariables`: its `requiredVariables` are all that the workload uses.
const PREDICATE_TYPE_1: &str = "urn:hyper-protect-contract:handoff:v1";

/// Characters of a reason.
const LONGEST_REASON: usize = 200;

/// The statement next to a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: [Subject; 1],
    predicate_type: String,
    /// What is stated.
    pub predicate: Predicate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: String,
    digest: Digest,
}

/// A SHA-256 digest, as in-toto writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// Lower-case hex.
    pub sha256: String,
}

/// The digests of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ArchiveDigests {
    /// Of the tar.gz, lower-case hex.
    pub sha256: String,
    /// Of the tar inside, which any tool can make; `None` in the statements of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tar_sha256: Option<String>,
}

/// What a persona states about a section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Predicate {
    /// Which half of a contract.
    pub section: SectionName,
    /// Which product's guest it is for.
    pub platform: Platform,
    /// The certificate that the password was encrypted under.
    pub encryption_certificate: CertificateFacts,
    /// Why that certificate is not an image's, if its author accepted it with `--danger-accept-foreign-certificate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_certificate: Option<String>,
    /// The section's volumes by key.
    #[serde(deserialize_with = "unique")]
    pub volumes: BTreeMap<String, Volume>,
    /// Environment variables that the descriptors need and the section does not give.
    pub required_variables: BTreeSet<String>,
    /// Environment variables that are empty if nobody gives them; `None` in version 1, which counts them as required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optional_variables: Option<BTreeSet<String>>,
    /// Environment variables that the section gives.
    pub provided_variables: BTreeSet<String>,
    /// Env only: fingerprint of `signingKey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<String>,
    /// Env only: the dates of the section's certificates. Empty if it holds none; missing in the statements of earlier versions.
    #[serde(default, deserialize_with = "some_unique", skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Certificates>,
    /// Workload only: the archive inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive: Option<ArchiveDigests>,
    /// When the token was made, by its maker's clock.
    pub time: Timestamp,
    /// What made it.
    pub tool: Tool,
}

/// The public facts of a section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The keys under `volumes`, in order.
    pub volumes: Vec<VolumeFacts>,
    /// Variables that the workload needs and does not provide itself.
    pub required_variables: BTreeSet<String>,
    /// Variables that the workload uses, and that are empty if nobody provides them.
    pub optional_variables: BTreeSet<String>,
    /// The names under `env`.
    pub provided_variables: BTreeSet<String>,
    /// The fingerprint of `signingKey`; env only.
    pub signing_key: Option<String>,
    /// The dates of its certificates; env only.
    pub certificates: Certificates,
    /// Images to be started; workload only.
    pub images: Vec<String>,
}

/// The public facts of a volume, from either section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeFacts {
    /// The key under `volumes`.
    pub name: String,
    /// Whether a previous seed or secret is given beside the current one.
    pub rolling: bool,
    /// The seed's generation, counted from 1; `None` for seeds outside of a vault, and for secrets of the ultravisor.
    pub generation: Option<u64>,
}

/// What a statement holds about a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Whether there is a `previousSeed` beside the seed.
    pub rolling: bool,
    /// The seed's generation, counted from 1; `None` if its author does not count them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
}

/// `generation 2 (rolling)`
impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generation {
            Some(generation) => write!(f, "generation {generation}")?,
            None => f.write_str("generation not stated")?,
        }
        f.write_str(if self.rolling { " (rolling)" } else { "" })
    }
}

/// The program that made a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// The binary's name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// Whether it is one of our own, which never cut a password (contract-format, section 2).
    pub fn is_ours(&self) -> bool {
        [Workload::AUTHOR, Env::AUTHOR].contains(&self.name.as_str())
    }
}

impl Predicate {
    /// Why its certificate is not an image's, as stated or by its subject and key.
    pub fn foreign(&self) -> Option<String> {
        let by_facts =
            || Encryption::verify_facts(&self.encryption_certificate).err().map(|it| it.to_string());
        self.foreign_certificate.clone().or_else(by_facts)
    }

    fn check_certificates(&self) -> Result<(), String> {
        let Some(certificates) = &self.certificates else { return Ok(()) };
        if self.section == SectionName::Workload {
            return Err("`certificates` are for the statement of an env section only".to_owned());
        }
        if self.signing_key.is_none() && certificates.contains_key(&CertificateField::SigningKey) {
            return Err("`certificates` name a `signingKey`, and the statement none".to_owned());
        }
        if certificates.values().any(|it| it.is_reversed()) {
            return Err("one of the `certificates` ends before it begins".to_owned());
        }
        Ok(())
    }
}

impl Statement {
    /// States what was encrypted.
    pub fn new<K: Kind>(
        facts: &Facts,
        encrypted: &Encrypted,
        platform: Platform,
        certificate: &VerifiedCertificate,
        time: Timestamp,
        tool: Tool,
    ) -> Self {
        let section = K::SECTION;
        let certificates = (section == SectionName::Env).then(|| facts.certificates.clone());
        let volumes = facts.volumes.iter().map(|VolumeFacts { name, rolling, generation }| {
            (name.clone(), Volume { rolling: *rolling, generation: *generation })
        });
        Self {
            kind: TYPE.to_owned(),
            subject: [Subject {
                name: section.as_str().to_owned(),
                digest: Digest { sha256: encrypted.sha256.clone() },
            }],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: Predicate {
                section,
                platform,
                encryption_certificate: certificate.facts().clone(),
                foreign_certificate: certificate.foreign().map(ToString::to_string),
                volumes: volumes.collect(),
                required_variables: facts.required_variables.clone(),
                optional_variables: Some(facts.optional_variables.clone()),
                provided_variables: facts.provided_variables.clone(),
                signing_key: facts.signing_key.clone(),
                certificates,
                archive: encrypted.archive.as_ref().map(|packed| ArchiveDigests {
                    sha256: packed.sha256.clone(),
                    tar_sha256: Some(packed.tar_sha256.clone()),
                }),
                time,
                tool,
            },
        }
    }

    /// Reads a `statement.json`.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        // the reader's message repeats an unknown field of any length
        let statement: Self = serde_json::from_slice(json)
            .map_err(|error| error.to_string().chars().take(LONGEST_REASON).collect::<String>())?;
        if statement.kind != TYPE {
            return Err(format!("`_type` is not `{TYPE}`"));
        }
        let first = match statement.predicate_type.as_str() {
            PREDICATE_TYPE => false,
            PREDICATE_TYPE_1 => true,
            _ => {
                return Err(format!(
                    "`predicateType` is not `{PREDICATE_TYPE}`: another version of this tool made it"
                ));
            }
        };
        if first == statement.predicate.optional_variables.is_some() {
            return Err("`optionalVariables` belong to version 2 of the statement, and only to it".to_owned());
        }
        let [subject] = &statement.subject;
        if subject.name != statement.predicate.section.as_str() {
            return Err("`subject` and `predicate.section` name different sections".to_owned());
        }
        let archive = statement.predicate.archive.as_ref();
        let digests = [
            Some(&subject.digest.sha256),
            archive.map(|archive| &archive.sha256),
            archive.and_then(|archive| archive.tar_sha256.as_ref()),
        ];
        if !digests.into_iter().flatten().all(|digest| is_sha256(digest)) {
            return Err("a `sha256` is not 64 digits of lower-case hex".to_owned());
        }
        if !statement.predicate.volumes.keys().all(|name| is_volume_name(name)) {
            return Err("a key under `volumes` is no name for a volume: letters a to z, digits, `_` and `-`"
                .to_owned());
        }
        let Predicate { required_variables, optional_variables, provided_variables, .. } =
            &statement.predicate;
        let optional = optional_variables.iter().flatten();
        if !required_variables
            .iter()
            .chain(optional)
            .chain(provided_variables)
            .all(|name| is_variable_name(name))
        {
            return Err("a name under `requiredVariables`, `optionalVariables` or `providedVariables` is no name for a variable: letters, digits and `_`"
                .to_owned());
        }
        if statement.predicate.volumes.values().any(|volume| volume.generation == Some(0)) {
            return Err("a `generation` is 0: they are counted from 1".to_owned());
        }
        let certificate = &statement.predicate.encryption_certificate;
        for (field, key) in [
            ("signingKey", statement.predicate.signing_key.as_deref()),
            ("keyFingerprint", Some(&*certificate.key_fingerprint)),
        ] {
            if key.is_some_and(|key| !key.strip_prefix("sha256:").is_some_and(is_sha256)) {
                return Err(format!(
                    "`{field}` is no fingerprint: `sha256:` and 64 digits of lower-case hex"
                ));
            }
        }
        statement.predicate.check_certificates()?;
        Ok(statement)
    }

    /// The bytes of `statement.json`.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Lower-case hex SHA-256 of its token.
    pub fn token_sha256(&self) -> &str {
        let [subject] = &self.subject;
        &subject.digest.sha256
    }
}

/// A mapping in which no key is there twice: of two readers, one might take the first and one the last.
pub(crate) fn unique<'de, D: Deserializer<'de>, K: Deserialize<'de> + Ord, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<K, V>, D::Error> {
    struct Unique<K, V>(PhantomData<(K, V)>);

    impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Visitor<'de> for Unique<K, V> {
        type Value = BTreeMap<K, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a mapping")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, value)) = entries.next_entry()? {
                if map.insert(key, value).is_some() {
                    return Err(A::Error::custom("a key is there twice"));
                }
            }
            Ok(map)
        }
    }

    deserializer.deserialize_map(Unique(PhantomData))
}

fn some_unique<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Certificates>, D::Error> {
    unique(deserializer).map(Some)
}

/// 64 digits of lower-case hex.
pub(crate) fn is_sha256(hex: &str) -> bool {
    hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let statement = |version: u8, variables: &str| {
            let zeros = "0".repeat(64);
            format!(
                r#"{{"_type": "{TYPE}", "subject": [{{"name": "workload", "digest": {{"sha256": "{zeros}"}}}}],
                "predicateType": "urn:hyper-protect-contract:handoff:v{version}", "predicate": {{"section": "workload",
                "platform": "hpvs", "encryptionCertificate": {{"subject": "CN=x", "serial": "1", "keyFingerprint":
                "sha256:{zeros}", "notBefore": "2026-01-01T00:00:00Z", "notAfter": "2027-01-01T00:00:00Z"}},
                "volumes": {{}}, "requiredVariables": ["A"], {variables} "providedVariables": [],
                "time": "2026-11-01T12:00:00Z", "tool": {{"name": "x", "version": "1"}}}}}}"#
            )
        };
        let optional = r#""optionalVariables": ["B"],"#;
        for (version, variables, expected) in [
            (1, "", Ok(None)),
            (2, optional, Ok(Some(BTreeSet::from(["B".to_owned()])))),
            (1, optional, Err("only to it")),
            (2, "", Err("`optionalVariables` belong to version 2")),
            (2, r#""optionalVariables": ["1B"],"#, Err("no name for a variable")),
            (3, optional, Err("another version of this tool made it")),
        ] {
            match (Statement::parse(statement(version, variables).as_bytes()), expected) {
                (Ok(read), Ok(optional)) => assert_eq!(read.predicate.optional_variables, optional),
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
                (read, expected) => panic!("{version} {variables}: {read:?}, expected {expected:?}"),
            }
        }
    }
}
