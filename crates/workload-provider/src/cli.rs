//! The command line, and nothing else.

use std::path::PathBuf;

use author_kit::sealed_secret::SealedSecret;
use author_kit::seed::Seed;
use author_kit::{CheckArguments, EncryptArguments, ProductArguments, Verbose};
use certificate_command::Certificate;
use clap::{Args, Parser, Subcommand};
use cli_kit::age_keys::NewIdentity;
use cli_kit::identity::IdentityArguments;
use cli_kit::{Common, Force};

/// Describe an application, and encrypt the description so that only the guest can read it
///
/// The workload provider owns the application. They write the workload section of the contract, encrypt it with the guest
/// image's certificate and hand the result to the contract signer. Nobody else sees the section.
#[derive(Parser)]
#[command(
    name = "workload-provider",
    version,
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  workload-provider init paynow --platform ccrt
  workload-provider check
  workload-provider encrypt --certificate hpcr-encrypt.crt

EXIT STATUS
  0 done; 1 could not (file, machine); 2 wrong usage; 3 input rejected;
  4 certificate expired; 5 no passphrase"
)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    Init(Init),
    Identity(IdentityArguments),
    Check(Check),
    Pack(Pack),
    Encrypt(Encrypt),
    Certificate(Certificate),
    Seed(Seed),
    SealedSecret(SealedSecret),
}

/// Make a folder to start with
///
/// Writes persona.yaml, workload.yaml, what describes the application, .gitignore and README.md, all or none, and
/// identity.age, your age identity, which opens the seed vault. An existing identity is kept, even with --force. The
/// application is described by play/pod.yml; with --compose, by compose/docker-compose.yaml; for ccco, by policy.rego.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  workload-provider init paynow --platform ccrt
  workload-provider init paynow --platform ccrt --compose
  cd paynow && workload-provider check")]
pub struct Init {
    /// The folder, made if it does not exist
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    #[command(flatten)]
    pub product: ProductArguments,
    /// Describe the application as Docker Compose reads it; for hpvs and ccrt
    #[arg(long, conflicts_with = "play", help_heading = "Input")]
    pub compose: bool,
    /// Describe the application as podman reads it, the default; for hpvs, ccrt and ccrv
    #[arg(long, help_heading = "Input")]
    pub play: bool,
    #[command(flatten)]
    pub identity: NewIdentity,
    #[command(flatten)]
    pub force: Force,
}

/// Check the workload section, and report everything that is wrong or unwise
///
/// Also shows the size and SHA-256 of the section as `encrypt` will encrypt it.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  workload-provider check
  workload-provider check --show
  workload-provider check . --json

EXIT STATUS
  0 no errors, perhaps warnings; 3 at least one error")]
pub struct Check {
    #[command(flatten)]
    pub shared: CheckArguments,
}

/// Pack a folder as `encrypt` does: a tar.gz that depends only on the folder's content
///
/// Leaves out what `.contractignore` names, in the syntax of gitignore. Takes directories and regular files only.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  workload-provider pack play
  workload-provider pack play -o - | tar tzv")]
pub struct Pack {
    /// The folder to pack
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Write to FILE, `-` for standard output [default: the folder's name and .tar.gz, in the current folder]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub verbose: Verbose,
    #[command(flatten)]
    pub force: Force,
}

/// Encrypt the workload section for the guest
///
/// Writes a handoff, NAME.workload.handoff.age, or NAME.workload.handoff without recipients: a tar of the token and of a
/// statement with what is public about it, for the contract signer. Shows the certificate, and the SHA-256 that the
/// attestation record must contain.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  workload-provider encrypt
  workload-provider encrypt . --certificate hpcr-encrypt.crt --platform hpvs
  workload-provider encrypt --token workload.token --force

EXIT STATUS
  3 the section or the certificate was rejected; 4 the certificate is not valid today;
  5 no passphrase for a key")]
pub struct Encrypt {
    #[command(flatten)]
    pub shared: EncryptArguments,
}
