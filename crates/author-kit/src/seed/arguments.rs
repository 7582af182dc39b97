//! The command line of `seed`. `{program}` in the examples is the binary's name: see [`cli_kit::run()`].

use std::path::PathBuf;

use clap::{Args, Subcommand};
use cli_kit::prompt::{PassphraseSource, WeakPassphrase};

/// Make, list and roll your seeds of the volumes
///
/// A volume's passphrase is made of two seeds, one from each side. Yours are in a vault, seeds.age: an age file that your
/// identity opens, and the recipients in `seeds.recipients` of persona.yaml. No command shows a seed; `age -d -i
/// identity.age seeds.age` does.
#[derive(Args, Clone, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  {program} seed add data
  {program} seed list

EXIT STATUS
  0 done; 1 could not (file, no vault); 2 wrong usage; 3 refused by the vault's rules;
  5 no identity or passphrase"
)]
pub struct Seed {
    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Verb {
    /// Make a seed for a volume that has none; the first one makes the vault
    #[command(after_help = "\
EXAMPLES
  {program} seed add data
  {program} seed add data -C .")]
    Add(SeedChange),
    /// List volumes, generations and dates; never a seed
    #[command(after_help = "\
EXAMPLES
  {program} seed list
  {program} seed list --json")]
    List(SeedList),
    /// Make a new seed for a volume, and keep the old one
    ///
    /// Then encrypt, hand over and boot: the guest opens the disk with the old seed and closes it with the new one. Settle
    /// after that.
    #[command(after_help = "\
EXAMPLES
  {program} seed roll data")]
    Roll(SeedChange),
    /// Throw away the old seed of a rolled volume, once a guest has booted with the new one
    #[command(after_help = "\
EXAMPLES
  {program} seed settle data")]
    Settle(SeedChange),
    /// Import a seed that you already have into the vault
    ///
    /// For a volume without a seed in the vault. With --previous, for a volume with one: the volume then rolls from the
    /// imported seed to the one in the vault. This is the way out of a seed with less than 15 characters.
    #[command(after_help = "\
EXAMPLES
  {program} seed import data --from data.seed
  {program} seed import data --previous --fd 3 3< old.seed")]
    Import(SeedImport),
    /// Encrypt the vault to the recipients that persona.yaml names now
    #[command(after_help = "\
EXAMPLES
  {program} seed rekey")]
    Rekey(SeedRekey),
}

/// The folder of the vault.
#[derive(Args, Clone, Debug)]
pub struct SeedFolder {
    /// Your folder, with persona.yaml
    #[arg(short = 'C', value_name = "DIR", default_value = ".", help_heading = "Input")]
    pub(super) folder: PathBuf,
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
    #[arg(long, value_name = "FILE", conflicts_with = "fd", help_heading = "Input")]
    pub(super) from: Option<PathBuf>,
    /// Read the seed from the open file descriptor N
    #[arg(long, value_name = "N", help_heading = "Input")]
    pub(super) fd: Option<u32>,
    /// Roll from this seed, which the disk has now, to the one in the vault
    #[arg(long, help_heading = "Input")]
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

/// Accepts a vault that may be lost.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Dangerous")]
pub struct LockMeOut {
    /// Write the vault although your own identity will not open it again
    #[arg(long)]
    pub(super) danger_lock_me_out: bool,
    #[command(flatten)]
    pub(super) weak: WeakPassphrase,
}
