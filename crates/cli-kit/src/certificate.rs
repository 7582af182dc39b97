//! `certificate show`, `verify` and `fetch`: is this the right encryption certificate? The same for all three personas.

mod address;
mod fetch;
mod show;
mod verify;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use contract_core::advice::Advice;
use contract_core::certificate::authority::{Authority, AuthorityError};
use contract_core::certificate::chain::Authorities;
use contract_core::certificate::revocation::RevocationList;
use contract_core::platform::Platform;
use jiff::Timestamp;

use crate::clock::parse_at;
use crate::failure::{Doing as _, Failure};
use crate::input;
use crate::run::Force;

pub use fetch::fetch;
pub use show::show;
pub use verify::verify;

/// Bytes of a file with certificates.
const CERTIFICATES: usize = 1 << 20;
/// Bytes of a revocation list; those of large authorities have some megabytes.
const LIST: usize = 64 << 20;

/// Which certificate.
#[derive(Args, Clone, Debug)]
struct CertificateFile {
    /// The encryption certificate; `-` for standard input [default: `certificate` in persona.yaml]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Your folder, with persona.yaml
    #[arg(short = 'C', value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// What `certificate show` takes.
#[derive(Args, Clone, Debug)]
pub struct CertificateShow {
    #[command(flatten)]
    certificate: CertificateFile,
    /// Say whether the subject speaks against this platform: hpvs, ccrt, ccrv or ccco
    #[arg(long)]
    platform: Option<Platform>,
}

/// Where a chain leads, and who says what was revoked.
#[derive(Args, Clone, Debug)]
struct ChainArguments {
    /// The certificate that signed it, or one above that; may be repeated, in any order
    #[arg(long = "intermediate", value_name = "FILE")]
    intermediates: Vec<PathBuf>,
    /// A root that you trust, may be repeated
    #[arg(long = "root", value_name = "FILE")]
    roots: Vec<PathBuf>,
    /// A revocation list of one of them, PEM or DER, may be repeated
    #[arg(long = "crl", value_name = "FILE")]
    lists: Vec<PathBuf>,
    /// Ask about another time than now: 2026-11-23T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_at)]
    at: Option<Timestamp>,
}

/// What `certificate verify` takes.
#[derive(Args, Clone, Debug)]
pub struct CertificateVerify {
    #[command(flatten)]
    certificate: CertificateFile,
    #[command(flatten)]
    chain: ChainArguments,
}

/// What `certificate fetch` takes.
#[derive(Args, Clone, Debug)]
pub struct CertificateFetch {
    /// The product that the guest image belongs to [default: `platform` in persona.yaml, or hpvs]
    #[arg(long)]
    platform: Option<Platform>,
    /// The version of the guest image: the number behind `s390x-` in its name
    #[arg(long, value_name = "NN")]
    version: Option<String>,
    /// Fetch these as well, beside the encryption certificate
    #[arg(long, value_name = "KIND")]
    with: Vec<Companion>,
    /// Write the encryption certificate to FILE [default: `certificate` in persona.yaml, or the address's last part]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The address, with {version}, {platform} and {kind} to be filled in [default: `certificate-url` in persona.yaml, or
    /// the one that IBM documents]
    #[arg(long, value_name = "PATTERN")]
    url: Option<String>,
    /// Trust these authorities for HTTPS, instead of the system's
    #[arg(long, value_name = "PEM")]
    ca_file: Option<PathBuf>,
    /// Seconds for all of it
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Your folder, with persona.yaml
    #[arg(short = 'C', value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    #[command(flatten)]
    chain: ChainArguments,
    #[command(flatten)]
    force: Force,
}

/// What is published beside an encryption certificate (contract-format, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Companion {
    /// The certificate that signed it
    Intermediate,
    /// The certificate that the guest's attestation record is signed with
    Attestation,
}

impl Companion {
    fn name(self) -> &'static str {
        match self {
            Self::Intermediate => "intermediate",
            Self::Attestation => "attestation",
        }
    }
}

impl ChainArguments {
    fn read(&self) -> Result<Authorities, Failure> {
        Ok(Authorities {
            intermediates: authorities(&self.intermediates, Authority::parse_all)?,
            roots: authorities(&self.roots, Authority::parse_roots)?,
            lists: self.lists.iter().map(|path| list(path)).collect::<Result<_, _>>()?,
        })
    }
}

fn authorities(
    paths: &[PathBuf],
    parse: impl Fn(&[u8]) -> Result<Vec<Authority>, AuthorityError>,
) -> Result<Vec<Authority>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let bytes = input::read_bytes(path, CERTIFICATES)?;
        all.extend(parse(&bytes).doing(|| format!("cannot use `{}`", input::name(path)))?);
    }
    Ok(all)
}

fn list(path: &Path) -> Result<RevocationList, Failure> {
    let name = input::name(path);
    RevocationList::parse(&input::read_bytes(path, LIST)?, &name).doing(|| format!("cannot use `{name}`"))
}

/// ``cannot trust `encrypt.crt`: …``
fn refused(name: &str, error: &(impl Advice + 'static)) -> Failure {
    Failure::from_advice(&format!("cannot trust `{name}`"), error)
}
