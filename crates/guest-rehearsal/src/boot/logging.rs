//! Whether the log server takes what the guest will send it (contract-format, section 7, `logging`).
//!
//! ```text
//! look up → connect → TLS, with what stands in the env section and nothing else → one line → listen → close
//! ```
//!
//! Only here does this workspace use the network, only when it is asked to, and every wait has an end.

mod fault;
mod reach;
mod tls;

use std::fmt;
use std::time::Duration;

use contract_core::lifetime::NOTICE;
use contract_pki::x509::day;
use contract_section::{EnvModel, LogRouter, Logging, Syslog};
use jiff::Timestamp;

use crate::report::{Halt, Log};

use fault::{Fault, Unreached};
pub use reach::Resolve;
use tls::Trust;

/// The documentation's port of `logging.syslog`. The schema's default is 514: the two can't both be what the guest takes.
const SYSLOG_PORT: u16 = 6514;
/// What the guest takes for `logging.logRouter`.
const ROUTER_PORT: u16 = 443;

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The address of a name.
    pub lookup: Duration,
    /// One address to answer.
    pub connect: Duration,
    /// The whole handshake, however slowly the server drips.
    pub handshake: Duration,
    /// The line to be taken.
    pub send: Duration,
    /// A refusal, at least: TLS 1.3 tells it when the client has finished its handshake, and rsyslog just closes the
    /// connection then. A server that was slow to shake hands gets more.
    pub listen: Duration,
    /// The server's farewell.
    pub close: Duration,
}

impl Default for Limits {
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

/// How to probe.
#[derive(Clone, Debug)]
pub struct LoggingProbe {
    /// The time that the line bears.
    pub now: Timestamp,
    /// The machine that the line names as its origin.
    pub origin: String,
    /// Where names lead, in the place of what DNS says.
    pub resolve: Vec<Resolve>,
    /// How long to wait.
    pub limits: Limits,
}

/// Where the log goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Syslog,
    LogRouter,
}

/// As a field of the env section.
impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syslog => "logging.syslog",
            Self::LogRouter => "logging.logRouter",
        })
    }
}

/// The server as the env section names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Server<'a> {
    pub backend: Backend,
    pub hostname: &'a str,
    /// `port`, or what the documentation says where it is missing.
    pub port: u16,
}

/// What was found where all went well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    /// With what the server was spoken to: `TLSv1.3`.
    pub version: &'static str,
    /// When the server's certificate ends.
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
    /// Speaks to the log server as the guest would that boots at this time: certificates have to be valid then.
    ///
    /// A syslog server gets one line. A log router gets nothing: its API key is a secret that is not needed to see
    /// whether the guest will find the router.
    fn reach(&self, logging: &Logging, at: Timestamp) -> Result<Reached, Unreached> {
        let server = server(logging);
        self.speak(logging, &server, at).map_err(|fault| Unreached::new(&server, fault))
    }

    fn speak(&self, logging: &Logging, server: &Server<'_>, at: Timestamp) -> Result<Reached, Fault> {
        let trust = match logging {
            Logging::Syslog(syslog) => Trust::of_section(syslog, at)?,
            Logging::LogRouter(_) => Trust::of_system(at)?,
        };
        let addresses = reach::look_up(server, &self.resolve, self.limits.lookup)?;
        let stream = reach::connect(&addresses, self.limits.connect)?;
        let mut session = trust.shake_hands(server.hostname, stream, self.limits.handshake)?;
        if matches!(logging, Logging::Syslog(_)) {
            session.send(&frame(self.now, &self.origin), self.limits.send)?;
            session.listen(self.limits.listen)?;
        }
        session.close(self.limits.close)?;
        Ok(Reached { version: session.version(), ends: session.ends()? })
    }
}

const STEP: &str = "logging";

/// Speaks to the log server, if that is asked for.
pub(super) fn set_up(
    log: &mut Log,
    env: &EnvModel,
    probe: Option<&LoggingProbe>,
    at: Timestamp,
) -> Result<(), Halt> {
    let server = server(&env.logging);
    let name = format!("`{}:{}`", server.hostname, server.port);
    let Some(probe) = probe else {
        log.skipped(STEP, format!("{name} was not tried: `--probe-logging` does"));
        return Ok(());
    };
    unused(log, probe, &server);
    let reached = probe
        .reach(&env.logging, at)
        .map_err(|unreached| log.refused(STEP, None, format!("{name}: {unreached}"), &unreached.hint()))?;
    let version = reached.version;
    let detail = match &env.logging {
        Logging::Syslog(_) => format!("{name} was sent one line over {version}, and did not object"),
        Logging::LogRouter(_) => {
            format!("{name} answers over {version}; whether it takes the API key, a rehearsal can't tell")
        }
    };
    log.ok(STEP, detail);
    if reached.ends.duration_since(at) < NOTICE {
        let end = day(reached.ends);
        log.warning(STEP, None, format!("{name}: the server's certificate expires on {end}, within 30 days"));
    }
    Ok(())
}

/// A `--resolve` that speaks of another server is a slip of the pen.
fn unused(log: &mut Log, probe: &LoggingProbe, server: &Server<'_>) {
    for resolve in probe.resolve.iter().filter(|resolve| !resolve.is_for(server)) {
        let (hostname, port) = (server.hostname, server.port);
        let detail = format!("`--resolve {resolve}` is of no use: the log server is `{hostname}:{port}`");
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
