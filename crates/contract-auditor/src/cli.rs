//! The command line as typed.

use std::path::PathBuf;

use certificate_command::{Certificate, ChainArguments};
use clap::{Args, Parser, Subcommand};
use cli_kit::private_key::KeygenArguments;
use cli_kit::prompt::PassphraseSource;
use cli_kit::{Common, Force};

/// Compare the attestation record of a running IBM Hyper Protect guest with the contract that was signed.
#[derive(Parser)]
#[command(
    name = "contract-auditor",
    version,
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  contract-auditor keygen    # make the auditor key, once
  contract-auditor compare   # is the guest the one that was signed?
  contract-auditor verify    # did the guest sign the attestation record?
  contract-auditor open se-checksums.txt.enc -o opened.txt  # to read it yourself

EXIT STATUS
  0 done; 1 could not (file, network, machine); 2 wrong usage; 3 input rejected;
  4 refused: a signature, a certificate, or a line that is not as expected; 5 no passphrase"
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
    Keygen(KeygenArguments),
    Open(Open),
    Verify(Verify),
    Compare(Box<Compare>),
    Certificate(Certificate),
}

/// The guest's attestation record.
#[derive(Args)]
pub struct RecordArguments {
    /// The attestation record as the guest wrote it, plain or encrypted to the auditor key; `-` for standard input
    /// [default: se-checksums.txt, or se-checksums.txt.enc]
    #[arg(value_name = "RECORD")]
    pub record: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Keys")]
    pub key: KeyArguments,
}

/// The key that opens it.
#[derive(Args)]
pub struct KeyArguments {
    /// The auditor key, which opens an encrypted record [default: `auditor-key` in persona.yaml, or attestation-key.pem]
    #[arg(long, value_name = "PEM")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: PassphraseSource,
}

/// The signature of the attestation record, and the certificate of the image attestation key.
#[derive(Args)]
#[command(next_help_heading = "Trust")]
pub struct SignatureArguments {
    /// The signature of the attestation record, raw or in base64 [default: se-signature.bin next to the record]
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub signature: Option<PathBuf>,
    /// The image's attestation certificate [default: `attestation-certificate` in persona.yaml]
    #[arg(long, value_name = "CRT")]
    pub attestation_certificate: Option<PathBuf>,
    #[command(flatten)]
    pub chain: ChainArguments,
    /// Accept a certificate without a chain to a root: anyone could have made it. For rehearsals
    #[arg(long, help_heading = "Dangerous")]
    pub danger_accept_unverified_certificate: bool,
}

/// Open the guest's attestation record, if it is encrypted to the auditor key
///
/// Opens also a record whose password was cut at a line feed or NUL, as shells do, and warns.
#[derive(Args)]
#[command(after_help = "EXAMPLES
  contract-auditor open
  contract-auditor open se-checksums.txt.enc -o - --passphrase-file passphrase

EXIT STATUS
  3 it does not open with this key, or its content is no attestation record; 5 no passphrase")]
pub struct Open {
    /// The encrypted attestation record; `-` for standard input
    #[arg(value_name = "FILE", default_value = "se-checksums.txt.enc")]
    pub file: PathBuf,
    #[command(flatten, next_help_heading = "Keys")]
    pub key: KeyArguments,
    /// Write the record to FILE, for you alone to read; `-` for standard output
    #[arg(short, long, value_name = "FILE", default_value = "se-checksums.txt", help_heading = "Output")]
    pub output: PathBuf,
    #[command(flatten, next_help_heading = "Output")]
    pub force: Force,
}

/// Compare the guest's attestation record with what was signed, and verify who signed the record
///
/// Every line is equal, different, missing (expected, but not shown), unexpected (a line of a contract that the signing
/// record does not have, or a name that could be mistaken for another) or unknown (no file expects it).
#[derive(Args)]
#[command(after_help = "EXAMPLES
  contract-auditor compare
  contract-auditor compare --medium ciiso.iso --report audit.html --force
  contract-auditor compare --medium ciiso.iso --signing-key signing-key.pub.pem \\
    --allowed-signers allowed_signers
  contract-auditor compare se-checksums.txt user-data.record.json --expect own-lines.txt --json

EXIT STATUS
  3 a file is rejected; 5 no passphrase
  4 a line is different, missing or unexpected, two files expect different values, another key
    signed the contract, someone vouched who may not, or the record is not the guest's")]
pub struct Compare {
    #[command(flatten)]
    pub record: RecordArguments,
    /// The signing record that `contract-signer sign` wrote [default: `record` in persona.yaml, or user-data.record.json]
    #[arg(value_name = "USER-DATA-RECORD", help_heading = None::<&str>)]
    pub signing_record: Option<PathBuf>,
    /// The boot medium of the guest: its lines are expected
    #[arg(long, value_name = "ISO", help_heading = "Input")]
    pub medium: Option<PathBuf>,
    /// The contract signer's public key or certificate, which you did not get with the record: it must have signed the
    /// contract [default: `signing-key` in persona.yaml]
    #[arg(long, value_name = "PEM", help_heading = "Trust")]
    pub signing_key: Option<PathBuf>,
    /// The user data that was signed [default: the user data on the medium]
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub user_data: Option<PathBuf>,
    /// Who may vouch for which half, as you know it [default: `allowed-signers` in persona.yaml]
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    pub allowed_signers: Option<PathBuf>,
    /// More expected lines, `<sha256> <name>`, may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub expect: Vec<PathBuf>,
    /// Write everything as one page to HTML, also if something is not as expected
    #[arg(long, value_name = "HTML", help_heading = "Output")]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub signature: SignatureArguments,
    /// Accept a record without a signature: anyone who can write the file could have made it up. Compares the lines alone
    #[arg(long, help_heading = "Dangerous")]
    pub danger_accept_unsigned_record: bool,
    #[command(flatten, next_help_heading = "Output")]
    pub force: Force,
}

/// Verify that the guest signed the attestation record
///
/// Verifies the signature with the attestation certificate's key, and the certificate up to a root that you trust, by
/// IBM's procedure. An encrypted record is opened in memory.
#[derive(Args)]
#[command(after_help = "EXAMPLES
  contract-auditor verify
  contract-auditor verify se-checksums.txt --attestation-certificate hpcr-attestation.crt \\
    --intermediate hpcr-intermediate.crt --root root.crt

EXIT STATUS
  3 a file is rejected; 4 refused: the signature, or the certificate; 5 no passphrase")]
pub struct Verify {
    #[command(flatten)]
    pub record: RecordArguments,
    #[command(flatten)]
    pub signature: SignatureArguments,
}

/// Make a folder to start from
#[derive(Args)]
#[command(after_help = "EXAMPLES\n  contract-auditor init contract-auditor")]
pub struct Init {
    /// The folder; made if it does not exist
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    #[command(flatten, next_help_heading = "Output")]
    pub force: Force,
}
