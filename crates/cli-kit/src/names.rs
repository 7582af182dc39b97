//! Facts about path names: how they are shown, where they lead, what belongs next to them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Whether a text that is about to be shown contains an age identity, which is secret.
pub(crate) fn holds_identity(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    ["AGE-SECRET-KEY-", "AGE-PLUGIN-"].iter().any(|prefix| text.contains(prefix))
}

/// The name of an input in a message. An identity that was typed in place of its file is not repeated.
pub fn name(path: &Path) -> String {
    match path.display().to_string() {
        name if name == "-" => "standard input".into(),
        name if holds_identity(&name) => "AGE-…".into(),
        name => name,
    }
}

/// Whether a target means standard output, under any of its names.
pub fn is_stdout(target: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| target == Path::new(name))
}

/// Whether two targets are one file, however they are spelt.
pub fn same_target(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let folder = fs::metadata(folder(path)).ok()?;
        Some((folder.dev(), folder.ino(), path.file_name()?.to_owned()))
    };
    one == other || place(one).is_some_and(|one| Some(one) == place(other))
}

/// The folder of a file, which need not exist.
pub fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// A file in a folder, without a leading `./`.
pub fn in_folder(folder: &Path, name: &str) -> PathBuf {
    if folder == Path::new(".") { name.into() } else { folder.join(name) }
}

/// The public half of a private key: `signing-key.pem` and `signing-key` → `signing-key.pub.pem`, `key.json` →
/// `key.json.pub.pem`.
pub fn public_half(private: &Path) -> PathBuf {
    let is_pem = private.extension().is_some_and(|extension| extension == "pem");
    let stem = if is_pem { private.with_extension("") } else { private.to_owned() };
    let mut public = stem.into_os_string();
    public.push(".pub.pem");
    public.into()
}

/// The empty file that is locked while another one changes: `seeds.age` → `.seeds.age.lock`.
pub(crate) fn lock_file(changed: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(changed.file_name().unwrap_or_default());
    name.push(".lock");
    changed.with_file_name(name)
}
