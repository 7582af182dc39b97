//! `confidential-containers` of both sections (contract-format, section 7; docs/platforms.md).
//!
//! Only one product describes it. The guests of the others accept any mapping there and do not use it.

use contract_core::secret::Secret;
use contract_pki::{platform::Product, private_key::UnsealingKey, verifying_key::VerifyingKey};

use crate::fields::{Check, Field, Map};
use crate::policy;

/// `confidential-containers` of a workload section, as far as it follows the schema.
#[derive(Clone, Debug)]
pub struct ConfidentialContainers {
    /// `regoValidator.policy`: base64 of the policy's text.
    pub policy: Option<String>,
    /// `secret`
    pub secret: Option<SealedSecretKeys>,
}

/// The keys of sealed secrets: `secret` in either section.
#[derive(Clone, Debug)]
pub struct SealedSecretKeys {
    /// `verificationKey`: the public key that a sealed secret is verified with.
    pub verification_key: String,
    /// `decryptionKey`: the private key that opens it.
    pub decryption_key: Secret,
}

/// Reads it in a workload section.
pub fn workload(check: &mut Check<'_>, field: &Field<'_>) -> Option<ConfidentialContainers> {
    check.ruled_by(is_described, |check| {
        let known = ["regoValidator", "config", "allowedContainers", "secret"];
        let map = mapping(check, field, &known)?;
        let policy = policy(check, &map);
        if let Some(field) = map.find("config") {
            config(check, &field);
        }
        if let Some(field) = map.find("allowedContainers") {
            allowed_containers(check, &field);
        }
        let secret = map.find("secret").and_then(|field| secret(check, &field));
        Some(ConfidentialContainers { policy, secret })
    })
}

/// Reads it in an env section.
pub fn env(check: &mut Check<'_>, field: &Field<'_>) -> Option<SealedSecretKeys> {
    check.ruled_by(is_described, |check| {
        let map = mapping(check, field, &["secret"])?;
        map.find("secret").and_then(|field| secret(check, &field))
    })
}

fn is_described(product: &Product) -> bool {
    product.describes_confidential_containers
}

/// What is unknown may be secret.
fn mapping<'n>(check: &mut Check<'_>, field: &Field<'n>, known: &[&str]) -> Option<Map<'n>> {
    let map = check.open_mapping(field, known)?;
    for (_, unknown) in map.fields().filter(|(name, _)| !known.contains(name)) {
        check.hide(&unknown);
    }
    Some(map)
}

fn policy(check: &mut Check<'_>, map: &Map<'_>) -> Option<String> {
    let hint = "write `regoValidator:` and `policy: !file policy.rego` under it";
    let field = check.required(map, "regoValidator", hint)?;
    let map = mapping(check, &field, &["policy"])?;
    let field = check.required(&map, "policy", "write `policy: !file policy.rego`")?;
    let text = check.text(&field)?;
    // a guest's schema does not look into the policy, and what it reads has no folder
    if check.folder.is_some() {
        policy::check(check, &field, text);
    }
    Some(text.to_string())
}

fn config(check: &mut Check<'_>, field: &Field<'_>) {
    let Some(map) = mapping(check, field, &["cosign", "registryMapping"]) else { return };
    // new in 1.2 of the product; its form is not published
    if let Some(field) = map.find("registryMapping") {
        check.hide(&field);
    }
    let Some(map) = map.find("cosign").and_then(|field| check.any_mapping(&field)) else { return };
    for (name, field) in map.fields() {
        check.described_if(is_name(name), |check| {
            let Some(map) = mapping(check, &field, &["publicKey"]) else { return };
            let hint = "write the key's base64: `publicKey: !file cosign.pub.b64`";
            if let Some(field) = check.required(&map, "publicKey", hint) {
                check.text(&field);
            }
        });
    }
}

fn allowed_containers(check: &mut Check<'_>, field: &Field<'_>) {
    let Some(map) = check.any_mapping(field) else { return };
    for (name, field) in map.fields() {
        check_name(check, &field, name);
        let Some(map) = mapping(check, &field, &["allowedImages"]) else { continue };
        let hint = "write `allowedImages:` and `imageNames:` or `imagePatterns:` under it";
        let Some(field) = check.required(&map, "allowedImages", hint) else { continue };
        let lists = ["imageNames", "imagePatterns"];
        let Some(map) = mapping(check, &field, &lists) else { continue };
        if !lists.iter().any(|name| map.has(name)) {
            check.error(&field, "neither `imageNames` nor `imagePatterns` is given", "write one of them");
        }
        for field in lists.iter().filter_map(|name| map.find(name)) {
            check.texts(&field);
        }
    }
}

fn secret(check: &mut Check<'_>, field: &Field<'_>) -> Option<SealedSecretKeys> {
    let map = mapping(check, field, &["verificationKey", "decryptionKey"])?;
    let hint = "a sealed secret needs both keys: write `verificationKey: !file secret-signing-key.pub.pem`";
    let verification_field = check.required(&map, "verificationKey", hint);
    let hint = "a sealed secret needs both keys: write `decryptionKey: !file secret-decryption-key.pem`";
    let decryption_field = check.required(&map, "decryptionKey", hint);
    let verification_field = verification_field.as_ref();
    let verification_key =
        verification_field.and_then(|field| check.text(field).map(|text| text.to_string()));
    let decryption_field = decryption_field.as_ref();
    let decryption_key = decryption_field.and_then(|field| check.secret(field));
    let keys = SealedSecretKeys { verification_key: verification_key?, decryption_key: decryption_key? };
    // a guest's schema does not look into the keys, and what it reads has no folder
    if check.folder.is_some() {
        pairs(check, verification_field?, decryption_field?, &keys);
    }
    Some(keys)
}

const KEYGEN: &str = "make the keys with `sealed-secret keygen`, and name their files with `!file`";

/// The two keys are halves of two pairs.
fn pairs(check: &mut Check<'_>, verification: &Field<'_>, decryption: &Field<'_>, keys: &SealedSecretKeys) {
    let SealedSecretKeys { verification_key, decryption_key } = keys;
    let verifies = if verification_key.contains("-----BEGIN PUBLIC KEY-----") {
        VerifyingKey::parse(verification_key).map_err(|error| error.to_string())
    } else {
        Err("not a PEM `PUBLIC KEY`".to_owned())
    };
    let mut no_passphrase = || Err("a guest cannot be asked for one".to_owned());
    let opens = UnsealingKey::parse(decryption_key.expose(), &mut no_passphrase);
    if let (Ok(verifies), Ok(opens)) = (&verifies, &opens)
        && verifies.fingerprint() == opens.public().fingerprint()
    {
        let message = "the public half of `decryptionKey`: two pairs of keys are expected";
        check.warning(verification, message, KEYGEN);
    }
    if let Err(error) = verifies {
        check.error(verification, error, KEYGEN);
    }
    if let Err(error) = opens {
        check.error(decryption, error.to_string(), KEYGEN);
    }
}

/// `^[a-zA-Z0-9_-]+$`
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// A name that the user chooses, where the schema has rules for it.
pub fn check_name(check: &mut Check<'_>, field: &Field<'_>, name: &str) {
    if !is_name(name) {
        check.error(field, format!("`{name}` is no name for an entry"), "take letters, digits, `_` and `-`");
    }
}
