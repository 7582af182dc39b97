//! The top level of a folder that `!folder` names.

use std::{fs::File, io::Read, path::Path};

use super::{DESCRIPTOR_LIMIT, TopLevel};
use crate::{
    advice::Advice as _,
    archive::folder::{self, Kind},
    finding::{Findings, Place},
};

impl TopLevel {
    /// Reads what descriptors there are; `shown` is the folder as the user named it.
    pub fn of_folder(path: &Path, shown: &str) -> (Self, Findings) {
        let mut top = Self { shown: shown.trim_end_matches('/').to_owned(), ..Self::default() };
        let mut findings = Findings::default();
        for entry in folder::walk(path) {
            match entry {
                Ok(entry) if entry.kind == Kind::Directory => {
                    top.entries.insert(format!("{}/", entry.name.trim_end_matches('/')));
                }
                Ok(entry) => {
                    top.strays.look(&entry.name, || File::open(&entry.path));
                    let noted = top.note(&entry.name, || {
                        let mut content = Vec::new();
                        File::open(&entry.path)?.take(DESCRIPTOR_LIMIT).read_to_end(&mut content)?;
                        Ok(content)
                    });
                    if let Err(error) = noted {
                        findings.error(
                            top.place_of(&entry.name),
                            format!("cannot be read: {error}"),
                            "make it readable: `chmod u+r FILE`",
                        );
                    }
                }
                Err(error) => {
                    let hint = error.hints().into_iter().next().unwrap_or_default();
                    findings.error(
                        Place { file: top.shown.clone(), ..Place::default() },
                        error.to_string(),
                        hint,
                    );
                }
            }
        }
        (top, findings)
    }
}
