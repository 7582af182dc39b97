//! The env section: where it runs (contract-format, section 7).

use contract_core::{env_certificates::CertificateField, secret::Secret, statement::Facts};
use contract_pki::{
    pem,
    platform::Product,
    signing_certificate,
    verifying_key::{self, VerifyingKey},
};
use findings::{Advice as _, Place, Rule};

use crate::{
    certificates,
    confidential::{self, SealedSecretKeys},
    fields::{Check, Field},
    logging::{self, Logging},
    machine, registries,
    volumes::{self, EnvVolume},
};

/// The fields of an env section that others use, in the section's order.
#[derive(Clone, Debug)]
pub struct EnvModel {
    /// `logging`; one product does not require it
    pub logging: Option<Logging>,
    /// `volumes`
    pub volumes: Vec<EnvVolume>,
    /// `signingKey`
    pub signing_key: Option<VerifyingKey>,
    /// `env`
    pub env: Vec<(String, Secret)>,
    /// `cacerts`: name and base64 certificate
    pub cacerts: Vec<(String, String)>,
    /// `confidential-containers.secret`
    pub sealed_secret_keys: Option<SealedSecretKeys>,
}

const FIELDS: [&str; 10] = [
    "type",
    "logging",
    "volumes",
    "signingKey",
    "env",
    "auths",
    "cacerts",
    "crypto-pt",
    "host-attestation",
    "confidential-containers",
];

/// Reads the section below its root.
pub fn read(check: &mut Check<'_>, root: &Field<'_>) -> (Option<EnvModel>, Facts) {
    let mut facts = Facts::default();
    let Some(map) = check.open_mapping(root, &FIELDS) else { return (None, facts) };
    super::section_type(check, &map, "env");
    let logging = map.find("logging").map(|field| logging::logging(check, &field));
    if logging.is_none() {
        let place = Place { field: "logging".to_owned(), ..check.place(&map.field) };
        let hint = "write `logging:`, and `syslog:` or `logRouter:` under it";
        let requires = |product: &Product| product.requires_logging;
        check.refused_by(requires, (Rule::Other, place), "`logging` is missing, and required", hint);
    }
    let (volumes, volume_facts) =
        map.find("volumes").map(|field| volumes::env(check, &field)).unwrap_or_default();
    let signing_key = map.find("signingKey").and_then(|field| signing_key(check, &field));
    let env = map.find("env").map(|field| registries::variables(check, &field)).unwrap_or_default();
    if let Some(field) = map.find("auths") {
        registries::credentials(check, &field);
    }
    let cacerts = map.find("cacerts").map(|field| cacerts(check, &field)).unwrap_or_default();
    if let Some(field) = map.find("crypto-pt") {
        machine::crypto_pt(check, &field);
    }
    if let Some(field) = map.find("host-attestation") {
        machine::host_attestation(check, &field);
    }
    let sealed_secret_keys = map.find("confidential-containers").and_then(|field| {
        check.any_mapping(&field)?;
        confidential::env(check, &field)
    });
    facts.volumes = volume_facts;
    facts.provided_variables = env.iter().map(|(name, _)| name.clone()).collect();
    facts.certificates = std::mem::take(&mut check.certificates);
    facts.signing_key = signing_key.as_ref().map(|key| key.fingerprint().to_owned());
    // `None`: it is missing, or damaged
    let logging = match logging {
        Some(None) => return (None, facts),
        logging => logging.flatten(),
    };
    (Some(EnvModel { logging, volumes, signing_key, env, cacerts, sealed_secret_keys }), facts)
}

/// The forms of contract-format, section 5, and what else the schema's patterns accept.
fn signing_key(check: &mut Check<'_>, field: &Field<'_>) -> Option<VerifyingKey> {
    const FILE: &str = "take the contract signer's file: `signingKey: !file signing-key.pub.pem`";
    let text = check.text(field)?;
    let parsed = if text.contains("-----") {
        match pem::schema_blocks(text) {
            Err(damage) => {
                certificates::damaged(check, field, text, &damage);
                return None;
            }
            Ok(_) => VerifyingKey::parse(text),
        }
    } else if text.is_empty() {
        check.error_of(Rule::NotInSchema, field, "is empty, and no key", FILE);
        return None;
    } else {
        let decoded = certificates::base64(check, field, text, FILE)?;
        VerifyingKey::from_decoded(&decoded).map(|(key, doubt)| {
            if let Some(doubt) = doubt {
                let message = format!("{doubt}: no source shows that a guest reads it");
                check.warning_of(Rule::Unproven, field, message, FILE);
            }
            key
        })
    };
    match parsed {
        Ok(key) => {
            // its author is stopped; a guest's schema does not look into the certificate, and what it reads has no folder
            if check.folder.is_some()
                && let Err(error) = signing_certificate::check_form(&key)
            {
                let hint = error.hints().into_iter().next().unwrap_or_default();
                check.error(field, error.to_string(), hint);
            }
            if let Some(validity) = key.validity() {
                certificates::contract_expiry(check, field, validity);
            }
            Some(key)
        }
        Err(error) => {
            let hint = error.hints().into_iter().next().unwrap_or_default();
            check.error_of(rule_of(&error, text), field, error.to_string(), hint);
            None
        }
    }
}

/// The schema asks a PEM for its label, for one block and for base64 between its lines. It does not look into base64.
fn rule_of(error: &verifying_key::Error, text: &str) -> Rule {
    use verifying_key::Error;
    match error {
        Error::NotRsa(_) | Error::TooShort(_) | Error::Damaged(_) => Rule::NotInSchema,
        _ => certificates::label_rule(text),
    }
}

/// A list of at most one mapping of names to base64.
fn cacerts(check: &mut Check<'_>, field: &Field<'_>) -> Vec<(String, String)> {
    let Some(items) = check.list(field) else { return Vec::new() };
    if items.len() > 1 {
        let message = format!("{} entries, at most one is allowed", items.len());
        check.error(field, message, "put all certificates into the mapping of the first entry: `- first: …`");
    }
    let mut certificates = Vec::new();
    for item in &items {
        let Some(map) = check.any_mapping(item) else { continue };
        for (name, field) in map.fields() {
            let Some(text) = check.text(&field) else { continue };
            if text.contains(|c: char| c.is_ascii_whitespace() || c == '-') || text.len() < 4 {
                // the schema's pattern has `-` too
                let is_described = text.len() < 4 || text.contains(|c: char| c.is_ascii_whitespace());
                let hint = "encode the certificate, `base64 -w0 ca.crt > ca.b64`, and write `!file ca.b64`";
                check.described_if(is_described, |check| {
                    check.error(&field, "expected base64 on one line", hint);
                });
                continue;
            }
            certificates::certificates(check, &field, CertificateField::Cacerts, text);
            certificates.push((name.to_owned(), text.to_string()));
        }
    }
    certificates
}
