//! Whether the data of containers is kept. `check` and the rehearsal both report what this module finds.
//!
//! A guest keeps data only on the volumes of the contract; its own disk is new at every boot.

use std::path::{Component, Path, PathBuf};

use findings::{Findings, Place};

use crate::{Descriptors, Mount, Source};

/// Where the guest mounts a volume without `mount` (contract-format, section 7).
const MOUNT_POINT: &str = "/mnt/data";

/// Where data is that is on no volume of the contract.
const OWN_DISK: &str = "the guest's own disk, which is new at every boot";

/// Paths of the guest that hold no data of a workload: devices, sockets, what comes with the image, and what the guest
/// writes about itself.
const SYSTEM: [&str; 19] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/machine-id",
    "/etc/os-release",
    "/etc/resolv.conf",
    "/etc/timezone",
    "/lib",
    "/lib64",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/hyperprotect",
    "/var/run",
];

/// Paths that belong to the system if nothing is written to them; `/` is also one.
const READ_ONLY_SYSTEM: [&str; 4] = ["/etc", "/opt", "/var/lib", "/var/log"];

/// What happens to the data of containers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Storage {
    /// Volumes and the containers that use them, and other mounts that lose nothing.
    pub kept: Vec<String>,
    /// Data that would be lost, and volumes that nothing uses: warnings.
    pub lost: Findings,
}

/// A volume of the contract.
#[derive(Clone, Copy, Debug)]
pub struct Volume<'v> {
    /// Its key under `volumes`.
    pub name: &'v str,
    /// Where the guest mounts it; `/mnt/data` if `None`.
    pub mount: Option<&'v str>,
}

/// Compares the mounts of `found` with the volumes of the contract; `compose` decides what the hints propose.
pub fn storage(found: &Descriptors, volumes: &[Volume<'_>], compose: bool) -> Storage {
    let points: Vec<_> = volumes
        .iter()
        .map(|volume| Point { name: volume.name, path: clean(volume.mount.unwrap_or(MOUNT_POINT)) })
        .collect();
    let mut storage = Storage::default();
    for (index, point) in points.iter().enumerate() {
        storage.hidden(point, points.get(..index).unwrap_or_default());
    }
    for point in &points {
        storage.volume(found, point, &points, compose);
    }
    let mut seen: Vec<&Source> = Vec::new();
    for mount in &found.mounts {
        if host(mount).is_some_and(|path| on(&path, &points).is_some() || holds_one(&path, &points))
            || seen.contains(&&mount.source)
        {
            continue;
        }
        seen.push(&mount.source);
        let users: Vec<_> =
            found.mounts.iter().filter(|other| other.source == mount.source).map(user).collect();
        storage.elsewhere(mount, &users.join(", "), points.first(), compose);
    }
    storage
}

/// A volume of the contract, and where the guest mounts it.
struct Point<'a> {
    name: &'a str,
    path: PathBuf,
}

impl Storage {
    fn hidden(&mut self, point: &Point<'_>, earlier: &[Point<'_>]) {
        if let Some(other) = earlier.iter().find(|other| other.path == point.path) {
            let message = format!(
                "`{}` and `{}` have one mount point, {}: one hides the other",
                point.name,
                other.name,
                point.path.display()
            );
            let hint = format!("give one of them another: `mount: /mnt/{}`", point.name);
            self.lost.warning(of_volume(point), message, hint);
        }
    }

    fn volume(&mut self, found: &Descriptors, point: &Point<'_>, points: &[Point<'_>], compose: bool) {
        let is_on_it = |mount: &&Mount| {
            host(mount).is_some_and(|path| {
                on(&path, points).is_some_and(|on| on.name == point.name) || point.path.starts_with(path)
            })
        };
        let users: Vec<_> = found.mounts.iter().filter(is_on_it).map(user).collect();
        let path = point.path.display();
        if !users.is_empty() {
            self.kept.push(format!("`{}`, {path}: {}", point.name, users.join(", ")));
        } else if !found.unknown_mounts {
            let message = format!(
                "`{}`: nothing mounts {path} or a path below it, so nothing is kept on this volume",
                point.name
            );
            let write = write(compose, &point.path, "/var/lib/app");
            self.lost.warning(of_volume(point), message, format!("{write}, or remove the volume"));
        }
    }

    /// A mount that is on no volume of the contract.
    fn elsewhere(&mut self, mount: &Mount, users: &str, point: Option<&Point<'_>>, compose: bool) {
        let what = match &mount.source {
            Source::Temporary => return,
            Source::Host { path, .. } if path.starts_with('/') => {
                if is_system(&clean(path), mount.read_only) {
                    return self.kept.push(format!("{users}: {path} of the guest"));
                }
                path.clone()
            }
            Source::Host { path, packed: true } => {
                return self.kept.push(format!("{users}: `{path}` of the unpacked archive"));
            }
            // the descriptor's reader reports a missing file
            source if compose && source.not_packed().is_some() && source.is_file_like() => return,
            Source::Host { path, .. } if mount.read_only => {
                return self.kept.push(format!("{users}: `{path}`, an empty directory"));
            }
            Source::Host { path, .. } if path.starts_with('~') => format!("`{path}`"),
            Source::Host { path, .. } => format!("`{path}`, which is not in the archive,"),
            Source::Engine(name) => format!("the volume `{name}`"),
        };
        let message = format!("{users}: {what} is on no volume of the contract, but on {OWN_DISK}");
        let path = point.map_or(Path::new(MOUNT_POINT), |point| &point.path).join(folder_name(&mount.source));
        let write = write(compose, &path, &mount.target);
        let hint = match point {
            Some(_) => write,
            None => format!("add a volume to both sections, `volumes: {{data: {{}}}}`, then {write}"),
        };
        self.lost.warning(mount.place.clone(), message, hint);
    }
}

/// How to mount a path of the guest.
fn write(compose: bool, path: &Path, target: &str) -> String {
    let path = path.display();
    if compose {
        format!("write `{path}:{target}` under `volumes:` of the service")
    } else {
        format!("write `hostPath: {{path: {path}, type: DirectoryOrCreate}}` under `spec.volumes`")
    }
}

/// A name for the folder on a volume: the name of what it replaces.
fn folder_name(source: &Source) -> &str {
    match source {
        Source::Engine(name) => name,
        Source::Host { path, .. } => {
            Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or_default()
        }
        Source::Temporary => "",
    }
}

fn of_volume(point: &Point<'_>) -> Place {
    Place { field: format!("volumes.{}", point.name), ..Place::default() }
}

fn user(mount: &Mount) -> String {
    format!("`{}` at {}", mount.by, mount.target)
}

/// The volume that a path is on: the innermost, if one is mounted within another.
fn on<'p, 'a>(path: &Path, points: &'p [Point<'a>]) -> Option<&'p Point<'a>> {
    points
        .iter()
        .filter(|point| path.starts_with(&point.path))
        .max_by_key(|point| point.path.components().count())
}

/// Whether a volume is mounted below a path.
fn holds_one(path: &Path, points: &[Point<'_>]) -> bool {
    points.iter().any(|point| point.path.starts_with(path))
}

fn is_system(path: &Path, read_only: bool) -> bool {
    let below = |roots: &[&str]| roots.iter().any(|root| path.starts_with(root));
    let socket = path.extension().is_some_and(|ending| ending == "sock");
    socket || below(&SYSTEM) || read_only && (below(&READ_ONLY_SYSTEM) || path == Path::new("/"))
}

fn host(mount: &Mount) -> Option<PathBuf> {
    match &mount.source {
        Source::Host { path, .. } if path.starts_with('/') => Some(clean(path)),
        _ => None,
    }
}

/// An absolute path without `.`, `..` and double slashes.
fn clean(path: &str) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in Path::new(path).components() {
        match component {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_compared_as_the_kernel_would() {
        for (path, expected) in
            [("/mnt/data/", "/mnt/data"), ("/mnt/../mnt//data/./x", "/mnt/data/x"), ("/..", "/")]
        {
            assert_eq!(clean(path), Path::new(expected));
        }
        assert!(!clean("/mnt/data2").starts_with("/mnt/data"));
    }

    #[test]
    fn system_paths_are_no_data() {
        for (path, read_only, expected) in [
            ("/dev/z90crypt", false, true),
            ("/var/run/docker.sock", false, true),
            ("/var/hyperprotect", false, true),
            ("/etc/localtime", false, true),
            ("/etc/machine-id", true, true),
            ("/srv/docker.sock", false, true),
            ("/etc/ssl/certs", true, true),
            ("/", true, true),
            ("/etc/app", false, false),
            ("/", false, false),
            ("/srv/app", true, false),
            ("/devices", false, false),
        ] {
            assert_eq!(is_system(Path::new(path), read_only), expected, "{path}");
        }
    }
}
