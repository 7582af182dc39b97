//! `kms` and `grep11`: a third seed that a key management service or a crypto card keeps (contract-format, section 7).
//!
//! Their fields are checked and not kept: only the guest uses them.

use contract_core::{env_certificates::CertificateField, secret::Secret};

use findings::text::excerpt;

use crate::{
    certificates,
    fields::{Check, Field, Map},
};

/// `apiKey`: 10 characters or more.
pub fn api_key(check: &mut Check<'_>, field: &Field<'_>) {
    if let Some(key) = check.secret(field) {
        check.at_least(field, 10, key.expose());
    }
}

/// `kms`: 1 to 5 services.
pub fn kms(check: &mut Check<'_>, field: &Field<'_>) {
    let Some(items) = check.list(field) else { return };
    if !(1..=5).contains(&items.len()) {
        check.error(field, format!("{} entries, 1 to 5 are allowed", items.len()), "keep 1 to 5 of them");
    }
    for item in &items {
        let Some(map) = check.mapping(item, &["apiKey", "crn", "type"]) else { continue };
        if let Some(field) = check.required(&map, "apiKey", "write `apiKey: \"…\"`") {
            api_key(check, &field);
        }
        let hint = "write the root key's CRN: `crn: \"crn:v1:bluemix:public:kms:…:key:…\"`";
        if let Some(field) = check.required(&map, "crn", hint) {
            crn(check, &field);
        }
        if let Some(field) = map.find("type") {
            check.one_of(&field, &["public", "private"]);
        }
    }
}

/// `crn:v1:(bluemix|staging):(public|dedicated|local):<service>:<region>:<scope>:<instance>:key:<key>`
fn crn(check: &mut Check<'_>, field: &Field<'_>) {
    let Some(text) = check.text(field) else { return };
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
        let hint =
            "copy it from the key's page: `crn:v1:bluemix:public:kms:REGION:a/ACCOUNT:INSTANCE:key:KEY`";
        check.error(field, "not the CRN of a root key", hint);
    }
}

/// `grep11`, all fields of which are required.
pub fn grep11(check: &mut Check<'_>, field: &Field<'_>) {
    let known = ["address", "clientCert", "clientKey", "caCert", "metadata"];
    let Some(map) = check.mapping(field, &known) else { return };
    if let Some(field) = check.required(&map, "address", "write `address: \"grep11.example.com:9876\"`") {
        address(check, &field);
    }
    certificate(check, &map, "clientCert", CertificateField::Grep11ClientCert);
    let hint = "write the base64 of the PEM: `clientKey: !file client-key.b64`";
    if let Some(field) = check.required(&map, "clientKey", hint)
        && let Some(key) = check.secret(&field)
    {
        is_base64_material(check, &field, key.expose());
    }
    certificate(check, &map, "caCert", CertificateField::Grep11CaCert);
    let metadata = check
        .required(&map, "metadata", "write `metadata:` and `aesKeyBlob:` under it")
        .and_then(|field| check.mapping(&field, &["aesKeyBlob", "previousaesKeyBlob"]));
    let Some(map) = metadata else { return };
    let blob = check.required(&map, "aesKeyBlob", "write `aesKeyBlob: !file aes-key-blob.b64`");
    for field in blob.into_iter().chain(map.find("previousaesKeyBlob")) {
        // a masked blob is asterisks
        let masked = |blob: &Secret| !blob.expose().is_empty() && blob.expose().bytes().all(|b| b == b'*');
        if let Some(blob) = check.secret(&field).filter(|blob| !masked(blob)) {
            is_base64_material(check, &field, blob.expose());
        }
    }
}

/// Host name or IPv4 address, and a port of 1 to 5 digits.
fn address(check: &mut Check<'_>, field: &Field<'_>) {
    let Some(text) = check.text(field) else { return };
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let legal = text.rsplit_once(':').is_some_and(|(host, port)| {
        host.split('.').all(label)
            && (1..=5).contains(&port.len())
            && port.bytes().all(|b| b.is_ascii_digit())
    });
    if !legal {
        let message = format!("`{}` is no address of a GREP11 server", excerpt(text));
        check.error(field, message, "write host and port: `grep11.example.com:9876`");
    }
}

fn certificate(check: &mut Check<'_>, map: &Map<'_>, name: &str, kind: CertificateField) {
    let hint = format!("write the base64 of the PEM: `{name}: !file {name}.b64`, made by `base64 -w0`");
    let Some(field) = check.required(map, name, &hint) else { return };
    let Some(text) = check.text(&field) else { return };
    if is_base64_material(check, &field, text) {
        certificates::expiry_of_base64(check, &field, kind, text);
    }
}

/// `^[A-Za-z0-9+/=]+$`
fn is_base64_material(check: &mut Check<'_>, field: &Field<'_>, text: &str) -> bool {
    let legal = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    if !legal {
        let found = if text.contains("-----BEGIN") { "PEM" } else { "something else" };
        let message = format!("expected base64 on one line, found {found}");
        check.error(
            field,
            message,
            "encode the file, `base64 -w0 FILE > FILE.b64`, and write `!file FILE.b64`",
        );
    }
    legal
}
