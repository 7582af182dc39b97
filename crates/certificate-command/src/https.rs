//! The only way into the network: one small file over HTTPS.
//!
//! Only HTTPS, on every hop. The system's OpenSSL verifies the server's certificate and name with the system's authorities
//! or those of `--ca-file`. Size and time are limited, the status must be 200. A proxy from `HTTPS_PROXY`, `ALL_PROXY` and
//! `NO_PROXY` passes the encrypted connection on.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use cli_kit::failure::cause;
use cli_kit::{ExitCode, Failure, input};
use ureq::http::header::LOCATION;
use ureq::http::{Response, StatusCode};
use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::{Agent, Body, Error};

/// Bytes; certificates have some 2,500.
const LIMIT: u64 = 64 << 10;
const REDIRECTS: usize = 3;
const CONNECT: Duration = Duration::from_secs(10);

/// Fetches files within a time.
pub struct Fetcher {
    tls: TlsConfig,
    deadline: Instant,
    timeout: Duration,
}

impl Fetcher {
    /// `timeout` is for all files together.
    pub fn new(ca_file: Option<&Path>, timeout: Duration) -> Result<Self, Failure> {
        // the client looks up names in a thread, and panics without one
        let thread = thread::Builder::new().spawn(|| ());
        thread.map_err(|error| {
            Failure::from_io("cannot fetch: there is no thread to look up names in", &error)
        })?;
        let roots = ca_file.map_or(Ok(RootCerts::PlatformVerifier), authorities)?;
        let tls = TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(roots).build();
        Ok(Self { tls, deadline: Instant::now() + timeout, timeout })
    }

    /// The file at an address that begins with `https://`.
    pub fn fetch(&self, url: &str) -> Result<Vec<u8>, Failure> {
        let mut here = url.to_owned();
        for _ in 0..=REDIRECTS {
            let response = self.get(&here)?;
            if !response.status().is_redirection() {
                return self.body(&here, response);
            }
            let to = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            here = next(&here, to)?;
        }
        let failure = cannot(url, ExitCode::CouldNot, &format!("more than {REDIRECTS} redirects"));
        Err(failure.hint("name the address that they lead to with `--url`"))
    }

    fn get(&self, url: &str) -> Result<Response<Body>, Failure> {
        let left = self.deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let config = Agent::config_builder()
            .tls_config(self.tls.clone())
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT.min(left)))
            .timeout_global(Some(left))
            .user_agent(concat!("hyper-protect-contract/", env!("CARGO_PKG_VERSION")))
            .build();
        config.new_agent().get(url).call().map_err(|error| self.failure(url, error))
    }

    fn body(&self, url: &str, mut response: Response<Body>) -> Result<Vec<u8>, Failure> {
        let status = response.status();
        let page = response
            .headers()
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.contains("html") || kind.contains("xml"));
        if status != StatusCode::OK {
            let with = if page { ", with a web page" } else { "" };
            let failure = cannot(url, ExitCode::CouldNot, &format!("the server answered {status}{with}"));
            return Err(failure.hint("check whether this version exists, or name the address with `--url`"));
        }
        response.body_mut().with_config().limit(LIMIT).read_to_vec().map_err(|error| self.failure(url, error))
    }

    /// The client's errors in our words, with hints.
    fn failure(&self, url: &str, error: Error) -> Failure {
        let cannot_now = |what: &str| cannot(url, ExitCode::CouldNot, what);
        let could_not = |what: &str| {
            cannot_now(what).hint("check the address and the network; behind a proxy, set `HTTPS_PROXY`")
        };
        match error {
            Error::Timeout(_) => {
                cannot_now(&format!("not complete within {} seconds", self.timeout.as_secs()))
                    .hint("try again, or give it more time: `--timeout 120`")
            }
            Error::BodyExceedsLimit(_) => {
                cannot(url, ExitCode::Rejected, &format!("larger than {LIMIT} bytes, so no certificate"))
                    .hint("name the certificate's own address with `--url`")
            }
            Error::HostNotFound => could_not("the host is not known"),
            Error::ConnectionFailed => could_not("nobody answers there"),
            // the body's reader wraps the client's errors
            Error::Io(error) => match error.downcast::<Error>() {
                Ok(inner) => self.failure(url, inner),
                Err(error) => could_not(&cause(&error)),
            },
            Error::NativeTls(error) => {
                let text = error.to_string();
                if !text.contains("certificate verify failed") {
                    return could_not(&format!("no secure connection: {text}"));
                }
                // OpenSSL's reason is in brackets after the place in its sources
                let why = text.rsplit_once(" (").map_or("OpenSSL gives no reason", |(_, why)| why);
                let why = why.trim_end_matches(')');
                cannot(url, ExitCode::Refused, &format!("the server's certificate is refused: {why}")).hint(
                    "behind a company's proxy, name its authority with `--ca-file`; otherwise, somebody may intercept the connection",
                )
            }
            other => could_not(&other.to_string()),
        }
    }
}

/// Where a redirect leads: to another HTTPS address, or another path of the same host.
fn next(here: &str, location: Option<&str>) -> Result<String, Failure> {
    let refuse = |what: &str| {
        let failure = cannot(here, ExitCode::Refused, what);
        Err(failure.hint("name an address that stays with HTTPS: `--url https://…`"))
    };
    let host_end = here.get(8..).and_then(|rest| rest.find('/')).map_or(here.len(), |at| at + 8);
    match location {
        Some(to) if to.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://")) => {
            Ok(to.to_owned())
        }
        Some(to) if to.starts_with('/') && !to.starts_with("//") => Ok(format!("{}{to}", &here[..host_end])),
        Some(to) => {
            refuse(&format!("the server redirects to `{}`, which is no HTTPS address", without_query(to)))
        }
        None => refuse("the server redirects nowhere"),
    }
}

fn authorities(path: &Path) -> Result<RootCerts, Failure> {
    let bytes = input::read_bytes(path, 1 << 20)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&bytes) {
        if let Ok(PemItem::Certificate(certificate)) = item {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        let message = format!("cannot use `{}`: no PEM certificate in it", input::name(path));
        return Err(Failure::new(ExitCode::Rejected, message)
            .hint("convert it: `openssl x509 -inform DER -in FILE -out ca.pem`"));
    }
    Ok(RootCerts::Specific(Arc::new(certificates)))
}

fn cannot(url: &str, exit: ExitCode, why: &str) -> Failure {
    Failure::new(exit, format!("cannot fetch `{}`: {why}", without_query(url)))
}

/// The query of a redirect may be secret.
pub fn without_query(url: &str) -> &str {
    &url[..url.find(['?', '#']).unwrap_or(url.len())]
}
