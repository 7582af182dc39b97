//! What the variables of a compose file are looked up in: the contract, files of variables, and compose itself.

use std::collections::{BTreeMap, BTreeSet};

use contract_core::secret::Secret;
use findings::Place;
use zeroize::Zeroizing;

use crate::{
    Descriptors, Environment, TopLevel, dotenv,
    image::is_pinned,
    variables::{ComposeText, Known, Malformed, Provider, Scope},
};

/// Bytes of files of variables; one that is named twice counts twice.
const MOST_READ: usize = 16 << 20;

/// The name of the project where no file gives one: the guest unpacks the archive to `/data1/compose`.
const PROJECT: &str = "compose";

/// What variables are looked up in, and who used them.
#[derive(Clone)]
pub struct Variables<'a> {
    contract: &'a Environment,
    /// What files of variables provide.
    files: BTreeMap<String, Secret>,
    /// The place of the text that is read, the service whose value it is, and its variables.
    place: Place,
    service: Option<String>,
    names: BTreeSet<String>,
    /// By whom each variable is provided, for each service that uses it, and where.
    used: Uses,
    /// Bytes of files of variables that were read.
    read: usize,
}

/// Variables by name and service: who provides them, and a place that uses them.
pub type Uses = BTreeMap<(String, Option<String>), (Provider, Place)>;

impl Scope for Variables<'_> {
    fn value(&self, name: &str) -> Known<'_> {
        match (name, self.contract.get(name), self.files.get(name)) {
            ("PWD", ..) => Known::Open,
            (_, Some(value), _) => Known::Value(value, Provider::Contract),
            (_, None, Some(value)) => Known::Value(value.expose(), Provider::DotEnv),
            ("COMPOSE_PROJECT_NAME", None, None) => Known::Value(PROJECT, Provider::Engine),
            _ if self.contract.is_whole() => Known::Unset,
            _ => Known::Open,
        }
    }

    fn uses(&mut self, name: &str, provider: Provider) {
        let provider = if name == "PWD" { Provider::Engine } else { provider };
        self.names.insert(name.to_owned());
        let used = self.used.entry((name.to_owned(), self.service.clone()));
        let used = used.or_insert_with(|| (provider, self.place.clone()));
        if provider > used.0 {
            *used = (provider, self.place.clone());
        }
    }
}

impl<'a> Variables<'a> {
    /// Those of a contract alone.
    pub fn new(contract: &'a Environment) -> Self {
        Self {
            contract,
            files: BTreeMap::new(),
            place: Place::default(),
            service: None,
            names: BTreeSet::new(),
            used: Uses::new(),
            read: 0,
        }
    }

    /// A value, if it is known.
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.value(name) {
            Known::Value(value, _) => Some(value),
            Known::Unset | Known::Open => None,
        }
    }

    /// Notes a name that is used without `${…}`, at a place, by a service.
    pub fn uses_at(&mut self, name: &str, otherwise: Provider, place: Place, service: Option<&str>) {
        let provider = match self.value(name) {
            Known::Value(_, provider) => provider,
            Known::Unset | Known::Open => otherwise,
        };
        (self.place, self.service) = (place, service.map(str::to_owned));
        self.uses(name, provider);
    }

    /// What a copy used and read counts here.
    pub fn take_from(&mut self, copy: &mut Self) {
        (self.used, self.read) = (copy.take_uses(), copy.read);
    }

    /// All uses so far.
    pub fn take_uses(&mut self) -> Uses {
        std::mem::take(&mut self.used)
    }

    /// Replaces the variables of a text; what is wrong with it is reported.
    pub fn text(
        &mut self,
        found: &mut Descriptors,
        place: Place,
        service: Option<&str>,
        text: &str,
    ) -> String {
        let resolved = ComposeText::parse(text).and_then(|parsed| {
            (self.place, self.service) = (place.clone(), service.map(str::to_owned));
            self.names.clear();
            let resolved = parsed.resolve(self)?;
            if parsed.stray {
                let message = "a `$` that begins no variable: older versions of docker compose refuse it";
                found.findings.warning(place.clone(), message, "write `$$` for a dollar sign: `$$(date)`");
            }
            if self.names.contains("PWD") {
                let message = "`PWD` is not known: it depends on how the guest starts docker compose";
                found.findings.warning(
                    place.clone(),
                    message,
                    "write `./` for the folder of the compose file",
                );
            }
            let open = self.contract.lacks(std::mem::take(&mut self.names));
            if !open.is_empty() && place.field.rsplit('.').next() == Some("image") && !is_pinned(text) {
                found.open_images.insert((place.file.clone(), place.field.clone()), open);
            }
            Ok(resolved.to_string())
        });
        resolved.unwrap_or_else(|Malformed| {
            let hint = "write `${NAME}`, or `$$` for a dollar sign";
            found.findings.error(place, "a `$` that begins no variable", hint);
            text.to_owned()
        })
    }

    /// The variables of a file in the archive: `NAME=value`, line by line.
    pub fn read_file(
        &mut self,
        found: &mut Descriptors,
        top: &TopLevel,
        name: &str,
        raw: bool,
        service: Option<&str>,
    ) -> Option<Vec<(String, Secret)>> {
        found.env_files.insert(name.to_owned());
        let place = top.place_of(name);
        let Some(text) = top.content(name).map(String::from_utf8_lossy) else {
            found.error(&place, "", "is too large to be read here", "keep files of variables below 1 MiB");
            return None;
        };
        self.read += text.len();
        if self.read > MOST_READ {
            let message =
                format!("more than {} MiB of variables, each file as often as it is named", MOST_READ >> 20);
            found.error(&place, "", message, "name smaller files, or name them less often");
            return None;
        }
        let entries = match dotenv::parse(&text, raw) {
            Ok(entries) => entries,
            Err(dotenv::NotAnEntry { line, reason }) => {
                let place = Place { line: Some(line), ..place };
                found.error(&place, "", format!("not a line of variables: {reason}"), "write `NAME=value`");
                return None;
            }
        };
        let used = self.take_uses();
        let mut read = Self { used, ..self.clone() };
        let mut values = Vec::new();
        for dotenv::Entry { line, name, value } in entries {
            let place = Place { line: Some(line), field: name.to_owned(), ..place.clone() };
            let value = match value {
                Some(value) if value.replaced => {
                    Secret::new(&Zeroizing::new(read.text(found, place, service, &value.text)))
                }
                Some(value) => Secret::new(&value.text),
                None => match read.get(name) {
                    Some(value) => Secret::new(value),
                    None => continue,
                },
            };
            read.files.entry(name.to_owned()).or_insert_with(|| value.clone());
            values.push((name.to_owned(), value));
        }
        self.used = read.take_uses();
        Some(values)
    }

    /// The same with what a file of variables provides; earlier values win.
    pub fn with_file(&self, found: &mut Descriptors, top: &TopLevel, file: &str) -> Self {
        let mut with = self.clone();
        for (name, value) in with.read_file(found, top, file, false, None).unwrap_or_default() {
            if self.contract.get(&name).is_some() {
                let message = format!(
                    "the contract provides `{name}` too: no source states which value the guest takes"
                );
                let place = Place { field: name.clone(), ..top.place_of(file) };
                found.findings.warning(place, message, "keep one of them");
            }
            with.files.entry(name).or_insert(value);
        }
        with
    }
}
