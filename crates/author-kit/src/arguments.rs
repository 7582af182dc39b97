//! The command line of `check` and `encrypt`.

use std::path::PathBuf;

use clap::Args;
use cli_kit::Force;
use cli_kit::expect::Expect;
use cli_kit::prompt::{IdentityPassphrase, PassphraseSource};
use contract_pki::platform::Platform;

use crate::included::Verbose;

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
    // first: the headings of the others would also take its DIR
    #[command(flatten)]
    pub(crate) folder: FolderArguments,
    /// Print the section too, with its secrets masked; comments are printed unchanged
    #[arg(long, help_heading = "Output")]
    pub(crate) show: bool,
    #[command(flatten)]
    pub(crate) verbose: Verbose,
}

/// What `encrypt` takes.
#[derive(Args, Clone, Debug)]
pub struct EncryptArguments {
    // first: the headings of the others would also take its DIR
    #[command(flatten)]
    pub(crate) folder: FolderArguments,
    /// Encrypt for the guest image with this certificate [default: `certificate` in persona.yaml]
    #[arg(long, value_name = "PEM", help_heading = "Trust")]
    pub(crate) certificate: Option<PathBuf>,
    /// Encrypt for an image of this product: hpvs, ccrt, ccrv or ccco [default: `platform` in persona.yaml, or hpvs]
    #[arg(long, help_heading = "Input")]
    pub(crate) platform: Option<Platform>,
    /// Write the handoff to FILE, `-` for standard output [default: in DIR, named after `name` in persona.yaml]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Write the bare token to FILE too, without line end
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) token: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) expect: Expect,
    #[command(flatten)]
    pub(crate) verbose: Verbose,
    #[command(flatten)]
    pub(crate) force: Force,
    /// Sign the statement with this SSH key, so that the contract signer knows who made it; name the `.pub` file of a key
    /// that ssh-agent holds [default: `handoff.vouch-with` in persona.yaml]
    #[arg(long, value_name = "KEY", help_heading = "Keys")]
    pub(crate) vouch_with: Option<PathBuf>,
    /// Encrypt the handoff to this age recipient, may be repeated [default: `handoff.recipients` in persona.yaml]
    #[arg(short, long = "recipient", value_name = "age1…", help_heading = "Keys")]
    pub(crate) recipients: Vec<String>,
    /// Accept an expired certificate: for test guests only
    #[arg(long, help_heading = "Dangerous")]
    pub(crate) danger_accept_expired_certificate: bool,
    /// Accept a certificate that is not an image's, such as an authority's: for a guest of your own, whose key you hold
    #[arg(long, help_heading = "Dangerous")]
    pub(crate) danger_accept_foreign_certificate: bool,
}
