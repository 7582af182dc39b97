//! The seed vault: one persona's halves of its volumes' passphrases, for as long as they are needed.
//!
//! `vault = armored age file, to all recipients, of a YAML text` (docs/format/seed-vault.md). The text can be read with
//! `age -d` and pasted into a section.
//!
//! `add` makes a seed. `roll` replaces it and keeps the old one until `settle`: a guest that boots with both opens the disk
//! with the old seed and closes it with the new one (contract-format, section 6). A vault keeps at most one old seed, and
//! removes it only on `settle`.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_macros))]

mod sealed;
mod text;

use std::{
    collections::{
        BTreeMap,
        btree_map::{Entry as Place, VacantEntry},
    },
    marker::PhantomData,
};

use contract_core::{kind::Kind, names::is_volume_name};
use contract_pki::random::{RandomError, Randomness};
use contract_section::seed::{Seed, VolumeSeeds};
use findings::{Advice, Blame};
use jiff::Timestamp;

pub use sealed::{SEALED_LIMIT, VaultError};

/// The seeds of one persona, by volume; `K` is the section that they belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault<K> {
    volumes: BTreeMap<String, Entry>,
    /// The recipients of the last seal, as they were named: an age file does not list them.
    pub recipients: Vec<String>,
    section: PhantomData<K>,
}

/// A volume in a vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The seeds, and how many there have been.
    pub seeds: VolumeSeeds,
    /// When the volume got its first seed here.
    pub created: Timestamp,
    /// When the current seed replaced another one.
    pub rolled: Option<Timestamp>,
    /// When a previous seed was last removed.
    pub settled: Option<Timestamp>,
}

impl Entry {
    /// Whether there is a previous seed.
    pub fn is_rolling(&self) -> bool {
        self.seeds.previous.is_some()
    }
}

/// A change that the rules of a vault forbid. Names volumes, never seeds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a legal name of a volume.
    #[error("`{0}` is no name for a volume")]
    Name(String),
    /// It has a seed already.
    #[error("the volume `{volume}` has a seed already, of generation {generation}")]
    Exists {
        /// Its key under `volumes`.
        volume: String,
        /// Of the seed that it has.
        generation: u64,
    },
    /// It has none.
    #[error("the vault holds no seed of a volume `{0}`")]
    Absent(String),
    /// Another roll would remove the only seed that may open the disk.
    #[error(
        "the volume `{volume}` is rolling since {since}: its disk may still have the previous seed, and a vault keeps only one"
    )]
    Rolling {
        /// Its key under `volumes`.
        volume: String,
        /// When the roll began.
        since: Timestamp,
    },
    /// There is nothing to give up.
    #[error("the volume `{0}` is not rolling: there is no previous seed to give up")]
    NotRolling(String),
    /// Rolling from a seed to itself.
    #[error("this is the current seed of the volume `{0}`, not an earlier one")]
    SameSeed(String),
    /// The largest number: only a vault that was edited by hand has it.
    #[error("the volume `{0}` is at the last generation that can be counted")]
    LastGeneration(String),
    /// The system's generator failed.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Refused {
    /// The verb of `seed` to use instead, and its volume.
    pub fn instead(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Exists { volume, .. } => Some(("roll", volume)),
            Self::Absent(volume) => Some(("add", volume)),
            Self::Rolling { volume, .. } => Some(("settle", volume)),
            _ => None,
        }
    }
}

impl Advice for Refused {
    fn blame(&self) -> Blame {
        match self {
            Self::Random(_) => Blame::Machine,
            _ => Blame::Input,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Name { .. } => {
                "take lower-case letters, digits, `_` and `-`, beginning with a letter or `_`: `data-1`"
            }
            Self::Exists { .. } => "to get a new one, and keep the old one until the disk has it, roll it",
            Self::Absent { .. } => {
                "add it only if the volume is new: a new seed does not open a disk that another one closed"
            }
            Self::Rolling { .. } => "settle it first, once a guest has booted with the new seed",
            Self::NotRolling { .. } => "nothing is left to do; `seed list` shows which volumes are rolling",
            Self::SameSeed { .. } => "import the seed that the disk had before",
            Self::LastGeneration { .. } => {
                "write the true `generation` into the vault: open it with `age -d`, correct it, and encrypt it again with `age -r`"
            }
            Self::Random(_) => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}

impl<K: Kind> Default for Vault<K> {
    fn default() -> Self {
        Self { volumes: BTreeMap::new(), recipients: Vec::new(), section: PhantomData }
    }
}

impl<K: Kind> Vault<K> {
    /// All volumes, by name.
    pub fn volumes(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.volumes.iter().map(|(name, entry)| (&**name, entry))
    }

    /// The entry of a volume.
    pub fn volume(&self, name: &str) -> Option<&Entry> {
        self.volumes.get(name)
    }

    /// A first seed for a volume that has none.
    pub fn add(
        &mut self,
        volume: &str,
        at: Timestamp,
        randomness: &mut dyn Randomness,
    ) -> Result<&Entry, Refused> {
        let place = self.vacant(volume)?;
        let seed = Seed::generate(randomness)?;
        Ok(place.insert(first(seed, at)))
    }

    /// A given seed for a volume that has none.
    pub fn import(&mut self, volume: &str, seed: Seed, at: Timestamp) -> Result<&Entry, Refused> {
        Ok(self.vacant(volume)?.insert(first(seed, at)))
    }

    /// The seed that a disk has now: its volume rolls from it to the seed in the vault.
    pub fn import_previous(&mut self, volume: &str, seed: Seed, at: Timestamp) -> Result<&Entry, Refused> {
        let entry = self.settled(volume)?;
        if entry.seeds.seed == seed {
            return Err(Refused::SameSeed(volume.to_owned()));
        }
        entry.seeds.previous = Some(seed);
        entry.rolled = Some(whole(at));
        Ok(entry)
    }

    /// A new seed; the old one is kept.
    pub fn roll(
        &mut self,
        volume: &str,
        at: Timestamp,
        randomness: &mut dyn Randomness,
    ) -> Result<&Entry, Refused> {
        let entry = self.settled(volume)?;
        let seeds = &mut entry.seeds;
        let next = seeds.generation.checked_add(1);
        let generation = next.ok_or_else(|| Refused::LastGeneration(volume.to_owned()))?;
        seeds.previous = Some(std::mem::replace(&mut seeds.seed, Seed::generate(randomness)?));
        seeds.generation = generation;
        entry.rolled = Some(whole(at));
        Ok(entry)
    }

    /// Removes the old seed of a volume that is rolling.
    pub fn settle(&mut self, volume: &str, at: Timestamp) -> Result<&Entry, Refused> {
        let entry = self.entry(volume)?;
        if entry.seeds.previous.take().is_none() {
            return Err(Refused::NotRolling(volume.to_owned()));
        }
        entry.settled = Some(whole(at));
        Ok(entry)
    }

    fn vacant(&mut self, volume: &str) -> Result<VacantEntry<'_, String, Entry>, Refused> {
        if !is_volume_name(volume) {
            return Err(Refused::Name(volume.to_owned()));
        }
        match self.volumes.entry(volume.to_owned()) {
            Place::Vacant(place) => Ok(place),
            Place::Occupied(place) => {
                Err(Refused::Exists { volume: volume.to_owned(), generation: place.get().seeds.generation })
            }
        }
    }

    fn entry(&mut self, volume: &str) -> Result<&mut Entry, Refused> {
        self.volumes.get_mut(volume).ok_or_else(|| Refused::Absent(volume.to_owned()))
    }

    /// The entry of a volume that is not rolling.
    fn settled(&mut self, volume: &str) -> Result<&mut Entry, Refused> {
        let entry = self.entry(volume)?;
        if entry.is_rolling() {
            let since = entry.rolled.unwrap_or(entry.created);
            return Err(Refused::Rolling { volume: volume.to_owned(), since });
        }
        Ok(entry)
    }
}

fn first(seed: Seed, at: Timestamp) -> Entry {
    let seeds = VolumeSeeds { seed, previous: None, generation: 1 };
    Entry { seeds, created: whole(at), rolled: None, settled: None }
}

/// Whole seconds: the times are for people.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
mod tests;
