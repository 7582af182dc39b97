//! A compose file: `docker-compose.yaml` or `.yml` at the top level (HPL06008E).

mod fields;
mod mounts;
mod ports;
mod service;

use findings::{Place, join};
use serde_json::Value;
use strict_yaml::plain::GoReader;

use crate::{Descriptors, Environment, TopLevel, shape::Texts};

const NAMES: [&str; 2] = ["docker-compose.yaml", "docker-compose.yml"];

/// The file around a service.
pub struct File<'a> {
    pub place: &'a Place,
    pub document: &'a Value,
    pub top: &'a TopLevel,
}

impl File<'_> {
    pub fn declared(&self, kind: &str) -> &Value {
        self.document.get(kind).unwrap_or(&Value::Null)
    }
}

/// Reads the compose file of an archive; with an environment, as `docker compose` resolves it.
pub fn compose(top: &TopLevel, environment: Option<&Environment>) -> Descriptors {
    let mut found = Descriptors::with(environment);
    if let (Some(environment), Some(dot_env)) = (&mut found.environment, &top.dot_env) {
        environment.add_dot_env(&String::from_utf8_lossy(dot_env));
    }
    // `docker compose` reads this file by default, for the values of `${…}`
    found.env_files.insert(".env".to_owned());
    let files: Vec<_> = top.files.iter().filter(|(name, _)| NAMES.contains(&&**name)).collect();
    match &*files {
        [] => missing(top, &mut found),
        [(name, content)] => file(top, &top.place_of(name), content, &mut found),
        _ => {
            for (name, content) in &files {
                file(top, &top.place_of(name), content, &mut found);
            }
            let message = "there are both `docker-compose.yaml` and `docker-compose.yml`";
            found.error(&top.place(), "", message, "keep one of them");
        }
    }
    found
}

impl TopLevel {
    /// Whether there is a compose file that `docker compose` finds.
    pub(super) fn has_compose_file(&self) -> bool {
        self.files.iter().any(|(name, _)| NAMES.contains(&&**name))
    }
}

fn missing(top: &TopLevel, found: &mut Descriptors) {
    let is_one = |name: &&String| NAMES.iter().any(|known| name.ends_with(&format!("/{known}")));
    if let Some(deeper) = top.deeper.iter().find(is_one) {
        let message = "the compose file is not at the top level (HPL06008E)";
        let hint = format!("name its folder, or move `{deeper}` to the top");
        found.error(&top.place_of(deeper), "", message, hint);
    } else {
        let message = "no `docker-compose.yaml` or `docker-compose.yml` at the top level (HPL06008E)";
        found.error(&top.place(), "", message, "name the compose file `docker-compose.yaml`");
    }
}

fn file(top: &TopLevel, place: &Place, content: &[u8], found: &mut Descriptors) {
    let errors = found.findings.errors();
    let documents = found.documents(place, content, GoReader::Compose);
    if found.findings.errors() > errors {
        return;
    }
    let [document] = &*documents else {
        let hint = "keep one document, with `services:`";
        return found.error(place, "", format!("{} documents, expected one", documents.len()), hint);
    };
    let changes = &document.changes;
    let document = found.interpolated(place, &document.value);
    found.changed(place, "", &document, &fields::USER_TEXTS, changes);
    if !found.shape(place, "", &document, &fields::FILE, Texts::Resolved) {
        return;
    }
    let services =
        document.get("services").and_then(Value::as_object).filter(|services| !services.is_empty());
    let Some(services) = services else {
        return found.error(place, "services", "no services", "write `services:` and a service under it");
    };
    for (name, service) in services {
        service::service(found, &File { place, document: &document, top }, name, service);
    }
    if let Some(name) = service::circle(services) {
        let hint = "take one `depends_on` out of the circle";
        found.error(place, &join("services", name), "waits for itself, through `depends_on`", hint);
    }
}
