//! `seed …`: a persona's seed vault, through its whole life. One implementation for both authors.
//!
//! Every change goes the same way (`vault_file`): lock, open, change in memory, seal to all recipients, read back, one
//! rename. Nothing here shows a seed: `age -d` does, for whoever holds an identity.

mod arguments;
mod change;
mod import;
mod keys;
mod list;
mod vault_file;
mod vault_seeds;
mod volume;

pub use arguments::{SeedChange, SeedFolder, SeedImport, SeedList, SeedRekey};
pub use change::{add, rekey, roll, settle};
pub use import::import;
pub use list::list;
pub use vault_seeds::VaultSeeds;
