//! Reads `persona.yaml`: each field is read, or refused with its line and a hint.

use std::path::{Path, PathBuf};

use contract_pki::platform::Platform;
use strict_yaml::{Key, Limits, Node, Tags};

use super::{AuditorFolder, AuthorFolder, CertificateSettings, FILE, Persona, SignerFolder};
use crate::exit::ExitCode;
use crate::failure::{Doing as _, Failure};
use crate::input;
use crate::names::{holds_identity, in_folder};

/// Bytes; a few lines are usual.
const LIMIT: usize = 64 << 10;

/// Old names of fields, which keep working.
const RENAMED: [(&str, &str); 2] =
    [("attestation-key", "auditor-key"), ("encrypt-attestation-key", "encrypt-auditor-key")];

/// A persona's folder that is filled field by field.
pub(super) trait Fields: Sized {
    /// What holds without a `persona.yaml`.
    fn defaults(folder: &Path, persona: Persona) -> Self;
    /// The fields that the file may have.
    fn known(persona: Persona) -> Vec<&'static str>;
    /// Takes one of the known fields, or its old name; `persona` needs no more.
    fn set(&mut self, reader: &Reader, field: &str, node: &Node) -> Result<(), Failure>;
}

/// Reads the file of a folder, which has all defaults without one.
pub(super) fn read<F: Fields>(folder: &Path, persona: Persona) -> Result<F, Failure> {
    let path = in_folder(folder, FILE);
    // a link that leads nowhere is not an absent file
    let is_absent =
        || path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    if folder.is_dir() && is_absent() {
        return Ok(F::defaults(folder, persona));
    }
    parse_as(&input::read_text(&path, LIMIT)?, folder, persona)
}

/// Whether a text is the `persona.yaml` of this persona; `folder` is what its paths are relative to.
pub fn parse(text: &str, folder: &Path, persona: Persona) -> Result<(), Failure> {
    match persona {
        Persona::WorkloadProvider | Persona::EnvDeployer => {
            parse_as::<AuthorFolder>(text, folder, persona).map(drop)
        }
        Persona::ContractSigner => parse_as::<SignerFolder>(text, folder, persona).map(drop),
        Persona::ContractAuditor => parse_as::<AuditorFolder>(text, folder, persona).map(drop),
    }
}

fn parse_as<F: Fields>(text: &str, folder: &Path, persona: Persona) -> Result<F, Failure> {
    let mut filled = F::defaults(folder, persona);
    if text.lines().map(str::trim_start).all(|line| line.is_empty() || line.starts_with('#')) {
        return Ok(filled);
    }
    let path = in_folder(folder, FILE);
    let document = strict_yaml::parse(text, &Limits::default(), Tags::Refused)
        .doing(|| format!("cannot read `{}`", path.display()))?;
    let reader = Reader { path: &path, folder, persona };
    let root = &document.root;
    let Some(fields) = root.entries() else {
        return Err(reader.wrong(root.line, "", "not a mapping").hint("write `field: value` on each line"));
    };
    // the persona decides which fields there may be
    if let Some(node) = root.entry("persona") {
        reader.check_persona(node)?;
    }
    let known = F::known(persona);
    for (key, node) in fields {
        let field = key.text.as_str();
        let renamed = RENAMED.iter().find(|(old, _)| *old == field);
        let name = renamed.map_or(field, |(_, name)| name);
        if name != field && root.entry(name).is_some() {
            return Err(reader
                .wrong(key.line, field, &format!("the old name of `{name}`, which is set too"))
                .hint(format!("remove `{field}`")));
        }
        match name {
            "persona" => {}
            // errors name the field as it is in the file
            _ if known.contains(&name) => filled.set(&reader, field, node)?,
            _ => return Err(reader.unknown("", &known, key)),
        }
    }
    Ok(filled)
}

/// `~/` is the home folder, as in a shell. Only this is taken from the environment.
pub fn expand_home(path: &Path) -> Result<PathBuf, Failure> {
    let Ok(below) = path.strip_prefix("~") else { return Ok(path.to_owned()) };
    match std::env::var_os("HOME").filter(|home| !home.is_empty()) {
        Some(home) => Ok(Path::new(&home).join(below)),
        None => Err(Failure::usage(format!("cannot find `{}`: `HOME` is not set", path.display()))
            .hint("name the file without `~`")),
    }
}

impl CertificateSettings {
    /// The fields that all personas share, and those of the auditor's chain.
    pub(super) fn set(&mut self, reader: &Reader, field: &str, node: &Node) -> Result<(), Failure> {
        match field {
            "certificate-url" => self.url = Some(reader.text(field, node)?.to_owned()),
            "certificate-pin" => {
                let pin = reader.text(field, node)?.parse().map_err(|message: String| {
                    let failure = reader.wrong(node.line, field, &message);
                    failure.hint("take the line that `certificate verify` prints")
                })?;
                self.pin = Some(pin);
            }
            "intermediates" => self.chain.intermediates = reader.files(field, node)?,
            "roots" => self.chain.roots = reader.files(field, node)?,
            "crls" => self.chain.lists = reader.files(field, node)?,
            // `certificate`, and the auditor's `attestation-certificate`
            _ => self.file = Some(reader.file(field, node)?),
        }
        Ok(())
    }
}

/// Reads the values of one file.
pub(super) struct Reader<'a> {
    path: &'a Path,
    folder: &'a Path,
    persona: Persona,
}

impl Reader<'_> {
    fn check_persona(&self, node: &Node) -> Result<(), Failure> {
        let (named, expected) = (self.text("persona", node)?, self.persona.name());
        if named == expected {
            return Ok(());
        }
        let other = Persona::ALL.map(Persona::name).into_iter().find(|name| *name == named);
        Err(match other {
            Some(other) => self
                .wrong(node.line, "persona", &format!("this folder belongs to the {other}"))
                .hint(format!("run `{other}` here, or name a folder of the {expected}")),
            None => self
                .wrong(node.line, "persona", &format!("`{named}` is no persona"))
                .hint(format!("write `persona: {expected}`")),
        })
    }

    /// The fields below one field, of which two are known.
    pub fn section<'n>(
        &self,
        name: &str,
        known: [&str; 2],
        node: &'n Node,
    ) -> Result<Vec<(&'n str, &'n Node)>, Failure> {
        if node.is_null() {
            return Ok(Vec::new());
        }
        let [one, other] = known;
        let fields = node.entries().ok_or_else(|| {
            self.wrong(node.line, name, &format!("only `{one}` and `{other}` belong here"))
                .hint(format!("write them below `{name}:`, indented"))
        })?;
        if let Some((key, _)) = fields.iter().find(|(key, _)| !known.contains(&key.text.as_str())) {
            return Err(self.unknown(&format!("{name}."), &known, key));
        }
        Ok(fields.iter().map(|(key, node)| (key.text.as_str(), node)).collect())
    }

    fn unknown(&self, path: &str, known: &[&str], key: &Key) -> Failure {
        let name = if holds_identity(&key.text) { "an identity, which is secret" } else { &key.text };
        let failure = self.wrong(key.line, &format!("{path}{name}"), "unknown field");
        let nearest = known
            .iter()
            .map(|field| (strsim::damerau_levenshtein(field, &key.text), field))
            .min()
            .filter(|(distance, _)| *distance <= 3);
        match nearest {
            Some((_, field)) => failure.hint(format!("did you mean `{field}`?")),
            None => failure.hint(format!("remove it; known are {}", known.join(", "))),
        }
    }

    pub fn text<'n>(&self, field: &str, node: &'n Node) -> Result<&'n str, Failure> {
        let text = node.text().filter(|text| !text.is_empty() && !node.is_null());
        if text.is_some_and(holds_identity) {
            let (message, hint) = if field.ends_with("recipients") {
                (
                    "expected a recipient, found an identity, which is secret",
                    "name its public half: `age-keygen -y identity.age` shows it",
                )
            } else {
                (
                    "expected a file, found an identity, which is secret",
                    "write it into a file that only you can read, and name that file: `identity: identity.age`",
                )
            };
            return Err(self.wrong(node.line, field, message).hint(hint));
        }
        text.ok_or_else(|| {
            self.wrong(node.line, field, "expected a text").hint(format!("write `{field}: …` on one line"))
        })
    }

    /// A list of texts, or a single one.
    pub fn texts(&self, field: &str, node: &Node) -> Result<Vec<String>, Failure> {
        let Some(items) = node.items() else {
            return Ok(vec![self.text(field, node)?.to_owned()]);
        };
        items.iter().map(|item| self.text(field, item).map(str::to_owned)).collect()
    }

    pub fn boolean(&self, field: &str, node: &Node) -> Result<bool, Failure> {
        match self.text(field, node)? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self
                .wrong(node.line, field, "expected `true` or `false`")
                .hint(format!("write `{field}: true`"))),
        }
    }

    pub fn platform(&self, node: &Node) -> Result<Platform, Failure> {
        self.text("platform", node)?.parse().map_err(|message: String| {
            self.wrong(node.line, "platform", &message).hint("write `platform: hpvs`")
        })
    }

    /// The beginning of a file name, which must not lead into another folder.
    pub fn name(&self, node: &Node) -> Result<String, Failure> {
        let name = self.text("name", node)?;
        if name.starts_with(['.', '-']) || name.contains(['/', '\0']) {
            return Err(self
                .wrong(node.line, "name", &format!("`{name}` cannot begin a file's name"))
                .hint("use letters, digits and `-`: `name: paynow`"));
        }
        Ok(name.to_owned())
    }

    pub fn file(&self, field: &str, node: &Node) -> Result<PathBuf, Failure> {
        Ok(in_folder(self.folder, self.text(field, node)?))
    }

    /// A list of files, or a single one.
    pub fn files(&self, field: &str, node: &Node) -> Result<Vec<PathBuf>, Failure> {
        Ok(self.texts(field, node)?.iter().map(|name| in_folder(self.folder, name)).collect())
    }

    /// A file that may be in the home folder: `~/`.
    pub fn home_file(&self, field: &str, node: &Node) -> Result<PathBuf, Failure> {
        expand_home(&self.unexpanded(field, node)?)
    }

    /// As [`Self::home_file`], with its `~/`, which is expanded when the file is needed.
    pub fn unexpanded(&self, field: &str, node: &Node) -> Result<PathBuf, Failure> {
        let named = self.text(field, node)?;
        Ok(if Path::new(named).starts_with("~") { named.into() } else { in_folder(self.folder, named) })
    }

    fn wrong(&self, line: usize, field: &str, message: &str) -> Failure {
        let colon = if field.is_empty() { "" } else { ": " };
        Failure::new(
            ExitCode::Rejected,
            format!("cannot read `{}`: line {line}: {field}{colon}{message}", self.path.display()),
        )
    }
}
