//! What an env section states about the machine: `crypto-pt` and `host-attestation` (docs/platforms.md).
//!
//! No schema describes `crypto-pt`, and one describes `host-attestation`. Guests of other products use both, so the rules here
//! are those of the contracts that are known to have booted.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_pki::platform::Product;
use openssl::x509::X509;

use crate::{
    confidential::check_name,
    fields::{Check, Field, Map},
};

const INDEXES: [&str; 7] = ["lock", "index-1", "index-2", "index-3", "index-4", "index-5", "index-6"];

/// `crypto-pt`: the guest's access to Crypto Express cards, with the secret of each domain.
pub fn crypto_pt(check: &mut Check<'_>, field: &Field<'_>) {
    check.described_if(false, |check| {
        let Some(map) = check.open_mapping(field, &INDEXES) else { return };
        for (name, field) in map.fields() {
            match name {
                "lock" => {
                    check.boolean(&field);
                }
                _ if INDEXES.contains(&name) => domain(check, &field),
                _ => check.hide(&field),
            }
        }
    });
}

fn domain(check: &mut Check<'_>, field: &Field<'_>) {
    let known = ["type", "domain-id", "secret", "mkvp"];
    let Some(map) = check.open_mapping(field, &known) else { return };
    for (_, unknown) in map.fields().filter(|(name, _)| !known.contains(name)) {
        check.hide(&unknown);
    }
    if let Some((field, text)) = text(check, &map, "type", "write `type: secret`")
        && text != "secret"
    {
        check.warning(&field, "not `secret`, the only type that is known", "write `type: secret`");
    }
    if let Some((field, text)) = text(check, &map, "domain-id", DOMAIN_HINT)
        && !is_domain(&text)
    {
        check.error(&field, format!("`{text}` is no domain of a crypto adapter"), DOMAIN_HINT);
    }
    let hint = "write the base64 of the secret: `secret: !file secret.b64`";
    if let Some(field) = check.required(&map, "secret", hint)
        && let Some(secret) = check.secret(&field)
        && !is_base64(secret.expose())
    {
        check.error(&field, "expected base64 on one line", hint);
    }
    if let Some((field, text)) = text(check, &map, "mkvp", MKVP_HINT)
        && !text.strip_prefix("0x").is_some_and(|digits| digits.len() == 64 && is_hex(digits))
    {
        check.error(&field, "not a verification pattern of a master key", MKVP_HINT);
    }
}

const DOMAIN_HINT: &str =
    "write adapter and domain in hexadecimal, as `lszcrypt` does: `domain-id: \"03.0011\"`";
const MKVP_HINT: &str = "write the verification pattern, `0x` and 64 hexadecimal digits: `mkvp: \"0x…\"`";

/// Two and four hexadecimal digits: `03.0011`.
fn is_domain(text: &str) -> bool {
    text.split_once('.').is_some_and(|(adapter, domain)| {
        adapter.len() == 2 && domain.len() == 4 && is_hex(adapter) && is_hex(domain)
    })
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_base64(text: &str) -> bool {
    !text.is_empty() && STANDARD.decode(text).is_ok()
}

/// `host-attestation`: the machines that the guest may run on, by a name of the user's choice.
pub fn host_attestation(check: &mut Check<'_>, field: &Field<'_>) {
    let is_described = |product: &Product| product.describes_confidential_containers;
    let described = check.platforms.iter().all(|platform| is_described(platform.product()));
    check.described_if(described, |check| {
        let Some(map) = check.any_mapping(field) else { return };
        for (name, field) in map.fields() {
            check_name(check, &field, name);
            let Some(map) = check.open_mapping(&field, &["description", "host-key-doc"]) else { continue };
            text(check, &map, "description", "name the machine for people: `description: \"lab\"`");
            if let Some((field, text)) = text(check, &map, "host-key-doc", DOCUMENT_HINT) {
                check.described_if(false, |check| host_key_document(check, &field, &text));
            }
        }
    });
}

const DOCUMENT_HINT: &str = "encode the machine's host key document, `base64 -w0 HKD.crt > HKD.b64`, and write `host-key-doc: !file HKD.b64`";

/// Base64 of a certificate, in PEM or DER.
fn host_key_document(check: &mut Check<'_>, field: &Field<'_>, text: &str) {
    let Ok(document) = STANDARD.decode(text) else {
        return check.error(field, "expected base64 on one line", DOCUMENT_HINT);
    };
    if X509::from_der(&document).is_err() && X509::from_pem(&document).is_err() {
        let hint = "check the file: `openssl x509 -noout -subject -in HKD.crt`";
        check.warning(field, "holds no certificate, and a host key document is one", hint);
    }
}

fn text<'n>(check: &mut Check<'_>, map: &Map<'n>, name: &str, hint: &str) -> Option<(Field<'n>, String)> {
    let field = check.required(map, name, hint)?;
    let text = check.text(&field)?.to_string();
    Some((field, text))
}
