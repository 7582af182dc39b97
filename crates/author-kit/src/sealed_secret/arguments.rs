//! The command line of `sealed-secret`. `{program}` in the examples is the binary's name: see [`cli_kit::run()`].

use std::path::PathBuf;

use clap::{Args, Subcommand};
use cli_kit::Force;
use cli_kit::prompt::PassphraseSource;

/// Seal secrets for a CCCO pod: only the guest can open them
///
/// A sealed secret is text for a Kubernetes Secret. Keys in your section open and verify it in the guest: `keygen` makes
/// them, `seal` seals.
#[derive(Args, Clone, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  {program} sealed-secret keygen
  {program} sealed-secret seal --from-file db.password

EXIT STATUS
  0 done; 1 could not (file, machine); 2 wrong usage; 3 a key or the secret was rejected;
  5 no secret or passphrase"
)]
pub struct SealedSecret {
    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Verb {
    /// Make the keys: two RSA pairs, and the lines for your section
    ///
    /// Writes secret-signing-key.pem, which stays with you, secret-signing-key.pub.pem, secret-decryption-key.pem and
    /// secret-decryption-key.pub.pem: all or none. Secrets that were sealed with earlier keys do not open with new ones.
    #[command(after_help = "\
EXAMPLES
  {program} sealed-secret keygen
  {program} sealed-secret keygen -C .")]
    Keygen(Keygen),
    /// Seal a secret: typed without echo, or from a file
    ///
    /// A file is sealed byte for byte, with its last line end.
    #[command(after_help = "\
EXAMPLES
  {program} sealed-secret seal --from-file db.password
  {program} sealed-secret seal --from-file db.password --manifest paynow-db --key password -o secret.yaml")]
    Seal(Box<Seal>),
}

/// What `keygen` takes.
#[derive(Args, Clone, Debug)]
pub struct Keygen {
    /// Your folder, with persona.yaml
    #[arg(short = 'C', value_name = "DIR", default_value = ".", help_heading = "Input")]
    pub(super) folder: PathBuf,
    #[command(flatten, next_help_heading = "Output")]
    pub(super) force: Force,
}

/// What `seal` takes.
#[derive(Args, Clone, Debug)]
pub struct Seal {
    /// Your folder, with persona.yaml and the keys
    #[arg(short = 'C', value_name = "DIR", default_value = ".", help_heading = "Input")]
    pub(super) folder: PathBuf,
    /// Read the secret from FILE, `-` for standard input [default: typed, without echo]
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(super) from_file: Option<PathBuf>,
    /// Sign with this key [default: secret-signing-key.pem in DIR]
    #[arg(long, value_name = "PEM", help_heading = "Keys")]
    pub(super) signing_key: Option<PathBuf>,
    /// Encrypt to this public key [default: secret-decryption-key.pub.pem in DIR]
    #[arg(long, value_name = "PEM", help_heading = "Keys")]
    pub(super) encryption_key: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Keys")]
    pub(super) passphrase: PassphraseSource,
    /// Write a Kubernetes Secret with this name, and the sealed secret in it
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    pub(super) manifest: Option<String>,
    /// The key of the sealed secret in the Kubernetes Secret
    #[arg(long, value_name = "KEY", default_value = "value", requires = "manifest", help_heading = "Output")]
    pub(super) key: String,
    /// Write to FILE [default: standard output]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Output")]
    pub(super) force: Force,
}
