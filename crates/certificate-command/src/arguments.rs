//! The command line of `certificate`. `{program}` in the examples is the binary's name, and
//! `{certificate}` its certificate's field in persona.yaml: see [`cli_kit::run()`].

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use cli_kit::clock::parse_at;
use cli_kit::persona::SharedSettings;
use cli_kit::{Failure, Force};
use contract_pki::certificate::{Attestation, Role};
use contract_pki::platform::Platform;
use jiff::Timestamp;

/// Look at, verify and fetch the certificates of a guest image
///
/// Sections are encrypted so that only the holder of the encryption certificate's private key can read them, and the guest
/// signs its record with the attestation certificate's: with the wrong one, the wrong people read, or sign. The same
/// subject was seen with several keys, so compare fingerprints.
#[derive(Args, Clone, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  {program} certificate show image.crt
  {program} certificate verify image.crt --intermediate intermediate.crt --intermediate ca.crt --root root.crt

EXIT STATUS
  0 done; 1 could not (file, network); 2 wrong usage; 3 not a certificate that can be used;
  4 refused"
)]
pub struct Certificate {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Subcommand, Clone, Debug)]
pub enum Verb {
    Show(Show),
    Verify(Verify),
    Fetch(Fetch),
}

/// Which certificate.
#[derive(Args, Clone, Debug)]
pub struct CertificateFile {
    /// The image's certificate; `-` for standard input [default: `{certificate}` in persona.yaml]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Your folder, with persona.yaml
    #[arg(short = 'C', value_name = "DIR", default_value = ".")]
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

/// Show subject, issuer, serial, key, validity, and where revocations are published; nothing is verified
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
EXAMPLES
  {program} certificate show image.crt
  {program} certificate show image.crt --platform hpvs --json")]
pub struct Show {
    #[command(flatten)]
    pub certificate: CertificateFile,
    /// Say whether the subject speaks against this platform: hpvs, ccrt, ccrv or ccco
    #[arg(long)]
    pub platform: Option<Platform>,
}

/// Where a chain leads, and who says what was revoked.
#[derive(Args, Clone, Debug)]
pub struct ChainArguments {
    /// The certificate that signed it, or one above that; may be repeated, in any order
    #[arg(long = "intermediate", value_name = "FILE")]
    pub(crate) intermediates: Vec<PathBuf>,
    /// A root that you trust, may be repeated
    #[arg(long = "root", value_name = "FILE")]
    pub(crate) roots: Vec<PathBuf>,
    /// A revocation list of one of them, PEM or DER, may be repeated
    #[arg(long = "crl", value_name = "FILE")]
    pub(crate) lists: Vec<PathBuf>,
    /// Ask about another time than now: a day, 2027-01-31, or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_at)]
    pub(crate) at: Option<Timestamp>,
}

/// Verify the certificate up to a root that you trust, by IBM's procedure
///
/// The signature with the intermediate's key, issuer and subject, the dates of all, the intermediate's own chain as OpenSSL
/// verifies it, and the revocation lists that are given, with their signatures and dates. Prints the line that pins the key.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
EXAMPLES
  {program} certificate verify image.crt --intermediate intermediate.crt --intermediate ca.crt --root root.crt
  {program} certificate verify image.crt --intermediate intermediate.crt --intermediate ca.crt --root root.crt --crl intermediate.crl --json

EXIT STATUS
  0 it leads to a root; 3 a file is no certificate or list;
  4 refused: signature, issuer, date, revoked, no root")]
pub struct Verify {
    #[command(flatten)]
    pub certificate: CertificateFile,
    #[command(flatten)]
    pub chain: ChainArguments,
}

/// Fetch the certificate from where IBM publishes it, over HTTPS; verified before it is written
///
/// The address is the one that IBM documents for hpvs, or your own pattern. With --with intermediate its issuer comes
/// along, and with --root all of it is verified first. `HTTPS_PROXY` and `NO_PROXY` are heeded.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
EXAMPLES
  {program} certificate fetch --version 29 -o new-image.crt
  {program} certificate fetch --version 29 -o new-image.crt --with intermediate --intermediate ca.crt --root root.crt

EXIT STATUS
  1 could not (network, server); 3 what came is no certificate;
  4 refused: the server, the certificate")]
pub struct Fetch {
    /// The product that the guest image belongs to [default: `platform` in persona.yaml, or hpvs]
    #[arg(long)]
    pub platform: Option<Platform>,
    /// The version of the guest image: the number behind `s390x-` in its name
    #[arg(long, value_name = "NN")]
    pub version: Option<String>,
    /// Fetch these as well
    #[arg(long, value_name = "KIND")]
    pub with: Vec<Companion>,
    /// Write the image's certificate to FILE [default: `{certificate}` in persona.yaml, or the address's last part]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The address, with {version}, {platform} and {kind} to be filled in [default: `certificate-url` in persona.yaml, or
    /// the one that IBM documents]
    #[arg(long, value_name = "PATTERN")]
    pub url: Option<String>,
    /// Trust these authorities for HTTPS, instead of the system's
    #[arg(long, value_name = "PEM")]
    pub ca_file: Option<PathBuf>,
    /// Seconds for all of it
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
    /// Your folder, with persona.yaml
    #[arg(short = 'C', value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    #[command(flatten)]
    pub chain: ChainArguments,
    #[command(flatten)]
    pub force: Force,
}

/// What is published beside an image's certificate (contract-format, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Companion {
    /// The certificate that signed it
    Intermediate,
    /// The certificate that the guest's attestation record is signed with
    Attestation,
}

impl Companion {
    /// How the documented addresses call it.
    pub fn published(self) -> &'static str {
        match self {
            Self::Intermediate => "intermediate",
            Self::Attestation => Attestation::PUBLISHED,
        }
    }
}
