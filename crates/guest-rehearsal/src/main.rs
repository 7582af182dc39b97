//! `guest-rehearsal`: boots a contract on a desk, before it is sent.

mod cli;
mod cmd {
    pub mod boot;
    pub mod ceremony;
    pub mod keygen;
    pub mod open;
}

use std::process::ExitCode;

use cli::{Cli, Command};

fn main() -> ExitCode {
    cli_kit::run("guest-rehearsal", |cli: Cli, report| match &cli.command {
        Command::Keygen(arguments) => cmd::keygen::run(arguments, report),
        Command::Boot(arguments) => cmd::boot::run(arguments, report),
        Command::Open(arguments) => cmd::open::run(arguments, report),
        Command::Ceremony(arguments) => cmd::ceremony::run(arguments, report),
    })
}
