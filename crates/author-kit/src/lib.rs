//! What the two personas share who write a section, the workload provider and the env deployer.
//!
//! Folder, section, token and statement, handoff: generic over the section's kind. Their binaries add the command line.

#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod certificate;
mod check;
mod draft;
mod encrypt;
mod handoff;
mod included;
pub mod seed;
mod signing_key;
pub mod vouch;

use std::path::PathBuf;

use clap::Args;
use contract_core::kind::{Env, Workload};
use contract_pki::platform::Platform;
use contract_section::Readable;

use cli_kit::expect::Expect;
use cli_kit::persona::Persona;
use cli_kit::prompt::{IdentityPassphrase, PassphraseSource};
use cli_kit::run::Force;

pub use check::check;
pub use encrypt::encrypt;
pub use included::{Verbose, archive_lines};

/// A kind of section, and who writes it.
pub trait Authored: Readable {
    /// Whose folder it stands in.
    const PERSONA: Persona;
    /// Whether the contract signer's public key has to stand inside (contract-format, section 5).
    const HOLDS_SIGNING_KEY: bool;
}

impl Authored for Workload {
    const PERSONA: Persona = Persona::WorkloadProvider;
    const HOLDS_SIGNING_KEY: bool = false;
}

impl Authored for Env {
    const PERSONA: Persona = Persona::EnvDeployer;
    const HOLDS_SIGNING_KEY: bool = true;
}

/// A persona's folder, and what opens the keys in it.
#[derive(Args, Clone, Debug)]
pub struct FolderArguments {
    /// Your folder, with persona.yaml and the section
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// For protected keys: those that the section names with `!file`, the identity, the SSH key
    #[command(flatten)]
    pub passphrases: PassphraseSource,
    #[command(flatten)]
    pub(crate) identity: IdentityPassphrase,
}

/// What `check` takes.
#[derive(Args, Clone, Debug)]
pub struct CheckArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArguments,
    /// Print the section as well, its secrets masked; comments stand there as they are
    #[arg(long)]
    pub(crate) show: bool,
    #[command(flatten)]
    pub(crate) verbose: Verbose,
}

/// What `encrypt` takes.
#[derive(Args, Clone, Debug)]
pub struct EncryptArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArguments,
    /// The encryption certificate of the guest image [default: `certificate` in persona.yaml]
    #[arg(long, value_name = "PEM")]
    pub(crate) certificate: Option<PathBuf>,
    /// The product that the guest image belongs to: hpvs, ccrt, ccrv or ccco [default: `platform` in persona.yaml, or hpvs]
    #[arg(long)]
    pub(crate) platform: Option<Platform>,
    /// Write the handoff to FILE, `-` for standard output [default: in DIR, named after `name` in persona.yaml]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Sign the statement with this SSH key, so that the contract signer knows who made it; the `.pub` file of a key that
    /// ssh-agent holds [default: `handoff.vouch-with` in persona.yaml]
    #[arg(long, value_name = "KEY")]
    pub(crate) vouch_with: Option<PathBuf>,
    /// Encrypt the handoff to this age recipient, may be repeated [default: `handoff.recipients` in persona.yaml]
    #[arg(short, long = "recipient", value_name = "age1…")]
    pub(crate) recipients: Vec<String>,
    /// Write the bare token to FILE as well, without line end
    #[arg(long, value_name = "FILE")]
    pub(crate) token: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) expect: Expect,
    #[command(flatten)]
    pub(crate) verbose: Verbose,
    #[command(flatten)]
    pub(crate) force: Force,
    /// Encrypt although the certificate has expired: for test guests only
    #[arg(long)]
    pub(crate) danger_accept_expired_certificate: bool,
    /// Encrypt under a certificate that is not an image's, an authority's say: for a guest of your own, whose key you hold
    #[arg(long)]
    pub(crate) danger_accept_foreign_certificate: bool,
}
