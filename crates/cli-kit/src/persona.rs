//! `persona.yaml`, so that the everyday command needs no flag. Flags win. Paths are relative to the file.

use std::path::{Path, PathBuf};

use contract_core::certificate::Pin;
use contract_core::platform::Platform;
use contract_core::yaml::{self, Key, Limits, Node, Tags};

use crate::age_keys::holds_identity;
use crate::exit::ExitCode;
use crate::failure::{Doing, Failure};
use crate::input;
use crate::kept;
use crate::lock;
use crate::output;
use crate::vouch;

/// The file's name in a persona's folder.
pub const FILE: &str = "persona.yaml";

/// Bytes; a few lines are usual.
const LIMIT: usize = 64 << 10;

/// Whose folder it is, and which binary is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persona {
    /// Owns the application and writes the workload section.
    WorkloadProvider,
    /// Owns the infrastructure and writes the env section.
    EnvDeployer,
    /// Combines both tokens and signs them.
    ContractSigner,
}

impl Persona {
    const ALL: [Self; 3] = [Self::WorkloadProvider, Self::EnvDeployer, Self::ContractSigner];

    /// As it stands in the file; the binary has the same name.
    pub fn name(self) -> &'static str {
        match self {
            Self::WorkloadProvider => "workload-provider",
            Self::EnvDeployer => "env-deployer",
            Self::ContractSigner => "contract-signer",
        }
    }

    /// The file of the section that this persona writes.
    fn section(self) -> Option<&'static str> {
        match self {
            Self::WorkloadProvider => Some("workload.yaml"),
            Self::EnvDeployer => Some("env.yaml"),
            Self::ContractSigner => None,
        }
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::WorkloadProvider => &[
                "persona",
                "name",
                "platform",
                "certificate",
                "certificate-pin",
                "certificate-url",
                "identity",
                "handoff",
                "seeds",
            ],
            Self::EnvDeployer => &[
                "persona",
                "name",
                "platform",
                "certificate",
                "certificate-pin",
                "certificate-url",
                "signing-key",
                "identity",
                "handoff",
                "seeds",
            ],
            Self::ContractSigner => {
                &["persona", "name", "key", "identity", "allowed-signers", "certificate-url"]
            }
        }
    }
}

/// What a persona's folder says about itself; what it doesn't say has its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonaFile {
    /// Begins the names of outputs; by default the folder's name.
    pub name: String,
    /// `hpvs` by default.
    pub platform: Platform,
    /// The encryption certificate.
    pub certificate: Option<PathBuf>,
    /// The one key that the encryption certificate may hold; none: any.
    pub certificate_pin: Option<Pin>,
    /// Where `certificate fetch` looks, instead of IBM's documented address.
    pub certificate_url: Option<String>,
    /// env deployer: the contract signer's public key.
    pub signing_key: Option<PathBuf>,
    /// contract signer: the private key, `signing-key.pem` by default.
    pub key: PathBuf,
    /// contract signer: who may vouch for what, `allowed_signers` by default.
    pub allowed_signers: PathBuf,
    /// This persona's age identity, `identity.age` by default; `~/` is the home folder.
    pub identity: PathBuf,
    /// Both authors: who vouches for a handoff, and who opens it.
    pub handoff: HandoffSettings,
    /// Both authors: where the seeds are kept, and who opens them.
    pub seeds: SeedSettings,
    folder: PathBuf,
}

/// `handoff` in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandoffSettings {
    /// The SSH key that signs it; `~/` is the home folder.
    pub vouch_with: Option<PathBuf>,
    /// Who can open it; none are named: it is not encrypted.
    pub recipients: Vec<String>,
}

/// `seeds` in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedSettings {
    /// The seed vault, `seeds.age` by default; `~/` is the home folder.
    pub vault: PathBuf,
    /// Who can open it; none are named: the persona's own identity alone.
    pub recipients: Vec<String>,
}

impl PersonaFile {
    /// Reads the file of a persona's folder; a folder without one has all defaults. No other output replaces what it
    /// names.
    pub fn read(folder: &Path, persona: Persona) -> Result<Self, Failure> {
        let read = Self::read_here(folder, persona)?;
        read.keep(persona);
        Ok(read)
    }

    fn read_here(folder: &Path, persona: Persona) -> Result<Self, Failure> {
        let defaults = Self {
            name: folder_name(folder),
            platform: Platform::Hpvs,
            certificate: None,
            certificate_pin: None,
            certificate_url: None,
            signing_key: None,
            key: folder.join("signing-key.pem"),
            allowed_signers: beside(folder, "allowed_signers"),
            identity: beside(folder, "identity.age"),
            handoff: HandoffSettings::default(),
            seeds: SeedSettings { vault: beside(folder, "seeds.age"), recipients: Vec::new() },
            folder: folder.to_owned(),
        };
        let path = beside(folder, FILE);
        kept::own(&path, "settings file");
        // a link that leads nowhere is not an absent file
        if folder.is_dir() && path.symlink_metadata().is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound)
        {
            return Ok(defaults);
        }
        let text = input::read_text(&path, LIMIT)?;
        if text.lines().map(str::trim_start).all(|line| line.is_empty() || line.starts_with('#')) {
            return Ok(defaults);
        }
        let document = yaml::parse(&text, &Limits::default(), Tags::Refused)
            .doing(|| format!("cannot read `{}`", path.display()))?;
        Reader { path: &path, folder, persona }.read(&document.root, defaults)
    }

    /// What this persona has one copy of.
    fn keep(&self, persona: Persona) {
        kept::own(&self.identity, "identity");
        if let Some(section) = persona.section() {
            kept::own(&beside(&self.folder, section), "section");
            kept::own(&self.seeds.vault, "seed vault");
            kept::own(&lock::beside(&self.seeds.vault), "seed vault's lock");
            if let Some(key) = &self.signing_key {
                kept::own(key, "signing key");
            }
            let vouch_key = self.handoff.vouch_with.as_ref().and_then(|key| vouch::expand(key).ok());
            if let Some(key) = vouch_key {
                kept::own(&key, "SSH key");
            }
        } else {
            kept::own(&self.key, "signing key");
            kept::own(&public_half(&self.key), "signing key's public half");
            kept::own(&self.allowed_signers, "list of allowed signers");
        }
    }

    /// The encryption certificate to use: the flag's, else the file's.
    pub fn certificate(&self, flag: Option<&Path>) -> Result<PathBuf, Failure> {
        self.chosen(
            flag,
            self.certificate.as_ref(),
            "encryption certificate",
            "certificate",
            "hpcr-encrypt.crt",
        )
    }

    /// The contract signer's public key to use: the flag's, else the file's.
    pub fn signing_key(&self, flag: Option<&Path>) -> Result<PathBuf, Failure> {
        self.chosen(flag, self.signing_key.as_ref(), "signing key", "signing-key", "signing-key.pub.pem")
    }

    fn chosen(
        &self,
        flag: Option<&Path>,
        file: Option<&PathBuf>,
        what: &str,
        field: &str,
        example: &str,
    ) -> Result<PathBuf, Failure> {
        flag.map(Path::to_owned).or_else(|| file.cloned()).ok_or_else(|| {
            Failure::usage(format!("no {what} is named")).hint(format!(
                "pass it with `--{field} {example}`, or write `{field}: {example}` into `{}`",
                beside(&self.folder, FILE).display()
            ))
        })
    }
}

/// For commands that need no folder of the persona: what the one at hand has of its own is kept, and the one that is
/// written to.
pub fn keep_own_files(persona: Persona, target: &Path) {
    for folder in [Path::new("."), output::folder(target)] {
        // another persona's folder, or a damaged file, is no reason not to do what needs neither
        let _ = PersonaFile::read(folder, persona);
    }
}

/// Where the public half of a signing key goes: `signing-key.pem` → `signing-key.pub.pem`.
pub fn public_half(private: &Path) -> PathBuf {
    private.with_extension(if private.extension().is_some_and(|it| it == "pem") { "pub.pem" } else { "pub" })
}

/// A file of a folder, named as shortly as it can be.
pub(crate) fn beside(folder: &Path, name: &str) -> PathBuf {
    if folder == Path::new(".") { name.into() } else { folder.join(name) }
}

/// The name of a folder that may be named `.` or `..`.
fn folder_name(folder: &Path) -> String {
    let named = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    named.file_name().map_or_else(|| "contract".into(), |name| name.to_string_lossy().into_owned())
}

struct Reader<'a> {
    path: &'a Path,
    folder: &'a Path,
    persona: Persona,
}

impl Reader<'_> {
    fn read(&self, root: &Node, mut file: PersonaFile) -> Result<PersonaFile, Failure> {
        let Some(fields) = root.entries() else {
            return Err(self.wrong(root.line, "", "not a mapping").hint("write `field: value` on each line"));
        };
        // whose file it is decides which fields it may have
        if let Some(node) = root.entry("persona") {
            self.belongs(node)?;
        }
        for (key, node) in fields {
            match key.text.as_str() {
                field if !self.persona.fields().contains(&field) => return Err(self.unknown(key)),
                "name" => file.name = self.name(node)?,
                "platform" => {
                    file.platform = self.text("platform", node)?.parse().map_err(|message: String| {
                        self.wrong(node.line, "platform", &message).hint("write `platform: hpvs`")
                    })?;
                }
                "certificate" => file.certificate = Some(self.file("certificate", node)?),
                "certificate-pin" => {
                    file.certificate_pin =
                        Some(self.text("certificate-pin", node)?.parse().map_err(|message: String| {
                            self.wrong(node.line, "certificate-pin", &message)
                                .hint("take the line that `certificate verify` prints")
                        })?);
                }
                "certificate-url" => {
                    file.certificate_url = Some(self.text("certificate-url", node)?.to_owned());
                }
                "signing-key" => file.signing_key = Some(self.file("signing-key", node)?),
                "key" => file.key = self.file("key", node)?,
                "identity" => file.identity = self.own_file("identity", node)?,
                "seeds" => self.seeds(node, &mut file.seeds)?,
                "allowed-signers" => file.allowed_signers = self.file("allowed-signers", node)?,
                "handoff" => self.handoff(node, &mut file.handoff)?,
                // `persona` is read above
                _ => {}
            }
        }
        Ok(file)
    }

    fn belongs(&self, node: &Node) -> Result<(), Failure> {
        let named = self.text("persona", node)?;
        let ours = self.persona.name();
        if named == ours {
            return Ok(());
        }
        let whose = Persona::ALL.iter().find(|persona| persona.name() == named);
        Err(match whose {
            Some(other) => self
                .wrong(node.line, "persona", &format!("this folder belongs to the {}", other.name()))
                .hint(format!("run `{}` here, or name a folder of the {ours}", other.name())),
            None => self
                .wrong(node.line, "persona", &format!("`{named}` is no persona"))
                .hint(format!("write `persona: {ours}`")),
        })
    }

    fn handoff(&self, handoff: &Node, settings: &mut HandoffSettings) -> Result<(), Failure> {
        for (key, node) in self.section("handoff", &["vouch-with", "recipients"], handoff)? {
            match key.text.as_str() {
                "vouch-with" => {
                    let named = self.text("handoff.vouch-with", node)?;
                    let at_home = named.starts_with("~/");
                    settings.vouch_with =
                        Some(if at_home { named.into() } else { beside(self.folder, named) });
                }
                _ => settings.recipients = self.texts("handoff.recipients", node)?,
            }
        }
        Ok(())
    }

    fn seeds(&self, seeds: &Node, settings: &mut SeedSettings) -> Result<(), Failure> {
        for (key, node) in self.section("seeds", &["vault", "recipients"], seeds)? {
            match key.text.as_str() {
                "vault" => settings.vault = self.own_file("seeds.vault", node)?,
                _ => settings.recipients = self.texts("seeds.recipients", node)?,
            }
        }
        Ok(())
    }

    /// The fields below one field, none but the known ones.
    fn section<'n>(
        &self,
        name: &str,
        known: &[&str; 2],
        node: &'n Node,
    ) -> Result<&'n [(Key, Node)], Failure> {
        if node.is_null() {
            return Ok(&[]);
        }
        let [one, other] = known;
        let fields = node.entries().ok_or_else(|| {
            self.wrong(node.line, name, &format!("only `{one}` and `{other}` belong here"))
                .hint(format!("write them below `{name}:`, indented"))
        })?;
        let unknown = fields.iter().find(|(key, _)| !known.contains(&key.text.as_str()));
        unknown.map_or(Ok(fields), |(key, _)| Err(self.unknown_of(&format!("{name}."), known, key)))
    }

    /// A list of texts, or a single one.
    fn texts(&self, field: &str, node: &Node) -> Result<Vec<String>, Failure> {
        let Some(items) = node.items() else {
            return Ok(vec![self.text(field, node)?.to_owned()]);
        };
        items.iter().map(|item| self.text(field, item).map(str::to_owned)).collect()
    }

    fn unknown(&self, key: &Key) -> Failure {
        self.unknown_of("", self.persona.fields(), key)
    }

    fn unknown_of(&self, path: &str, known: &[&str], key: &Key) -> Failure {
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

    fn text<'n>(&self, field: &str, node: &'n Node) -> Result<&'n str, Failure> {
        let text = node.text().filter(|text| !text.is_empty() && !node.is_null());
        if text.is_some_and(holds_identity) {
            let (message, hint) = if field.ends_with("recipients") {
                (
                    "a recipient is due, and an identity is named: it is secret",
                    "name its public half: `age-keygen -y identity.age` shows it",
                )
            } else {
                (
                    "an identity stands here itself: it is secret",
                    "write it into a file for its owner alone, and name that file: `identity: identity.age`",
                )
            };
            return Err(self.wrong(node.line, field, message).hint(hint));
        }
        text.ok_or_else(|| {
            self.wrong(node.line, field, "a text is due here").hint(format!("write `{field}: …` on one line"))
        })
    }

    /// A name begins a file's name, and must not lead into another folder.
    fn name(&self, node: &Node) -> Result<String, Failure> {
        let name = self.text("name", node)?;
        if name.starts_with(['.', '-']) || name.contains(['/', '\0']) {
            return Err(self
                .wrong(node.line, "name", &format!("`{name}` cannot begin a file's name"))
                .hint("use letters, digits and `-`: `name: paynow`"));
        }
        Ok(name.to_owned())
    }

    fn file(&self, field: &str, node: &Node) -> Result<PathBuf, Failure> {
        Ok(beside(self.folder, self.text(field, node)?))
    }

    /// One that may be in the home folder: `~/`.
    fn own_file(&self, field: &str, node: &Node) -> Result<PathBuf, Failure> {
        let path = Path::new(self.text(field, node)?);
        if path.starts_with("~") { vouch::expand(path) } else { self.file(field, node) }
    }

    fn wrong(&self, line: usize, field: &str, message: &str) -> Failure {
        let colon = if field.is_empty() { "" } else { ": " };
        Failure::new(
            ExitCode::Rejected,
            format!("cannot read `{}`: line {line}: {field}{colon}{message}", self.path.display()),
        )
    }
}

#[cfg(test)]
mod tests;
