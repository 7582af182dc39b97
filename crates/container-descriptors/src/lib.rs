//! What stands at the top level of an archive: a compose file, or descriptors of pods and config maps (contract-format,
//! section 7). The guest rehearsal looks at an unpacked archive with the same eyes.
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

mod compose;
mod document;
mod environment;
mod exposure;
mod folder;
pub mod image;
mod interpolation;
mod play;
mod shape;
mod storage;
mod stray;
mod template;
mod tgz;
pub mod value;
mod variables;

use std::collections::BTreeSet;
use std::io::{self, Read};

use serde_json::Value;

use document::Document;
use findings::Advice as _;
use findings::{Findings, Place};
use strict_yaml::plain::GoReader;
use strict_yaml::{Fault, Limits};

pub use compose::compose;
pub use document::Changes;
pub use environment::Environment;
pub use exposure::{Mount, Port, Source};
pub use play::{Resource, play};
pub use storage::{Storage, Volume, storage};
pub use stray::{Strays, strays, strays_of_folder};

/// Bytes of one descriptor.
const LARGEST_DESCRIPTOR: usize = 16 << 20;

/// Bytes of `.env`.
const LARGEST_DOT_ENV: usize = 1 << 20;

/// Bytes that are kept of one folder or archive, all names and contents together.
const BUDGET: usize = 64 << 20;

/// Why a file of a folder or an archive is not looked at.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// It could not be read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// No descriptor is as large.
    #[error("is larger than {} MiB", .0 >> 20)]
    TooLarge(usize),
    /// It, and what was kept before.
    #[error("goes beyond the {} MiB that are read of all names, descriptors and `.env`", BUDGET >> 20)]
    Budget,
}

impl NotKept {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read(_) => "make it readable: `chmod u+r FILE`",
            Self::TooLarge(_) | Self::Budget => {
                "put data into files of another name, or into a folder further down: descriptors are `*.yml`, `*.yaml` and `.env` at the top"
            }
        }
    }
}

/// The files at the top of a folder or an archive, as far as descriptors go.
#[derive(Debug, Default)]
pub struct TopLevel {
    /// Name, without `./`, and content of each `*.yml` and `*.yaml`.
    pub files: Vec<(String, Vec<u8>)>,
    /// Names of `*.yml` and `*.yaml` further down, where no guest looks.
    pub deeper: Vec<String>,
    /// Names of all files, and of directories with a slash behind them.
    pub entries: BTreeSet<String>,
    /// What stands in `.env`: `docker compose` takes from it what nobody else provides.
    pub dot_env: Option<Vec<u8>>,
    /// Files of a folder that are seldom meant to be packed.
    pub strays: Strays,
    /// How the folder or the archive is called in findings.
    pub shown: String,
    /// Bytes of all these.
    pub bytes: usize,
}

/// What the descriptors say.
#[derive(Debug, Default)]
pub struct Descriptors {
    /// What is wrong or unwise.
    pub findings: Findings,
    /// Images to be started, and where they are named.
    pub images: Vec<(Place, String)>,
    /// Environment variables that somebody has to provide.
    pub variables: BTreeSet<String>,
    /// How many pods or services there are.
    pub pods: usize,
    /// What reads well, and fails when it is to be started.
    pub stops: Findings,
    /// Ports of the guest that lead to containers.
    pub ports: Vec<Port>,
    /// What containers find at their paths.
    pub mounts: Vec<Mount>,
    /// Whether there may be more mounts: behind a variable, or in another file.
    pub unknown_mounts: bool,
    /// Files of variables that a compose file takes, named as in the archive.
    env_files: BTreeSet<String>,
    /// Variables that a compose file insists on and nobody provides.
    pub insisted: BTreeSet<String>,
    /// Texts of templates with expressions that are not evaluated here.
    pub unrendered: Vec<Place>,
    /// What texts are resolved with; none where nobody knows the other section.
    environment: Option<Environment>,
}

impl TopLevel {
    /// Where a finding about the whole stands.
    fn place(&self) -> Place {
        Place { file: self.shown.clone(), ..Place::default() }
    }

    /// Where a finding about a file stands.
    fn place_of(&self, name: &str) -> Place {
        Place { file: format!("{}/{name}", self.shown), ..Place::default() }
    }

    /// Whether a path, relative to the unpacked archive, names a file or a directory in it.
    fn holds(&self, path: &str) -> bool {
        let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let name = parts.join("/");
        let below = format!("{name}/");
        name.is_empty()
            || self.entries.contains(&name)
            || self.entries.range(below.clone()..).next().is_some_and(|entry| entry.starts_with(&below))
    }

    /// Notes a regular file, by its name without `./`; what is no descriptor is not opened.
    pub fn note<R: Read>(&mut self, name: &str, open: impl FnOnce() -> io::Result<R>) -> Result<(), NotKept> {
        self.spend(name.len())?;
        self.entries.insert(name.to_owned());
        if name == ".env" {
            self.dot_env = Some(self.content(open()?, LARGEST_DOT_ENV)?);
            return Ok(());
        }
        let yaml =
            std::path::Path::new(name).extension().is_some_and(|ending| ending == "yml" || ending == "yaml");
        match (yaml, name.contains('/')) {
            (true, false) => {
                let content = self.content(open()?, LARGEST_DESCRIPTOR)?;
                self.files.push((name.to_owned(), content));
            }
            (true, true) => {
                self.spend(name.len())?;
                self.deeper.push(name.to_owned());
            }
            (false, _) => {}
        }
        Ok(())
    }

    /// Notes a directory, by its name without `./` and without a slash behind it.
    pub fn note_directory(&mut self, name: &str) -> Result<(), NotKept> {
        self.spend(name.len())?;
        self.entries.insert(format!("{name}/"));
        Ok(())
    }

    fn content(&mut self, file: impl Read, largest: usize) -> Result<Vec<u8>, NotKept> {
        let left = BUDGET.saturating_sub(self.bytes);
        let mut content = Vec::new();
        file.take(largest.min(left) as u64 + 1).read_to_end(&mut content)?;
        if content.len() > largest {
            return Err(NotKept::TooLarge(largest));
        }
        self.spend(content.len())?;
        Ok(content)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), NotKept> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > BUDGET { Err(NotKept::Budget) } else { Ok(()) }
    }
}

impl Descriptors {
    fn with(environment: Option<&Environment>) -> Self {
        Self { environment: environment.cloned(), ..Self::default() }
    }

    /// All that is wrong or unwise.
    pub fn all_findings(&mut self) -> Vec<findings::Finding> {
        let mut findings = std::mem::take(&mut self.findings.0);
        findings.append(&mut self.stops.0);
        findings
    }

    fn stops(&mut self, place: &Place, field: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.stops.error(at(place, field), message, hint);
    }

    fn error(&mut self, place: &Place, field: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.findings.error(at(place, field), message, hint);
    }

    fn warning(&mut self, place: &Place, field: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.findings.warning(at(place, field), message, hint);
    }

    /// The documents of a file that are not empty, as `reader` types them; none if there is a mistake in it. Compose
    /// files and descriptors may hold all of YAML that every reader reads alike, within limits.
    fn documents(&mut self, place: &Place, content: &[u8], reader: GoReader) -> Vec<Document> {
        let parsed = strict_yaml::text(content)
            .and_then(|text| strict_yaml::parse_descriptors(text, &Limits::default()));
        match parsed {
            Ok(nodes) => {
                let nodes = nodes.iter().filter(|node| !node.is_null());
                nodes.map(|node| Document::new(node, reader)).collect()
            }
            Err(error) => {
                let syntax = matches!(&error, strict_yaml::Error::At { fault: Fault::Syntax(_), .. });
                let reason = format!("{}{}", if syntax { "no YAML: " } else { "" }, error.reason());
                let place = Place { line: Some(error.line()), ..place.clone() };
                self.error(&place, "", reason, error.hints().concat());
                Vec::new()
            }
        }
    }

    /// An image that somebody starts.
    fn image(&mut self, place: &Place, field: &str, image: &Value, what: &str) {
        match image.as_str() {
            Some(image) if !image.is_empty() => {
                if !image::is_reference(image) && !variables::is_open(image) {
                    let hint = "write `REGISTRY/NAME@sha256:…`, in lower case";
                    self.stops(place, field, format!("`{image}` is no name of an image"), hint);
                }
                self.images.push((at(place, field), image.to_owned()));
            }
            _ => self.error(
                place,
                field,
                format!("{what} without an image"),
                "write `image: \"REGISTRY/NAME@sha256:…\"`",
            ),
        }
    }
}

/// A field below the place of its document.
fn at(place: &Place, field: &str) -> Place {
    let field = match (&*place.field, field) {
        (path, "") => path.to_owned(),
        ("", field) => field.to_owned(),
        (path, field) => format!("{path}.{field}"),
    };
    Place { field, ..place.clone() }
}

/// Every text of a value, with its path.
fn texts<'v>(value: &'v Value, path: &str, visit: &mut impl FnMut(&str, &'v str)) {
    match value {
        Value::String(text) => visit(path, text),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                texts(item, &format!("{path}[{at}]"), visit);
            }
        }
        Value::Object(entries) => {
            for (name, value) in entries {
                texts(value, &findings::join(path, name), visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests;
