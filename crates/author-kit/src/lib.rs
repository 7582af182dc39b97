//! What the two authors of sections share, the workload provider and the env deployer: `check`, `encrypt`, `seed` and
//! `sealed-secret`, generic over the kind of section. Their binaries add the command line.

#![cfg_attr(test, allow(clippy::disallowed_methods))]

// The command line of `check` and `encrypt`.
mod arguments;

// A persona's folder, and the section in it.
mod draft;
// The contract signer's public key in the env section.
mod signing_key;
// The encryption certificate: checked and shown at every encryption.
mod certificate;
// The files that become part of a section.
mod included;
// SSH signatures: ours, or through `ssh-keygen`.
pub mod vouch;
// The handoff: who vouches for it, who can open it, and the file.
mod handoff;

// The product that `init` makes a folder for.
mod product;

mod check;
mod encrypt;
// Seeds, and the vault that they are kept in.
pub mod seed;
// Sealed secrets of CCCO pods, and their keys.
pub mod sealed_secret;

use cli_kit::persona::Persona;
use contract_core::kind::{Env, Workload};
use contract_section::Readable;

pub use arguments::{CheckArguments, EncryptArguments, FolderArguments};
pub use check::check;
pub use encrypt::encrypt;
pub use included::{Verbose, archive_lines};
pub use product::ProductArguments;

/// A kind of section, and the persona who writes it.
pub trait Authored: Readable {
    /// The author.
    const PERSONA: Persona;
    /// Whether the section must contain the contract signer's public key (contract-format, section 5).
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
