//! Which volume is meant where none is named.

use std::path::Path;

use contract_core::yaml::{self, Limits, Tags};

use super::super::Authored;
use crate::failure::{Doing as _, Failure};
use crate::input;
use crate::persona::beside;

/// The volume that is named, or the only one of the section's that `fits`.
pub fn chosen<K: Authored>(
    named: Option<&str>,
    folder: &Path,
    fits: impl Fn(&str) -> bool,
) -> Result<String, Failure> {
    if let Some(name) = named {
        return Ok(name.to_owned());
    }
    let path = beside(folder, &format!("{}.yaml", K::NAME));
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

/// Those whose passphrase takes a seed of this side.
fn of_section(path: &Path) -> Result<Vec<String>, Failure> {
    let text = input::read_secret_text(path, Limits::default().bytes)?;
    let document = yaml::parse(&text, &Limits::default(), Tags::FileAndFolder)
        .doing(|| format!("cannot read `{}`", path.display()))?;
    let volumes = document.root.entry("volumes").and_then(|volumes| volumes.entries()).unwrap_or_default();
    let seeded = volumes.iter().filter(|(_, volume)| volume.entry("uv-secret-id").is_none());
    Ok(seeded.map(|(key, _)| key.text.clone()).collect())
}
