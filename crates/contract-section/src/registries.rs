//! `auths`, `images` and `env`: what both sections tell the guest about registries and variables (contract-format,
//! section 7).

use crate::fields::{Check, Field, Map};
use container_descriptors::image::name_of;
use contract_core::names::is_variable_name;
use contract_core::secret::Secret;

/// Credentials for a registry.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The key under `auths`.
    pub registry: String,
    /// `username`
    pub username: String,
    /// `password`
    pub password: Secret,
}

/// How the guest verifies images that are not pinned by digest.
#[derive(Clone, Debug, Default)]
pub struct Images {
    /// `dct`: Docker Content Trust
    pub dct: Vec<DctImage>,
    /// `rhs`: Red Hat's simple signing
    pub rhs: Vec<RhsImage>,
}

/// An image under `images.dct`.
#[derive(Clone, Debug)]
pub struct DctImage {
    /// The key: registry, namespace, name
    pub name: String,
    /// `notary`
    pub notary: String,
    /// `publicKey`
    pub public_key: String,
}

/// An image under `images.rhs`.
#[derive(Clone, Debug)]
pub struct RhsImage {
    /// The key: registry, path, perhaps tag and digest
    pub name: String,
    /// `publicKey`
    pub public_key: String,
}

impl Images {
    /// Whether an image is verified through one of the keys; tags and digests don't count.
    pub fn cover(&self, image: &str) -> bool {
        let image = name_of(image);
        let names = self.dct.iter().map(|image| &image.name).chain(self.rhs.iter().map(|image| &image.name));
        names.into_iter().any(|name| name_of(name) == image)
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
        // nobody can tell from here which variables are passwords
        variables.extend(check.secret(&field).map(|value| (name.to_owned(), value)));
    }
    variables
}

/// `auths`
pub fn credentials(check: &mut Check<'_>, field: &Field<'_>) -> Vec<Credential> {
    let Some(map) = check.any_mapping(field) else { return Vec::new() };
    let mut credentials = Vec::new();
    for (registry, entry) in map.fields() {
        // what stands before an `@` is a user and, more often than not, a password: not repeated
        if registry.contains('@') {
            check.error(
                field,
                "a name that holds `@` is no registry",
                "write the host alone; user and password have separate fields",
            );
            continue;
        }
        let field = entry;
        if !is_registry(registry) {
            check.error(
                &field,
                format!("`{registry}` is no registry"),
                "write `host`, `host:port` or `https://index.docker.io/v1/`, without scheme and path otherwise",
            );
        }
        credentials.extend(credential(check, registry, &field));
    }
    credentials
}

fn credential(check: &mut Check<'_>, registry: &str, field: &Field<'_>) -> Option<Credential> {
    let map = check.mapping(field, &["username", "password"])?;
    let username = check.required(&map, "username", "write `username: \"…\"`").and_then(|field| {
        let text = check.text(&field)?;
        check.at_least(&field, 3, text);
        Some(text.to_string())
    });
    let password =
        check.required(&map, "password", "write `password: !file registry-password`").and_then(|field| {
            let secret = check.secret(&field)?;
            check.at_least(&field, 3, secret.expose());
            Some(secret)
        });
    Some(Credential { registry: registry.to_owned(), username: username?, password: password? })
}

/// A host name or an IPv4 address, perhaps with a port; or Docker Hub's address of old.
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
        if !is_dct_name(name) {
            let hint = "write registry, namespace and name, without tag: `docker.io/library/nginx`";
            check.error(&field, format!("`{name}` is no image for `dct`"), hint);
        }
        let Some(map) = check.mapping(&field, &["notary", "publicKey"]) else { continue };
        let (notary, public_key) = (notary(check, &map), public_key(check, &map));
        if let (Some(notary), Some(public_key)) = (notary, public_key) {
            images.dct.push(DctImage { name: name.to_owned(), notary, public_key });
        }
    }
    for (name, field) in map.find("rhs").map(|field| entries(check, &field)).unwrap_or_default() {
        if !is_rhs_name(name) {
            let hint = "write registry and path: `registry.access.redhat.com/ubi9`";
            check.error(&field, format!("`{name}` is no image for `rhs`"), hint);
        }
        let Some(map) = check.mapping(&field, &["publicKey"]) else { continue };
        if let Some(public_key) = public_key(check, &map) {
            images.rhs.push(RhsImage { name: name.to_owned(), public_key });
        }
    }
    images
}

fn entries<'n>(check: &mut Check<'_>, field: &Field<'n>) -> Vec<(&'n str, Field<'n>)> {
    check.any_mapping(field).map(|map| map.fields().collect()).unwrap_or_default()
}

/// Host, `/`, namespace of 3 to 30 characters, `/`, name of 2 to 255.
fn is_dct_name(name: &str) -> bool {
    let word = |word: &str| {
        word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
    };
    let parts: Vec<_> = name.split('/').collect();
    matches!(&*parts, [host, namespace, name] if host.split('.').all(is_label)
        && (3..=30).contains(&namespace.len()) && (2..=255).contains(&name.len()) && word(namespace) && word(name))
}

/// Host with a dot, then a path; perhaps `:tag` of 3 to 128 characters, perhaps a digest.
fn is_rhs_name(name: &str) -> bool {
    let (rest, digest) = name.split_once('@').map_or((name, None), |(rest, digest)| (rest, Some(digest)));
    let (path, tag) = rest.split_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
    let Some((host, path)) = path.split_once('/') else { return false };
    let word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
    };
    let tag_byte = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    host.split('.').all(|label| is_label(label) && label.len() <= 63)
        && host.contains('.')
        && path.split('/').all(word)
        && tag.is_none_or(|tag| {
            (3..=128).contains(&tag.len())
                && tag.bytes().next().is_some_and(tag_byte)
                && tag.bytes().all(|b| tag_byte(b) || matches!(b, b'.' | b'-'))
        })
        && digest.is_none_or(container_descriptors::image::is_digest)
}

/// The schema says `format: uri`.
fn notary(check: &mut Check<'_>, map: &Map<'_>) -> Option<String> {
    let field = check.required(map, "notary", "write `notary: \"https://notary.docker.io\"`")?;
    let text = check.text(&field)?;
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    if !host
        .is_some_and(|host| host.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric()) && is_uri(text))
    {
        check.error(&field, "no address of a notary server", "write its address: `https://notary.docker.io`");
    }
    Some(text.to_string())
}

fn is_uri(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=".contains(&b))
}

fn public_key(check: &mut Check<'_>, map: &Map<'_>) -> Option<String> {
    let field =
        check.required(map, "publicKey", "write the key's base64: `publicKey: !file image-key.b64`")?;
    let text = check.text(&field)?;
    if contract_pki::pem::schema_base64(text).is_none() {
        check.error(
            &field,
            "not base64",
            "encode the key, `base64 -w0 KEY > KEY.b64`, and write `publicKey: !file KEY.b64`",
        );
    }
    Some(text.to_string())
}
