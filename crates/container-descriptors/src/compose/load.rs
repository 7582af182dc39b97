//! Loads a compose file as `docker compose` does: which file it takes, `.env`, then for each file its variables, `extends`
//! and `include`, and the override file on top. All files come from the archive.
//!
//! Sources: the Compose Specification of 2026-06-23 (10-fragments to 15-profiles), and compose-go 2.13 where it is silent.

use std::collections::{BTreeMap, BTreeSet};

use findings::{Finding, Findings, Place, join};
use serde_json::Value;
use strict_yaml::{Limits, plain::GoReader};

use crate::{
    Descriptors, Environment, TopLevel, at,
    compose::{
        fields,
        layer::{Layer, texts},
        rebase::rebased,
        scope::Variables,
    },
    environment::replaced,
    paths::inside,
    shape::Texts,
    variables::has_variable,
};

/// The names that `docker compose` looks for; the first one counts.
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// Of these, the names that the guest looks for (HPL06008E).
const GUEST_NAMES: [&str; 2] = ["docker-compose.yaml", "docker-compose.yml"];

/// Files that are merged on top; the first one counts.
const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Files that `include` and `extends` may name, one within the other, and all together.
const DEEPEST: usize = 16;
const MOST_FILES: usize = 200;

/// A compose file with all that it is made of.
pub struct Project<'a> {
    pub top: &'a TopLevel,
    pub model: Layer,
    /// The profiles that are active.
    pub profiles: BTreeSet<String>,
}

impl Project<'_> {
    /// Whether a service starts.
    pub fn is_active(&self, service: &Value) -> bool {
        let profiles = service.get("profiles").map(texts).unwrap_or_default();
        profiles.is_empty()
            || self.profiles.contains("*")
            || profiles.iter().any(|it| self.profiles.contains(it))
    }
}

/// Loads the compose file of an archive. What is wrong with it is reported.
pub fn project<'a>(
    top: &'a TopLevel,
    environment: &'a Environment,
    found: &mut Descriptors,
) -> Option<(Project<'a>, Variables<'a>)> {
    let here = |names: &[&'static str]| -> Vec<&'static str> {
        names.iter().copied().filter(|name| top.content(name).is_some()).collect()
    };
    let files = here(&NAMES);
    if let Some(finding) = top.lacks_compose_file() {
        found.findings.0.push(finding);
        return None;
    }
    let first = files.first()?;
    if files.len() > 1 {
        let listed: Vec<_> = files.iter().map(|name| format!("`{name}`")).collect();
        let message = format!(
            "there are {}: docker compose takes `{first}`, if the guest names no other file",
            listed.join(" and ")
        );
        found.warning(&top.place(), "", message, "keep one of them");
    }
    let mut files = vec![(*first).to_owned()];
    if let Some(over) = here(&OVERRIDES).first() {
        let message = format!("docker compose merges it into `{first}`, if the guest names no file");
        found.warning(&top.place_of(over), "", message, format!("write its content into `{first}`"));
        files.push((*over).to_owned());
    }
    let mut variables = Variables::new(environment);
    if top.entries.contains(".env") {
        variables = variables.with_file(found, top, ".env");
    }
    if variables.get("COMPOSE_FILE").is_some() {
        let message = "`COMPOSE_FILE` names other files, which are not read here";
        found.warning(&top.place(), "", message, "write all into one file, and take the variable out");
    }
    let mut loader = Loader { top, found, files: 0, values: 0, extended: BTreeMap::new() };
    let model = loader.merged(&files, "", &mut variables, &mut Vec::new())?;
    project_name(&model, found);
    let profiles = variables.get("COMPOSE_PROFILES").unwrap_or_default();
    let profiles = profiles.split(',').map(|name| name.trim().to_owned()).collect();
    Some((Project { top, model, profiles }, variables))
}

/// docker compose writes the name of a project in lower case, and drops what is no letter, digit, `_` or `-`.
fn project_name(model: &Layer, found: &mut Descriptors) {
    let Some(name) = model.value.get("name").and_then(Value::as_str) else { return };
    let kept = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let made: String = name.to_ascii_lowercase().chars().filter(kept).collect();
    let made = made.trim_start_matches(['_', '-']);
    if made != name && !has_variable(name) {
        let message = format!("docker compose makes `{made}` of it, and some versions refuse it");
        found.warning(&model.place("name"), "", message, format!("write `name: {made}`"));
    }
}

impl TopLevel {
    /// What is wrong if the guest finds no compose file.
    pub fn lacks_compose_file(&self) -> Option<Finding> {
        if GUEST_NAMES.iter().any(|name| self.content(name).is_some()) {
            return None;
        }
        let mut findings = Findings::default();
        let is_one = |name: &&str| GUEST_NAMES.iter().any(|known| name.ends_with(&format!("/{known}")));
        if let Some(deeper) = self.deeper().find(is_one) {
            let message = "the compose file is not at the top level (HPL06008E)";
            let hint = format!("name its folder, or move `{deeper}` to the top");
            findings.error(self.place_of(deeper), message, hint);
        } else {
            let message = "no `docker-compose.yaml` or `docker-compose.yml` at the top level (HPL06008E)";
            findings.error(self.place(), message, "name the compose file `docker-compose.yaml`");
        }
        findings.0.pop()
    }
}

struct Loader<'a, 'f> {
    top: &'a TopLevel,
    found: &'f mut Descriptors,
    /// How many files were read, and how many values they hold, with those that `extends` repeats.
    files: usize,
    values: usize,
    /// Files that `extends` names.
    extended: BTreeMap<String, Option<Layer>>,
}

impl<'a> Loader<'a, '_> {
    /// Several files, each on top of those before it. `outer` are the files that include these.
    fn merged(
        &mut self,
        files: &[String],
        directory: &str,
        variables: &mut Variables<'a>,
        outer: &mut Vec<String>,
    ) -> Option<Layer> {
        let mut model: Option<Layer> = None;
        for name in files {
            let mut layer = self.file(name, directory, variables, None)?;
            self.extends(&mut layer, name, directory, variables)?;
            outer.push(name.clone());
            let included = self.includes(&mut layer, directory, variables, outer);
            outer.pop();
            included?;
            match &mut model {
                Some(model) => model.merge(&layer, ""),
                None => model = Some(layer),
            }
        }
        model
    }

    /// One file with its variables replaced, and its paths relative to the archive. `service` is the one that extends a service
    /// of it.
    fn file(
        &mut self,
        name: &str,
        directory: &str,
        variables: &mut Variables<'a>,
        service: Option<&str>,
    ) -> Option<Layer> {
        let place = self.top.place_of(name);
        self.files += 1;
        let Some(content) = self.top.content(name).filter(|_| self.files <= MOST_FILES) else {
            let message = "is too large, or one file too many, to be read here";
            self.found.error(&place, "", message, "write all into one compose file");
            return None;
        };
        let errors = self.found.findings.errors();
        let documents = self.found.documents(&place, content, GoReader::Compose);
        if self.found.findings.errors() > errors {
            return None;
        }
        let [document] = &*documents else {
            let hint = "keep one document, with `services:`";
            let message = format!("{} documents, expected one", documents.len());
            self.found.error(&place, "", message, hint);
            return None;
        };
        self.values += size(&document.value);
        if !self.has_room(&place) {
            return None;
        }
        self.keys(&place, "", &document.value);
        let value = replaced(&document.value, "", &mut |path, text| {
            let own =
                path.strip_prefix("services.").map(|path| path.split(['.', '[']).next().unwrap_or_default());
            let used_by = own.map(|own| service.unwrap_or(own));
            variables.text(self.found, at(&place, path), used_by, text)
        });
        let layer = Layer::new(rebased(value, directory), place.clone());
        self.found.changed(
            &place,
            "",
            &layer.value,
            &fields::USER_TEXTS,
            (&document.changes, Texts::Resolved),
        );
        let fits = !self.is_first_format(&place, &layer.value)
            && self.found.shape(&place, "", &layer.value, &fields::FILE, Texts::Resolved);
        fits.then_some(layer)
    }

    /// Whether all files, with what `extends` repeats, hold no more values than one file may.
    fn has_room(&mut self, place: &Place) -> bool {
        let most = Limits::default().nodes;
        if self.values > most {
            let message = format!("more than {most} values, with all that `include` and `extends` add");
            self.found.findings.error(place.clone(), message, "include less, or extend smaller services");
        }
        self.values <= most
    }

    /// Warns of variables in keys, which are not replaced.
    fn keys(&mut self, place: &Place, path: &str, value: &Value) {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(entries) => {
                for name in entries.keys().filter(|name| name.contains("${")) {
                    let message = "a variable in a name is not replaced";
                    self.found.warning(place, &join(path, name), message, "write the name itself");
                }
                entries.iter().map(|(name, value)| (join(path, name), value)).collect()
            }
            Value::Array(items) => {
                items.iter().enumerate().map(|(at, item)| (format!("{path}[{at}]"), item)).collect()
            }
            _ => return,
        };
        for (path, value) in children {
            self.keys(place, &path, value);
        }
    }

    /// Services at the top level, as in the first format of compose files.
    fn is_first_format(&mut self, place: &Place, value: &Value) -> bool {
        let is_service = |(name, value): &(&String, &Value)| {
            !fields::is_top_level(name) && (value.get("image").is_some() || value.get("build").is_some())
        };
        let services = value.as_object().into_iter().flatten();
        let Some((name, _)) = services.into_iter().find(is_service) else { return false };
        let message = "a service at the top level: docker compose no longer reads this format";
        self.found.error(place, &join("", name), message, "put services under `services:`");
        true
    }

    /// Replaces every service that extends another by what it is with it.
    fn extends(
        &mut self,
        layer: &mut Layer,
        file: &str,
        directory: &str,
        variables: &mut Variables<'a>,
    ) -> Option<()> {
        let extending = layer.entries("services").filter(|(_, service)| service.get("extends").is_some());
        let names: Vec<_> = extending.map(|(name, _)| name.clone()).collect();
        let mut done = Vec::new();
        for name in names {
            let mut chain = Vec::new();
            done.push((self.service(layer, (file, directory), &name, &name, variables, &mut chain)?, name));
        }
        for (service, name) in done {
            layer.put("services", &name, &service);
        }
        Some(())
    }

    /// A service with all that it extends, for the service `by`.
    fn service(
        &mut self,
        layer: &Layer,
        (file, directory): (&str, &str),
        name: &str,
        by: &str,
        variables: &mut Variables<'a>,
        chain: &mut Vec<(String, String)>,
    ) -> Option<Layer> {
        let mut own = layer.part("services", name)?;
        self.values += size(&own.value);
        let Some(extends) = own.value.get("extends").filter(|extends| !extends.is_null()) else {
            return Some(own);
        };
        let place = own.place("extends");
        let this = (file.to_owned(), name.to_owned());
        if chain.contains(&this) || chain.len() >= DEEPEST {
            let message = format!("`{name}` extends itself, or {DEEPEST} services one after the other");
            self.found.findings.error(place, message, "take one `extends` out");
            return None;
        }
        if !self.has_room(&place) {
            return None;
        }
        let text = |field: &str| extends.get(field).and_then(Value::as_str);
        let Some(base) = extends.as_str().or_else(|| text("service")).map(str::to_owned) else {
            self.found.findings.error(place, "no service is named", "write `extends: {service: base}`");
            return None;
        };
        let named = text("file").map(str::to_owned);
        if named.as_ref().is_some_and(|named| self.is_open(&place, named)) {
            own.remove("extends");
            return Some(own);
        }
        chain.push(this);
        let extended = if let Some(named) = named {
            let other = self.reference(&place, directory, &named)?;
            let other_directory = other.rsplit_once('/').map_or("", |(directory, _)| directory).to_owned();
            if !self.extended.contains_key(&other) {
                let layer = self.file(&other, &other_directory, variables, Some(by));
                self.extended.insert(other.clone(), layer);
            }
            let layer = self.extended.get(&other).cloned().flatten()?;
            self.base(&layer, &place, (&other, &other_directory), &base, by, variables, chain)
        } else {
            self.base(layer, &place, (file, directory), &base, by, variables, chain)
        };
        chain.pop();
        let mut extended = extended?;
        own.remove("extends");
        extended.merge(&own, &join("services", name));
        extended.remove("extends");
        Some(extended)
    }

    #[expect(clippy::too_many_arguments, reason = "one step of the recursion above")]
    fn base(
        &mut self,
        layer: &Layer,
        place: &Place,
        file: (&str, &str),
        base: &str,
        by: &str,
        variables: &mut Variables<'a>,
        chain: &mut Vec<(String, String)>,
    ) -> Option<Layer> {
        if layer.entry("services", base).is_none() {
            let message = format!("`{}` has no service `{base}`", file.0);
            self.found.findings.error(place.clone(), message, "name a service that is there");
            return None;
        }
        self.service(layer, file, base, by, variables, chain)
    }

    /// Whether a file is named by a variable that only another section provides. What it holds is not known then.
    fn is_open(&mut self, place: &Place, named: &str) -> bool {
        let open = has_variable(named);
        if open {
            let message = format!("`{named}` depends on a variable: what it names is read only in a guest");
            self.found.findings.warning(place.clone(), message, "name the file itself");
            self.found.incomplete = true;
            self.found.unknown_mounts = true;
        }
        open
    }

    /// The name in the archive of a file that a compose file names.
    fn reference(&mut self, place: &Place, directory: &str, named: &str) -> Option<String> {
        let name = inside(directory, named).filter(|name| self.top.entries.contains(name));
        if name.is_none() {
            let hint = format!("put `{named}` into the folder that is packed");
            self.found.findings.error(place.clone(), format!("`{named}` is not in the archive"), hint);
        }
        name
    }

    /// Adds what the files under `include` hold.
    fn includes(
        &mut self,
        layer: &mut Layer,
        directory: &str,
        variables: &mut Variables<'a>,
        outer: &mut Vec<String>,
    ) -> Option<()> {
        let Some(includes) = layer.value.get("include").and_then(Value::as_array).cloned() else {
            return Some(());
        };
        if !includes.is_empty() {
            let message = "needs docker compose 2.20 or later: no source states which version a guest has";
            self.found.findings.warning(layer.place("include"), message, "write all into one compose file");
        }
        for (at, include) in includes.iter().enumerate() {
            let place = layer.place(&format!("include[{at}]"));
            let paths = texts(include.get("path").unwrap_or(include));
            if paths.iter().any(|path| self.is_open(&place, path)) {
                continue;
            }
            let mut files = Vec::new();
            for path in &paths {
                files.push(self.reference(&place, directory, path)?);
            }
            let first = files.first()?;
            if outer.contains(first) || outer.len() >= DEEPEST {
                let message = format!("`{first}` includes itself, or {DEEPEST} files one after the other");
                self.found.findings.error(place, message, "take one `include` out");
                return None;
            }
            let own = first.rsplit_once('/').map_or("", |(directory, _)| directory);
            let given = include.get("project_directory").and_then(Value::as_str);
            let own = match given.map(|given| (given, inside(directory, given))) {
                None => own.to_owned(),
                Some((_, Some(own))) => own,
                Some((given, None)) => {
                    self.reference(&place, directory, given)?;
                    own.to_owned()
                }
            };
            let mut scope = variables.clone();
            let default =
                inside(&own, ".env").filter(|name| !own.is_empty() && self.top.entries.contains(name));
            match include.get("env_file").map(texts) {
                Some(named) => {
                    for named in named {
                        let name = self.reference(&place, directory, &named)?;
                        scope = scope.with_file(self.found, self.top, &name);
                    }
                }
                None => {
                    if let Some(name) = default {
                        scope = scope.with_file(self.found, self.top, &name);
                    }
                }
            }
            let merged = self.merged(&files, &own, &mut scope, outer)?;
            variables.take_from(&mut scope);
            self.import(layer, &merged);
        }
        layer.remove("include");
        Some(())
    }

    /// Adds what is there only in an included file.
    fn import(&mut self, layer: &mut Layer, included: &Layer) {
        for kind in ["services", "networks", "volumes", "configs", "secrets", "models"] {
            for (name, value) in included.entries(kind) {
                match (layer.entry(kind, name), included.part(kind, name)) {
                    (None, Some(part)) => layer.put(kind, name, &part),
                    (Some(own), _) if own != value => {
                        let message = format!("`{name}` is also in an included file, with other content");
                        let place = included.place(&join(kind, name));
                        self.found.findings.warning(place, message, "give one of them another name");
                    }
                    _ => {}
                }
            }
        }
    }
}

/// How many values a value holds.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(entries) => entries.values().map(size).sum::<usize>(),
        _ => 0,
    }
}
