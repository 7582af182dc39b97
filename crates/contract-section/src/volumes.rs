//! `volumes` of both sections, and their seeds (contract-format, sections 6 and 7).

use contract_core::{
    kind::{self, Env, Workload},
    names::is_volume_name,
    statement::VolumeFacts,
};
use contract_pki::platform::Product;
use findings::{Rule, text::excerpt};
use strict_yaml::{Kind, Style};

use crate::{
    fields::{Check, Field, Map, Origin},
    key_management,
    seed::{Seed, SeedError},
};

/// A volume of the workload section.
#[derive(Clone, Debug)]
pub struct WorkloadVolume {
    /// The key under `volumes`.
    pub name: String,
    /// `seed`
    pub seed: Seed,
    /// `previousSeed`
    pub previous_seed: Option<Seed>,
    /// `mount`; the default is `/mnt/data`.
    pub mount: Option<String>,
    /// `filesystem`; the default is `ext4`.
    pub filesystem: Option<&'static str>,
}

impl WorkloadVolume {
    /// Its name, and where it is mounted.
    pub fn mounted(&self) -> container_descriptors::Volume<'_> {
        container_descriptors::Volume { name: &self.name, mount: self.mount.as_deref() }
    }
}

/// A volume of the env section.
#[derive(Clone, Debug)]
pub struct EnvVolume {
    /// The key under `volumes`.
    pub name: String,
    /// `seed` or `uv-secret-id`
    pub seed: EnvSeed,
    /// `previousSeed`
    pub previous_seed: Option<Seed>,
    /// `uv-previous-secret-id`
    pub uv_previous_secret_id: Option<String>,
    /// Whether there is `kms`: a key management service adds a third seed.
    pub has_kms: bool,
    /// Whether there is `grep11`: a crypto card adds a third seed.
    pub has_grep11: bool,
}

/// Where the env section's half of a volume's passphrase comes from.
#[derive(Clone, Debug)]
pub enum EnvSeed {
    /// `seed`
    Seed(Seed),
    /// `uv-secret-id`: a secret that the ultravisor keeps.
    UvSecret(String),
}

type CheckField = fn(&mut Check<'_>, &Field<'_>);

const SEED_HINT: &str = "write `seed: \"…\"`";

/// `volumes` of a workload section.
pub fn workload(check: &mut Check<'_>, field: &Field<'_>) -> (Vec<WorkloadVolume>, Vec<VolumeFacts>) {
    let known = ["seed", "previousSeed", "mount", "filesystem"];
    let seed_of = |volume: &WorkloadVolume| Some(volume.seed.clone());
    each::<Workload, _>(check, field, &known, seed_of, |check, name, map| {
        let seed = seed_field(check, map).and_then(|field| seed(check, &field, Seed::parse));
        let previous_seed = previous_seed::<Workload>(check, name, map);
        let mount = map.find("mount").and_then(|field| mount(check, &field));
        let filesystem =
            map.find("filesystem").and_then(|field| check.one_of(&field, &["ext4", "xfs", "btrfs"]));
        Some(WorkloadVolume { name: name.to_owned(), seed: seed?, previous_seed, mount, filesystem })
    })
}

/// `volumes` of an env section.
pub fn env(check: &mut Check<'_>, field: &Field<'_>) -> (Vec<EnvVolume>, Vec<VolumeFacts>) {
    let known = [
        "seed",
        "previousSeed",
        "uv-secret-id",
        "uv-previous-secret-id",
        "volumeName",
        "volumeID",
        "apiKey",
        "kms",
        "kmsTimeout",
        "grep11",
    ];
    let seed_of = |volume: &EnvVolume| match &volume.seed {
        EnvSeed::Seed(seed) => Some(seed.clone()),
        EnvSeed::UvSecret(_) => None,
    };
    each::<Env, _>(check, field, &known, seed_of, |check, name, map| {
        let seed = env_seed(check, map);
        let previous_seed = previous_seed::<Env>(check, name, map);
        let uv_previous_secret_id = map.find("uv-previous-secret-id").and_then(|field| {
            if !map.has("uv-secret-id") {
                check.error(&field, "`uv-secret-id` is missing", "give `uv-secret-id: \"index-…\"` too");
            }
            uv_secret_id(check, &field)
        });
        for (name, minimum) in [("volumeName", 1), ("volumeID", 3)] {
            if let Some(field) = map.find(name)
                && let Some(text) = check.text(&field)
            {
                check.at_least(&field, minimum, text);
            }
        }
        for field in ["uv-secret-id", "uv-previous-secret-id", "grep11"].iter().filter_map(|it| map.find(it))
        {
            let place = (Rule::Other, check.place(&field));
            let hint = "write `seed: \"…\"`, and `kms:` for a key service";
            check.refused_by(no_key_services, place, "a volume has no such field", hint);
        }
        if let Some(field) = map.find("kmsTimeout").filter(|_| !map.has("kms")) {
            let place = (Rule::Other, check.place(&field));
            check.refused_by(no_key_services, place, "`kmsTimeout` without `kms` is refused", "remove it");
        }
        let checks: [(&str, CheckField); 4] = [
            ("apiKey", key_management::api_key),
            ("kms", key_management::kms),
            ("kmsTimeout", kms_timeout),
            ("grep11", key_management::grep11),
        ];
        for (name, check_field) in checks {
            if let Some(field) = map.find(name) {
                check_field(check, &field);
            }
        }
        Some(EnvVolume {
            name: name.to_owned(),
            seed: seed?,
            previous_seed,
            uv_previous_secret_id,
            has_kms: map.has("kms"),
            has_grep11: map.has("grep11"),
        })
    })
}

fn no_key_services(product: &Product) -> bool {
    !product.volume_key_services
}

fn each<'n, K: kind::Kind, V>(
    check: &mut Check<'_>,
    field: &Field<'n>,
    known: &[&str],
    seed_of: impl Fn(&V) -> Option<Seed>,
    mut read: impl FnMut(&mut Check<'_>, &str, &Map<'n>) -> Option<V>,
) -> (Vec<V>, Vec<VolumeFacts>) {
    let (mut volumes, mut facts) = (Vec::new(), Vec::new());
    let Some(map) = check.any_mapping(field) else { return (volumes, facts) };
    for (name, field) in map.fields() {
        if !is_volume_name(name) {
            check.error(
                &field,
                format!("`{name}` is no name for a volume"),
                "take lower-case letters, digits, `_` and `-`, beginning with a letter or `_`: `data-1`",
            );
        }
        let Some(map) = check.mapping(&field, known) else { continue };
        let rolling = map.has("previousSeed") || map.has("uv-previous-secret-id");
        let generation = match check.origin(name) {
            Some(Origin::Vault { generation }) => Some(*generation),
            _ => None,
        };
        facts.push(VolumeFacts { name: name.to_owned(), rolling, generation });
        let volume = read(check, name, &map);
        if let Some(seed) = volume.as_ref().and_then(&seed_of) {
            compare_with_vault::<K>(check, name, &map, &seed);
        }
        volumes.extend(volume);
    }
    (volumes, facts)
}

/// Warns of a seed in plain text. It is an error if the vault has another one: the wrong one of both would lock the disk
/// forever.
fn compare_with_vault<K: kind::Kind>(check: &mut Check<'_>, name: &str, map: &Map<'_>, given: &Seed) {
    let import = format!("{} seed import {name}", K::AUTHOR);
    let (place, import, stored) = match check.origin(name) {
        Some(Origin::Section(stored)) => ("in the section".to_owned(), import, stored.clone()),
        Some(Origin::File(file, stored)) => {
            (format!("in the file `{file}`"), format!("{import} --from {file}"), stored.clone())
        }
        Some(Origin::Vault { .. } | Origin::Elsewhere) | None => return,
    };
    let Some(field) = map.find("seed") else { return };
    let has_previous = map.has("previousSeed");
    let first = if has_previous { "when `previousSeed` has done its work and is gone, " } else { "" };
    match stored {
        Ok(None) => check.warning(
            &field,
            format!("the seed is {place}, in plain text"),
            format!("{first}move it into the vault: `{import}`; then remove the field"),
        ),
        Ok(Some(stored)) if stored.previous.is_some() => check.error(
            &field,
            format!(
                "the seed is {place}, and the vault is rolling to generation {} of it: the guest would get one seed alone",
                stored.generation
            ),
            if has_previous { REMOVE_BOTH } else { REMOVE_SEED },
        ),
        Ok(Some(stored)) if stored.seed != *given => check.error(
            &field,
            format!("the seed is {place}, and the vault holds another one, of generation {}", stored.generation),
            format!(
                "{}; if it is the vault's that is wrong, see with `{} seed list` which vault it is, and bring back the right one",
                if has_previous { REMOVE_BOTH } else { REMOVE_SEED },
                K::AUTHOR
            ),
        ),
        Ok(Some(_)) => check.warning(
            &field,
            format!("the seed is {place}, in plain text, and in the vault too"),
            format!("{first}remove the line: the vault has it, and the next roll would make it wrong"),
        ),
        Err(unknown) => check.warning(
            &field,
            format!("the seed is {place}, and whether the vault holds another one is not known: {}", unknown.message),
            unknown.hint,
        ),
    }
}

const REMOVE_SEED: &str = "remove the field: the vault has the right one";
const REMOVE_BOTH: &str = "remove the field, and `previousSeed`: the vault has the right one";

/// `seed`, or a finding, unless a finding already says why the vault has none.
fn seed_field<'n>(check: &mut Check<'_>, map: &Map<'n>) -> Option<Field<'n>> {
    if check.origins.is_some() && check.findings.errors() > 0 {
        return map.find("seed");
    }
    check.required(map, "seed", SEED_HINT)
}

fn env_seed(check: &mut Check<'_>, map: &Map<'_>) -> Option<EnvSeed> {
    match (map.find("seed"), map.find("uv-secret-id")) {
        (Some(field), None) => seed(check, &field, Seed::parse).map(EnvSeed::Seed),
        (None, Some(field)) => uv_secret_id(check, &field).map(EnvSeed::UvSecret),
        (None, None) => {
            seed_field(check, map);
            None
        }
        (Some(field), Some(uv)) => {
            seed(check, &field, Seed::parse);
            check.error(&uv, "both `seed` and `uv-secret-id` are given", "keep one of them");
            None
        }
    }
}

/// A seed by the rules of [`Seed`]. It must be quoted: most of its characters have a meaning in YAML.
fn seed(
    check: &mut Check<'_>,
    field: &Field<'_>,
    parse: fn(&str) -> Result<Seed, SeedError>,
) -> Option<Seed> {
    check.hide(field);
    if let Kind::Scalar { text, style: Style::Plain } = &field.node.kind
        && field.node.tag.is_none()
        && text.starts_with(|c: char| !c.is_ascii_alphabetic())
    {
        let message = "an unquoted seed that does not begin with a letter";
        check.error(field, message, "put the seed in double quotes");
        return None;
    }
    let text = check.text(field)?;
    parse(text).map_err(|error| check.error(field, error.to_string(), error.hint())).ok()
}

/// Seeds of 3 to 14 characters were legal before March 2026, and their volumes must still open.
fn previous_seed<K: kind::Kind>(check: &mut Check<'_>, name: &str, map: &Map<'_>) -> Option<Seed> {
    let field = map.find("previousSeed")?;
    let previous = seed(check, &field, Seed::parse_previous)?;
    if previous.is_short() {
        let remove = match check.origin(name) {
            Some(Origin::Vault { .. }) => format!("type `{} seed settle {name}`", K::AUTHOR),
            _ => "remove `previousSeed`".to_owned(),
        };
        check.warning_of(
            Rule::OlderGuests,
            &field,
            format!(
                "a previous seed of {} characters: legal before March 2026, and the schema asks for 15",
                previous.expose().chars().count()
            ),
            format!("keep it until the volume has its new seed, then {remove}"),
        );
    }
    Some(previous)
}

/// `^index-[1-8]$`
fn uv_secret_id(check: &mut Check<'_>, field: &Field<'_>) -> Option<String> {
    let text = check.text(field)?;
    if !matches!(text.strip_prefix("index-"), Some("1" | "2" | "3" | "4" | "5" | "6" | "7" | "8")) {
        check.error(field, "not the id of an ultravisor secret", "write `index-1` to `index-8`");
    }
    Some(text.to_string())
}

/// `^(/[^/]+)+$`
fn mount(check: &mut Check<'_>, field: &Field<'_>) -> Option<String> {
    let text = check.text(field)?;
    let parts = text.strip_prefix('/').map(|rest| rest.split('/').all(|part| !part.is_empty()));
    if parts != Some(true) {
        check.error(
            field,
            format!("`{}` is not a mount point", excerpt(text)),
            "write an absolute path without `//` and without `/` at its end: `/mnt/data`",
        );
    }
    Some(text.to_string())
}

/// The schema allows 0 to 20, the documentation 0 to 1000.
fn kms_timeout(check: &mut Check<'_>, field: &Field<'_>) {
    if let Some(minutes) = check.integer(field).filter(|minutes| *minutes > 20) {
        let message = format!("{minutes} minutes: the schema allows 0 to 20, the documentation 0 to 1000");
        check.error(field, message, "write a number from 0 to 20");
    }
}
