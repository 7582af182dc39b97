//! `workload-provider`: owns the application, writes the workload section and encrypts it for the guest.

mod cli;
mod cmd {
    pub mod certificate;
    pub mod check;
    pub mod encrypt;
    pub mod init;
    pub mod pack;
    pub mod seed;
}

use std::process::ExitCode;

use cli::{Cli, Command};
use cli_kit::identity::identity;
use cli_kit::persona::Persona;

fn main() -> ExitCode {
    cli_kit::run("workload-provider", |cli: Cli, report| match &cli.command {
        Command::Init(arguments) => cmd::init::run(arguments, report),
        Command::Identity(arguments) => identity(&arguments.shared, Persona::WorkloadProvider, report),
        Command::Check(arguments) => cmd::check::run(arguments, report),
        Command::Pack(arguments) => cmd::pack::run(arguments, report),
        Command::Encrypt(arguments) => cmd::encrypt::run(arguments, report),
        Command::Certificate(arguments) => cmd::certificate::run(arguments, report),
        Command::Seed(arguments) => cmd::seed::run(arguments, report),
    })
}
