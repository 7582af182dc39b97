//! `volumes` of both sections, and their seeds (contract-format, sections 6 and 7).

use super::{
    fields::{Check, Field, Map},
    key_management::{self, Grep11, Kms},
    secret::Secret,
};
use crate::yaml::{Kind, Style};

/// What both sections say about a volume, and a handoff states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeFacts {
    /// The key under `volumes`.
    pub name: String,
    /// Whether a previous seed or secret is given beside the current one.
    pub rolling: bool,
}

/// A volume of the workload section.
#[derive(Clone, Debug)]
pub struct WorkloadVolume {
    /// The key under `volumes`.
    pub name: String,
    /// `seed`
    pub seed: Secret,
    /// `previousSeed`
    pub previous_seed: Option<Secret>,
    /// `mount`; the guest takes `/mnt/data` where it is missing.
    pub mount: Option<String>,
    /// `filesystem`; the guest takes `ext4` where it is missing.
    pub filesystem: Option<&'static str>,
}

/// A volume of the env section.
#[derive(Clone, Debug)]
pub struct EnvVolume {
    /// The key under `volumes`.
    pub name: String,
    /// `seed` or `uv-secret-id`
    pub seed: EnvSeed,
    /// `previousSeed`
    pub previous_seed: Option<Secret>,
    /// `uv-previous-secret-id`
    pub uv_previous_secret_id: Option<String>,
    /// `volumeName`
    pub volume_name: Option<String>,
    /// `volumeID`
    pub volume_id: Option<String>,
    /// `apiKey`
    pub api_key: Option<Secret>,
    /// `kms`
    pub kms: Vec<Kms>,
    /// `kmsTimeout`, in minutes
    pub kms_timeout: Option<u64>,
    /// `grep11`
    pub grep11: Option<Grep11>,
}

/// Where the env section's half of a volume's passphrase comes from.
#[derive(Clone, Debug)]
pub enum EnvSeed {
    /// `seed`
    Seed(Secret),
    /// `uv-secret-id`: a secret that the ultravisor keeps.
    UvSecret(String),
}

const SEED_HINT: &str = "write `seed: \"…\"`, or `seed: !file data.seed`";

/// `volumes` of a workload section.
pub fn workload(check: &mut Check<'_>, field: &Field<'_>) -> (Vec<WorkloadVolume>, Vec<VolumeFacts>) {
    let known = ["seed", "previousSeed", "mount", "filesystem"];
    each(check, field, &known, |check, name, map| {
        let seed = check.required(map, "seed", SEED_HINT).and_then(|field| seed(check, &field, 15));
        let previous_seed = previous_seed(check, map);
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
    each(check, field, &known, |check, name, map| {
        let seed = env_seed(check, map);
        let previous_seed = previous_seed(check, map);
        let uv_previous_secret_id = map.find("uv-previous-secret-id").and_then(|field| {
            if !map.has("uv-secret-id") {
                check.error(
                    &field,
                    "stands without `uv-secret-id`",
                    "give `uv-secret-id: \"index-…\"` beside it",
                );
            }
            uv_secret_id(check, &field)
        });
        let volume_name = sized(check, map, "volumeName", 1);
        let volume_id = sized(check, map, "volumeID", 3);
        let api_key = map.find("apiKey").and_then(|field| key_management::api_key(check, &field));
        let kms = map.find("kms").map(|field| key_management::kms(check, &field)).unwrap_or_default();
        let kms_timeout = map.find("kmsTimeout").and_then(|field| kms_timeout(check, &field));
        let grep11 = map.find("grep11").and_then(|field| key_management::grep11(check, &field));
        let name = name.to_owned();
        Some(EnvVolume {
            name,
            seed: seed?,
            previous_seed,
            uv_previous_secret_id,
            volume_name,
            volume_id,
            api_key,
            kms,
            kms_timeout,
            grep11,
        })
    })
}

fn each<'n, V>(
    check: &mut Check<'_>,
    field: &Field<'n>,
    known: &[&str],
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
        facts.push(VolumeFacts { name: name.to_owned(), rolling });
        volumes.extend(read(check, name, &map));
    }
    (volumes, facts)
}

/// `^[a-z_][a-z0-9-_]*$`
pub(crate) fn is_volume_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
}

fn env_seed(check: &mut Check<'_>, map: &Map<'_>) -> Option<EnvSeed> {
    match (map.find("seed"), map.find("uv-secret-id")) {
        (Some(field), None) => seed(check, &field, 15).map(EnvSeed::Seed),
        (None, Some(field)) => uv_secret_id(check, &field).map(EnvSeed::UvSecret),
        (None, None) => {
            check.missing(
                map,
                "seed",
                "write `seed: \"…\"`, `seed: !file data.seed` or `uv-secret-id: \"index-1\"`",
            );
            None
        }
        (Some(field), Some(uv)) => {
            seed(check, &field, 15);
            check.error(&uv, "both `seed` and `uv-secret-id` are given", "keep one of them");
            None
        }
    }
}

/// `^[a-zA-Z0-9!@#$%^&*(),.?":{}|<>_-]{15,}$`, and quoted, since most of these characters mean something in YAML.
fn seed(check: &mut Check<'_>, field: &Field<'_>, minimum: usize) -> Option<Secret> {
    check.hide(field);
    if let Kind::Scalar { text, style: Style::Plain } = &field.node.kind
        && field.node.tag.is_none()
        && text.starts_with(|c: char| !c.is_ascii_alphabetic())
    {
        let message = "a seed that begins with no letter stands unquoted";
        check.error(field, message, "put the seed in double quotes");
        return None;
    }
    let text = check.text(field)?;
    let legal = |c: char| c.is_ascii_alphanumeric() || r#"!@#$%^&*(),.?":{}|<>_-"#.contains(c);
    if let Some(position) = text.chars().position(|c| !legal(c)) {
        check.error(
            field,
            format!("character {} of {} may not stand in a seed", position + 1, text.chars().count()),
            "take letters, digits and `!@#$%^&*(),.?\":{}|<>_-`: `openssl rand -hex 32` makes such a seed",
        );
    }
    let count = text.chars().count();
    if count < minimum {
        check.error(
            field,
            format!("a seed of {count} characters, at least {minimum} are due"),
            "make one: `openssl rand -hex 32`",
        );
    }
    Some(Secret::new(text))
}

/// Seeds of 3 to 14 characters were legal before March 2026, and their volumes still have to be opened.
fn previous_seed(check: &mut Check<'_>, map: &Map<'_>) -> Option<Secret> {
    let field = map.find("previousSeed")?;
    let previous = seed(check, &field, 3)?;
    let count = previous.expose().chars().count();
    if (3..15).contains(&count) {
        check.warning(
            &field,
            format!(
                "a previous seed of {count} characters: legal before March 2026, and the schema asks for 15"
            ),
            "keep it until the volume has its new seed, then remove `previousSeed`",
        );
    }
    Some(previous)
}

/// `^index-[1-8]$`
fn uv_secret_id(check: &mut Check<'_>, field: &Field<'_>) -> Option<String> {
    let text = check.text(field)?;
    if !matches!(text.strip_prefix("index-"), Some("1" | "2" | "3" | "4" | "5" | "6" | "7" | "8")) {
        check.error(field, "no id of an ultravisor secret", "write `index-1` to `index-8`");
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
            format!("`{}` is no mount point", **text),
            "write an absolute path without `//` and without `/` at its end: `/mnt/data`",
        );
    }
    Some(text.to_string())
}

/// The schema says 0 to 20, the documentation 0 to 1000.
fn kms_timeout(check: &mut Check<'_>, field: &Field<'_>) -> Option<u64> {
    let minutes = check.integer(field)?;
    if minutes > 20 {
        check.error(
            field,
            format!("{minutes} minutes: the schema allows 0 to 20, though the documentation says 0 to 1000"),
            "write a number from 0 to 20",
        );
    }
    Some(minutes)
}

fn sized(check: &mut Check<'_>, map: &Map<'_>, name: &str, minimum: usize) -> Option<String> {
    let field = map.find(name)?;
    let text = check.text(&field)?;
    check.at_least(&field, minimum, text);
    Some(text.to_string())
}
