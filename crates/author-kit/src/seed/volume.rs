//! The volume that a command means if none is named.

use std::path::Path;

use cli_kit::names::in_folder;
use cli_kit::{Doing as _, Failure, Report, input};
use strict_yaml::{Limits, Tags};

use crate::Authored;

/// Warns of a volume that the section does not name: it is misspelt, or not written yet.
pub fn warn_if_unknown<K: Authored>(named: &str, folder: &Path, report: &Report) {
    let path = in_folder(folder, &format!("{}.yaml", K::NAME));
    // what is wrong with a section, `check` reports
    let Ok(volumes) = of_section(&path) else { return };
    if volumes.iter().any(|volume| volume == named) {
        return;
    }
    let distance = |volume: &&String| strsim::damerau_levenshtein(volume, named);
    let nearest = volumes.iter().min_by_key(distance).filter(|volume| distance(volume) <= 2);
    let (path, known) = (path.display(), volumes.join(", "));
    let has = if known.is_empty() { "none that takes a seed".into() } else { format!("only {known}") };
    let hint = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`? if not, write `{named}` under `volumes` there"),
        None => format!("write `{named}` under `volumes` there: without it, the seed is not used"),
    };
    report.warning(&format!("`{path}` names no volume `{named}`, {has}"), &[hint]);
}

/// The named volume, or the only one in the section that `fits`.
pub fn chosen<K: Authored>(
    named: Option<&str>,
    folder: &Path,
    fits: impl Fn(&str) -> bool,
) -> Result<String, Failure> {
    if let Some(name) = named {
        return Ok(name.to_owned());
    }
    let path = in_folder(folder, &format!("{}.yaml", K::NAME));
    let mut volumes = of_section(&path).map_err(|failure| {
        Failure::usage(format!("no volume is named, and {}", failure.message)).hint(NAME_IT)
    })?;
    volumes.retain(|name| fits(name));
    match &*volumes {
        [only] => Ok(only.clone()),
        [] => Err(Failure::usage(format!("no volume is named, and `{}` has none that fits", path.display()))
            .hint(NAME_IT)),
        several => Err(Failure::usage(format!(
            "no volume is named, and `{}` has several: {}",
            path.display(),
            several.join(", ")
        ))
        .hint("name one of them")),
    }
}

const NAME_IT: &str = "name it by its key under `volumes`: `data`";

/// The volumes whose passphrase takes a seed of this side.
fn of_section(path: &Path) -> Result<Vec<String>, Failure> {
    let text = input::read_secret_text(path, Limits::default().bytes)?;
    let document = strict_yaml::parse(&text, &Limits::default(), Tags::FileAndFolder)
        .doing(|| format!("cannot read `{}`", path.display()))?;
    let volumes = document.root.entry("volumes").and_then(|volumes| volumes.entries()).unwrap_or_default();
    let seeded = volumes.iter().filter(|(_, volume)| volume.entry("uv-secret-id").is_none());
    Ok(seeded.map(|(key, _)| key.text.clone()).collect())
}
