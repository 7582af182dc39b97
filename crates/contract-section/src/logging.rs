//! `logging` of the env section: syslog over TLS, or Cloud Logs behind a log router (contract-format, section 7).

use contract_core::{env_certificates::CertificateField, secret::Secret};
use contract_pki::platform::Product;
use findings::{Rule, text::excerpt};
use openssl::{
    pkey::{PKey, Private},
    x509::X509,
};

use crate::{
    certificates,
    fields::{Check, Field, Map},
};

/// Where the guest's log goes.
#[derive(Clone, Debug)]
pub enum Logging {
    /// `syslog`
    Syslog(Syslog),
    /// `logRouter`
    LogRouter(LogRouter),
}

/// `logging.syslog`
#[derive(Clone, Debug)]
pub struct Syslog {
    /// `hostname`
    pub hostname: String,
    /// `port`
    pub port: Option<u64>,
    /// `server`: the certificate authorities of the log server
    pub server: String,
    /// `cert`: the guest's own certificate
    pub cert: Option<String>,
    /// `key`: the private key that belongs to it
    pub key: Option<Secret>,
}

/// `logging.logRouter`
#[derive(Clone, Debug)]
pub struct LogRouter {
    /// `hostname`
    pub hostname: String,
    /// `port`; the default is 443
    pub port: Option<u64>,
}

/// `logging`: exactly one backend.
pub fn logging(check: &mut Check<'_>, field: &Field<'_>) -> Option<Logging> {
    let mut names = field.node.entries().unwrap_or_default().iter().map(|(key, _)| &*key.text);
    let gone = names.find(|name| name.eq_ignore_ascii_case("logDNA"));
    let known: Vec<_> = ["syslog", "logRouter"].into_iter().chain(gone).collect();
    let map = check.open_mapping(field, &known)?;
    if let Some((name, gone)) = gone.and_then(|name| Some((name, map.find(name)?))) {
        let message = format!(
            "`{name}` is IBM Log Analysis, which is gone: `logRouter`, IBM Cloud Logs, is its successor"
        );
        check.hide(&gone);
        if !map.has("syslog") && !map.has("logRouter") {
            let hint = "write `logRouter:` with `hostname`, `port: 443` and `iamApiKey` instead";
            check.error(&gone, message, hint);
            return None;
        }
        check.warning(&gone, message, "remove it");
    }
    match (map.find("syslog"), map.find("logRouter")) {
        (Some(field), None) => syslog(check, &field).map(Logging::Syslog),
        (None, Some(field)) => log_router(check, &field).map(Logging::LogRouter),
        (None, None) => {
            check.error(field, "names no backend", "write `syslog:` or `logRouter:` under it");
            None
        }
        (Some(first), Some(second)) => {
            syslog(check, &first);
            log_router(check, &second);
            check.error(field, "names two backends, `syslog` and `logRouter`", "keep one of them");
            None
        }
    }
}

fn syslog(check: &mut Check<'_>, field: &Field<'_>) -> Option<Syslog> {
    let map = check.mapping(field, &["hostname", "port", "server", "cert", "key"])?;
    let hostname = hostname(check, &map);
    let port = map.find("port").and_then(|field| port(check, &field));
    if !map.has("port") {
        let message = "`port` is missing: the documentation says 6514, the schema's default is 514";
        check.warning(&map.field, message, "write it: `port: 6514`");
    }
    let server = check
        .required(&map, "server", "name the log server's CA: `server: !file rsyslog/ca.crt`")
        .and_then(|field| certified(check, &field, CertificateField::SyslogServer));
    let cert = map.find("cert").and_then(|field| client_certificate(check, &field));
    let key = map.find("key").and_then(|field| private_key(check, &field));
    match (map.find("cert"), map.find("key")) {
        (Some(cert), None) => {
            check.warning(&cert, "`key` is missing", "add `key: !file client-key.pem`");
        }
        (None, Some(key)) => {
            check.warning(&key, "`cert` is missing", "add `cert: !file client.crt`");
        }
        _ => {}
    }
    if let (Some(field), Some((_, certificate))) = (map.find("cert"), &cert) {
        let authorities = server.as_ref().map(|(_, certificates)| &**certificates);
        let key = key.as_ref().and_then(|(_, key)| key.as_ref());
        check_client(check, &field, certificate.first(), authorities, key);
    }
    Some(Syslog {
        hostname: hostname?,
        port,
        server: server?.0,
        cert: cert.map(|(text, _)| text),
        key: key.map(|(secret, _)| secret),
    })
}

/// Checks that the client certificate has the key, and that the log server's authority signed it.
fn check_client(
    check: &mut Check<'_>,
    field: &Field<'_>,
    certificate: Option<&X509>,
    authorities: Option<&[X509]>,
    key: Option<&PKey<Private>>,
) {
    let Some(certificate) = certificate else { return };
    if let (Ok(certified), Some(key)) = (certificate.public_key(), key)
        && !certified.public_eq(key)
    {
        check.error_of(
            Rule::NotInSchema,
            field,
            "`cert` and `key` do not belong together",
            "`openssl x509 -noout -pubkey -in CERT` and `openssl pkey -pubout -in KEY` have to show the same",
        );
    }
    let vouches =
        |authority: &X509| authority.public_key().is_ok_and(|key| certificate.verify(&key).unwrap_or(false));
    if authorities.is_some_and(|authorities| !authorities.is_empty() && !authorities.iter().any(vouches)) {
        check.warning(
            field,
            "not signed by the CA in `server`: the log server may refuse it",
            "check it: `openssl verify -CAfile CA CERT`",
        );
    }
}

fn certified(
    check: &mut Check<'_>,
    field: &Field<'_>,
    kind: CertificateField,
) -> Option<(String, Vec<X509>)> {
    let text = check.text(field)?;
    // a damaged one is reported, and the reading goes on
    let certificates = certificates::certificates(check, field, kind, text).unwrap_or_default();
    Some((text.to_string(), certificates))
}

/// One certificate: the schema takes no chain here.
fn client_certificate(check: &mut Check<'_>, field: &Field<'_>) -> Option<(String, Vec<X509>)> {
    let certified = certified(check, field, CertificateField::SyslogCert)?;
    if certified.1.len() > 1 {
        let message = format!("{} certificates, expected one", certified.1.len());
        let hint = "keep the client's own certificate; authorities belong in `server`";
        check.error_of(certificates::label_rule(&certified.0), field, message, hint);
    }
    Some(certified)
}

fn private_key(check: &mut Check<'_>, field: &Field<'_>) -> Option<(Secret, Option<PKey<Private>>)> {
    let secret = check.secret(field)?;
    let key = certificates::private_key(check, field, secret.expose());
    Some((secret, key))
}

fn log_router(check: &mut Check<'_>, field: &Field<'_>) -> Option<LogRouter> {
    let map = check.mapping(field, &["hostname", "port", "iamApiKey", "tags"])?;
    if let Some(tags) = map.find("tags") {
        let place = check.place(&tags);
        let unknown = |product: &Product| !product.log_router_tags;
        check.refused_by(unknown, (Rule::Other, place), "unknown field `tags`", "remove it");
        check.ruled_by(|product| product.log_router_tags, |check| check.texts(&tags));
    }
    let hostname = hostname(check, &map);
    let port = map.find("port").and_then(|field| port(check, &field));
    let field = check.required(&map, "iamApiKey", "write `iamApiKey: !file iam-api-key`")?;
    let key = check.secret(&field)?;
    check.described_if(false, |check| check.at_least(&field, 1, key.expose()));
    Some(LogRouter { hostname: hostname?, port })
}

/// A host name (RFC 1123) or an IPv4 address.
fn hostname(check: &mut Check<'_>, map: &Map<'_>) -> Option<String> {
    let field = check.required(map, "hostname", "write `hostname: \"log.example.com\"`")?;
    let text = check.text(&field)?;
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if text.len() > 253 || !text.split('.').all(label) {
        let hint = "write the name or the address alone, without scheme, port and path: `log.example.com`";
        let message = format!("`{}` is not a host name", excerpt(text));
        check.error_of(Rule::NotInSchema, &field, message, hint);
    }
    Some(text.to_string())
}

fn port(check: &mut Check<'_>, field: &Field<'_>) -> Option<u64> {
    let port = check.integer(field)?;
    let hint = "write a number from 1 to 65535";
    match port {
        0 => check.error(field, "0 is not a port", hint),
        1..=65_535 => {}
        _ => check.error_of(Rule::NotInSchema, field, format!("{port} is not a port"), hint),
    }
    Some(port)
}
