//! `kms` and `grep11`: a third seed that a key management service or a crypto card keeps (contract-format, section 7).

use crate::certificates;
use crate::fields::{Check, Field, Map};
use contract_core::env_certificates::CertificateField;
use contract_core::secret::Secret;

/// One key management service.
#[derive(Clone, Debug)]
pub struct Kms {
    /// `apiKey`
    pub api_key: Secret,
    /// `crn` of the root key
    pub crn: String,
    /// `type`: `public` where it is missing
    pub endpoint: Option<&'static str>,
}

/// A GREP11 server.
#[derive(Clone, Debug)]
pub struct Grep11 {
    /// `address`: host and port
    pub address: String,
    /// `clientCert`
    pub client_cert: String,
    /// `clientKey`
    pub client_key: Secret,
    /// `caCert`
    pub ca_cert: String,
    /// `metadata.aesKeyBlob`
    pub aes_key_blob: Secret,
    /// `metadata.previousaesKeyBlob`
    pub previous_aes_key_blob: Option<Secret>,
}

/// `apiKey`: 10 characters or more.
pub fn api_key(check: &mut Check<'_>, field: &Field<'_>) -> Option<Secret> {
    let key = check.secret(field)?;
    check.at_least(field, 10, key.expose());
    Some(key)
}

/// `kms`: 1 to 5 services.
pub fn kms(check: &mut Check<'_>, field: &Field<'_>) -> Vec<Kms> {
    let Some(items) = check.list(field) else { return Vec::new() };
    if !(1..=5).contains(&items.len()) {
        check.error(field, format!("{} entries, 1 to 5 are allowed", items.len()), "keep 1 to 5 of them");
    }
    items.iter().filter_map(|item| service(check, item)).collect()
}

fn service(check: &mut Check<'_>, field: &Field<'_>) -> Option<Kms> {
    let map = check.mapping(field, &["apiKey", "crn", "type"])?;
    let api_key =
        check.required(&map, "apiKey", "write `apiKey: \"…\"`").and_then(|field| api_key(check, &field));
    let crn = check
        .required(&map, "crn", "write the root key's CRN: `crn: \"crn:v1:bluemix:public:kms:…:key:…\"`")
        .and_then(|field| crn(check, &field));
    let endpoint = map.find("type").and_then(|field| check.one_of(&field, &["public", "private"]));
    Some(Kms { api_key: api_key?, crn: crn?, endpoint })
}

/// `crn:v1:(bluemix|staging):(public|dedicated|local):<service>:<region>:<scope>:<instance>:key:<key>`
fn crn(check: &mut Check<'_>, field: &Field<'_>) -> Option<String> {
    let text = check.text(field)?;
    let parts: Vec<_> = text.splitn(10, ':').collect();
    let version = |part: &str| {
        part.strip_prefix('v').is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    };
    let legal = match &*parts {
        ["crn", release, cloud, scope, rest @ .., "key", key] if rest.len() == 4 => {
            version(release)
                && matches!(*cloud, "bluemix" | "staging")
                && matches!(*scope, "public" | "dedicated" | "local")
                && rest.iter().all(|part| !part.is_empty())
                && !key.is_empty()
        }
        _ => false,
    };
    if !legal {
        check.error(
            field,
            "not the CRN of a root key",
            "copy it from the key's page: `crn:v1:bluemix:public:kms:REGION:a/ACCOUNT:INSTANCE:key:KEY`",
        );
    }
    Some(text.to_string())
}

/// `grep11`, all of whose fields are required.
pub fn grep11(check: &mut Check<'_>, field: &Field<'_>) -> Option<Grep11> {
    let map = check.mapping(field, &["address", "clientCert", "clientKey", "caCert", "metadata"])?;
    let address = check
        .required(&map, "address", "write `address: \"grep11.example.com:9876\"`")
        .and_then(|field| address(check, &field));
    let client_cert = certificate(check, &map, "clientCert", CertificateField::Grep11ClientCert);
    let client_key = check
        .required(&map, "clientKey", "write the base64 of the PEM: `clientKey: !file client-key.b64`")
        .and_then(|field| base64_secret(check, &field, false));
    let ca_cert = certificate(check, &map, "caCert", CertificateField::Grep11CaCert);
    let metadata = check
        .required(&map, "metadata", "write `metadata:` and `aesKeyBlob:` under it")
        .and_then(|field| check.mapping(&field, &["aesKeyBlob", "previousaesKeyBlob"]));
    let blob = metadata.as_ref().and_then(|map| {
        let field = check.required(map, "aesKeyBlob", "write `aesKeyBlob: !file aes-key-blob.b64`")?;
        base64_secret(check, &field, true)
    });
    let previous = metadata.as_ref().and_then(|map| map.find("previousaesKeyBlob"));
    let previous_aes_key_blob = previous.and_then(|field| base64_secret(check, &field, true));
    Some(Grep11 {
        address: address?,
        client_cert: client_cert?,
        client_key: client_key?,
        ca_cert: ca_cert?,
        aes_key_blob: blob?,
        previous_aes_key_blob,
    })
}

/// Host name or IPv4 address, and a port of 1 to 5 digits.
fn address(check: &mut Check<'_>, field: &Field<'_>) -> Option<String> {
    let text = check.text(field)?;
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let legal = text.rsplit_once(':').is_some_and(|(host, port)| {
        host.split('.').all(label)
            && (1..=5).contains(&port.len())
            && port.bytes().all(|b| b.is_ascii_digit())
    });
    if !legal {
        check.error(
            field,
            format!("`{}` is no address of a GREP11 server", **text),
            "write host and port: `grep11.example.com:9876`",
        );
    }
    Some(text.to_string())
}

fn certificate(check: &mut Check<'_>, map: &Map<'_>, name: &str, kind: CertificateField) -> Option<String> {
    let hint = format!("write the base64 of the PEM: `{name}: !file {name}.b64`, made by `base64 -w0`");
    let field = check.required(map, name, &hint)?;
    let text = check.text(&field)?;
    if is_base64_material(check, &field, text) {
        certificates::expiry_of_base64(check, &field, kind, text);
    }
    Some(text.to_string())
}

/// Asterisks stand for a blob that was masked before.
fn base64_secret(check: &mut Check<'_>, field: &Field<'_>, or_masked: bool) -> Option<Secret> {
    let secret = check.secret(field)?;
    let masked = or_masked && !secret.expose().is_empty() && secret.expose().bytes().all(|b| b == b'*');
    if !masked {
        is_base64_material(check, field, secret.expose());
    }
    Some(secret)
}

/// `^[A-Za-z0-9+/=]+$`
fn is_base64_material(check: &mut Check<'_>, field: &Field<'_>, text: &str) -> bool {
    let legal = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    if !legal {
        let found = if text.contains("-----BEGIN") { "PEM" } else { "something else" };
        check.error(
            field,
            format!("expected base64 on one line, found {found}"),
            "encode the file, `base64 -w0 FILE > FILE.b64`, and write `!file FILE.b64`",
        );
    }
    legal
}
