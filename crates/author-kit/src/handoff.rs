//! The handoff: who vouches for it, who can open it, and the file.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use cli_kit::age_keys::Recipients;
use cli_kit::failure::DoingIo as _;
use cli_kit::output::{self, Output};
use cli_kit::persona::{self, HandoffSettings};
use cli_kit::{Doing as _, Failure, Report};
use contract_core::age_file::{self, Format};
use findings::{Findings, Place};

use crate::arguments::EncryptArguments;

/// The SSH key that vouches for the handoff: the flag's, else the one in `persona.yaml`. Warns if there is none.
pub fn vouch_with(
    arguments: &EncryptArguments,
    settings: &HandoffSettings,
    report: &Report,
) -> Option<PathBuf> {
    let vouch_with = arguments.vouch_with.clone().or_else(|| settings.vouch_with.clone());
    if vouch_with.is_none() {
        report.warning(
            "nobody vouches for this handoff: the contract signer will refuse it",
            &["name your SSH key: `--vouch-with ~/.ssh/id_ed25519`, or `handoff: {vouch-with: FILE}` in `persona.yaml`".into()],
        );
    }
    vouch_with
}

/// Who can open the handoff: the flags' recipients, else those in `persona.yaml`. `None`: it is not encrypted.
pub fn recipients(
    arguments: &EncryptArguments,
    settings: &HandoffSettings,
) -> Result<Option<Recipients>, Failure> {
    let recipients =
        if arguments.recipients.is_empty() { &settings.recipients } else { &arguments.recipients };
    let no_passphrase = || {
        Err(Failure::usage("a handoff is encrypted to keys, not with a passphrase")
            .hint("name the contract signer's age recipient: `contract-signer identity` shows it"))
    };
    (!recipients.is_empty()).then(|| Recipients::read(recipients, no_passphrase)).transpose()
}

/// The end of the handoff's name.
pub fn suffix(recipients: Option<&Recipients>) -> &'static str {
    if recipients.is_some() { "handoff.age" } else { "handoff" }
}

/// Warns of a handoff without recipients: anyone who gets its token can combine it with another half.
pub fn warn_unencrypted(findings: &mut Findings) {
    let field = "handoff.recipients".to_owned();
    findings.warning(
        Place { file: persona::FILE.into(), line: None, field },
        "no recipient: the handoff is not encrypted, and anyone who gets it can read the statement and use the token",
        "write the contract signer's, as `contract-signer identity` shows it: `handoff: {recipients: [age1…]}`",
    );
}

/// The handoff of the other form that is next to this one: `x.handoff` and `x.handoff.age`.
pub fn other_form(handoff: &Path) -> Option<PathBuf> {
    let name = handoff.file_name()?.to_str()?;
    let plain = name.strip_suffix(".age").unwrap_or(name);
    let other = if plain == name { format!("{name}.age") } else { plain.to_owned() };
    let other = handoff.with_file_name(other);
    (plain.ends_with(".handoff") && other.exists()).then_some(other)
}

/// A handoff that is being written. It is encrypted at the end: a tar's headers are written after their entries, and
/// encrypted output is not seekable. Until then it is in a file without a name.
pub struct HandoffFile {
    output: Output,
    plain: Option<(File, Recipients)>,
}

impl HandoffFile {
    /// `target` is the path of `output`.
    pub fn new(output: Output, target: &Path, recipients: Option<Recipients>) -> Result<Self, Failure> {
        let plain = match recipients {
            Some(recipients) => Some((output::spool(target)?, recipients)),
            None => None,
        };
        Ok(Self { output, plain })
    }

    /// Where the handoff goes.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Encrypts what was written, if there are recipients; the output is ready to be committed.
    pub fn finish(self) -> Result<Output, Failure> {
        let Self { mut output, plain } = self;
        let Some((mut plain, recipients)) = plain else { return Ok(output) };
        let name = output.name();
        plain.rewind().doing_io("read", Path::new(&name))?;
        let copy = |sealed: &mut dyn Write| io::copy(&mut plain, sealed).map(drop);
        age_file::encrypt(&recipients.keys(), Format::Binary, &mut output, copy)
            .doing(|| format!("cannot encrypt the handoff `{name}`"))?;
        Ok(output)
    }
}

impl Write for HandoffFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.plain {
            Some((file, _)) => file.write(bytes),
            None => self.output.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.plain {
            Some((file, _)) => file.flush(),
            None => self.output.flush(),
        }
    }
}

impl Seek for HandoffFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.plain {
            Some((file, _)) => file.seek(to),
            None => self.output.seek(to),
        }
    }
}
