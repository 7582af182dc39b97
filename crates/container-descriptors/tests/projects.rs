//! Small projects after shapes that popular ones use, and how the guest's tools read them. Each file in `projects/` has the
//! files of one archive and, under `-- project --`, what is read. `UPDATE=1 cargo test` writes that part again.
//!
//! `-- workload --` and `-- contract --` hold variables, `NAME=value`: those of the author alone, or all of a contract.
//! `docker-compose` 1.29 reads the compose files too, where it is installed: it must refuse the same ones and see the same
//! images, unless a line `differs:` in the first part says why not.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use container_descriptors::{Descriptors, Environment, Port, Source, TopLevel, compose, play};
use findings::Finding;
use strict_yaml::{Limits, Tags};

const IMAGE: &str = "q.io/a/b@sha256:6f2d0c1b9a8e7d5c4b3a29181706f5e4d3c2b1a0998877665544332211ffeedd";

/// The parts of a file, by name; the first one has none.
struct Case {
    path: PathBuf,
    parts: Vec<(String, String)>,
}

impl Case {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let mut parts = vec![(String::new(), String::new())];
        for line in text.split_inclusive('\n') {
            let name = line.trim_end().strip_prefix("-- ").and_then(|line| line.strip_suffix(" --"));
            match name {
                Some(name) => parts.push((name.to_owned(), String::new())),
                None => parts.last_mut().unwrap().1.push_str(line),
            }
        }
        Self { path, parts }
    }

    fn part(&self, name: &str) -> Option<&str> {
        self.parts.iter().find(|(other, _)| other == name).map(|(_, text)| &**text)
    }

    fn files(&self) -> impl Iterator<Item = (&str, String)> {
        let is_file =
            |(name, _): &&(String, String)| !["", "contract", "workload", "project"].contains(&&**name);
        self.parts.iter().filter(is_file).map(|(name, text)| (&**name, text.replace("IMAGE", IMAGE)))
    }

    fn environment(&self) -> Environment {
        let read = |part: &str| {
            let lines = part.lines().filter_map(|line| line.split_once('='));
            let lines: Vec<_> = lines.map(|(name, value)| format!("  {name}: {value:?}\n")).collect();
            let text =
                if lines.is_empty() { "a: b\n".to_owned() } else { format!("env:\n{}", lines.concat()) };
            strict_yaml::parse(&text, &Limits::default(), Tags::Refused).unwrap().root
        };
        match self.part("contract") {
            Some(part) => Environment::merged(&read(part), &[]),
            None => Environment::of_workload(&read(self.part("workload").unwrap_or_default())),
        }
    }

    /// Compares, or writes the expected part again.
    fn check(&self, found: &str, wrong: &mut Vec<String>) {
        let expected = self.part("project").unwrap_or_default();
        if found == expected {
            return;
        }
        if std::env::var_os("UPDATE").is_some() {
            let mut text = String::new();
            for (name, part) in self.parts.iter().filter(|(name, _)| name != "project") {
                let head = if name.is_empty() { String::new() } else { format!("-- {name} --\n") };
                write!(text, "{head}{part}").unwrap();
            }
            fs::write(&self.path, format!("{text}-- project --\n{found}")).unwrap();
        } else {
            wrong.push(format!("{}:\nexpected:\n{expected}found:\n{found}", self.path.display()));
        }
    }
}

fn cases(kind: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects").join(kind);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(Case::read).collect()
}

fn top(case: &Case) -> TopLevel {
    let mut top = TopLevel::new("archive");
    for (name, text) in case.files() {
        top.add_file(name, || Ok(text.as_bytes())).unwrap();
    }
    top
}

fn shown(found: &Descriptors) -> String {
    let mut out = format!("starts {}\n", found.pods);
    for image in &found.images {
        let open: Vec<_> = image.open.iter().map(String::as_str).collect();
        let open = if open.is_empty() { String::new() } else { format!(" (depends on {})", open.join(" ")) };
        writeln!(out, "image {}{open}", image.name).unwrap();
    }
    for Port { by, address, host, inner, protocol, .. } in &found.ports {
        let address = address.as_deref().unwrap_or("*");
        writeln!(out, "port {address} {}-{}/{protocol} to {}-{} of {by}", host.0, host.1, inner.0, inner.1)
            .unwrap();
    }
    for mount in &found.mounts {
        let source = match &mount.source {
            Source::Host { path, packed: true } => format!("{path} of the archive"),
            Source::Host { path, packed: false } => path.clone(),
            Source::Engine(name) => format!("volume {name}"),
            Source::Temporary => "temporary".to_owned(),
        };
        let mode = if mount.read_only { " (read-only)" } else { "" };
        writeln!(out, "mount {source} at {} of {}{mode}", mount.target, mount.by).unwrap();
    }
    for (name, (provider, _)) in &found.variables {
        writeln!(out, "variable {name}: {provider:?}").unwrap();
    }
    let finding = |out: &mut String, kind: &str, Finding { place, severity, message, hint, .. }: &Finding| {
        let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
        let (severity, file) = (format!("{severity:?}").to_lowercase(), &place.file);
        writeln!(out, "{kind}{severity} {file}{line} {}: {message}; {hint}", place.field).unwrap();
    };
    found.findings.0.iter().for_each(|it| finding(&mut out, "", it));
    found.stops.0.iter().for_each(|it| finding(&mut out, "start ", it));
    out.replace(IMAGE, "IMAGE")
}

#[test]
fn pods() {
    let mut wrong = Vec::new();
    for case in cases("play") {
        case.check(&shown(&play(&top(&case), &[], &case.environment())), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn compose_files() {
    let (mut wrong, mut read) = (Vec::new(), Vec::new());
    for case in cases("compose") {
        let found = compose(&top(&case), &case.environment());
        case.check(&shown(&found), &mut wrong);
        read.push((case, found));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    match judged(&read) {
        Ok(()) => {}
        Err(why) => eprintln!("skipped: docker-compose's own reading: {why}"),
    }
}

/// `docker-compose config` on one folder after the other, as JSON: a process for each would take most of the time.
const DOCKER_COMPOSE: &str = "
import json, os, sys
from compose.cli.command import get_config_from_options
from compose.config.environment import Environment
for folder in sys.argv[1:]:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(json.load(open('.contract.json')))
    try:
        services = get_config_from_options('.', {'--file': []}).services
        print(json.dumps({service['name']: service.get('image', '') for service in services}), flush=True)
    except BaseException as error:
        print('null', flush=True)
";

fn judged(read: &[(Case, Descriptors)]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-c", DOCKER_COMPOSE]);
    let same: Vec<_> = read
        .iter()
        .filter(|(case, _)| case.part("").is_some_and(|text| !text.contains("differs:")))
        .collect();
    for (at, (case, _)) in same.iter().enumerate() {
        let folder = folder.path().join(at.to_string());
        for (name, text) in case.files() {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let variables = case.part("contract").or(case.part("workload")).unwrap_or_default();
        let variables: BTreeMap<_, _> = variables.lines().filter_map(|line| line.split_once('=')).collect();
        fs::write(folder.join(".contract.json"), serde_json::to_string(&variables).unwrap()).unwrap();
        command.arg(folder);
    }
    let output = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let verdicts: Vec<_> = text.lines().collect();
    if verdicts.len() != same.len() {
        return Err(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned());
    }
    let mut wrong = Vec::new();
    for ((case, found), verdict) in same.iter().zip(verdicts) {
        let judged: Option<BTreeMap<String, String>> = serde_json::from_str(verdict).unwrap();
        let ours = (found.findings.errors() == 0).then(|| {
            let mut images: Vec<_> = found.images.iter().map(|image| image.name.clone()).collect();
            images.sort();
            images
        });
        let judged = judged.map(|services| {
            let mut images: Vec<_> = services.into_values().collect();
            images.sort();
            images
        });
        if ours != judged {
            wrong.push(format!("{}: ours {ours:?}, docker-compose's {judged:?}", case.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
