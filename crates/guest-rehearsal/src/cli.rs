//! The command line, and nothing else.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand};
use cli_kit::clock::parse_at;
use cli_kit::prompt::PassphraseSource;
use cli_kit::{Common, Force};
use contract_pki::platform::Platform;
use guest_rehearsal::boot::logging::Resolve;
use guest_rehearsal::boot::luks::DiskFile;
use guest_rehearsal::boot::luks::passphrase::SeedOrder;
use jiff::Timestamp;

/// Boot a contract on a desk, as the guest would, with a stand-in for the guest's key
///
/// The private key of a guest image exists only inside the guest. For a rehearsal, encrypt with the certificate that
/// `keygen` makes, and boot the result with its key.
#[derive(Parser)]
#[command(
    name = "guest-rehearsal",
    version,
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  guest-rehearsal ceremony personas
  guest-rehearsal keygen -o guest
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem

EXIT STATUS
  0 done; 1 could not (file, machine); 2 wrong usage; 3 input rejected;
  4 the guest would not boot; 5 no passphrase, or a token is for another key"
)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    Keygen(Keygen),
    Boot(Boot),
    Open(Open),
    Ceremony(Ceremony),
}

/// Make stand-ins for the keys and certificates of a guest image
///
/// Writes six files. guest-key.pem (RSA-4096, PKCS#8, unencrypted) opens tokens: anyone who has it can act as the guest.
/// guest-encrypt.crt is its encryption certificate. guest-attestation-key.pem and guest-attestation.crt are for the
/// attestation record. guest-intermediate.crt and guest-root.crt are the authorities. The guest's certificates are valid for
/// one year. The private keys of the authorities are used once and not stored.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  guest-rehearsal keygen -o guest
  workload-provider encrypt . --certificate guest/guest-encrypt.crt
  workload-provider certificate verify guest/guest-encrypt.crt \\
      --intermediate guest/guest-intermediate.crt --root guest/guest-root.crt")]
pub struct Keygen {
    /// The folder to write to; made if it does not exist
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    pub output: PathBuf,
    #[command(flatten, next_help_heading = "Output")]
    pub force: Force,
}

/// Boot user data, or a boot medium, as the guest would, and report each step
///
/// The steps have the order of the guest: find the user data on the medium, decrypt, schema, logging, signature, merge the
/// environment, unpack the archive, volumes and seeds. The output is a boot log with a verdict for each step, the message
/// (HPL…) that the real guest would show where it stops, and the digests that the attestation record must show. No image is
/// pulled, and only `--probe-logging` uses the network. With `--luks`, files are the disks of the volumes, opened with the
/// real `cryptsetup`: a new one is formatted, a rolled one gets its new passphrase. If the guest boots, `--attest` writes its
/// attestation record and signature; the record is encrypted if the contract has an auditor key. `--report` writes all of it
/// as one page for an auditor, also if the guest would not boot.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem
  guest-rehearsal boot ciiso.iso --guest-key guest/guest-key.pem
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem --at 2027-11-01T00:00:00Z
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem --json | jq .attestation
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem --report report.html
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem \\
      --record user-data.record.json --report filed.html
  guest-rehearsal boot ciiso.iso --guest-key guest/guest-key.pem --attest attestation
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem --luks data.luks
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem --probe-logging \\
      --resolve rsyslog.paynow.example:6514:192.0.2.7

EXIT STATUS
  0 the guest would boot; 1 could not (file, `cryptsetup`); 2 wrong usage
  3 a key can't be read, or a disk holds something else; 4 the guest would not boot")]
pub struct Boot {
    /// The contract for the guest: user data, signed or not, as tokens or plain; a boot medium or initdata with it; base64 or
    /// gzip of it; or the resource of the Kubernetes operator. `-` is standard input
    #[arg(value_name = "USER-DATA|ISO|INITDATA")]
    pub user_data: PathBuf,
    /// The time of boot: a day, 2027-01-31, or 2027-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_at, help_heading = "Input")]
    pub at: Option<Timestamp>,
    /// The product of the guest: hpvs, ccrt, ccrv or ccco [default: every product that the user data may be for]
    #[arg(long, help_heading = "Input")]
    pub platform: Option<Platform>,
    /// The signing record, which `contract-signer sign` wrote: the page then shows who vouched and what was checked
    #[arg(long, value_name = "JSON", requires = "report", help_heading = "Input")]
    pub record: Option<PathBuf>,
    /// The guest's private key, which `keygen` made
    #[arg(long, value_name = "PEM", help_heading = "Keys")]
    pub guest_key: PathBuf,
    /// The image attestation key, which signs the attestation record [default: guest-attestation-key.pem next to the guest key]
    #[arg(long, value_name = "PEM", requires = "attest", help_heading = "Keys")]
    pub attestation_key: Option<PathBuf>,
    /// The file that is the disk of a volume; made if it does not exist. With several volumes: once for each, with its name
    #[arg(
        long,
        value_name = "[NAME=]FILE",
        value_parser = OsStringValueParser::new().map(DiskFile::from),
        help_heading = "Disks"
    )]
    pub luks: Vec<DiskFile>,
    /// Which seed comes first in a disk's passphrase: the sources differ
    #[arg(
        long,
        value_enum,
        value_name = "ORDER",
        default_value_t,
        requires = "luks",
        help_heading = "Disks"
    )]
    pub seed_order: SeedOrder,
    /// Connect to the log server of the env section as the guest would, and send it one line
    #[arg(long, help_heading = "Network")]
    pub probe_logging: bool,
    /// The address to use for the log server instead of DNS; its certificate is still checked against the name
    #[arg(long, value_name = "HOST:PORT:ADDRESS", requires = "probe_logging", help_heading = "Network")]
    pub resolve: Vec<Resolve>,
    /// A sealed secret that a container would get: opened with the keys of its section; may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub sealed_secret: Vec<PathBuf>,
    /// Write the attestation record and its signature to this folder, made if it does not exist: se-signature.bin, and
    /// se-checksums.txt, or se-checksums.txt.enc if the contract has an `attestationPublicKey`
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub attest: Option<PathBuf>,
    /// Also write a page: one complete HTML file without secrets; `-` is standard output
    #[arg(long, value_name = "HTML", help_heading = "Output")]
    pub report: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Output")]
    pub force: Force,
}

/// Open any token with your own private key
///
/// For tests, and for what else is encrypted in the form of a token, such as log lines. Both prefixes are read.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  guest-rehearsal open workload.token --key guest/guest-key.pem -o section.yaml
  guest-rehearsal open env.token --key guest/guest-key.pem | grep signingKey

EXIT STATUS
  3 it is not a token; 5 another key is needed, or the passphrase")]
pub struct Open {
    /// A file with one token; `-` for standard input
    pub token: PathBuf,
    /// The RSA private key of the certificate that the token was made with
    #[arg(long, value_name = "PEM", help_heading = "Keys")]
    pub key: PathBuf,
    #[command(flatten, next_help_heading = "Keys")]
    pub passphrase: PassphraseSource,
    /// Write the content to FILE, which only you can read; `-` is standard output [default: standard output, if it is not a
    /// terminal]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Output")]
    pub force: Force,
}

/// Run all binaries, from the sample folders to a booted rehearsal
///
/// Copies the samples, makes new keys, certificates and seeds, runs the commands of each persona in their folder, and boots
/// the result. The folders stay: every command can be run again there by hand, with `--force` if its output exists.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  guest-rehearsal ceremony
  guest-rehearsal ceremony personas -o /tmp/ceremony
  guest-rehearsal ceremony personas -o /tmp/ceremony --force")]
pub struct Ceremony {
    /// The folder with the samples: workload-provider, env-deployer, contract-signer, contract-auditor
    #[arg(value_name = "PERSONAS", default_value = "personas")]
    pub personas: PathBuf,
    /// The folder to write to [default: a new temporary folder]
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Replace the folders of an earlier ceremony in DIR
    #[arg(long, help_heading = "Output")]
    pub force: bool,
}
