//! The top level of a folder that `!folder` names.

use std::path::Path;

use crate::{NotKept, TopLevel};
use contract_archive::folder::{self, Kind, open};
use contract_archive::unpack::MOST_ENTRIES;
use findings::{Advice as _, Findings, Place};

impl TopLevel {
    /// Reads what descriptors there are; `shown` is the folder as the user named it.
    pub fn of_folder(path: &Path, shown: &str) -> (Self, Findings) {
        let mut top = Self { shown: shown.trim_end_matches('/').to_owned(), ..Self::default() };
        let mut findings = Findings::default();
        for (count, entry) in folder::walk(path).enumerate() {
            let entry = match entry {
                Ok(_) if count >= MOST_ENTRIES => {
                    let message = format!("holds more than {MOST_ENTRIES} files and directories");
                    findings.error(top.place(), message, "list in `.contractignore` what no container needs");
                    break;
                }
                Ok(entry) => entry,
                Err(error) => {
                    let hint = error.hints().into_iter().next().unwrap_or_default();
                    findings.error(
                        Place { file: top.shown.clone(), ..Place::default() },
                        error.to_string(),
                        hint,
                    );
                    continue;
                }
            };
            let kept = if entry.kind == Kind::Directory {
                top.note_directory(entry.name.trim_end_matches('/'))
            } else {
                top.strays.look(&entry.name, || open(&entry.path).map(fs_err::File::into_file));
                top.note(&entry.name, || open(&entry.path))
            };
            if let Err(error) = kept {
                findings.error(top.place_of(&entry.name), error.to_string(), error.hint());
                if matches!(error, NotKept::Budget) {
                    break;
                }
            }
        }
        (top, findings)
    }
}
