//! `env-deployer`: owns the infrastructure, writes the env section, encrypts it for the guest, and starts
//! the guest from the finished contract.

mod cli;
mod cmd;
mod libvirt;

use std::process::ExitCode;

use author_kit::sealed_secret::sealed_secret;
use author_kit::seed::seed;
use author_kit::{check, encrypt};
use certificate_command::certificate;
use cli_kit::identity::identity;
use cli_kit::persona::Persona;
use contract_core::kind::Env;
use contract_pki::certificate::Encryption;

use cli::{Cli, Command};

fn main() -> ExitCode {
    cli_kit::run("env-deployer", |cli: Cli, report| match &cli.command {
        Command::Init(arguments) => cmd::init::run(arguments, report),
        Command::Identity(arguments) => identity(arguments, Persona::EnvDeployer, report),
        Command::Check(arguments) => {
            check::<Env>(&arguments.shared, arguments.signing_key.signing_key.as_deref(), report)
        }
        Command::Encrypt(arguments) => {
            encrypt::<Env>(&arguments.shared, arguments.signing_key.signing_key.as_deref(), report)
        }
        Command::Certificate(arguments) => certificate::<Encryption>(arguments, Persona::EnvDeployer, report),
        Command::Seed(arguments) => seed::<Env>(arguments, report),
        Command::SealedSecret(arguments) => sealed_secret::<Env>(arguments, report),
        Command::BootMedia(arguments) => cmd::boot_media::run(arguments, report),
        Command::Initdata(arguments) => cmd::initdata::run(arguments, report),
    })
}
