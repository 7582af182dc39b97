//! What containers publish and what they mount.

use findings::Place;

/// A port of the guest that leads to a container, or a range of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Where it is written.
    pub place: Place,
    /// The container or service.
    pub by: String,
    /// The guest's address; `None` is all of them.
    pub address: Option<String>,
    /// The first and the last of the guest's ports.
    pub host: (u16, u16),
    /// The first and the last of the container's ports.
    pub inner: (u16, u16),
    /// `tcp`, `udp`, `sctp`
    pub protocol: String,
}

impl Port {
    /// Whether both need a port.
    pub fn conflicts(&self, other: &Self) -> bool {
        let any = |address: &Option<String>| {
            matches!(address.as_deref(), None | Some("" | "0.0.0.0" | "::" | "[::]"))
        };
        self.host.0 <= other.host.1
            && other.host.0 <= self.host.1
            && self.protocol == other.protocol
            && (self.address == other.address || any(&self.address) || any(&other.address))
    }
}

/// A mount of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where it is written.
    pub place: Place,
    /// The container or service.
    pub by: String,
    /// What it is.
    pub source: Source,
    /// The path in the container.
    pub target: String,
    /// Whether the container may only read it.
    pub read_only: bool,
}

/// Where a mount comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A path of the guest, absolute or relative to the unpacked archive.
    Host {
        /// As written.
        path: String,
        /// Whether the archive holds it.
        packed: bool,
    },
    /// A volume that the container engine keeps.
    Engine(String),
    /// Data that need not outlive the container, a config map, a device, or a file system of another machine.
    Temporary,
}

impl Source {
    /// A path relative to the unpacked archive that is not in it.
    pub(super) fn not_packed(&self) -> Option<&str> {
        match self {
            Self::Host { path, packed: false } if !path.starts_with(['/', '~']) => Some(path),
            _ => None,
        }
    }

    /// Whether it is named like a file.
    pub(super) fn is_file_like(&self) -> bool {
        matches!(self, Self::Host { path, .. } if is_file_like(path))
    }
}

/// Whether the last part of a path has an ending; `conf.d` is usually a directory.
pub(super) fn is_file_like(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ending)| ending);
    name == ".env" || ending.is_some_and(|ending| !matches!(ending, "" | "d"))
}
