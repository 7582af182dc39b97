//! Folders to start from: what `init` writes.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::exit::ExitCode;
use crate::failure::{DoingIo as _, Failure};
use crate::output::{Output, Visibility, commit_all, create_folder};
use crate::report::Report;

#[derive(Serialize)]
struct Written {
    files: Vec<String>,
    next: String,
}

/// Writes all files or none; those that exist are refused together, unless `force`. `next` is what to type after it.
pub fn write(
    folder: &Path,
    files: &[(&str, &str)],
    force: bool,
    next: &str,
    report: &Report,
) -> Result<(), Failure> {
    let there: Vec<_> = files.iter().map(|(name, _)| folder.join(name)).filter(|path| taken(path)).collect();
    if !force && !there.is_empty() {
        let names: Vec<_> = there.iter().map(|path| format!("`{}`", path.display())).collect();
        let exist = if names.len() == 1 { "exists" } else { "exist" };
        return Err(Failure::new(
            ExitCode::CouldNot,
            format!("cannot begin in `{}`: {} already {exist}", folder.display(), names.join(", ")),
        )
        .hint("name another folder, or add `--force` to replace them"));
    }
    let mut made = Folders::default();
    let mut outputs = Vec::new();
    for (name, content) in files {
        let path = folder.join(name);
        made.make(path.parent().unwrap_or(folder))?;
        let mut output = Output::create(&path, force, Visibility::Public)?;
        output.write_all(content.as_bytes()).doing_io("write", &path)?;
        outputs.push(output);
    }
    let written = Written { files: outputs.iter().map(Output::name).collect(), next: next.to_owned() };
    commit_all(outputs)?;
    made.0.clear();
    report.result(&written, |written| written.files.clone())?;
    report.success(&format!("wrote {} files in `{}`; next: {next}", files.len(), folder.display()));
    Ok(())
}

fn taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Folders that this run made; dropped while they are still empty they go again.
#[derive(Default)]
struct Folders(Vec<PathBuf>);

impl Folders {
    fn make(&mut self, folder: &Path) -> Result<(), Failure> {
        let missing: Vec<_> = folder.ancestors().take_while(|path| !path.exists()).collect();
        self.0.extend(missing.into_iter().rev().filter(|path| *path != Path::new("")).map(Path::to_owned));
        create_folder(folder).map_err(|failure| failure.hint("name a folder, or one that can be made"))
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            // one that something else was put into stays
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 2] = [("a.yaml", "a"), ("deep/b.yml", "b")];

    fn init(folder: &Path, force: bool) -> Result<(), Failure> {
        write(folder, &FILES, force, "next", &Report::new("tool", true))
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
        write(&folder, &files, true, "next", &Report::new("tool", true)).unwrap_err();
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
