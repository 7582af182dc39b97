//! The workload section: what is to run (contract-format, section 7).

use crate::fields::leaves;
use std::path::{Path, PathBuf};

use crate::fields::{Check, Field, Map};
use crate::registries::{self, Credential, Images};
use crate::volumes::{self, WorkloadVolume};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use container_descriptors::image::is_pinned;
use container_descriptors::{Descriptors, Resource, Storage, TopLevel};
use contract_core::secret::Secret;
use contract_core::statement::Facts;
use findings::Place;
use strict_yaml::{Node, Tag};

/// Every field of a workload section, in the section's order.
#[derive(Clone, Debug)]
pub struct WorkloadModel {
    /// `compose`, `play` or `confidential-containers`
    pub application: Application,
    /// `auths`
    pub auths: Vec<Credential>,
    /// `env`
    pub env: Vec<(String, Secret)>,
    /// `images`
    pub images: Images,
    /// `volumes`
    pub volumes: Vec<WorkloadVolume>,
}

/// What runs, and how it is described.
#[derive(Clone, Debug)]
pub enum Application {
    /// `compose.archive`
    Compose(Archive),
    /// `play`
    Play {
        /// `play.archive`
        archive: Option<Archive>,
        /// `play.resources`
        resources: Vec<Node>,
        /// `play.templates`
        templates: Vec<Node>,
    },
    /// `confidential-containers`, whose content the schema leaves open
    ConfidentialContainers(Node),
}

/// An archive, packed or to be packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Archive {
    /// `!folder`: packed while the section is encrypted.
    Folder(PathBuf),
    /// Base64 of a gzip tar that somebody packed before.
    Literal(Literal),
}

/// Base64, too long to be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Literal(pub String);

impl std::fmt::Debug for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} characters>", self.0.len())
    }
}

const FIELDS: [&str; 8] =
    ["type", "compose", "play", "confidential-containers", "auths", "env", "images", "volumes"];

/// Reads the section below its root.
pub fn read(check: &mut Check<'_>, root: &Field<'_>) -> (Option<WorkloadModel>, Facts) {
    let mut facts = Facts::default();
    let Some(map) = check.mapping(root, &FIELDS) else { return (None, facts) };
    super::section_type(check, &map, "workload");
    let mut found = Descriptors::default();
    let application = application(check, &map, &mut found);
    let auths = map.find("auths").map(|field| registries::credentials(check, &field)).unwrap_or_default();
    let env = map.find("env").map(|field| registries::variables(check, &field)).unwrap_or_default();
    let images = map.find("images").map(|field| registries::images(check, &field)).unwrap_or_default();
    let errors = check.findings.errors();
    let (volumes, volume_facts) =
        map.find("volumes").map(|field| volumes::workload(check, &field)).unwrap_or_default();
    let whole = found.findings.errors() + found.stops.errors() == 0
        && check.findings.errors() == errors
        && volumes.len() == volume_facts.len();
    check.findings.0.append(&mut found.all_findings());
    if let (Some(application), true) = (&application, whole) {
        storage(check, &map, application, &found, &volumes);
    }
    unverified(check, &found, &images);
    facts.volumes = volume_facts;
    facts.provided_variables = env.iter().map(|(name, _)| name.clone()).collect();
    facts.required_variables = found.variables.difference(&facts.provided_variables).cloned().collect();
    for (_, image) in found.images {
        if !facts.images.contains(&image) {
            facts.images.push(image);
        }
    }
    let model = application.map(|application| WorkloadModel { application, auths, env, images, volumes });
    (model, facts)
}

/// Data that would be lost at the next boot, as far as the descriptors show it without the other section's variables.
fn storage(
    check: &mut Check<'_>,
    map: &Map<'_>,
    application: &Application,
    found: &Descriptors,
    volumes: &[WorkloadVolume],
) {
    let compose = match application {
        Application::Compose(_) => true,
        Application::Play { .. } => false,
        Application::ConfidentialContainers(_) => return,
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

/// Whoever controls a registry controls an image that is neither pinned nor verified.
fn unverified(check: &mut Check<'_>, found: &Descriptors, images: &Images) {
    for (place, image) in &found.images {
        if !is_pinned(image) && !images.cover(image) {
            check.findings.error(
                place.clone(),
                format!("the image `{image}` is neither pinned by digest nor covered by `images`"),
                "write `NAME@sha256:…`, or add its key under `images.dct` or `images.rhs`",
            );
        }
    }
}

fn application(check: &mut Check<'_>, map: &Map<'_>, found: &mut Descriptors) -> Option<Application> {
    let kinds = ["compose", "play", "confidential-containers"];
    let given: Vec<_> = kinds.iter().filter_map(|name| map.find(name).map(|field| (*name, field))).collect();
    if given.is_empty() {
        let hint = "write `play:` and `archive: !folder play` under it, or `compose:`";
        check.error(&map.field, "neither `compose` nor `play` nor `confidential-containers` is given", hint);
    }
    if let [_, .., (name, last)] = &*given {
        let message = format!(
            "`{name}` and `{}` are both given: exactly one is allowed",
            given.first().map_or("", |first| first.0)
        );
        check.error(last, message, "keep one of them");
    }
    let read: Vec<_> = given
        .iter()
        .map(|(name, field)| match *name {
            "compose" => compose(check, field, found),
            "play" => play(check, field, found),
            _ => {
                check.hide(field);
                check.any_mapping(field)?;
                Some(Application::ConfidentialContainers(field.node.clone()))
            }
        })
        .collect();
    read.into_iter().next().flatten()
}

fn compose(check: &mut Check<'_>, field: &Field<'_>, found: &mut Descriptors) -> Option<Application> {
    let map = check.mapping(field, &["archive"])?;
    let field = check.required(&map, "archive", "name the folder: `archive: !folder compose`")?;
    let (archive, top) = archive(check, &field)?;
    *found = container_descriptors::compose(&top, None);
    check.findings.0.append(&mut container_descriptors::unintended_files(&top, found).0);
    Some(Application::Compose(archive))
}

fn play(check: &mut Check<'_>, field: &Field<'_>, found: &mut Descriptors) -> Option<Application> {
    let map = check.mapping(field, &["archive", "resources", "templates"])?;
    let mut whole = true;
    let (archive, top) = match map.find("archive").map(|field| archive(check, &field)) {
        Some(Some((archive, top))) => (Some(archive), top),
        none => {
            whole = none.is_none();
            (None, TopLevel::default())
        }
    };
    let resources = objects(check, &map, "resources");
    let templates = objects(check, &map, "templates");
    let described = |nodes: &[(Place, Node)], template: bool| -> Vec<Resource> {
        nodes.iter().map(|(place, node)| Resource::new(place.clone(), node, template)).collect()
    };
    let mut described_here = described(&resources, false);
    described_here.append(&mut described(&templates, true));
    *found = container_descriptors::play(&top, &described_here, None);
    check.findings.0.append(&mut container_descriptors::unintended_files(&top, found).0);
    whole &= found.findings.errors() == 0;
    if found.pods == 0 && whole {
        check.error(
            field,
            "no pod is described",
            "put a descriptor with `kind: Pod` at the top level of the folder: `archive: !folder play`",
        );
    }
    let nodes = |places: Vec<(Place, Node)>| places.into_iter().map(|(_, node)| node).collect();
    Some(Application::Play { archive, resources: nodes(resources), templates: nodes(templates) })
}

fn objects(check: &mut Check<'_>, map: &Map<'_>, name: &str) -> Vec<(Place, Node)> {
    let Some(items) = map.find(name).and_then(|field| check.list(&field)) else { return Vec::new() };
    let mut objects = Vec::new();
    for item in &items {
        if check.any_mapping(item).is_some() {
            hide_values(check, item);
            objects.push((check.place(item), item.node.clone()));
        }
    }
    objects
}

/// Config maps and environment variables hold passwords as often as not.
fn hide_values(check: &mut Check<'_>, field: &Field<'_>) {
    for (path, node) in leaves(field) {
        let inner = path.strip_prefix(&*field.path).unwrap_or(&path);
        let of_variable = inner.contains(".env[") && inner.rsplit('.').next() == Some("value");
        if inner.starts_with(".data.") || inner.starts_with(".binaryData.") || of_variable {
            check.hide(&Field { path, line: node.line, node });
        }
    }
}

/// An archive and its top level, as far as there is one to look at.
fn archive(check: &mut Check<'_>, field: &Field<'_>) -> Option<(Archive, TopLevel)> {
    if field.node.tag == Some(Tag::Folder) {
        let named = field.node.text()?;
        let path = check.folder.unwrap_or(Path::new("")).join(named);
        if !path.is_dir() {
            let message = format!("`{named}` is no folder");
            check.error(field, message, "name a folder, relative to this file: `archive: !folder play`");
            return None;
        }
        let errors = check.findings.errors();
        let (top, mut findings) = TopLevel::of_folder(&path, named);
        check.findings.0.append(&mut findings.0);
        return (check.findings.errors() == errors).then_some((Archive::Folder(path), top));
    }
    let text = check.text(field)?;
    check.hidden.push((field.node.span.clone(), format!("<archive, {} characters>", text.len())));
    let Ok(packed) = STANDARD.decode(text.as_bytes()) else {
        let hint = "name the folder itself: `archive: !folder play`";
        check.error(field, "not base64 on one line", hint);
        return None;
    };
    let (top, findings) = TopLevel::of_tgz(&*packed, &field.path);
    let errors = findings.errors();
    for finding in findings.0 {
        // the archive is a field of this file, not a file of its own
        let place = check.place(field);
        check.findings.0.push(findings::Finding { place, ..finding });
    }
    (errors == 0).then(|| (Archive::Literal(Literal(text.to_string())), top))
}
