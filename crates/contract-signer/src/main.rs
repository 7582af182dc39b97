//! The contract signer's binary: combines both tokens and signs them, and can read neither section.

mod cli;
mod cmd;

use certificate_command::certificate;
use cli_kit::identity::identity;
use cli_kit::persona::Persona;
use cli_kit::private_key::keygen;
use contract_pki::certificate::Encryption;
use contract_pki::private_key::Signing;

use cli::{Cli, Command, Trust};

fn main() -> std::process::ExitCode {
    cli_kit::run("contract-signer", |cli: Cli, report| match cli.command {
        Command::Init(arguments) => cmd::init::run(&arguments, report),
        Command::Identity(arguments) => identity(&arguments, Persona::ContractSigner, report),
        Command::Keygen(arguments) => keygen::<Signing>(&arguments, Persona::ContractSigner, report),
        Command::PublicKey(arguments) => cmd::signing_key::public_key(&arguments, report),
        Command::Certify(arguments) => cmd::certify::certify(&arguments, report),
        Command::Csr(arguments) => cmd::certify::csr(&arguments, report),
        Command::Inspect(arguments) => cmd::inspect::run(&arguments, report),
        Command::Sign(arguments) => cmd::sign::run(&arguments, report),
        Command::Verify(arguments) => cmd::verify::run(&arguments, report),
        Command::Certificate(arguments) => {
            certificate::<Encryption>(&arguments, Persona::ContractSigner, report)
        }
        Command::Trust(Trust::Add(arguments)) => cmd::trust::add(&arguments, report),
        Command::Trust(Trust::List(arguments)) => cmd::trust::list(&arguments, report),
    })
}
