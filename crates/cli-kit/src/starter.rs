//! Folders to start from: what `init` writes.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::age_keys::NewIdentity;
use crate::clock;
use crate::exit::ExitCode;
use crate::failure::{DoingIo as _, Failure};
use crate::output::{Output, Visibility, commit_all, create_folder};
use crate::protected::Protected;
use crate::report::Report;
use crate::signals::OnSignal;

/// The file of the folder's identity.
const IDENTITY: &str = "identity.age";

/// The placeholder for the identity's recipient in a starter file.
const RECIPIENT: &str = "RECIPIENT";

#[derive(Serialize)]
struct Written {
    files: Vec<String>,
    /// Absent if the folder has no identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    next: String,
}

/// Writes all files, and an identity if `identity` is given; or nothing. Existing files are refused together, unless
/// `force`. An existing identity is never replaced: a vault may be encrypted to it. `next` is the next command to type.
pub fn write(
    folder: &Path,
    files: &[(&str, &str)],
    identity: Option<&NewIdentity>,
    force: bool,
    next: &str,
    report: &Report,
) -> Result<(), Failure> {
    let identity_path = folder.join(IDENTITY);
    let paths =
        files.iter().map(|(name, _)| folder.join(name)).chain(identity.map(|_| identity_path.clone()));
    let there: Vec<_> = paths.filter(|path| taken(path)).collect();
    if !force && !there.is_empty() {
        let names: Vec<_> = there.iter().map(|path| format!("`{}`", path.display())).collect();
        let exist = if names.len() == 1 { "exists" } else { "exist" };
        return Err(Failure::new(
            ExitCode::CouldNot,
            format!("cannot begin in `{}`: {} already {exist}", folder.display(), names.join(", ")),
        )
        .hint("name another folder, or add `--force` to replace them"));
    }
    let mut protected = Protected::default();
    protected.add_inputs([&identity_path]).add_inputs(identity.and_then(NewIdentity::passphrase_file));
    let (identity, recipient) = match identity {
        None => (None, None),
        Some(existing) if taken(&identity_path) => (None, Some(existing.read_recipient(&identity_path)?)),
        Some(new) => {
            let (file, recipient) = new.make(&identity_path.display().to_string(), clock::now())?;
            (Some(file), Some(recipient))
        }
    };
    let mut made = Folders::default();
    let mut outputs = Vec::new();
    for (name, content) in files {
        let path = folder.join(name);
        made.make(path.parent().unwrap_or(folder))?;
        let mut output = Output::create(&path, force, Visibility::Public, &protected)?;
        let content = content.replace(RECIPIENT, recipient.as_deref().unwrap_or(RECIPIENT));
        output.write_all(content.as_bytes()).doing_io("write", &path)?;
        outputs.push(output);
    }
    if let Some(file) = &identity {
        made.make(folder)?;
        let mut output = Output::create(&identity_path, false, Visibility::Secret, &protected)?;
        output.write_all(file).doing_io("write", &identity_path)?;
        outputs.push(output);
    }
    let written =
        Written { files: outputs.iter().map(Output::name).collect(), recipient, next: next.to_owned() };
    commit_all(outputs)?;
    made.keep();
    report.result(&written, |written| written.files.clone())?;
    let identity_kept =
        if identity.is_none() && written.recipient.is_some() { ", kept the identity" } else { "" };
    if let Some(recipient) = &written.recipient {
        report.note(&format!("your age recipient, for those who encrypt to you: {recipient}"));
    }
    report.success(&format!(
        "wrote {} files in `{}`{identity_kept}; next: {next}",
        written.files.len(),
        folder.display()
    ));
    Ok(())
}

fn taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Folders that this run made; those that are still empty are removed when this is dropped.
#[derive(Default)]
struct Folders(Vec<(PathBuf, OnSignal)>);

impl Folders {
    fn make(&mut self, folder: &Path) -> Result<(), Failure> {
        let missing: Vec<_> = folder.ancestors().take_while(|path| !path.exists()).collect();
        for path in missing.into_iter().rev().filter(|path| *path != Path::new("")) {
            let remove = path.to_owned();
            self.0.push((path.to_owned(), OnSignal::new(move || drop(fs::remove_dir(remove)))));
        }
        create_folder(folder).map_err(|failure| failure.hint("name a folder, or one that can be made"))
    }

    fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        for (folder, _) in self.0.iter().rev() {
            // a folder that is not empty stays
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 2] = [("a.yaml", "a"), ("deep/b.yml", "b")];

    fn init(folder: &Path, force: bool) -> Result<(), Failure> {
        write(folder, &FILES, Some(&NewIdentity::default()), force, "next", &Report::new("tool", true))
    }

    #[test]
    fn all_that_exist_are_named_and_stay() {
        let folder = tempfile::tempdir().unwrap();
        init(folder.path(), false).unwrap();
        let failure = init(folder.path(), false).unwrap_err();
        assert!(failure.message.contains("a.yaml`, `") && failure.message.contains("b.yml"), "{failure:?}");
        fs::write(folder.path().join("a.yaml"), "mine").unwrap();
        fs::remove_file(folder.path().join("deep/b.yml")).unwrap();
        init(folder.path(), false).unwrap_err();
        assert_eq!(fs::read(folder.path().join("a.yaml")).unwrap(), b"mine");
        assert!(!folder.path().join("deep/b.yml").exists());
        init(folder.path(), true).unwrap();
        assert_eq!(fs::read(folder.path().join("a.yaml")).unwrap(), b"a");
    }

    #[test]
    fn what_cannot_be_finished_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("new/inner");
        let files = [("a.yaml", "a"), ("deep/b.yml", "b"), ("deep", "a folder by then")];
        write(&folder, &files, Some(&NewIdentity::default()), true, "next", &Report::new("tool", true))
            .unwrap_err();
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
