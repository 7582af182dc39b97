//! The top level of an archive that somebody else packed.

use std::io::Read;

use tar::EntryType;

use crate::{NotKept, TopLevel};
use contract_archive::unpack::{self, Member};
use findings::Findings;

/// What ends the reading early.
enum Stop {
    Archive(unpack::Error),
    Kept(String, NotKept),
}

impl From<unpack::Error> for Stop {
    fn from(error: unpack::Error) -> Self {
        Self::Archive(error)
    }
}

impl TopLevel {
    /// Reads a gzip tar; `shown` is what findings call it.
    pub fn of_tgz(packed: impl Read, shown: &str) -> (Self, Findings) {
        let mut top = Self { shown: shown.to_owned(), ..Self::default() };
        let mut findings = Findings::default();
        let mut count = 0;
        let read = unpack::members(packed, &mut |member| {
            count += 1;
            top.member(member, &mut findings)
        });
        match read {
            Ok(()) if count > 0 => {}
            Err(Stop::Archive(
                error @ (unpack::Error::TooLarge
                | unpack::Error::TooMany
                | unpack::Error::LongRecord(_)
                | unpack::Error::Sparse),
            )) => findings.error(
                top.place(),
                error.to_string(),
                "name the folder itself, `archive: !folder DIR`, and leave out of it what no container needs",
            ),
            Err(Stop::Kept(name, error)) => findings.error(top.place_of(&name), error.to_string(), error.hint()),
            // an empty stream is no archive
            Ok(()) | Err(Stop::Archive(unpack::Error::Gzip(_) | unpack::Error::Tar)) => findings.error(
                top.place(),
                "no gzip tar, or a damaged one",
                "name the folder itself, `archive: !folder DIR`, or pack it again: `tar -czf - -C DIR . | base64 -w0`",
            ),
        }
        (top, findings)
    }

    fn member(&mut self, member: Member<'_>, findings: &mut Findings) -> Result<(), Stop> {
        let raw = String::from_utf8_lossy(member.name).into_owned();
        let Some(name) = inner_name(&raw) else {
            findings.error(
                self.place(),
                format!("the name `{raw}` leads out of the archive"),
                "pack the folder's content: `tar -czf - -C DIR .`",
            );
            return Ok(());
        };
        let kept = match member.kind {
            EntryType::Directory => self.note_directory(&name),
            EntryType::Regular | EntryType::Continuous => self.note(&name, || Ok(member.content)),
            _ => {
                findings.error(
                    self.place(),
                    format!("`{name}` is neither a file nor a directory"),
                    "replace links by what they point to, and remove pipes and devices: `tar -h` follows links",
                );
                Ok(())
            }
        };
        kept.map_err(|error| match error {
            // what could not be read is the archive
            NotKept::Read(_) => Stop::Archive(unpack::Error::Tar),
            error => Stop::Kept(name, error),
        })
    }
}

/// The name without `./`; none if it is absolute or climbs.
fn inner_name(raw: &str) -> Option<String> {
    let parts: Vec<_> = raw.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    (!raw.starts_with('/') && !parts.contains(&"..")).then(|| parts.join("/"))
}
