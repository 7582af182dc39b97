//! What the variables of a compose file are looked up in: the contract, files of variables, and compose itself.

use std::collections::BTreeMap;

use contract_core::secret::Secret;
use findings::Place;

use crate::{
    Descriptors, Environment, TopLevel, dotenv,
    image::is_pinned,
    variables::{ComposeText, Known, Malformed, Provider, Scope},
};

/// The name of the project where no file gives one: the guest unpacks the archive to `/data1/compose`.
const PROJECT: &str = "compose";

/// What variables are looked up in, and who used them.
#[derive(Clone)]
pub struct Variables<'a> {
    contract: &'a Environment,
    /// What files of variables provide.
    files: BTreeMap<String, Secret>,
    /// The text that is read.
    reading: Use,
    used: Vec<Use>,
}

/// The use of a variable.
#[derive(Clone)]
pub struct Use {
    pub name: String,
    pub provider: Provider,
    pub place: Place,
    /// The service whose value it is.
    pub service: Option<String>,
}

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
        self.used.push(Use { name: name.to_owned(), provider, ..self.reading.clone() });
    }
}

impl<'a> Variables<'a> {
    /// Those of a contract alone.
    pub fn new(contract: &'a Environment) -> Self {
        let reading =
            Use { name: String::new(), provider: Provider::Nobody, place: Place::default(), service: None };
        Self { contract, files: BTreeMap::new(), reading, used: Vec::new() }
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
        self.reading = Use { place, service: service.map(str::to_owned), ..self.reading.clone() };
        self.uses(name, provider);
    }

    /// The uses of a copy count here.
    pub fn take_from(&mut self, copy: &mut Self) {
        self.used = copy.take_uses();
    }

    /// All uses so far.
    pub fn take_uses(&mut self) -> Vec<Use> {
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
            self.reading =
                Use { place: place.clone(), service: service.map(str::to_owned), ..self.reading.clone() };
            let first = self.used.len();
            let resolved = parsed.resolve(self)?;
            if parsed.stray {
                let message = "a `$` that begins no variable: older versions of docker compose refuse it";
                found.findings.warning(place.clone(), message, "write `$$` for a dollar sign: `$$(date)`");
            }
            let pwd = |used: &[Use]| used.iter().any(|used| used.name == "PWD");
            if self.used.get(first..).is_some_and(pwd) {
                let message = "`PWD` is not known: it depends on how the guest starts docker compose";
                found.findings.warning(
                    place.clone(),
                    message,
                    "write `./` for the folder of the compose file",
                );
            }
            let names = self.used.get(first..).unwrap_or_default().iter().map(|used| used.name.clone());
            let open = self.contract.lacks(names.collect());
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
    ) -> Option<Vec<(String, String)>> {
        found.env_files.insert(name.to_owned());
        let place = top.place_of(name);
        let Some(text) = top.content(name).map(String::from_utf8_lossy) else {
            found.error(&place, "", "is too large to be read here", "keep files of variables below 1 MiB");
            return None;
        };
        let entries = match dotenv::parse(&text, raw) {
            Ok(entries) => entries,
            Err(dotenv::NotAnEntry { line, reason }) => {
                let place = Place { line: Some(line), ..place };
                found.error(&place, "", format!("not a line of variables: {reason}"), "write `NAME=value`");
                return None;
            }
        };
        let mut read = self.clone();
        let mut values = Vec::new();
        for dotenv::Entry { line, name, value } in entries {
            let place = Place { line: Some(line), field: name.to_owned(), ..place.clone() };
            let value = match value {
                Some(value) if value.replaced => read.text(found, place, service, &value.text),
                Some(value) => value.text.to_string(),
                None => match read.get(name) {
                    Some(value) => value.to_owned(),
                    None => continue,
                },
            };
            read.files.entry(name.to_owned()).or_insert_with(|| Secret::new(&value));
            values.push((name.to_owned(), value));
        }
        self.used = read.take_uses();
        Some(values)
    }

    /// The same with what a file of variables provides; earlier values win.
    pub fn with_file(&self, found: &mut Descriptors, top: &TopLevel, name: &str) -> Self {
        let mut with = self.clone();
        for (name, value) in with.read_file(found, top, name, false, None).unwrap_or_default() {
            if self.contract.get(&name).is_some() {
                let message = format!(
                    "the contract provides `{name}` too: no source states which value the guest takes"
                );
                let place = Place { field: name.clone(), ..top.place_of(".env") };
                found.findings.warning(place, message, "keep one of them");
            }
            with.files.entry(name).or_insert_with(|| Secret::new(&value));
        }
        with
    }
}
