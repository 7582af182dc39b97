//! State 1 of 7: the section.
//!
//! `section = UTF-8 YAML, one document, "type: workload" or "type: env" at its top` (contract-format, sections 3 and 7).
//!
//! The user's file is encrypted as it is: only tagged values are replaced, and seeds and the signing key are inserted on
//! separate lines. Comments and order survive, and the guest reads what `check` showed. Not authenticated: only its author
//! vouches for it.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_macros))]

mod certificates;
mod confidential;
mod env;
mod fields;
mod file;
mod key_management;
mod logging;
mod machine;
pub mod network_config;
mod policy;
mod registries;
pub mod seed;
mod seeds;
mod splice;
mod tags;
mod volumes;
mod workload;
mod wrapper;
mod write;

use std::{fmt, marker::PhantomData, ops::Range, path::Path};

use contract_core::{
    kind::{Env, Kind, Workload},
    statement::Facts,
};
use contract_pki::platform::Platform;
use findings::{Advice as _, Finding, Findings, Place, Rule, Severity, nearest};
use jiff::Timestamp;
use strict_yaml::{Kind as YamlKind, Limits, Node, Style, Tag, Tags};
use zeroize::Zeroizing;

use crate::seed::Seeds;
use fields::{Check, Field, Map};
use tags::Resolver;

pub use confidential::{ConfidentialContainers, SealedSecretKeys};
pub use env::EnvModel;
pub use logging::{LogRouter, Logging, Syslog};
pub use registries::Images;
pub use splice::{Edit, Part, SpliceError, splice};
pub use tags::IncludedFile;
pub use volumes::{EnvSeed, EnvVolume, WorkloadVolume};
pub use workload::WorkloadModel;
pub use write::{EncryptError, Measured, WriteError};

/// A kind of section that can be read in plain.
pub trait Readable: Kind + sealed::Sealed {}

impl<K: Kind + sealed::Sealed> Readable for K {}

mod sealed {
    use super::fields::{Check, Field};
    use super::{Env, EnvModel, Facts, Workload, WorkloadModel, env, workload};

    /// How each kind is read. Other crates cannot add one.
    pub trait Sealed: Sized {
        /// The fields that others use.
        type Model: std::fmt::Debug + Clone;

        #[doc(hidden)]
        fn model(check: &mut Check<'_>, root: &Field<'_>) -> (Option<Self::Model>, Facts);
    }

    impl Sealed for Workload {
        type Model = WorkloadModel;

        fn model(check: &mut Check<'_>, root: &Field<'_>) -> (Option<WorkloadModel>, Facts) {
            workload::read(check, root)
        }
    }

    impl Sealed for Env {
        type Model = EnvModel;

        fn model(check: &mut Check<'_>, root: &Field<'_>) -> (Option<EnvModel>, Facts) {
            env::read(check, root)
        }
    }
}

/// A persona's file, and what reading it depends on.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The file as shown in findings.
    pub file: &'a str,
    /// Its content.
    pub text: &'a str,
    /// What `!file` and `!folder` are relative to.
    pub folder: &'a Path,
    /// Now, for warnings about expiry.
    pub at: Timestamp,
    /// The product whose guest will read it.
    pub platform: Platform,
    /// A public key or certificate, in PEM, to be inserted as `signingKey`; env sections only.
    pub signing_key: Option<&'a str>,
}

/// Asks for the passphrase of a private key that `!file` names.
pub trait Passphrases {
    /// The passphrase of a file, or why there is none.
    fn passphrase(&mut self, file: &str) -> Result<Zeroizing<String>, String>;

    /// The passphrase was wrong; there is also a finding.
    fn wrong(&mut self, _file: &str) {}
}

/// A section without errors: its fields, and the bytes that will be encrypted.
pub struct Section<K: Readable> {
    parts: Vec<Part>,
    files: Vec<IncludedFile>,
    masked: String,
    model: K::Model,
    facts: Facts,
    platforms: Vec<Platform>,
    kind: PhantomData<K>,
}

impl<K: Readable> Section<K> {
    /// Reads a persona's file, the files of its tags, and the seeds of volumes without one. If there are errors among the
    /// findings, there is no section.
    pub fn read(
        source: &Source<'_>,
        passphrases: &mut dyn Passphrases,
        seeds: &mut dyn Seeds,
    ) -> (Option<Self>, Findings) {
        let mut check = Check::new(source.file, Some(source.folder), source.at, &[source.platform]);
        let Some(mut root) = parse(&mut check, source.text, Tags::FileAndFolder) else {
            return (None, check.findings);
        };
        if wrapper::report::<K>(&mut check, &root) {
            return (None, check.findings);
        }
        // before tags are resolved: a finding states whether a seed is in a file
        let insertions = seeds::insert(&mut check, source.text, &mut root, seeds);
        let mut resolver =
            Resolver { check: &mut check, folder: source.folder, passphrases, edits: vec![], files: vec![] };
        resolver.resolve("", 1, &mut root);
        let Resolver { mut edits, files, .. } = resolver;
        if let Some(pem) = source.signing_key {
            edits.extend(tags::insert_signing_key(&mut check, source.text, &mut root, pem));
        }
        let Some((model, facts)) = Self::checked(&mut check, &root, |_| true) else {
            return (None, check.findings);
        };
        let (inserted, shown): (Vec<_>, Vec<_>) =
            insertions.into_iter().map(|insertion| (insertion.written, insertion.shown)).unzip();
        let masked = masked(source.text, &check.hidden, edits.iter().chain(&shown));
        edits.extend(inserted);
        let written = splice(source.text, edits).ok().filter(|parts| reads_back(parts, &root));
        let (Some(parts), Some(masked)) = (written, masked) else {
            let message = "internal error: the section does not read back as it was written";
            let hint = "please report this, with the section's shape but without its secrets";
            check.error(&Field::root(&root), message, hint);
            return (None, check.findings);
        };
        let section =
            Self { parts, files, masked, model, facts, platforms: check.platforms, kind: PhantomData };
        (Some(section), check.findings)
    }

    /// Reads a section as the guest of one of these products does: no tags, the same checks. What only some of them refuse is
    /// a warning ([`Rule::SomePlatforms`]). There is a section even if a certificate expired ([`Rule::Expired`]), or for
    /// another reason that the guest's schema does not know ([`Rule::NotInSchema`]), or an image that only the env section may
    /// complete ([`Rule::UnverifiedImage`]).
    pub fn open(text: Zeroizing<String>, at: Timestamp, platforms: &[Platform]) -> (Option<Self>, Findings) {
        let mut check = Check::new(K::NAME, None, at, platforms);
        let Some(root) = parse(&mut check, &text, Tags::Refused) else { return (None, check.findings) };
        if wrapper::report::<K>(&mut check, &root) {
            return (None, check.findings);
        }
        let matters = |error: &Finding| {
            !matches!(error.rule, Rule::Expired | Rule::NotInSchema | Rule::UnverifiedImage)
        };
        let section = Self::checked(&mut check, &root, matters).and_then(|(model, facts)| {
            let masked = masked(&text, &check.hidden, [])?;
            Some(Self {
                parts: vec![Part::Text(text)],
                files: vec![],
                masked,
                model,
                facts,
                platforms: std::mem::take(&mut check.platforms),
                kind: PhantomData,
            })
        });
        (section, check.findings)
    }

    /// Nothing if there is an error that matters.
    fn checked(
        check: &mut Check<'_>,
        root: &Node,
        matters: impl Fn(&Finding) -> bool,
    ) -> Option<(K::Model, Facts)> {
        let (model, facts) = K::model(check, &Field::root(root));
        let stops = |finding: &Finding| finding.severity == Severity::Error && matters(finding);
        model.filter(|_| !check.findings.0.iter().any(stops)).map(|model| (model, facts))
    }

    /// The section as it will be encrypted, with folders not yet packed.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The files that were read for its tags. Folders are among its parts.
    pub fn files(&self) -> &[IncludedFile] {
        &self.files
    }

    /// What may be public about it.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The products whose guest accepts it, of those that were in question.
    pub fn platforms(&self) -> &[Platform] {
        &self.platforms
    }

    /// Its fields.
    pub fn model(&self) -> &K::Model {
        &self.model
    }

    /// The section as it will be encrypted, for people: no secret, no archive.
    pub fn masked(&self) -> String {
        self.masked.clone()
    }
}

impl<K: Readable> fmt::Debug for Section<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section").field("kind", &K::NAME).field("facts", &self.facts).finish_non_exhaustive()
    }
}

fn parse(check: &mut Check<'_>, text: &str, tags: Tags) -> Option<Node> {
    let limits = match tags {
        Tags::FileAndFolder => Limits::default(),
        // an opened section holds its archive; its reader has limited it
        Tags::Refused => Limits { bytes: text.len(), ..Limits::default() },
    };
    match strict_yaml::parse(text, &limits, tags) {
        Ok(document) => Some(document.root),
        Err(error) => {
            let place = Place { file: check.file.to_owned(), line: Some(error.line()), field: String::new() };
            check.findings.error(place, error.reason(), error.hints().concat());
            None
        }
    }
}

/// Checks `type`. The other kind of section has a separate message.
fn section_type(check: &mut Check<'_>, map: &Map<'_>, expected: &str) {
    let Some(field) = check.required(map, "type", &format!("write `type: {expected}` at the top")) else {
        return;
    };
    let Some(text) = check.text(&field) else { return };
    let message = match &***text {
        found if found == expected => return,
        found @ ("workload" | "env") => {
            format!("this is the {found} section, expected the {expected} section")
        }
        _ => format!("not the type of a section: {}", nearest(text, &["workload", "env"])),
    };
    check.error(&field, message, format!("write `type: {expected}`"));
}

/// The text in place of an archive while the section is read back.
const ARCHIVE: &str = "archive";

/// Proves that the edits are right: parses the result and compares it with the intended tree.
fn reads_back(parts: &[Part], intended: &Node) -> bool {
    let mut text = Zeroizing::new(String::new());
    let room =
        parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { ARCHIVE.len() }).sum();
    text.reserve_exact(room);
    for part in parts {
        text.push_str(if let Part::Text(text) = part { text } else { ARCHIVE });
    }
    let limits = Limits { bytes: usize::MAX, ..Limits::default() };
    strict_yaml::parse(&text, &limits, Tags::Refused)
        .is_ok_and(|read| read.root.same(&with_archives(intended)))
}

fn with_archives(node: &Node) -> Node {
    let kind = match &node.kind {
        YamlKind::Scalar { .. } if node.tag == Some(Tag::Folder) => {
            YamlKind::Scalar { text: Zeroizing::new(ARCHIVE.to_owned()), style: Style::Plain }
        }
        YamlKind::Scalar { .. } => return node.clone(),
        YamlKind::Sequence(items) => YamlKind::Sequence(items.iter().map(with_archives).collect()),
        YamlKind::Mapping(entries) => {
            YamlKind::Mapping(entries.iter().map(|(key, node)| (key.clone(), with_archives(node))).collect())
        }
    };
    Node { kind, tag: None, ..node.clone() }
}

/// The section with placeholders for secrets and archives.
fn masked<'e>(
    text: &str,
    hidden: &[(Range<usize>, String)],
    edits: impl IntoIterator<Item = &'e Edit>,
) -> Option<String> {
    let covered = |span: &Range<usize>| {
        hidden
            .iter()
            .any(|(hidden, _)| hidden.start <= span.start && span.end <= hidden.end && !span.is_empty())
    };
    let shown = edits.into_iter().filter(|edit| !covered(&edit.span)).cloned();
    let mut masks: Vec<_> = hidden.to_vec();
    // a value may be hidden twice, or within a hidden mapping
    masks.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    masks.dedup_by(|inner, outer| inner.0.end <= outer.0.end);
    let masks = masks.into_iter().map(|(span, instead)| {
        let newline = if text.get(span.clone()).is_some_and(|text| text.ends_with('\n')) { "\n" } else { "" };
        Edit { span, replacement: Part::Text(Zeroizing::new(instead + newline)) }
    });
    let parts = splice(text, shown.chain(masks).collect()).ok()?;
    let text = |part: &Part| match part {
        Part::Text(text) => text.to_string(),
        Part::Folder(folder) => format!("<archive of {}>", folder.display()),
    };
    Some(parts.iter().map(text).collect())
}

#[cfg(test)]
mod tests;
