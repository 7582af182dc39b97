//! A compose file: `docker-compose.yaml` or `.yml` at the top level (HPL06008E).

use serde_json::Value;

use super::{Descriptors, TopLevel, texts, variables};
use crate::{finding::Place, section::fields::join};

const NAMES: [&str; 2] = ["docker-compose.yaml", "docker-compose.yml"];

/// What the compose file of an archive says.
pub fn compose(top: &TopLevel) -> Descriptors {
    let mut found = Descriptors::default();
    let files: Vec<_> = top.files.iter().filter(|(name, _)| NAMES.contains(&&**name)).collect();
    match &*files {
        [] => missing(top, &mut found),
        [(name, content)] => file(&top.place_of(name), content, &mut found),
        _ => {
            for (name, content) in &files {
                file(&top.place_of(name), content, &mut found);
            }
            let message = "both `docker-compose.yaml` and `docker-compose.yml` stand here";
            found.error(&top.place(), "", message, "keep one of them");
        }
    }
    found
}

fn missing(top: &TopLevel, found: &mut Descriptors) {
    let is_one = |name: &&String| NAMES.iter().any(|known| name.ends_with(&format!("/{known}")));
    match top.deeper.iter().find(is_one) {
        Some(deeper) => {
            let hint = format!("name the folder in which it lies, or move `{deeper}` to the top");
            found.error(
                &top.place_of(deeper),
                "",
                "the compose file does not stand at the top level (HPL06008E)",
                hint,
            );
        }
        None => found.error(
            &top.place(),
            "",
            "no `docker-compose.yaml` or `docker-compose.yml` at the top level (HPL06008E)",
            "name the compose file `docker-compose.yaml`",
        ),
    }
}

fn file(place: &Place, content: &[u8], found: &mut Descriptors) {
    let errors = found.findings.errors();
    let documents = found.documents(place, content);
    if found.findings.errors() > errors {
        return;
    }
    let [document] = &*documents else {
        let hint = "keep one document, with `services:`";
        return found.error(place, "", format!("{} documents, one is due", documents.len()), hint);
    };
    let services =
        document.get("services").and_then(Value::as_object).filter(|services| !services.is_empty());
    let Some(services) = services else {
        return found.error(place, "services", "no services", "write `services:` and a service under it");
    };
    for (name, service) in services {
        self::service(place, &join("services", name), service, found);
    }
    texts(document, "", &mut |_, text| variables::of_compose(text, &mut found.variables));
}

fn service(place: &Place, path: &str, service: &Value, found: &mut Descriptors) {
    found.pods += 1;
    if service.get("build").is_some() {
        found.error(
            place,
            &join(path, "build"),
            "the guest builds no images",
            "build and push the image, and write `image: \"REGISTRY/NAME@sha256:…\"` instead",
        );
        if service.get("image").is_none() {
            return;
        }
    }
    found.image(place, &join(path, "image"), service.get("image").unwrap_or(&Value::Null), "a service");
    // a bare name passes a variable of the guest on
    let bare = |name: &str| crate::section::registries::is_variable_name(name).then(|| name.to_owned());
    match service.get("environment") {
        Some(Value::Array(items)) => {
            found.variables.extend(items.iter().filter_map(Value::as_str).filter_map(bare));
        }
        Some(Value::Object(entries)) => {
            let bare_names = entries.iter().filter(|(_, value)| value.is_null());
            found.variables.extend(bare_names.filter_map(|(name, _)| bare(name)));
        }
        _ => {}
    }
}
