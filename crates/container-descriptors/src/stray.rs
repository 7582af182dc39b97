//! What of a packed folder is seldom meant to go along: the history of a repository, keys, files of variables.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use crate::{Descriptors, TopLevel};
use findings::Findings;

/// Bytes of a file that are looked at for a private key.
const LOOKED_AT: u64 = 64 << 10;

/// Names that a warning lists.
const LISTED: usize = 5;

/// The files of a folder that are seldom meant to be packed.
#[derive(Debug, Default)]
pub struct Strays(Vec<(Stray, String)>);

impl Strays {
    /// Looks at a file; `content` is read only where the name does not decide.
    pub(super) fn look(&mut self, name: &str, content: impl FnOnce() -> io::Result<File>) {
        self.0.extend(Stray::of(name, content));
    }
}

/// Why a file is seldom meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stray {
    Repository,
    Variables,
    Key,
    SshKey,
    PrivatePem,
}

impl Stray {
    fn of(name: &str, content: impl FnOnce() -> io::Result<File>) -> Option<(Self, String)> {
        let parts: Vec<_> = name.split('/').collect();
        if let Some(at) = parts.iter().position(|part| *part == ".git") {
            return Some((Self::Repository, parts.get(..=at)?.join("/")));
        }
        let file = *parts.last()?;
        let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
        let ssh = file.starts_with("id_");
        let stray = match extension {
            _ if file == ".env" => Self::Variables,
            "key" => Self::Key,
            "pub" => return None,
            "" if ssh => Self::SshKey,
            _ if (ssh || extension == "pem") && holds_private_key(content) => {
                if ssh {
                    Self::SshKey
                } else {
                    Self::PrivatePem
                }
            }
            _ => return None,
        };
        Some((stray, name.to_owned()))
    }

    fn what(self) -> &'static str {
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
    let whole = content().and_then(|file| file.take(LOOKED_AT).read_to_end(&mut read));
    whole.is_ok() && read.windows(MARK.len()).any(|bytes| bytes == MARK)
}

const MARK: &[u8] = b"PRIVATE KEY-----";

/// One warning for each kind. `found` knows which files of variables a compose file uses.
pub fn strays(top: &TopLevel, found: &Descriptors) -> Findings {
    let mut findings = Findings::default();
    let kinds: BTreeSet<_> = top.strays.0.iter().map(|(stray, _)| *stray).collect();
    for kind in kinds {
        let used = |name: &str| kind == Stray::Variables && found.env_files.contains(name);
        let names: BTreeSet<_> = top
            .strays
            .0
            .iter()
            .filter(|(stray, name)| *stray == kind && !used(name))
            .map(|(_, name)| name)
            .collect();
        let Some(first) = names.first() else { continue };
        let mut listed: Vec<_> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
        if names.len() > LISTED {
            listed.push(format!("and {} more", names.len() - LISTED));
        }
        let message = format!("goes into the archive: {}: {}", listed.join(", "), kind.what());
        let pattern = kind.pattern().unwrap_or(first);
        let hint =
            format!("if the guest does not need it, write `{pattern}` into `{}/.contractignore`", top.shown);
        findings.warning(top.place(), message, hint);
    }
    findings
}

/// As [`strays`], of a folder, for who packs it alone.
pub fn strays_of_folder(path: &Path, shown: &str) -> Findings {
    let (top, _) = TopLevel::of_folder(path, shown);
    let found = if top.has_compose_file() { super::compose(&top, None) } else { Descriptors::default() };
    strays(&top, &found)
}
