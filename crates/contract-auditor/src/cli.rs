//! The command line as typed.

use std::path::PathBuf;

use certificate_command::{Certificate, ChainArguments};
use clap::{Args, Parser, Subcommand};
use cli_kit::prompt::{PassphraseSource, WeakPassphrase};
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
  contract-auditor compare                                is the guest the one that was signed?
  contract-auditor verify                                 is the record that came in the guest's?
  contract-auditor open se-checksums.txt.enc -o opened.txt  to read it yourself

EXIT STATUS
  0 done; 1 could not (file, network, machine); 2 wrong usage; 3 input rejected;
  4 a signature or certificate refused, or a line that is not as foretold; 5 no passphrase"
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
    /// Open the guest's record, if it is encrypted to your key
    ///
    /// Also one whose password was cut at a line feed or NUL, as shells do: it opens, and you are warned.
    #[command(after_help = "EXAMPLES
  contract-auditor open
  contract-auditor open se-checksums.txt.enc -o - --passphrase-file passphrase

EXIT STATUS
  3 it does not open with this key, or what opens is no record; 5 no passphrase")]
    Open(Open),
    /// Verify that the guest has signed the record
    ///
    /// Its signature with the attestation certificate's key, and the certificate up to a root that you trust, by IBM's
    /// procedure. An encrypted record is opened in memory.
    #[command(after_help = "EXAMPLES
  contract-auditor verify
  contract-auditor verify se-checksums.txt --attestation-certificate hpcr-attestation.crt --intermediate hpcr-intermediate.crt --root root.crt

EXIT STATUS
  3 a file was rejected; 4 refused: the signature, or the certificate; 5 no passphrase")]
    Verify(Verify),
    /// Compare the guest's record with what was signed, and verify who signed the record
    ///
    /// Every line is equal, different, missing (foretold, and not there), unexpected (a line of a contract that the
    /// record of the signing does not have, or a name that could be taken for another) or unknown (nobody foretold it).
    #[command(after_help = "EXAMPLES
  contract-auditor compare
  contract-auditor compare --medium ciiso.iso --report audit.html --force
  contract-auditor compare --medium ciiso.iso --signing-key signing-key.pub.pem --allowed-signers allowed_signers
  contract-auditor compare se-checksums.txt user-data.record.json --expect own-lines.txt --json

EXIT STATUS
  3 a file was rejected; 5 no passphrase
  4 a line is different, missing or unexpected, those who foretell disagree, another key signed the
    contract, somebody vouched who may not, or the record is not the guest's")]
    Compare(Box<Compare>),
    Certificate(Certificate),
}

/// The guest's record.
#[derive(Args)]
pub struct RecordArguments {
    /// As the guest wrote it, plain or encrypted to your key; `-` for standard input [default: se-checksums.txt, or
    /// se-checksums.txt.enc]
    #[arg(value_name = "RECORD")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub key: KeyArguments,
}

/// What opens it.
#[derive(Args)]
pub struct KeyArguments {
    /// The private key that opens an encrypted record [default: `attestation-key` in persona.yaml, or attestation-key.pem]
    #[arg(long, value_name = "PEM")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: PassphraseSource,
}

/// Who says that it is the guest's.
#[derive(Args)]
pub struct SignatureArguments {
    /// The record's signature, raw or in base64 [default: se-signature.bin beside the record]
    #[arg(long, value_name = "FILE")]
    pub signature: Option<PathBuf>,
    /// The image's attestation certificate [default: `attestation-certificate` in persona.yaml]
    #[arg(long, value_name = "CRT")]
    pub attestation_certificate: Option<PathBuf>,
    #[command(flatten)]
    pub chain: ChainArguments,
    /// Take the certificate although nothing leads from it to a root: anybody could have made it. For rehearsals
    #[arg(long)]
    pub danger_accept_unverified_certificate: bool,
}

#[derive(Args)]
pub struct Open {
    /// The encrypted record; `-` for standard input
    #[arg(value_name = "FILE", default_value = "se-checksums.txt.enc")]
    pub file: PathBuf,
    #[command(flatten)]
    pub key: KeyArguments,
    /// Where the record goes, for you alone to read; `-` for standard output
    #[arg(short, long, value_name = "FILE", default_value = "se-checksums.txt")]
    pub output: PathBuf,
    #[command(flatten)]
    pub force: Force,
}

#[derive(Args)]
pub struct Compare {
    #[command(flatten)]
    pub record: RecordArguments,
    /// The record of the signing, which `contract-signer sign` wrote [default: `record` in persona.yaml, or
    /// user-data.record.json]
    #[arg(value_name = "USER-DATA-RECORD")]
    pub signing_record: Option<PathBuf>,
    /// The medium that the guest was to boot from: foretells its own lines
    #[arg(long, value_name = "ISO")]
    pub medium: Option<PathBuf>,
    /// The contract signer's public key or certificate, which you have from him and not with the record: it must have
    /// signed the contract [default: `signing-key` in persona.yaml]
    #[arg(long, value_name = "PEM")]
    pub signing_key: Option<PathBuf>,
    /// The user data that were signed; without it, those on the medium
    #[arg(long, value_name = "FILE")]
    pub user_data: Option<PathBuf>,
    /// Who may vouch for which half, as you know it [default: `allowed-signers` in persona.yaml]
    #[arg(long, value_name = "FILE")]
    pub allowed_signers: Option<PathBuf>,
    /// Lines that somebody foretells, `<sha256> <name>`, may be repeated
    #[arg(long, value_name = "FILE")]
    pub expect: Vec<PathBuf>,
    /// Write all of it as one page, also where something is not as foretold
    #[arg(long, value_name = "HTML")]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub signature: SignatureArguments,
    /// Compare although there is no signature: whoever can write the file may have made it up. For a look at the lines
    #[arg(long)]
    pub danger_accept_unsigned_record: bool,
    #[command(flatten)]
    pub force: Force,
}

#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    pub record: RecordArguments,
    #[command(flatten)]
    pub signature: SignatureArguments,
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
    /// Where the private key goes; the public one goes to the same name, `.pub.pem` at its end in place of `.pem`
    #[arg(short, long, value_name = "FILE", default_value = "attestation-key.pem")]
    pub output: PathBuf,
    #[command(flatten)]
    pub passphrase: PassphraseSource,
    #[command(flatten)]
    pub weak: WeakPassphrase,
    #[command(flatten)]
    pub force: Force,
}
