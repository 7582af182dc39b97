//! The volumes of a contract, compared with earlier statements: a disk opens with the seeds that closed it.
//!
//! Only statements are compared, so this is advice and no proof: a generation counts the rolls in one vault, and no statement
//! shows what a guest booted with. A contract opens a disk that was closed with its `seed` or its `previousSeed`:
//!
//! | before | now | the disk |
//! |---|---|---|
//! | 3 | 3, or 4 (rolling) | opens |
//! | 3 | 2 | may be encrypted with generation 3 |
//! | 3 | 4 | is encrypted with generation 3, unless a guest booted with 4 (rolling) meanwhile |
//! | 3 | 5, rolling or not | is encrypted with generation 3, unless a guest booted with 4 meanwhile |
//! | 3 | not stated | unknown |
//!
//! A vault that was restored and rolled again has another seed with the same generation: this is not visible here.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::kind::SectionName;
use crate::statement::{Statement, Volume};

/// A statement of an earlier contract.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// The name of the file that it was read from.
    pub source: String,
    /// The statement.
    pub statement: Statement,
}

/// Whether a change may lock somebody out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Worth knowing.
    Note,
    /// A disk may stay locked.
    Warning,
}

/// What happened between two statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The new statement is older than the one it is compared with.
    OldStatement,
    /// A lower generation than before.
    WentBack,
    /// More rolls than a contract can bridge.
    Skipped,
    /// Rolled, and settled without a contract that holds both seeds.
    SettledUnseen,
    /// One side rolls while the other side's last roll is not settled yet.
    Overlapping,
    /// A generation was stated, and is no longer.
    NoLongerStated,
    /// A generation is stated for the first time.
    FirstStated,
    /// The volume is new.
    Added,
    /// The volume is gone.
    Retired,
}

/// One change of one side's volumes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The side.
    pub section: SectionName,
    /// The key under `volumes`; `None` for a change of the whole statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// What happened.
    pub event: Event,
    /// Whether it may lock somebody out.
    pub weight: Weight,
    /// The same for people.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// The changes since earlier statements of the same section; those of the other section are ignored.
pub(super) fn changes(now: &Statement, earlier: &[Earlier]) -> Vec<Change> {
    let mut earlier: Vec<_> =
        earlier.iter().filter(|it| it.statement.predicate.section == now.predicate.section).collect();
    earlier.sort_by_key(|it| it.statement.predicate.time);
    let Some(latest) = earlier.last() else { return Vec::new() };
    let mut changes = Vec::new();
    changes.extend(old_statement(now, latest));
    for (name, volume) in &now.predicate.volumes {
        let side = Side { now, name };
        let stated: Vec<_> = earlier.iter().filter_map(|it| Some((*it, it.volume(name)?))).collect();
        changes.extend(match (stated.last(), highest(&stated)) {
            (None, _) => Some(side.added(latest)),
            (Some((last, _)), None) => volume.generation.map(|now| side.first_stated(last, now)),
            (_, Some((last, before))) => side.since(last, before, volume),
        });
    }
    let names = |statement: &Statement| statement.predicate.volumes.keys().cloned().collect::<BTreeSet<_>>();
    for name in names(&latest.statement).difference(&names(now)) {
        changes.push(Side { now, name }.retired(latest));
    }
    changes
}

/// Volumes that one side rolls again, while the other still holds both seeds of a roll in an earlier contract.
///
/// The disk is closed with the new seed of one side and the old one of the other. The sources do not state whether a guest
/// tries a `seed` of one side with the `previousSeed` of the other.
pub(super) fn overlaps(halves: [&Statement; 2], earlier: &[Earlier]) -> Vec<Change> {
    let before = |half: &Statement, name: &str| {
        let same = earlier.iter().filter(|it| it.statement.predicate.section == half.predicate.section);
        highest(&same.filter_map(|it| Some((it, it.volume(name)?))).collect::<Vec<_>>())
    };
    let [workload, env] = halves;
    let mut changes = Vec::new();
    for (unsettled, rolled) in [(workload, env), (env, workload)] {
        for (name, volume) in &unsettled.predicate.volumes {
            let Some(other) = rolled.predicate.volumes.get(name) else { continue };
            let (Some((last, was)), Some((_, others))) = (before(unsettled, name), before(rolled, name))
            else {
                continue;
            };
            if !(volume.rolling && other.rolling && volume.generation == Some(was))
                || other.generation <= Some(others)
            {
                continue;
            }
            let (section, author) = (rolled.predicate.section, unsettled.predicate.section.author());
            let message = format!(
                "{volume}, as in {}, while {section} went from generation {others} to {other}: no source states whether the guest tries a new seed of one side with an old one of the other, and the disk may stay locked",
                last.place()
            );
            let hint = format!(
                "settle the roll that a guest booted with before the next begins: `{author} seed settle {name}`"
            );
            changes.push(Side { now: unsettled, name }.change(
                Event::Overlapping,
                Weight::Warning,
                &message,
                hint,
            ));
        }
    }
    changes
}

impl Earlier {
    fn volume(&self, name: &str) -> Option<&Volume> {
        self.statement.predicate.volumes.get(name)
    }

    fn place(&self) -> String {
        format!("`{}` of {}", self.source, self.statement.predicate.time)
    }
}

/// The last one with the highest generation: a guest may have booted with it.
fn highest<'e>(stated: &[(&'e Earlier, &Volume)]) -> Option<(&'e Earlier, u64)> {
    let generations = stated.iter().filter_map(|(it, volume)| Some((*it, volume.generation?)));
    generations.max_by_key(|(_, generation)| *generation)
}

fn old_statement(now: &Statement, latest: &Earlier) -> Option<Change> {
    let (section, time) = (now.predicate.section, now.predicate.time);
    (time < latest.statement.predicate.time).then(|| Change {
        section,
        volume: None,
        event: Event::OldStatement,
        weight: Weight::Warning,
        message: format!(
            "{section}: the new handoff was made at {time}, before {}: it is an old one, or the two were confused",
            latest.place()
        ),
        hint: format!("compare both with `contract-signer inspect FILE`, and ask the {} which one is meant", section.author()),
    })
}

/// A volume of the new statement.
struct Side<'a> {
    now: &'a Statement,
    name: &'a str,
}

impl Side<'_> {
    /// From a stated generation to the present one.
    fn since(&self, last: &Earlier, before: u64, volume: &Volume) -> Option<Change> {
        let author = self.now.predicate.section.author();
        let bridge = || {
            let next = before.saturating_add(1);
            format!(
                "name the handoffs in between with `--previous`; if no guest booted with them, boot one with generation {next} (rolling) first, from a backup of the vault"
            )
        };
        let locked = format!("the disk is still closed with {before}, and stays locked");
        let (event, consequence, hint) = match volume.generation {
            None => (
                Event::NoLongerStated,
                "it is unknown whether it is the same seed".to_owned(),
                format!(
                    "ask the {author} whether this seed opens the disk: those in a vault have a generation"
                ),
            ),
            Some(now) if now < before => (
                Event::WentBack,
                format!("it went back, and a disk that generation {before} closed stays locked"),
                format!(
                    "ask the {author} for the newer vault: `{author} seed list` shows generation {before} or more there"
                ),
            ),
            Some(now) if now - before >= 2 => {
                let up_to = if volume.rolling { now - 1 } else { now };
                let unless = format!("unless guests booted meanwhile, up to generation {up_to}, {locked}");
                (Event::Skipped, unless, bridge())
            }
            Some(now) if now > before && !volume.rolling => {
                let unless = format!("unless a guest booted while it was rolling, {locked}");
                (Event::SettledUnseen, unless, bridge())
            }
            Some(_) => return None,
        };
        let (last, time) = (last.place(), self.now.predicate.time);
        let message = format!("generation {before} in {last}, {volume} at {time}: {consequence}");
        Some(self.change(event, Weight::Warning, &message, hint))
    }

    fn first_stated(&self, last: &Earlier, generation: u64) -> Change {
        let (author, name) = (self.now.predicate.section.author(), self.name);
        self.change(
            Event::FirstStated,
            Weight::Note,
            &format!("not stated in {}, generation {generation} now", last.place()),
            format!("ask the {author} whether `seed import {name}` took the old seed: a new one does not open the disk"),
        )
    }

    fn added(&self, latest: &Earlier) -> Change {
        let message = format!("new since {}", latest.place());
        self.change(Event::Added, Weight::Note, &message, "check that a separate disk is attached".into())
    }

    fn retired(&self, latest: &Earlier) -> Change {
        let author = self.now.predicate.section.author();
        self.change(
            Event::Retired,
            Weight::Note,
            &format!("is in {}, and no longer here: no guest opens its disk", latest.place()),
            format!("the {author} keeps its seed for as long as the disk is kept"),
        )
    }

    fn change(&self, event: Event, weight: Weight, message: &str, hint: String) -> Change {
        let section = self.now.predicate.section;
        let message = format!("volume `{}`, {section}: {message}", self.name);
        Change { section, volume: Some(self.name.to_owned()), event, weight, message, hint }
    }
}

#[cfg(test)]
mod tests;
