//! Where the guest's log goes (contract-format, section 7, `logging`).
//!
//! The real guest sets its log up as soon as the bootloader has opened the sections, before it validates the contract
//! and its signature. IBM's list of messages names none for a log server that can't be reached or does not take the
//! guest's certificate, and no source that was found says what the guest does then: a refusal has no message here.

use contract_core::certificate::day;
use contract_core::lifetime::NOTICE;
use contract_core::section::{EnvModel, Logging};
use jiff::Timestamp;

use super::log::{Log, Stopped};
use crate::logging_probe::{self, LoggingProbe, Server};

const STEP: &str = "logging";

/// Speaks to the log server, if that is asked for.
pub fn set_up(
    log: &mut Log,
    env: &EnvModel,
    probe: Option<&LoggingProbe>,
    at: Timestamp,
) -> Result<(), Stopped> {
    let server = logging_probe::server(&env.logging);
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
