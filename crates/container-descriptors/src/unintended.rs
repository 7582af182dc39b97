//! Files of a packed folder that are probably not meant: the history of a repository, keys, files of variables.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use findings::Findings;

use crate::{Descriptors, Environment, TopLevel};

/// Bytes of a file that are searched for a private key.
const SEARCHED: u64 = 64 << 10;

/// Names that a warning lists.
const LISTED: usize = 5;

/// The files of a folder that are probably not meant to be packed.
#[derive(Debug, Default)]
pub struct Unintended(Vec<(Reason, String)>);

impl Unintended {
    /// Checks a file; `content` is read only if the name does not decide.
    pub(super) fn check(&mut self, name: &str, content: impl FnOnce() -> io::Result<File>) {
        self.0.extend(Reason::find(name, content));
    }
}

/// Why a file is probably not meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Repository,
    Variables,
    Key,
    SshKey,
    PrivatePem,
}

impl Reason {
    fn find(name: &str, content: impl FnOnce() -> io::Result<File>) -> Option<(Self, String)> {
        let parts: Vec<_> = name.split('/').collect();
        if let Some(at) = parts.iter().position(|part| *part == ".git") {
            return Some((Self::Repository, parts.get(..=at)?.join("/")));
        }
        let file = *parts.last()?;
        let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
        let ssh = file.starts_with("id_");
        let key = if ssh { Self::SshKey } else { Self::PrivatePem };
        let reason = match extension {
            _ if file == ".env" => Self::Variables,
            "key" => Self::Key,
            "pub" => return None,
            "" if ssh => Self::SshKey,
            _ if (ssh || extension == "pem") && holds_private_key(content) => key,
            _ => return None,
        };
        Some((reason, name.to_owned()))
    }

    fn description(self) -> &'static str {
        match self {
            Self::Repository => "the history of a repository, with all that was deleted since",
            Self::Variables => "variables that no compose file uses",
            Self::Key => "named like a private key",
            Self::SshKey => "named like an SSH key",
            Self::PrivatePem => "a private key",
        }
    }

    fn pattern(self) -> Option<&'static str> {
        match self {
            Self::Repository => Some(".git"),
            Self::Variables => Some(".env"),
            Self::Key => Some("*.key"),
            Self::SshKey => Some("id_*"),
            Self::PrivatePem => None,
        }
    }
}

fn holds_private_key(content: impl FnOnce() -> io::Result<File>) -> bool {
    let mut read = zeroize::Zeroizing::new(Vec::new());
    let whole = content().and_then(|file| file.take(SEARCHED).read_to_end(&mut read));
    whole.is_ok() && read.windows(MARK.len()).any(|bytes| bytes == MARK)
}

const MARK: &[u8] = b"PRIVATE KEY-----";

/// One warning for each reason. `found` knows which files of variables a compose file uses.
pub fn unintended_files(top: &TopLevel, found: &Descriptors) -> Findings {
    let mut findings = Findings::default();
    let files = &top.unintended.0;
    for reason in files.iter().map(|(reason, _)| *reason).collect::<BTreeSet<_>>() {
        let used = |name: &str| reason == Reason::Variables && found.env_files.contains(name);
        let matching = files.iter().filter(|(other, name)| *other == reason && !used(name));
        let names: BTreeSet<_> = matching.map(|(_, name)| name).collect();
        let Some(first) = names.first() else { continue };
        let mut listed: Vec<_> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
        if names.len() > LISTED {
            listed.push(format!("and {} more", names.len() - LISTED));
        }
        let message = format!("goes into the archive: {}: {}", listed.join(", "), reason.description());
        let pattern = reason.pattern().unwrap_or(first);
        let hint =
            format!("if the guest does not need it, write `{pattern}` into `{}/.contractignore`", top.shown);
        findings.warning(top.place(), message, hint);
    }
    findings
}

/// The same for a folder that is packed without a section.
pub fn unintended_files_in(path: &Path, shown: &str) -> Findings {
    let (top, _) = TopLevel::of_folder(path, shown);
    let found = if top.lacks_compose_file().is_none() {
        crate::compose(&top, &Environment::default())
    } else {
        Descriptors::default()
    };
    unintended_files(&top, &found)
}
