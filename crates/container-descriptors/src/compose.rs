//! A compose file: `docker-compose.yaml` or `.yml` at the top level (HPL06008E), with all that it is made of.

mod fields;
mod layer;
mod load;
mod mounts;
mod ports;
mod rebase;
mod resources;
mod scope;
mod service;

use std::collections::BTreeSet;

use findings::join;

use crate::{Descriptors, Environment, TopLevel, variables::Provider};
use service::Service;

/// Reads the compose file of an archive, as `docker compose` resolves it with these variables.
pub fn compose(top: &TopLevel, environment: &Environment) -> Descriptors {
    let mut found = Descriptors::default();
    // `docker compose` reads this file by itself, for the values of `${…}`
    found.env_files.insert(".env".to_owned());
    let Some((project, mut variables)) = load::project(top, environment, &mut found) else { return found };
    let services: Vec<_> = project.model.entries("services").collect();
    if services.is_empty() {
        found.error(
            &project.model.place("services"),
            "",
            "no services",
            "write `services:` and a service under it",
        );
        return found;
    }
    let mut used = BTreeSet::new();
    for (name, service) in &services {
        let service = Service::new(&project, name, service);
        service.check(&mut found, &mut variables, &mut used);
        if service.active {
            ports::ports(&mut found, &service);
            mounts::mounts(&mut found, &service, &mut used);
        }
    }
    resources::resources(&mut found, &project, &mut variables, &used);
    let active: Vec<_> = services.iter().filter(|(_, service)| project.is_active(service)).collect();
    if active.is_empty() {
        let hint = "take `profiles:` out of a service";
        found.warning(&project.model.place("services"), "", "no service starts: all have profiles", hint);
    }
    if let Some(name) = service::circle(&project.model) {
        let hint = "take one `depends_on` out of the circle";
        let place = project.model.place(&join("services", &name));
        found.error(&place, "", "waits for itself, through `depends_on`", hint);
    }
    for ((name, service), (provider, place)) in variables.take_uses() {
        let is_off =
            |name: &String| project.model.entry("services", name).is_some_and(|it| !project.is_active(it));
        // the whole file is read before any profile counts
        if provider == Provider::Required || !service.as_ref().is_some_and(is_off) {
            found.uses(name, provider, place);
        }
    }
    found
}
