//! The command line as typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use cli_kit::certificate::Certificate;
use cli_kit::prompt::PassphraseSource;
use cli_kit::{Common, Force};

/// Hold what a running IBM Hyper Protect guest says of itself against the contract that was signed.
#[derive(Parser)]
#[command(
    name = "contract-auditor",
    version,
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  contract-auditor keygen                                 make the attestation key, once

EXIT STATUS
  0 done; 1 could not (file, network, machine); 2 wrong usage; 3 input rejected; 4 a signature or certificate refused, or a
  line that is not as foretold; 5 no passphrase"
)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Make a folder to start from
    #[command(after_help = "EXAMPLES\n  contract-auditor init contract-auditor")]
    Init(Init),
    /// Make the attestation key: RSA-4096, protected by a passphrase, with its public half beside it
    #[command(after_help = "EXAMPLES
  contract-auditor keygen
  contract-auditor keygen -o attestation-key.pem --passphrase-file passphrase")]
    Keygen(Keygen),
    Certificate(Certificate),
}

#[derive(Args)]
pub struct Init {
    /// The folder; made if it is not there
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub force: Force,
}

#[derive(Args)]
pub struct Keygen {
    /// Where the private key goes; the public one goes to the same name with `.pub.pem`
    #[arg(short, long, value_name = "FILE", default_value = "attestation-key.pem")]
    pub output: PathBuf,
    #[command(flatten)]
    pub passphrase: PassphraseSource,
    #[command(flatten)]
    pub force: Force,
}
