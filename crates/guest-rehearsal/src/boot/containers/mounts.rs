//! Whether what containers write lands on the contract's volumes.

use std::path::{Component, Path, PathBuf};

use contract_core::section::WorkloadVolume;
use contract_core::section::descriptors::{Descriptors, Mount, Source};

use crate::boot::log::Log;

const STEP: &str = "mounts";

/// Where the guest mounts a volume that does not say (contract-format, section 7).
const MOUNT_POINT: &str = "/mnt/data";

/// What is not on a volume of the contract.
const OWN_DISK: &str = "the guest's own disk, which does not outlive the guest";

/// Volumes first, then mounts that lead elsewhere.
pub fn list(log: &mut Log, found: &Descriptors, volumes: &[WorkloadVolume]) {
    let points: Vec<_> = volumes
        .iter()
        .map(|volume| (&*volume.name, clean(volume.mount.as_deref().unwrap_or(MOUNT_POINT))))
        .collect();
    for (index, (name, point)) in points.iter().enumerate() {
        if let Some((other, _)) = points.iter().take(index).find(|(_, other)| other == point) {
            let detail = format!(
                "`{name}` and `{other}` have one mount point, {}: one hides the other",
                point.display()
            );
            log.warning(STEP, None, detail);
        }
    }
    for (name, point) in &points {
        let by: Vec<_> = found
            .mounts
            .iter()
            .filter(|mount| on(mount, &points).is_some_and(|(on, _)| on == name) || holds(mount, point))
            .map(|mount| format!("`{}` at {}", mount.by, mount.target))
            .collect();
        if by.is_empty() {
            let detail = format!(
                "`{name}`: nothing mounts {} or a path below it, so nothing is kept on this volume",
                point.display()
            );
            log.warning(STEP, None, detail);
        } else {
            log.ok(STEP, format!("`{name}`, {}: {}", point.display(), by.join(", ")));
        }
    }
    let mut elsewhere = 0;
    for mount in &found.mounts {
        let holds_one = points.iter().any(|(_, point)| holds(mount, point));
        if on(mount, &points).is_some() || holds_one {
            continue;
        }
        elsewhere += 1;
        let Mount { by, target, .. } = mount;
        match &mount.source {
            Source::Host { path, .. } if path.starts_with('/') => {
                let detail =
                    format!("`{by}` at {target}: {path} is on no volume of the contract, but on {OWN_DISK}");
                log.warning(STEP, None, detail);
            }
            Source::Host { path, .. } => {
                log.ok(STEP, format!("`{by}` at {target}: `{path}` of the unpacked archive"));
            }
            Source::Engine(name) => {
                let detail = format!(
                    "`{by}` at {target}: the volume `{name}` is kept by the container engine, on {OWN_DISK}"
                );
                log.warning(STEP, None, detail);
            }
            Source::Passing => elsewhere -= 1,
        }
    }
    if points.is_empty() && elsewhere == 0 {
        log.skipped(STEP, "no container mounts anything that is kept");
    }
}

/// The volume on which a mount lies: the innermost, where one is mounted within another.
fn on<'p>(mount: &Mount, points: &'p [(&'p str, PathBuf)]) -> Option<&'p (&'p str, PathBuf)> {
    let path = host(mount)?;
    points
        .iter()
        .filter(|(_, point)| path.starts_with(point))
        .max_by_key(|(_, point)| point.components().count())
}

/// Whether a volume lies below a mount.
fn holds(mount: &Mount, point: &Path) -> bool {
    host(mount).is_some_and(|path| point.starts_with(path))
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
        for (path, due) in
            [("/mnt/data/", "/mnt/data"), ("/mnt/../mnt//data/./x", "/mnt/data/x"), ("/..", "/")]
        {
            assert_eq!(clean(path), Path::new(due));
        }
        assert!(!clean("/mnt/data2").starts_with("/mnt/data"));
    }
}
