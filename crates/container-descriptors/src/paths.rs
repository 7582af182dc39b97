//! Paths of files in an archive.

/// The name in the archive of a path that is relative to a directory of it; `None` if it is absolute or leads out.
pub fn inside(directory: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!path.starts_with(['/', '~'])).then(|| parts.join("/"))
}
