//! The workload section: what is to run (contract-format, section 7).

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use container_descriptors::{
    Descriptors, Environment, Image, Provider, Resource, Storage, TopLevel, image::is_pinned,
};
use contract_core::{secret::Secret, statement::Facts};
use contract_pki::platform::{Application, Product};
use findings::{Finding, Place, Rule};
use strict_yaml::Tag;

use crate::{
    confidential::{self, ConfidentialContainers},
    fields::{Check, Field, Map},
    registries::{self, Images},
    volumes::{self, WorkloadVolume},
};

/// The fields of a workload section that others use, in the section's order.
#[derive(Clone, Debug)]
pub struct WorkloadModel {
    /// `compose`, `play` or `confidential-containers`
    pub application: Application,
    /// `confidential-containers`, if it is that kind
    pub confidential_containers: Option<ConfidentialContainers>,
    /// `env`
    pub env: Vec<(String, Secret)>,
    /// `images`
    pub images: Images,
    /// `volumes`
    pub volumes: Vec<WorkloadVolume>,
}

const FIELDS: [&str; 8] =
    ["type", "compose", "play", "confidential-containers", "auths", "env", "images", "volumes"];

/// Reads the section below its root.
pub fn read(check: &mut Check<'_>, root: &Field<'_>) -> (Option<WorkloadModel>, Facts) {
    let mut facts = Facts::default();
    let Some(map) = check.open_mapping(root, &FIELDS) else { return (None, facts) };
    super::section_type(check, &map, "workload");
    let mut found = Descriptors::default();
    let environment = Environment::of_workload(root.node);
    let (application, confidential_containers) = application(check, &map, &environment, &mut found);
    if let Some(field) = map.find("auths") {
        registries::credentials(check, &field);
    }
    let env = map.find("env").map(|field| registries::variables(check, &field)).unwrap_or_default();
    let images = map.find("images").map(|field| registries::images(check, &field)).unwrap_or_default();
    let errors = check.findings.errors();
    let (volumes, volume_facts) =
        map.find("volumes").map(|field| volumes::workload(check, &field)).unwrap_or_default();
    let whole = found.findings.errors() + found.stops.errors() == 0
        && check.findings.errors() == errors
        && volumes.len() == volume_facts.len();
    check.findings.0.append(&mut found.all_findings());
    if let (Some(application), true) = (application, whole) {
        storage(check, &map, application, &found, &volumes);
    }
    unverified(check, &found, &images);
    left_empty(check, &found);
    let names = |provider| found.not_provided(provider).map(|(name, _)| name.clone()).collect();
    facts.volumes = volume_facts;
    facts.provided_variables = env.iter().map(|(name, _)| name.clone()).collect();
    facts.required_variables = names(Provider::Required);
    facts.optional_variables = names(Provider::Nobody);
    for image in found.images {
        if !facts.images.contains(&image.name) {
            facts.images.push(image.name);
        }
    }
    let model = application.map(|application| WorkloadModel {
        application,
        confidential_containers,
        env,
        images,
        volumes,
    });
    (model, facts)
}

/// Warns of data that would be lost at the next boot, as far as it is known without the other section's variables.
fn storage(
    check: &mut Check<'_>,
    map: &Map<'_>,
    application: Application,
    found: &Descriptors,
    volumes: &[WorkloadVolume],
) {
    let compose = match application {
        Application::Compose => true,
        Application::Play => false,
        Application::ConfidentialContainers => return,
    };
    let mounted: Vec<_> = volumes.iter().map(WorkloadVolume::mounted).collect();
    let Storage { lost, .. } = container_descriptors::storage(found, &mounted, compose);
    for mut finding in lost.0 {
        if finding.place.file.is_empty() {
            let volume = finding.place.field.strip_prefix("volumes.");
            let node = volume.and_then(|name| map.find("volumes")?.node.entry(name));
            let line = finding.place.line.or(node.map(|node| node.line));
            finding.place = Place { file: check.file.to_owned(), line, ..finding.place };
        }
        check.findings.0.push(finding);
    }
}

/// An image that is neither pinned nor verified can be replaced by the owner of its registry.
fn unverified(check: &mut Check<'_>, found: &Descriptors, images: &Images) {
    for image in &found.images {
        let Image { place, name, open } = image;
        let verified = is_pinned(name) || images.cover(name);
        let names: Vec<_> = open.iter().map(|name| format!("`{name}`")).collect();
        let depends = if image.is_open() { !verified } else { verified && !open.is_empty() };
        if depends {
            check.findings.warning(
                place.clone(),
                format!(
                    "the image `{name}` depends on {}, which the env section may provide",
                    names.join(", ")
                ),
                "set it under `env` of this section, which wins, or write the image's digest itself",
            );
        } else if !verified {
            check.findings.error_of(
                Rule::UnverifiedImage,
                place.clone(),
                format!("the image `{name}` is neither pinned by digest nor covered by `images`"),
                "write `NAME@sha256:…`, or add its key under `images.dct` or `images.rhs`",
            );
        }
    }
}

/// What compose leaves empty if the other section does not provide it either.
fn left_empty(check: &mut Check<'_>, found: &Descriptors) {
    for (name, place) in found.not_provided(Provider::Nobody) {
        check.findings.warning(
            place.clone(),
            format!("`{name}` is left empty if the env section does not provide it"),
            format!("give it a default, `${{{name}:-…}}`, or demand it, `${{{name}:?}}`"),
        );
    }
}

fn application(
    check: &mut Check<'_>,
    map: &Map<'_>,
    environment: &Environment,
    found: &mut Descriptors,
) -> (Option<Application>, Option<ConfidentialContainers>) {
    let given: Vec<_> = Application::ALL
        .into_iter()
        .filter_map(|application| Some((application, map.find(application.field())?)))
        .collect();
    if given.is_empty() {
        let hint = "write `play:` and `archive: !folder play` under it, or `compose:`";
        check.error(&map.field, "neither `compose` nor `play` nor `confidential-containers` is given", hint);
    }
    if let [(first, _), .., (another, last)] = &*given {
        let message =
            format!("`{}` and `{}` are both given: exactly one is allowed", another.field(), first.field());
        check.error(last, message, "keep one of them");
    }
    let mut read = Vec::new();
    for (application, field) in given {
        runs(check, &field, application);
        let readable = match application {
            Application::Compose => compose(check, &field, environment, found).map(|()| None),
            Application::Play => play(check, &field, environment, found).map(|()| None),
            Application::ConfidentialContainers => {
                check.any_mapping(&field).map(|_| confidential::workload(check, &field))
            }
        };
        read.push(readable.map(|confidential| (application, confidential)));
    }
    match read.into_iter().next().flatten() {
        Some((application, confidential)) => (Some(application), confidential),
        None => (None, None),
    }
}

/// Whether guests run this kind of workload.
fn runs(check: &mut Check<'_>, field: &Field<'_>, application: Application) {
    let name = application.field();
    let place = check.place(field);
    if application == Application::Compose {
        let hint = "describe the application with `play:`, which this product runs";
        let unknown = |product: &Product| !product.describes_compose;
        check.refused_by(unknown, (Rule::Other, place.clone()), "`compose` is not known", hint);
    }
    let known = |product: &Product| product.describes_compose || application != Application::Compose;
    let other = |product: &Product| known(product) && !product.runs(application);
    let is_run = |it: &Application| check.platforms.iter().any(|platform| platform.product().runs(*it));
    let runs: Vec<_> =
        Application::ALL.into_iter().filter(is_run).map(|it| format!("`{}:`", it.field())).collect();
    let hint = format!("write {}, or the right `platform` into `persona.yaml`", runs.join(" or "));
    check.refused_by(other, (Rule::WrongApplication, place), format!("`{name}` is not run"), hint);
}

fn compose(
    check: &mut Check<'_>,
    field: &Field<'_>,
    environment: &Environment,
    found: &mut Descriptors,
) -> Option<()> {
    let map = check.mapping(field, &["archive"])?;
    let field = check.required(&map, "archive", "name the folder: `archive: !folder compose`")?;
    let top = archive(check, &field)?;
    *found = container_descriptors::compose(&top, environment);
    check.findings.0.append(&mut container_descriptors::unintended_files(&top, found).0);
    Some(())
}

fn play(
    check: &mut Check<'_>,
    field: &Field<'_>,
    environment: &Environment,
    found: &mut Descriptors,
) -> Option<()> {
    let map = check.mapping(field, &["archive", "resources", "templates"])?;
    let archive = map.find("archive").map(|field| archive(check, &field));
    let whole = !matches!(archive, Some(None));
    let top = archive.flatten().unwrap_or_default();
    let mut resources = descriptors(check, &map, "resources");
    resources.append(&mut descriptors(check, &map, "templates"));
    *found = container_descriptors::play(&top, &resources, environment);
    check.findings.0.append(&mut container_descriptors::unintended_files(&top, found).0);
    if found.pods == 0 && whole && found.findings.errors() == 0 {
        let hint =
            "put a descriptor with `kind: Pod` at the top level of the folder: `archive: !folder play`";
        check.error_of(Rule::NoPod, field, "no pod is described", hint);
    }
    Some(())
}

fn descriptors(check: &mut Check<'_>, map: &Map<'_>, name: &str) -> Vec<Resource> {
    let items = map.find(name).and_then(|field| check.list(&field)).unwrap_or_default();
    let mut resources = Vec::new();
    for item in &items {
        if check.any_mapping(item).is_some() {
            hide_values(check, item);
            resources.push(Resource::new(check.place(item), item.node, name == "templates"));
        }
    }
    resources
}

/// Config maps and environment variables often hold passwords.
fn hide_values(check: &mut Check<'_>, field: &Field<'_>) {
    field.node.visit_scalars(&field.path, &mut |path, node| {
        let inner = path.strip_prefix(&*field.path).unwrap_or(path);
        let is_variable = inner.contains(".env[") && inner.rsplit('.').next() == Some("value");
        if inner.starts_with(".data.") || inner.starts_with(".binaryData.") || is_variable {
            check.hide(&Field { path: path.to_owned(), line: node.line, node });
        }
    });
}

/// The top level of an archive.
fn archive(check: &mut Check<'_>, field: &Field<'_>) -> Option<TopLevel> {
    if field.node.tag == Some(Tag::Folder) {
        let named = field.node.text()?;
        let path = check.folder.unwrap_or(Path::new("")).join(named);
        if !path.is_dir() {
            let message = format!("`{named}` is not a folder");
            check.error(field, message, "name a folder, relative to this file: `archive: !folder play`");
            return None;
        }
        let errors = check.findings.errors();
        let (top, mut findings) = TopLevel::of_folder(&path, named);
        check.findings.0.append(&mut findings.0);
        return (check.findings.errors() == errors).then_some(top);
    }
    let text = check.text(field)?;
    check.hidden.push((field.node.span.clone(), format!("<archive, {} characters>", text.len())));
    let Ok(packed) = STANDARD.decode(text.as_bytes()) else {
        let hint = match check.folder {
            Some(_) => "name the folder itself: `archive: !folder play`",
            None => "put it on one line: `tar -cz . | base64 -w0`",
        };
        // the schema's pattern has characters alone
        let is_one_line = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+/=".contains(&b));
        let rule = if is_one_line { Rule::Other } else { Rule::NotBase64 };
        check.error_of(rule, field, "not base64 on one line", hint);
        return None;
    };
    let (top, findings) = TopLevel::of_tgz(&*packed, &field.path);
    let errors = findings.errors();
    for finding in findings.0 {
        // the archive is a field of this file
        let place = check.place(field);
        check.findings.0.push(Finding { place, ..finding });
    }
    (errors == 0).then_some(top)
}
