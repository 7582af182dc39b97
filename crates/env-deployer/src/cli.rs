//! The command line, and nothing else.

use std::path::PathBuf;

use author_kit::sealed_secret::SealedSecret;
use author_kit::seed::Seed;
use author_kit::{CheckArguments, EncryptArguments, ProductArguments};
use certificate_command::Certificate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use cli_kit::age_keys::NewIdentity;
use cli_kit::expect::Expect;
use cli_kit::identity::IdentityArguments;
use cli_kit::{Common, Force};

/// Describe where an application runs, and encrypt the description so that only the guest can read it
///
/// The env deployer owns the infrastructure. They write the env section of the contract (logging, volumes, variables) with
/// the contract signer's public key, encrypt it with the guest image's certificate and hand the result to the contract
/// signer. Nobody else sees the section. The signed contract then goes to the guest on a boot medium, or to a CCCO pod as initdata.
#[derive(Parser)]
#[command(
    name = "env-deployer",
    version,
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  env-deployer init paynow-env --platform ccrt
  env-deployer check
  env-deployer encrypt --certificate hpcr-encrypt.crt --signing-key signing-key.pub.pem
  env-deployer boot-media user-data --hostname paynow
  env-deployer initdata user-data --se-header se-hdr.bin

EXIT STATUS
  0 done; 1 could not (file, machine); 2 wrong usage; 3 input rejected;
  4 certificate expired or signature refused; 5 no passphrase"
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
    Encrypt(Encrypt),
    Certificate(Certificate),
    Seed(Seed),
    SealedSecret(SealedSecret),
    BootMedia(BootMedia),
    Initdata(Initdata),
}

/// Make a folder to start with
///
/// Writes persona.yaml, env.yaml, .gitignore, README.md and for syslog rsyslog/README.md, all or none, and
/// identity.age, your age identity, which opens the seed vault. An existing identity is kept, even with --force.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  env-deployer init paynow-env --platform ccrt
  env-deployer init paynow-env --platform ccrt --logging logRouter
  cd paynow-env && env-deployer check")]
pub struct Init {
    /// The folder, made if it does not exist
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Also write network-config, the addresses of a guest on a network without DHCP
    #[arg(long)]
    pub network_config: bool,
    #[command(flatten)]
    pub product: ProductArguments,
    /// Where the guest's log goes: your own server, IBM Cloud Logs, or for ccco nowhere [default: syslog; for ccco: none]
    #[arg(long, value_enum, value_name = "SERVER", help_heading = "Input")]
    pub logging: Option<LogServer>,
    #[command(flatten)]
    pub identity: NewIdentity,
    #[command(flatten)]
    pub force: Force,
}

/// The log server of a new env section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogServer {
    /// `logging.syslog`
    Syslog,
    /// `logging.logRouter`
    #[value(name = "logRouter", alias = "log-router")]
    LogRouter,
    /// No `logging`
    None,
}

/// Check the env section, and report everything that is wrong or unwise
///
/// Also shows the size and SHA-256 of the section as `encrypt` will encrypt it.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  env-deployer check
  env-deployer check --signing-key signing-key.pub.pem --show
  env-deployer check . --json

EXIT STATUS
  0 no errors, perhaps warnings; 3 at least one error; 5 no passphrase for a key")]
pub struct Check {
    #[command(flatten)]
    pub shared: CheckArguments,
    #[command(flatten)]
    pub signing_key: SigningKey,
}

/// Encrypt the env section for the guest
///
/// Writes a handoff, NAME.env.handoff.age, or NAME.env.handoff without recipients: a tar of the token and of a
/// statement with what is public about it, for the contract signer. Shows the certificate, and the SHA-256 that the
/// attestation record must contain.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  env-deployer encrypt
  env-deployer encrypt . --certificate hpcr-encrypt.crt --signing-key signing-key.pub.pem
  env-deployer encrypt --token env.token --force

EXIT STATUS
  3 the section or the certificate was rejected; 4 the certificate is not valid today;
  5 no passphrase for a key")]
pub struct Encrypt {
    #[command(flatten)]
    pub shared: EncryptArguments,
    #[command(flatten)]
    pub signing_key: SigningKey,
}

/// Write the boot medium of a guest with the signed contract
///
/// Verifies the user data, and writes an ISO 9660 image named `cidata` with user-data, meta-data and vendor-data, and
/// network-config if you name one: always the same bytes for the same files and host name. Shows the SHA-256 lines that the attestation record must contain,
/// and how libvirt attaches the medium.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  env-deployer boot-media user-data --hostname paynow
  env-deployer boot-media user-data --hostname paynow.example.com -o other.iso \\
    --signing-key signing-key.pub.pem
  env-deployer boot-media user-data --hostname paynow --network-config network-config
  env-deployer boot-media user-data --hostname paynow -o - | sha256sum

EXIT STATUS
  3 the user data, the host name or network-config was rejected;
  4 the user data is not signed, or by another key, or not encrypted")]
pub struct BootMedia {
    // first: the headings of the others would also take its USER-DATA
    #[command(flatten)]
    pub contract: ContractArguments,
    /// Give the guest this name
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub hostname: String,
    /// Give the guest the addresses of this netplan file, for a network without DHCP (platforms ccrt and ccrv)
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub network_config: Option<PathBuf>,
    /// Write the medium to FILE, `-` for standard output
    #[arg(short, long, value_name = "FILE", default_value = "ciiso.iso", help_heading = "Output")]
    pub output: PathBuf,
    #[command(flatten)]
    pub expect: Expect,
    #[command(flatten)]
    pub force: Force,
}

/// Write the initdata of a CCCO pod: an annotation with the signed contract
///
/// Verifies the user data, and writes base64 of gzip of TOML, one line without a line end: always the same bytes for the
/// same user data. Prints the annotations to paste into the pod, for a peer pod and for bare metal. The signature does not
/// cover the Secure Execution header that `--se-header` adds.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  env-deployer initdata user-data
  env-deployer initdata user-data --se-header se-hdr.bin -o initdata.txt \\
    --signing-key signing-key.pub.pem
  env-deployer initdata user-data -o - | base64 -d | gunzip

EXIT STATUS
  3 the user data or the header was rejected, or the contract is for another product;
  4 the user data is not signed, or by another key, or not encrypted")]
pub struct Initdata {
    // first: the headings of the others would also take its USER-DATA
    #[command(flatten)]
    pub contract: ContractArguments,
    /// Add the Secure Execution header of the guest image, for bare metal: `se-hdr.bin` of the CCCO installation
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub se_header: Option<PathBuf>,
    /// Write the annotation's value to FILE, `-` for standard output
    #[arg(short, long, value_name = "FILE", default_value = "initdata.txt", help_heading = "Output")]
    pub output: PathBuf,
    #[command(flatten)]
    pub force: Force,
}

/// The signed contract, and what it is verified with.
#[derive(Args)]
pub struct ContractArguments {
    /// The signed contract, as the contract signer hands it over; `-` is standard input
    #[arg(value_name = "USER-DATA")]
    pub user_data: PathBuf,
    /// Your folder, with persona.yaml
    #[arg(short = 'C', value_name = "DIR", default_value = ".", help_heading = "Input")]
    pub folder: PathBuf,
    /// Verify the user data with the contract signer's public key or certificate [default: `signing-key` in persona.yaml]
    #[arg(long, value_name = "PEM", help_heading = "Trust")]
    pub signing_key: Option<PathBuf>,
    /// Accept sections that are not encrypted: anyone who gets the output can read them
    #[arg(long, help_heading = "Dangerous")]
    pub danger_accept_plain_sections: bool,
    /// Accept user data without a signature: for test guests only
    #[arg(long, help_heading = "Dangerous")]
    pub danger_accept_unsigned: bool,
}

/// The key that the guest will verify the contract with.
#[derive(Args)]
pub struct SigningKey {
    /// Put the contract signer's public key or certificate into the section as `signingKey` [default: `signing-key` in
    /// persona.yaml]
    #[arg(long, value_name = "PEM", help_heading = "Trust")]
    pub signing_key: Option<PathBuf>,
}
