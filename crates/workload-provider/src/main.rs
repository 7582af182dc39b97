//! `workload-provider`: owns the application, writes the workload section and encrypts it for the guest.

mod cli;
mod cmd;

use std::process::ExitCode;

use author_kit::sealed_secret::sealed_secret;
use author_kit::seed::seed;
use author_kit::{check, encrypt};
use certificate_command::certificate;
use cli_kit::identity::identity;
use cli_kit::persona::Persona;
use contract_core::kind::Workload;
use contract_pki::certificate::Encryption;

use cli::{Cli, Command};

fn main() -> ExitCode {
    cli_kit::run("workload-provider", |cli: Cli, report| match &cli.command {
        Command::Init(arguments) => cmd::init::run(arguments, report),
        Command::Identity(arguments) => identity(arguments, Persona::WorkloadProvider, report),
        Command::Check(arguments) => check::<Workload>(&arguments.shared, None, report),
        Command::Pack(arguments) => cmd::pack::run(arguments, report),
        Command::Encrypt(arguments) => encrypt::<Workload>(&arguments.shared, None, report),
        Command::Certificate(arguments) => {
            certificate::<Encryption>(arguments, Persona::WorkloadProvider, report)
        }
        Command::Seed(arguments) => seed::<Workload>(arguments, report),
        Command::SealedSecret(arguments) => sealed_secret::<Workload>(arguments, report),
    })
}
