//! The contract auditor's binary: is the running guest the one that was signed?

mod attestation_record;
mod audit;
mod cli;
mod cmd;
mod expectations;
mod page;
mod record_signature;
mod signing_record;

use certificate_command::certificate;
use cli_kit::persona::Persona;
use cli_kit::private_key::keygen;
use contract_pki::certificate::Attestation;
use contract_pki::private_key::Auditing;

use cli::{Cli, Command};

fn main() -> std::process::ExitCode {
    cli_kit::run("contract-auditor", |cli: Cli, report| match cli.command {
        Command::Init(arguments) => cmd::init::run(&arguments, report),
        Command::Keygen(arguments) => keygen::<Auditing>(&arguments, Persona::ContractAuditor, report),
        Command::Open(arguments) => cmd::open::run(&arguments, report),
        Command::Verify(arguments) => cmd::verify::run(&arguments, report),
        Command::Compare(arguments) => cmd::compare::run(&arguments, report),
        Command::Certificate(arguments) => {
            certificate::<Attestation>(&arguments, Persona::ContractAuditor, report)
        }
    })
}
