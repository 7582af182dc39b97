//! The command line of `certificate`. [`cli_kit::run()`] fills in `{program}`, the binary's name, and `{certificate}`, its
//! certificate's field in persona.yaml.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use cli_kit::clock::parse_at;
use cli_kit::persona::SharedSettings;
use cli_kit::{Failure, Force};
use contract_pki::certificate::{Attestation, Role};
use contract_pki::platform::Platform;
use jiff::Timestamp;

/// Show, list, verify and fetch the certificates of a guest image
///
/// A section can be read only with the private key of the encryption certificate, and the guest signs its record with that
/// of the attestation certificate. With a wrong certificate, the wrong people read or sign. The same subject was seen with
/// several keys, so compare fingerprints.
#[derive(Args, Clone, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  {program} certificate show image.crt
  {program} certificate list --platform ccrt
  {program} certificate verify image.crt --intermediate intermediate.crt --intermediate ca.crt --root root.crt

EXIT STATUS
  0 done; 1 could not (file, network); 2 wrong usage; 3 not a usable certificate; 4 refused"
)]
pub struct Certificate {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Subcommand, Clone, Debug)]
pub enum Verb {
    Show(Show),
    List(List),
    Verify(Verify),
    Fetch(Fetch),
}

/// The certificate's file.
#[derive(Args, Clone, Debug)]
pub struct CertificateFile {
    /// The image's certificate; `-` for standard input [default: `{certificate}` in persona.yaml]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Your folder, with persona.yaml
    #[arg(short = 'C', value_name = "DIR", default_value = ".", help_heading = "Input")]
    pub folder: PathBuf,
}

impl CertificateFile {
    /// The file that the command line names, else the folder's.
    pub fn path<R: Role>(&self, settings: &SharedSettings) -> Result<PathBuf, Failure> {
        self.file.clone().or_else(|| settings.certificate.file.clone()).ok_or_else(|| {
            Failure::usage(format!("no {} certificate is named", R::NAME))
                .hint("name its file, as in `certificate show image.crt`")
        })
    }
}

/// Show subject, issuer, key, validity, images and addresses, without verifying anything
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
EXAMPLES
  {program} certificate show image.crt
  {program} certificate show image.crt --platform hpvs --json")]
pub struct Show {
    #[command(flatten)]
    pub certificate: CertificateFile,
    /// Warn if the key is known, and not of an image of this platform: hpvs, ccrt, ccrv or ccco
    #[arg(long, help_heading = "Input")]
    pub platform: Option<Platform>,
}

/// List the published encryption certificates that this version knows, newest first
///
/// By product and version of the image, with what has ended and what ends within 90 days. IBM publishes no such list: a
/// certificate that is missing may still be genuine.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
EXAMPLES
  {program} certificate list --platform ccrt
  {program} certificate list --at 2027-01-31 --json")]
pub struct List {
    /// List this platform's only: hpvs, ccrt, ccrv or ccco
    #[arg(long, help_heading = "Input")]
    pub platform: Option<Platform>,
    /// Compare the dates with TIME instead of now: a day, 2027-01-31, or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_at, help_heading = "Input")]
    pub at: Option<Timestamp>,
}

/// The certificates between an image's and a root, and revocation lists.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Trust")]
pub struct ChainArguments {
    /// Use this authority: the certificate's issuer or one above it; may be repeated, in any order
    #[arg(long = "intermediate", value_name = "FILE")]
    pub(crate) intermediates: Vec<PathBuf>,
    /// Trust this root; may be repeated
    #[arg(long = "root", value_name = "FILE")]
    pub(crate) roots: Vec<PathBuf>,
    /// Check this revocation list, PEM or DER; may be repeated
    #[arg(long = "crl", value_name = "FILE")]
    pub(crate) lists: Vec<PathBuf>,
    /// Check the dates at TIME instead of now: a day, 2027-01-31, or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_at)]
    pub(crate) at: Option<Timestamp>,
}

/// Verify the certificate up to a root that you trust, by IBM's procedure
///
/// Checks the signature with the intermediate's key, issuer and subject, all dates, the intermediate's chain with OpenSSL,
/// and the given revocation lists with their signatures and dates. Prints the line that pins the key.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
EXAMPLES
  {program} certificate verify image.crt --intermediate intermediate.crt --intermediate ca.crt --root root.crt
  {program} certificate verify image.crt --intermediate intermediate.crt --intermediate ca.crt \\
    --root root.crt --crl intermediate.crl --json

EXIT STATUS
  0 it leads to a root; 3 a file is not a certificate or list;
  4 refused: signature, issuer, date, revoked, no root")]
pub struct Verify {
    #[command(flatten)]
    pub certificate: CertificateFile,
    #[command(flatten)]
    pub chain: ChainArguments,
}

/// Fetch the certificate from IBM over HTTPS, and verify it before it is written
///
/// The address is the one that IBM documents for hpvs, or your own pattern. With --with intermediate, the issuer is fetched
/// too; with --root, everything is verified up to it. `HTTPS_PROXY` and `NO_PROXY` are used.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
EXAMPLES
  {program} certificate fetch --version 29 -o new-image.crt
  {program} certificate fetch --version 29 -o new-image.crt --with intermediate --intermediate ca.crt --root root.crt

EXIT STATUS
  1 could not (network, server); 3 what was fetched is not a certificate;
  4 refused: the server, the certificate")]
pub struct Fetch {
    /// Fetch for an image of this product [default: `platform` in persona.yaml, or hpvs]
    #[arg(long, help_heading = "Input")]
    pub platform: Option<Platform>,
    /// Fetch for this version of the guest image: the number after `s390x-` in its name
    #[arg(long, value_name = "NN", help_heading = "Input")]
    pub version: Option<String>,
    /// Fetch this certificate too; may be repeated
    #[arg(long, value_name = "KIND", help_heading = "Input")]
    pub with: Vec<Companion>,
    /// Write the image's certificate to FILE [default: `{certificate}` in persona.yaml, or the address's last part]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Fetch from this address; {version}, {platform} and {kind} are filled in [default: `certificate-url` in persona.yaml,
    /// or the one that IBM documents]
    #[arg(long, value_name = "PATTERN", help_heading = "Input")]
    pub url: Option<String>,
    /// Trust these authorities for HTTPS, instead of the system's
    #[arg(long, value_name = "PEM", help_heading = "Trust")]
    pub ca_file: Option<PathBuf>,
    /// Stop after so many seconds
    #[arg(long, help_heading = "Input", value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
    /// Your folder, with persona.yaml
    #[arg(short = 'C', value_name = "DIR", default_value = ".", help_heading = "Input")]
    pub folder: PathBuf,
    #[command(flatten)]
    pub chain: ChainArguments,
    #[command(flatten)]
    pub force: Force,
}

/// What is published next to an image's certificate (contract-format, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Companion {
    /// The certificate that signed it
    Intermediate,
    /// The certificate that the guest's attestation record is signed with
    Attestation,
}

impl Companion {
    /// The name in the documented addresses.
    pub fn published(self) -> &'static str {
        match self {
            Self::Intermediate => "intermediate",
            Self::Attestation => Attestation::PUBLISHED,
        }
    }
}
