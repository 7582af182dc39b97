//! What the verbs of `seed` take; their help, with examples, is each binary's own.

use std::path::PathBuf;

use clap::Args;

use crate::prompt::PassphraseSource;

/// Whose vault it is.
#[derive(Args, Clone, Debug)]
pub struct SeedFolder {
    /// Your folder, with persona.yaml
    #[arg(short = 'C', value_name = "DIR", default_value = ".")]
    pub(super) folder: PathBuf,
    /// For an identity or a vault that a passphrase protects
    #[command(flatten)]
    pub(super) passphrases: PassphraseSource,
}

/// What `seed add`, `roll` and `settle` take.
#[derive(Args, Clone, Debug)]
pub struct SeedChange {
    /// The volume, by its key under `volumes` [default: the only one in the section]
    #[arg(value_name = "VOLUME")]
    pub(super) volume: Option<String>,
    #[command(flatten)]
    pub(super) folder: SeedFolder,
    #[command(flatten)]
    pub(super) danger: LockMeOut,
}

/// What `seed import` takes.
#[derive(Args, Clone, Debug)]
pub struct SeedImport {
    #[command(flatten)]
    pub(super) change: SeedChange,
    /// Read the seed from FILE, `-` for standard input [default: typed, without echo]
    #[arg(long, value_name = "FILE", conflicts_with = "fd")]
    pub(super) from: Option<PathBuf>,
    /// Read the seed from the open file descriptor N
    #[arg(long, value_name = "N")]
    pub(super) fd: Option<u32>,
    /// It is the seed that the disk has had until now: roll from it to the one in the vault
    #[arg(long)]
    pub(super) previous: bool,
}

/// What `seed list` takes.
#[derive(Args, Clone, Debug)]
pub struct SeedList {
    #[command(flatten)]
    pub(super) folder: SeedFolder,
}

/// What `seed rekey` takes.
#[derive(Args, Clone, Debug)]
pub struct SeedRekey {
    #[command(flatten)]
    pub(super) folder: SeedFolder,
    #[command(flatten)]
    pub(super) danger: LockMeOut,
}

/// The lax way.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct LockMeOut {
    /// Write the vault although your own identity will not open it again
    #[arg(long)]
    pub(super) danger_lock_me_out: bool,
}
