//! The command line of what gives a contract an end: `certify` and `csr`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use cli_kit::Force;
use cli_kit::prompt::PassphraseSource;
use contract_core::signing_certificate::{Days, Name, NameError};

/// Make a certificate of the signing key: a contract ends with it
///
/// With the certificate in place of the bare public key as `signingKey`, the guest boots the contract until the certificate
/// ends, and never after. Give it to the env deployer. It begins an hour ago, for guests whose clocks are behind, and ends
/// N days from now, to the second.
///
/// Without `--ca-cert` an authority is made on the spot: its private key signs this one certificate and is wiped, its own
/// certificate goes beside the output, as signing-key.ca.crt. A company's authority gets a request (`csr`); what it sends
/// back, `--certificate` checks and tidies up.
#[derive(Args)]
#[command(
    group = ArgGroup::new("how").required(true).args(["days", "certificate"]),
    after_help = "\
EXAMPLES
  contract-signer certify --days 90
  contract-signer certify --days 90 --name \"paynow 2026\" --force
  contract-signer certify --days 30 --ca-cert ca.crt --ca-key ca-key.pem
  contract-signer certify --days 30 --ca-cert ca.crt --ca-key ca-key.pem --csr signing-key.csr
  contract-signer certify --certificate from-ca.pem

EXIT STATUS
  3 a file was rejected; 5 no passphrase
  4 what should belong together does not, a signature does not hold, or a certificate is not
  valid today or would outlive its authority"
)]
pub struct Certify {
    /// The private key [default: `key` in persona.yaml, or signing-key.pem]; beside `--csr` or `--certificate` its public half
    /// will do
    #[arg(value_name = "KEY", conflicts_with = "key")]
    pub positional_key: Option<PathBuf>,
    /// The same
    #[arg(long, value_name = "KEY")]
    pub key: Option<PathBuf>,
    /// How many days the contract is to live, 1 to 3650
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub days: Option<Days>,
    #[command(flatten)]
    pub subject: Subject,
    /// The authority's certificate, PEM or DER
    #[arg(long, value_name = "PEM", requires = "ca_key")]
    pub ca_cert: Option<PathBuf>,
    /// The authority's private key
    #[arg(long, value_name = "PEM", requires = "ca_cert")]
    pub ca_key: Option<PathBuf>,
    /// Read the passphrase of the authority's key from the first line of FILE
    #[arg(long, value_name = "FILE", requires = "ca_key", conflicts_with = "ca_passphrase_fd")]
    pub ca_passphrase_file: Option<PathBuf>,
    /// Read the passphrase of the authority's key from the first line of the open file descriptor N
    #[arg(long, value_name = "N", requires = "ca_key")]
    pub ca_passphrase_fd: Option<u32>,
    /// Certify the key of this request, under the request's subject: the private key is not needed
    #[arg(long, value_name = "CSR")]
    pub csr: Option<PathBuf>,
    /// What a company's authority sent back: check that it is for the key, in its time and no authority, and write it alone
    #[arg(long, value_name = "FILE", conflicts_with_all = ["days", "ca_cert", "ca_key", "name", "subject"])]
    pub certificate: Option<PathBuf>,
    /// Where the certificate goes [default: KEY's name with .crt]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: PassphraseSource,
    #[command(flatten)]
    pub force: Force,
}

/// Ask a company's authority for a certificate of the signing key
///
/// Writes a request (PKCS#10, signed with SHA-256) that names the key, and asks for a certificate that may sign and is no
/// authority. Look at it: `openssl req -in signing-key.csr -noout -text -verify`. What comes back goes through
/// `certify --certificate`.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  contract-signer csr
  contract-signer csr signing-key.pem --subject \"C=DE,O=Example Inc.,CN=paynow signing key\" --force")]
pub struct Csr {
    /// The private key [default: `key` in persona.yaml, or signing-key.pem]
    #[arg(value_name = "KEY")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub subject: Subject,
    /// Where the request goes [default: KEY's name with .csr]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: PassphraseSource,
    #[command(flatten)]
    pub force: Force,
}

/// Whose key it is.
#[derive(Args)]
pub struct Subject {
    /// The common name, any text of at most 64 characters [default: `name` in persona.yaml and `signing key`]
    #[arg(long, value_name = "CN", value_parser = Name::common, conflicts_with = "subject")]
    name: Option<Name>,
    /// The whole subject, as in O=Example,CN=signing key; of C, ST, L, O, OU and CN; `\` before a comma of a value
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<Name>,
}

impl Subject {
    /// The one that was typed, if one was.
    pub fn typed(&self) -> Option<&Name> {
        self.name.as_ref().or(self.subject.as_ref())
    }

    /// The one to take: the persona's name, if none was typed.
    pub fn or_of(&self, persona: &str) -> Result<Name, NameError> {
        self.typed().map_or_else(|| Name::common(&format!("{persona} signing key")), |name| Ok(name.clone()))
    }
}
