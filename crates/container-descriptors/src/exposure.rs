//! What containers publish and what they mount.

use findings::Place;

/// A port of the guest that leads to a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Where it is written.
    pub place: Place,
    /// The container or service.
    pub by: String,
    /// The guest's address; `None` is all of them.
    pub address: Option<String>,
    /// The guest's port.
    pub host: u16,
    /// The container's port.
    pub inner: u16,
    /// `tcp`, `udp`, `sctp`
    pub protocol: String,
}

impl Port {
    /// Whether both need the same port.
    pub fn conflicts(&self, other: &Self) -> bool {
        let any = |address: &Option<String>| {
            matches!(address.as_deref(), None | Some("" | "0.0.0.0" | "::" | "[::]"))
        };
        self.host == other.host
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
