//! The command line, and nothing else.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand};
use cli_kit::clock::parse_at;
use cli_kit::{Common, Force};
use guest_rehearsal::boot::logging::Resolve;
use guest_rehearsal::boot::luks::FileOf;
use guest_rehearsal::boot::luks::passphrase::SeedOrder;
use jiff::Timestamp;

/// Plays the guest: opens and boots a contract on a desk, with a key pair of its own
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
  4 the guest would not boot"
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
    Ceremony(Ceremony),
}

/// Make stand-ins for the keys of a guest image, and for the certificates that come with it
///
/// Writes guest-key.pem (RSA-4096, PKCS#8, unencrypted: whoever has it is the guest) and guest-encrypt.crt, its encryption
/// certificate; guest-attestation-key.pem and guest-attestation.crt, with which the guest signs its attestation record; and
/// the stand-ins for those who vouch, guest-intermediate.crt and guest-root.crt. Both certificates of the guest are valid for
/// one year; the private keys of the authorities are used once and kept nowhere.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  guest-rehearsal keygen -o guest
  workload-provider encrypt . --certificate guest/guest-encrypt.crt
  workload-provider certificate verify guest/guest-encrypt.crt \
      --intermediate guest/guest-intermediate.crt --root guest/guest-root.crt")]
pub struct Keygen {
    /// The folder to write to, made if it does not exist
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    #[command(flatten)]
    pub force: Force,
}

/// Open user data, or a boot medium with them, as the guest would, and say what it would do
///
/// In the guest's order: find the user data on the medium, decrypt, schema, logging, signature, merge env, unpack archive,
/// volumes and seeds. Prints a boot log with a verdict for each step, the message (HPL…) that the real guest would show
/// where it stops, and the digests that the attestation record must show. Images are not pulled, and the network is left
/// alone without `--probe-logging`. With `--luks`, files are opened as the volumes' disks, with the real `cryptsetup`: a
/// new one is formatted, a rolled one gets its new passphrase. `--attest` writes the attestation record of a guest that boots,
/// with its signature, and encrypts it where the contract names an attestation key. `--report` writes all of it as one page
/// for an auditor, also where the guest would not boot.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem
  guest-rehearsal boot ciiso.iso --guest-key guest/guest-key.pem
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem --at 2027-11-01T00:00:00Z
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem --json | jq .attestation
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem --report report.html
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem --record user-data.record.json --report filed.html
  guest-rehearsal boot ciiso.iso --guest-key guest/guest-key.pem --attest attestation
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem --luks data.luks
  guest-rehearsal boot user-data --guest-key guest/guest-key.pem --probe-logging \
      --resolve rsyslog.paynow.example:6514:192.0.2.7

EXIT STATUS
  0 the guest would boot; 1 could not (file, `cryptsetup`); 2 wrong usage
  3 a key can't be read, or a disk holds something else; 4 the guest would not boot")]
pub struct Boot {
    /// The contract as the guest receives it: user data, or the boot medium that holds them; `-` is standard input
    #[arg(value_name = "USER-DATA|ISO")]
    pub user_data: PathBuf,
    /// The private key that `keygen` made
    #[arg(long, value_name = "PEM")]
    pub guest_key: PathBuf,
    /// When the guest boots: a day, 2027-01-31, or 2027-01-31T12:00:00Z; now, if not given
    #[arg(long, value_name = "TIME", value_parser = parse_at)]
    pub at: Option<Timestamp>,
    /// The file that is the disk of the contract's volume, made if it does not exist; NAME=FILE where there are several,
    /// once for each
    #[arg(long, value_name = "[NAME=]FILE", value_parser = OsStringValueParser::new().map(FileOf::from))]
    pub luks: Vec<FileOf>,
    /// Whose seed comes first in a disk's passphrase: the sources differ
    #[arg(long, value_enum, value_name = "ORDER", default_value_t, requires = "luks")]
    pub seed_order: SeedOrder,
    /// Connect to the log server of the env section as the guest would, and send it one line
    #[arg(long)]
    pub probe_logging: bool,
    /// Where the log server's name leads, in the place of what DNS says; its certificate is still held against the name
    #[arg(long, value_name = "HOST:PORT:ADDRESS", requires = "probe_logging")]
    pub resolve: Vec<Resolve>,
    /// Write the attestation record and its signature into this folder, made if it does not exist: se-checksums.txt, or
    /// se-checksums.txt.enc where the contract has an `attestationPublicKey`, and se-signature.bin
    #[arg(long, value_name = "DIR")]
    pub attest: Option<PathBuf>,
    /// The key that signs the record; guest-attestation-key.pem beside the guest key, if not given
    #[arg(long, value_name = "PEM", requires = "attest")]
    pub attestation_key: Option<PathBuf>,
    /// Write a page to file as well: HTML, complete in itself, without a secret; `-` is standard output
    #[arg(long, value_name = "HTML")]
    pub report: Option<PathBuf>,
    /// The record that `contract-signer sign` wrote: the page then says who vouched and what was checked
    #[arg(long, value_name = "JSON", requires = "report")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub force: Force,
}

/// Play the whole story with all binaries, from the sample folders to a booted rehearsal
///
/// Copies the samples, makes all keys, certificates and seeds fresh, runs each persona's commands in that persona's
/// folder, and boots the result. The folders stay: every command can be run again in there by hand (with `--force` where
/// it writes a file that is now there).
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
    /// Where to play; a fresh temporary folder, if not given
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Replace the folders of an earlier ceremony in DIR
    #[arg(long)]
    pub force: bool,
}
