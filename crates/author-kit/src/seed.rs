//! `seed …`: a persona's seed vault, through its whole life. One implementation for both authors.
//!
//! Every change goes the same way (`vault_file`): lock, open, change in memory, seal to all recipients, read back, one
//! rename. Nothing here shows a seed: `age -d` does, for whoever holds an identity.

mod arguments;
mod change;
mod import;
mod list;
mod vault_file;
mod vault_seeds;
mod volume;

use arguments::Verb;
use cli_kit::{Failure, Report};

use crate::Authored;

pub use arguments::Seed;
pub use vault_seeds::VaultSeeds;

/// The command.
pub fn seed<K: Authored>(arguments: &Seed, report: &Report) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::Add(arguments) => change::add::<K>(arguments, report),
        Verb::List(arguments) => list::list::<K>(arguments, report),
        Verb::Roll(arguments) => change::roll::<K>(arguments, report),
        Verb::Settle(arguments) => change::settle::<K>(arguments, report),
        Verb::Import(arguments) => import::import::<K>(arguments, report),
        Verb::Rekey(arguments) => change::rekey::<K>(arguments, report),
    }
}
