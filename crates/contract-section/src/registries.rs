//! `auths`, `images` and `env`: registries and environment variables (contract-format, section 7).

use std::ops::RangeInclusive;

use container_descriptors::image::{is_digest, name_of};
use contract_core::{names::is_variable_name, secret::Secret};
use contract_pki::pem::SchemaBase64;

use findings::Rule;

use crate::fields::{Check, Field, Map};

/// The images that the guest verifies with a key: those that are not pinned by digest.
#[derive(Clone, Debug, Default)]
pub struct Images {
    /// The names under `dct`, Docker Content Trust.
    pub dct: Vec<String>,
    /// The names under `rhs`, Red Hat's simple signing.
    pub rhs: Vec<String>,
}

impl Images {
    /// Whether there is a key for an image. Tags and digests do not count.
    pub fn cover(&self, image: &str) -> bool {
        let image = name_of(image);
        self.dct.iter().chain(&self.rhs).any(|name| name_of(name) == image)
    }
}

/// `env`: names and values of environment variables.
pub fn variables(check: &mut Check<'_>, field: &Field<'_>) -> Vec<(String, Secret)> {
    let Some(map) = check.any_mapping(field) else { return Vec::new() };
    let mut variables = Vec::new();
    for (name, field) in map.fields() {
        if !is_variable_name(name) {
            check.error(
                &field,
                format!("`{name}` is no name for a variable"),
                "take letters, digits and `_`, beginning with no digit: `LOG_LEVEL`",
            );
        }
        // any variable may be a password
        variables.extend(check.secret(&field).map(|value| (name.to_owned(), value)));
    }
    variables
}

/// `auths`: credentials, which only the guest uses.
pub fn credentials(check: &mut Check<'_>, field: &Field<'_>) {
    let Some(map) = check.any_mapping(field) else { return };
    for (registry, entry) in map.fields() {
        // before an `@` there is a user and often a password: not repeated
        if registry.contains('@') {
            let hint = "write the host alone; user and password have separate fields";
            check.error(field, "a name with `@` is not a registry", hint);
            continue;
        }
        if !is_registry(registry) {
            check.error(
                &entry,
                format!("`{registry}` is not a registry"),
                "write `host`, `host:port` or `https://index.docker.io/v1/`, without scheme and path otherwise",
            );
        }
        let Some(map) = check.mapping(&entry, &["username", "password"]) else { continue };
        if let Some(field) = check.required(&map, "username", "write `username: \"…\"`")
            && let Some(text) = check.text(&field)
        {
            check.at_least(&field, 3, text);
        }
        if let Some(field) = check.required(&map, "password", "write `password: !file registry-password`")
            && let Some(secret) = check.secret(&field)
        {
            check.at_least(&field, 3, secret.expose());
        }
    }
}

/// A host name or an IPv4 address, perhaps with a port; or Docker Hub's old address.
fn is_registry(registry: &str) -> bool {
    let (host, port) = registry.split_once(':').unwrap_or((registry, "0"));
    let named = |label: &str| is_label(label) && label.starts_with(|c: char| c.is_ascii_alphabetic());
    let octet = |part: &str| (part.len() == 1 || !part.starts_with('0')) && part.parse::<u8>().is_ok();
    let address = host.split('.').count() == 4 && host.split('.').all(octet);
    registry == "https://index.docker.io/v1/"
        || ((host.split('.').all(named) || address)
            && !port.is_empty()
            && port.bytes().all(|b| b.is_ascii_digit()))
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// `images`
pub fn images(check: &mut Check<'_>, field: &Field<'_>) -> Images {
    let Some(map) = check.mapping(field, &["dct", "rhs"]) else { return Images::default() };
    let mut images = Images::default();
    for (name, field) in map.find("dct").map(|field| entries(check, &field)).unwrap_or_default() {
        if let Err((message, hint)) = dct_name(name) {
            check.error(&field, message, hint);
        }
        if let Some(map) = check.mapping(&field, &["notary", "publicKey"]) {
            notary(check, &map);
            public_key(check, &map);
        }
        images.dct.push(name.to_owned());
    }
    for (name, field) in map.find("rhs").map(|field| entries(check, &field)).unwrap_or_default() {
        if let Err((message, hint)) = rhs_name(name) {
            check.error(&field, message, hint);
        }
        if let Some(map) = check.mapping(&field, &["publicKey"]) {
            public_key(check, &map);
        }
        images.rhs.push(name.to_owned());
    }
    images
}

fn entries<'n>(check: &mut Check<'_>, field: &Field<'n>) -> Vec<(&'n str, Field<'n>)> {
    check.any_mapping(field).map(|map| map.fields().collect()).unwrap_or_default()
}

/// Message and hint.
type NotAName = (String, &'static str);

/// Whether a text has that many characters; else what the schema demands.
fn length(name: &str, part: &str, text: &str, range: RangeInclusive<usize>) -> Result<(), NotAName> {
    if range.contains(&text.len()) {
        return Ok(());
    }
    let (least, most) = range.into_inner();
    let message = format!(
        "`{name}`: IBM's schema demands a {part} of {least} to {most} characters, not of {}",
        text.len()
    );
    Err((message, "pin the image by its digest instead, or give it a name that fits: `NAME@sha256:…`"))
}

fn is_word(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
}

/// Host, `/`, namespace of 3 to 30 characters, `/`, name of 2 to 255.
fn dct_name(name: &str) -> Result<(), NotAName> {
    let parts: Vec<_> = name.split('/').collect();
    match &*parts {
        [host, namespace, image] if host.split('.').all(is_label) && is_word(namespace) && is_word(image) => {
            length(name, "namespace", namespace, 3..=30)?;
            length(name, "last part", image, 2..=255)
        }
        _ => {
            let hint = "write registry, namespace and name, without tag: `docker.io/library/nginx`";
            Err((format!("`{name}` is not an image for `dct`"), hint))
        }
    }
}

/// Host with a dot, then a path; perhaps `:tag` of 3 to 128 characters, perhaps a digest.
fn rhs_name(name: &str) -> Result<(), NotAName> {
    let (rest, digest) = name.split_once('@').map_or((name, None), |(rest, digest)| (rest, Some(digest)));
    let (path, tag) = rest.split_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
    let tag_byte = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let is_tag = |tag: &str| {
        tag.bytes().next().is_some_and(tag_byte)
            && tag.bytes().all(|b| tag_byte(b) || matches!(b, b'.' | b'-'))
    };
    let fits = path.split_once('/').is_some_and(|(host, path)| {
        host.contains('.')
            && host.split('.').all(|label| is_label(label) && label.len() <= 63)
            && path.split('/').all(|word| !word.is_empty() && is_word(word))
    });
    if !fits || !tag.is_none_or(is_tag) || !digest.is_none_or(is_digest) {
        let hint = "write registry and path: `registry.access.redhat.com/ubi9`";
        return Err((format!("`{name}` is not an image for `rhs`"), hint));
    }
    tag.map_or(Ok(()), |tag| length(name, "tag", tag, 3..=128))
}

/// The schema says `format: uri`.
fn notary(check: &mut Check<'_>, map: &Map<'_>) {
    let hint = "write `notary: \"https://notary.docker.io\"`";
    let Some(field) = check.required(map, "notary", hint) else { return };
    let Some(text) = check.text(&field) else { return };
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    if !host
        .is_some_and(|host| host.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric()) && is_uri(text))
    {
        let hint = "write its address: `https://notary.docker.io`";
        check.error_of(Rule::NotInSchema, &field, "no address of a notary server", hint);
    }
}

fn is_uri(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=".contains(&b))
}

fn public_key(check: &mut Check<'_>, map: &Map<'_>) {
    let hint = "write the key's base64: `publicKey: !file image-key.b64`";
    let Some(field) = check.required(map, "publicKey", hint) else { return };
    let Some(text) = check.text(&field) else { return };
    if !SchemaBase64::parse(text).is_ok_and(|it| !it.bytes.is_empty()) {
        check.error_of(
            Rule::NotInSchema,
            &field,
            "not base64",
            "encode the key, `base64 -w0 KEY > KEY.b64`, and write `publicKey: !file KEY.b64`",
        );
    }
}
