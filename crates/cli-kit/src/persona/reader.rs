//! The fields of `persona.yaml`, each read or refused with its line and what to write there.

use std::path::{Path, PathBuf};

use strict_yaml::{Key, Node};

use super::{HandoffSettings, Persona, PersonaFile, SeedSettings, beside};
use crate::age_keys::holds_identity;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::vouch;

/// One file, being read.
pub(super) struct Reader<'a> {
    pub path: &'a Path,
    pub folder: &'a Path,
    pub persona: Persona,
}

impl Reader<'_> {
    /// Takes each field into `file`, and refuses the first that is wrong by its line.
    pub fn read(&self, root: &Node, mut file: PersonaFile) -> Result<PersonaFile, Failure> {
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
                field @ ("certificate" | "attestation-certificate") => {
                    file.certificate = Some(self.file(field, node)?);
                }
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
                // the auditor's own, of which the contract signer has the public half
                "attestation-key" if self.persona == Persona::ContractAuditor => {
                    file.key = self.file("attestation-key", node)?;
                }
                field @ "intermediates" => file.audit.intermediates = self.files(field, node)?,
                field @ "roots" => file.audit.roots = self.files(field, node)?,
                field @ "crls" => file.audit.lists = self.files(field, node)?,
                field @ "record" => file.audit.record = self.file(field, node)?,
                "allowed-signers" if self.persona == Persona::ContractAuditor => {
                    file.audit.allowed_signers = Some(self.file("allowed-signers", node)?);
                }
                "identity" => file.identity = self.own_file("identity", node)?,
                "seeds" => self.seeds(node, &mut file.seeds)?,
                "allowed-signers" => file.allowed_signers = self.file("allowed-signers", node)?,
                "attestation-key" => file.attestation_key = Some(self.file("attestation-key", node)?),
                "encrypt-attestation-key" => {
                    file.encrypt_attestation_key = self.yes_or_no("encrypt-attestation-key", node)?;
                }
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

    fn yes_or_no(&self, field: &str, node: &Node) -> Result<bool, Failure> {
        match self.text(field, node)? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self
                .wrong(node.line, field, "`true` or `false` is due here")
                .hint(format!("write `{field}: true`"))),
        }
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

    /// A list of files, or a single one.
    fn files(&self, field: &str, node: &Node) -> Result<Vec<PathBuf>, Failure> {
        Ok(self.texts(field, node)?.iter().map(|name| beside(self.folder, name)).collect())
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
