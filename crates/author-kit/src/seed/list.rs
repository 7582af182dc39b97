//! `seed list`: the content of the vault, without seeds.

use std::collections::BTreeMap;

use cli_kit::{Failure, Report};
use jiff::Timestamp;
use seed_vault::Entry;
use serde::Serialize;

use super::arguments::SeedList;
use super::change::with_vault;
use crate::Authored;

#[derive(Serialize)]
struct Listed {
    volumes: BTreeMap<String, Volume>,
    recipients: Vec<String>,
}

#[derive(Serialize)]
struct Volume {
    generation: u64,
    rolling: bool,
    created: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    rolled: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled: Option<Timestamp>,
}

impl From<&Entry> for Volume {
    fn from(entry: &Entry) -> Self {
        let Entry { seeds, created, rolled, settled } = entry;
        Self {
            generation: seeds.generation,
            rolling: entry.is_rolling(),
            created: *created,
            rolled: *rolled,
            settled: *settled,
        }
    }
}

/// Shows volumes, generations and dates.
pub fn list<K: Authored>(arguments: &SeedList, report: &Report) -> Result<(), Failure> {
    with_vault::<K, _>(&arguments.folder, report, |file| {
        let vault = file.look()?.ok_or_else(|| file.missing())?;
        let volumes = vault.volumes().map(|(name, entry)| (name.to_owned(), entry.into())).collect();
        report.result(&Listed { volumes, recipients: vault.recipients }, table)
    })
}

fn table(listed: &Listed) -> Vec<String> {
    let time = |at: Option<Timestamp>| at.map_or_else(|| "-".into(), |at| at.to_string());
    let row = |name: &str, volume: &Volume| {
        let rolling = if volume.rolling { "yes" } else { "no" };
        let dates = [Some(volume.created), volume.rolled, volume.settled].map(time);
        let [created, rolled, settled] = dates;
        [name.to_owned(), volume.generation.to_string(), rolling.to_owned(), created, rolled, settled]
    };
    let head = ["VOLUME", "GENERATION", "ROLLING", "CREATED", "ROLLED", "SETTLED"].map(str::to_owned);
    let rows: Vec<_> =
        std::iter::once(head).chain(listed.volumes.iter().map(|(name, volume)| row(name, volume))).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().expect("the head is a row");
    let widths: [usize; 6] = std::array::from_fn(width);
    let line = |row: &[String; 6]| {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
