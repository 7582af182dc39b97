//! One case a finding, and the bytes that come out.

mod authority;
mod confidential;
mod env;
mod platforms;
mod seeds;
mod splice;
mod workload;

use crate::seed::{NoSeed, Seed, VolumeSeeds};
use crate::*;

/// 2026-11-23, as the tests of the other states have it.
fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

struct Asked(Result<&'static str, &'static str>);

impl Passphrases for Asked {
    fn passphrase(&mut self, _file: &str) -> Result<Zeroizing<String>, String> {
        self.0.map(|text| Zeroizing::new(text.to_owned())).map_err(str::to_owned)
    }
}

/// Keeps these seeds, by volume.
#[derive(Clone, Default)]
struct Kept(Vec<(String, VolumeSeeds)>);

impl Kept {
    fn with(mut self, volume: &str, seed: &str, previous: Option<&str>, generation: u64) -> Self {
        let seeds = VolumeSeeds {
            seed: Seed::parse(seed).unwrap(),
            previous: previous.map(|previous| Seed::parse_previous(previous).unwrap()),
            generation,
        };
        self.0.push((volume.to_owned(), seeds));
        self
    }
}

impl Seeds for Kept {
    fn seeds_for(&mut self, volume: &str) -> Result<VolumeSeeds, NoSeed> {
        let kept = self.0.iter().find(|(name, _)| name == volume).map(|(_, seeds)| seeds.clone());
        kept.ok_or_else(|| NoSeed {
            message: "no seed is kept".to_owned(),
            hint: format!("make one: `seed add {volume}`"),
        })
    }
}

/// A persona's folder with some files in it.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

fn read_in<K: Readable>(folder: &Path, text: &str) -> (Option<Section<K>>, Findings) {
    read_with(folder, text, None, Err("nobody is there"))
}

fn read_with<K: Readable>(
    folder: &Path,
    text: &str,
    signing_key: Option<&str>,
    asked: Result<&'static str, &'static str>,
) -> (Option<Section<K>>, Findings) {
    let source =
        Source { file: "section.yaml", text, folder, at: now(), platform: platform_of(text), signing_key };
    Section::read(&source, &mut Asked(asked), &mut Kept::default())
}

fn read_keeping<K: Readable>(folder: &Path, text: &str, mut kept: Kept) -> (Option<Section<K>>, Findings) {
    let source = Source {
        file: "section.yaml",
        text,
        folder,
        at: now(),
        platform: platform_of(text),
        signing_key: None,
    };
    Section::read(&source, &mut Asked(Err("nobody is there")), &mut kept)
}

fn accepted<K: Readable>(folder: &Path, text: &str) -> Section<K> {
    let (section, findings) = read_in(folder, text);
    section.unwrap_or_else(|| panic!("{}", shown(&findings).join("\n")))
}

/// Only one product runs `confidential-containers`, the shortest workload.
fn platform_of(text: &str) -> Platform {
    if text.contains("confidential-containers: {regoValidator") { Platform::Ccco } else { Platform::Hpvs }
}

/// `error file:line field: message (hint)`
fn shown(findings: &Findings) -> Vec<String> {
    let line = |place: &Place| place.line.map_or(String::new(), |line| format!(":{line}"));
    let show = |finding: &Finding| {
        let place = &finding.place;
        let (severity, message, hint) = (finding.severity, &finding.message, &finding.hint);
        format!("{severity:?} {}{} {}: {message} ({hint})", place.file, line(place), place.field)
    };
    findings.0.iter().map(show).collect()
}

/// The expected finding is the only one, except for advice about seeds in plain text, which has separate tests.
fn only<K: Readable>(folder: &Path, text: &str, expected: &str) {
    let (section, mut findings) = read_in::<K>(folder, text);
    findings.0.retain(|finding| !finding.hint.contains("move it into the vault"));
    let shown = shown(&findings);
    assert!(
        shown.len() == 1 && shown[0].contains(expected),
        "expected: {expected}\nfound: {shown:#?}\nin:\n{text}"
    );
    assert_eq!(section.is_none(), shown[0].starts_with("Error"), "{text}");
    for finding in &findings.0 {
        assert!(!finding.hint.is_empty() && !finding.message.ends_with('.'), "{finding:?}");
        assert!(!format!("{finding:?}").contains("canary"), "{finding:?}");
    }
}

/// The section as the guest gets it, with `@` for archives.
fn bytes<K: Readable>(section: &Section<K>) -> String {
    let text = |part: &Part| if let Part::Text(text) = part { text.to_string() } else { "@".to_owned() };
    section.parts().iter().map(text).collect()
}
