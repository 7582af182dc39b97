//! Checks whether the log server accepts what the guest will send (contract-format, section 7, `logging`).
//!
//! ```text
//! look up → connect → TLS, only with the certificates and key of the env section → one line → listen → close
//! ```
//!
//! Nothing is sent without `--probe-logging`, and every wait has a limit.
//!
//! The real guest sets up its log as soon as the bootloader has opened the sections, before it validates the contract and
//! its signature. IBM's list has no message for a log server that can't be reached or refuses the guest's certificate, and
//! no known source states what the guest does then: it is unknown.

mod fault;
mod reach;
mod tls;

use std::fmt;
use std::time::Duration;

use contract_core::lifetime::NOTICE;
use contract_pki::x509::day;
use contract_section::{EnvModel, LogRouter, Logging, Syslog};
use jiff::Timestamp;

use crate::report::Log;

use fault::{Fault, Unreached};
pub use reach::Resolve;
use tls::Trust;

/// The default port of `logging.syslog` in the documentation. The schema has 514: only one of them can be right.
const SYSLOG_PORT: u16 = 6514;
/// The default port of `logging.logRouter`.
const ROUTER_PORT: u16 = 443;

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For the addresses of a name.
    pub lookup: Duration,
    /// For an address to answer.
    pub connect: Duration,
    /// For the whole handshake, also from a slow server.
    pub handshake: Duration,
    /// For the line to be sent.
    pub send: Duration,
    /// For a refusal, at least: in TLS 1.3 it arrives after the handshake, and rsyslog only closes the connection. A server
    /// with a slow handshake gets more.
    pub listen: Duration,
    /// For the server to close.
    pub close: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            lookup: seconds(10),
            connect: seconds(5),
            handshake: seconds(10),
            send: seconds(5),
            listen: seconds(2),
            close: seconds(2),
        }
    }
}

/// How to try the log server.
#[derive(Clone, Debug)]
pub struct LoggingProbe {
    /// The time in the line.
    pub now: Timestamp,
    /// The machine that the line names as its origin.
    pub origin: String,
    /// Addresses to use instead of those in DNS.
    pub resolve: Vec<Resolve>,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// The kind of log server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Syslog,
    LogRouter,
}

/// Its field in the env section.
impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syslog => "logging.syslog",
            Self::LogRouter => "logging.logRouter",
        })
    }
}

/// The log server of the env section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Server<'a> {
    pub backend: Backend,
    pub hostname: &'a str,
    /// `port`, or the default of the documentation.
    pub port: u16,
}

/// What a successful probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    /// The version of TLS: `TLSv1.3`.
    pub version: &'static str,
    /// The end of the server's certificate.
    pub ends: Timestamp,
}

/// The server that `logging` names.
fn server(logging: &Logging) -> Server<'_> {
    let (backend, hostname, port, default) = match logging {
        Logging::Syslog(Syslog { hostname, port, .. }) => (Backend::Syslog, hostname, port, SYSLOG_PORT),
        Logging::LogRouter(LogRouter { hostname, port, .. }) => {
            (Backend::LogRouter, hostname, port, ROUTER_PORT)
        }
    };
    // the section's reader refuses a larger one
    let port = port.and_then(|port| u16::try_from(port).ok()).unwrap_or(default);
    Server { backend, hostname, port }
}

impl LoggingProbe {
    /// Connects to the log server as a guest would that boots at this time: certificates must be valid then.
    ///
    /// A syslog server gets one line. A log router gets nothing: its API key is a secret, and the probe does not need it.
    fn reach(&self, logging: &Logging, at: Timestamp) -> Result<Reached, Unreached> {
        let server = server(logging);
        self.connect(logging, &server, at).map_err(|fault| Unreached::new(&server, fault))
    }

    fn connect(&self, logging: &Logging, server: &Server<'_>, at: Timestamp) -> Result<Reached, Fault> {
        let trust = match logging {
            Logging::Syslog(syslog) => Trust::of_section(syslog, at)?,
            Logging::LogRouter(_) => Trust::of_system(at)?,
        };
        let addresses = reach::look_up(server, &self.resolve, self.timeouts.lookup)?;
        let stream = reach::connect(&addresses, self.timeouts.connect)?;
        let mut session = trust.shake_hands(server.hostname, stream, self.timeouts.handshake)?;
        if matches!(logging, Logging::Syslog(_)) {
            session.send(&frame(self.now, &self.origin), self.timeouts.send)?;
            session.listen(self.timeouts.listen)?;
        }
        session.close(self.timeouts.close)?;
        Ok(Reached { version: session.version(), ends: session.ends()? })
    }
}

const STEP: &str = "logging";

/// Tries the log server, if asked to.
pub(super) fn probe(log: &mut Log, env: &EnvModel, probe: Option<&LoggingProbe>, at: Timestamp) {
    let Some(logging) = &env.logging else {
        log.skipped(STEP, "the env section names no log server");
        return;
    };
    let server = server(logging);
    let name = format!("`{}:{}`", server.hostname, server.port);
    let Some(probe) = probe else {
        log.skipped(STEP, format!("{name} was not tried: add `--probe-logging`"));
        return;
    };
    warn_unused(log, probe, &server);
    let reached = match probe.reach(logging, at) {
        Ok(reached) => reached,
        Err(unreached) => return log.unknown(STEP, format!("{name}: {unreached}"), unreached.hint()),
    };
    let version = reached.version;
    let detail = match logging {
        Logging::Syslog(_) => format!("{name} accepted one line over {version}"),
        Logging::LogRouter(_) => {
            format!("{name} answers over {version}; a rehearsal can't know whether it accepts the API key")
        }
    };
    log.ok(STEP, detail);
    if reached.ends.duration_since(at) < NOTICE {
        let end = day(reached.ends);
        log.warning(STEP, None, format!("{name}: the server's certificate expires on {end}, within 30 days"));
    }
}

/// A `--resolve` for another server is a typing error.
fn warn_unused(log: &mut Log, probe: &LoggingProbe, server: &Server<'_>) {
    for resolve in probe.resolve.iter().filter(|resolve| !resolve.is_for(server)) {
        let (hostname, port) = (server.hostname, server.port);
        let detail = format!("`--resolve {resolve}` is not used: the log server is `{hostname}:{port}`");
        log.warning(STEP, None, detail);
    }
}

/// `user.info`: 1 × 8 + 6.
const PRIORITY: &str = "<14>";
const TEXT: &str = "contract rehearsal: the log of a guest with this contract would arrive here";

/// `frame = length SP line` (RFC 5425, section 4.3), `line = PRI "1" SP TIMESTAMP SP HOSTNAME SP APP-NAME SP "-" SP "-"
/// SP "-" SP MSG` (RFC 5424, section 6), which allows a timestamp six decimals at most.
fn frame(now: Timestamp, origin: &str) -> String {
    let line = format!("{PRIORITY}1 {now:.3} {} guest-rehearsal - - - {TEXT}", hostname(origin));
    format!("{} {line}", line.len())
}

/// 1 to 255 printable ASCII characters, or `-`.
fn hostname(origin: &str) -> &str {
    let fits = (1..=255).contains(&origin.len()) && origin.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { origin } else { "-" }
}

#[cfg(test)]
mod tests;
