//! `env-deployer init`.

use cli_kit::{Failure, Report, starter};
use contract_pki::platform::{Delivery, Platform};

use crate::cli::{Init, LogServer};

const PERSONA: &str = include_str!("../../starter/persona.yaml");
const ENV: &str = include_str!("../../starter/env.yaml");
const README: &str = include_str!("../../starter/README.md");

/// Only for guests without DHCP.
const NETWORK_CONFIG: (&str, &str) = ("network-config", include_str!("../../starter/network-config"));

pub fn run(arguments: &Init, report: &Report) -> Result<(), Failure> {
    let platform = arguments.product.platform(report)?;
    let server = log_server(arguments, platform)?;
    let (logging, step) = logging(server);
    let persona = PERSONA.replace("PLATFORM", platform.name());
    let env = ENV.replace("LOGGING", logging.trim_end());
    let readme = README.replace("LOG_SERVER", step).replace("START", start(platform));
    let rsyslog = ("rsyslog/README.md", include_str!("../../starter/rsyslog/README.md"));
    let files: Vec<_> = [("persona.yaml", &*persona), ("env.yaml", &*env)]
        .into_iter()
        .chain((server == LogServer::Syslog).then_some(rsyslog))
        .chain(network_config(arguments, platform)?)
        // stored without its leading dot, so that it means nothing in our own tree
        .chain([(".gitignore", include_str!("../../starter/gitignore")), ("README.md", &*readme)])
        .collect();
    let next = format!("env-deployer check {}", arguments.folder.display());
    starter::write(&arguments.folder, &files, Some(&arguments.identity), arguments.force.force, &next, report)
}

fn network_config(
    arguments: &Init,
    platform: Platform,
) -> Result<Option<(&'static str, &'static str)>, Failure> {
    if arguments.network_config && platform.product().delivery != Delivery::Medium {
        return Err(Failure::usage(format!(
            "`--network-config` is not for {platform}, whose guests have no boot medium"
        ))
        .hint("leave the flag out, or name another `--platform`"));
    }
    Ok(arguments.network_config.then_some(NETWORK_CONFIG))
}

fn log_server(arguments: &Init, platform: Platform) -> Result<LogServer, Failure> {
    let required = platform.product().requires_logging;
    match arguments.logging {
        Some(LogServer::None) if required => {
            Err(Failure::usage(format!("{platform} requires a log server: `--logging none` is for ccco"))
                .hint("write `--logging syslog` or `--logging logRouter`"))
        }
        Some(server) => Ok(server),
        None if required => Ok(LogServer::Syslog),
        None => Ok(LogServer::None),
    }
}

/// The section's part, and the step in the README.
fn logging(server: LogServer) -> (&'static str, &'static str) {
    match server {
        LogServer::Syslog => (
            include_str!("../../starter/syslog.yaml"),
            "Name your syslog server in `env.yaml` and put its certificates into `rsyslog/`.",
        ),
        LogServer::LogRouter => (
            include_str!("../../starter/log-router.yaml"),
            "Name your instance of IBM Cloud Logs in `env.yaml` and put the API key into `iam-api-key`.",
        ),
        LogServer::None => (
            include_str!("../../starter/no-logging.yaml"),
            "Write into `env.yaml` what the guest needs; a log server is optional.",
        ),
    }
}

/// The last step of the README.
fn start(platform: Platform) -> &'static str {
    match platform.product().delivery {
        Delivery::UserData => "give it to the instance as its user data.",
        Delivery::Medium => {
            "`env-deployer boot-media user-data --hostname NAME`, and start the guest from\n   `ciiso.iso`."
        }
        Delivery::Initdata => {
            "`env-deployer initdata user-data`, and give the pod its annotation from\n   `initdata.txt`."
        }
    }
}
