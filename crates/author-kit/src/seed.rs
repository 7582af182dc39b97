//! The command `seed` of both authors: their seed vault.
//!
//! Every change takes the same steps (`vault_file`): lock, open, change in memory, seal to all recipients, read back, one
//! rename. No command shows a seed; anyone with an identity can: `age -d`.

mod arguments;
mod change;
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
        Verb::Import(arguments) => change::import::<K>(arguments, report),
        Verb::Rekey(arguments) => change::rekey::<K>(arguments, report),
    }
}
