//! The command line of `seed`.

use clap::{Args, Subcommand};
use cli_kit::author::seed::{SeedChange, SeedImport, SeedList, SeedRekey};

/// Make, keep and roll this side's seeds of the volumes
///
/// A volume's passphrase is made of two seeds, one of each side. Yours are kept in a vault, seeds.age: an age file that
/// your identity opens, and whoever else `seeds.recipients` in persona.yaml names. Nothing here shows a seed; `age -d -i
/// identity.age seeds.age` does.
#[derive(Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
EXAMPLES
  env-deployer seed add data
  env-deployer seed list

EXIT STATUS
  0 done; 1 could not (file, no vault); 2 wrong usage; 3 refused by the vault's rules; 5 no identity or passphrase"
)]
pub struct Seed {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Subcommand)]
pub enum Verb {
    Add(Add),
    List(List),
    Roll(Roll),
    Settle(Settle),
    Import(Import),
    Rekey(Rekey),
}

/// Make a seed for a volume that has none; the first one makes the vault
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  env-deployer seed add data
  env-deployer seed add data -C .")]
pub struct Add {
    #[command(flatten)]
    pub shared: SeedChange,
}

/// Show volumes, generations and dates; never a seed
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  env-deployer seed list
  env-deployer seed list --json")]
pub struct List {
    #[command(flatten)]
    pub shared: SeedList,
}

/// Make a new seed for a volume, and keep the old one beside it
///
/// Then encrypt, hand over and boot: the guest opens the disk with the old seed and closes it with the new one. Settle
/// after that.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  env-deployer seed roll data")]
pub struct Roll {
    #[command(flatten)]
    pub shared: SeedChange,
}

/// Throw the old seed of a rolled volume away, once a guest has booted with the new one
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  env-deployer seed settle data")]
pub struct Settle {
    #[command(flatten)]
    pub shared: SeedChange,
}

/// Take a seed that you have already into the vault
///
/// For a volume that has none in the vault; with --previous, for one that has: the volume then rolls from the imported
/// seed to the one in the vault. So a seed of less than 15 characters can be left behind.
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  env-deployer seed import data --from data.seed
  env-deployer seed import data --previous --fd 3 3< old.seed")]
pub struct Import {
    #[command(flatten)]
    pub shared: SeedImport,
}

/// Encrypt the vault to the recipients that persona.yaml names now
#[derive(Args)]
#[command(after_help = "\
EXAMPLES
  env-deployer seed rekey")]
pub struct Rekey {
    #[command(flatten)]
    pub shared: SeedRekey,
}
