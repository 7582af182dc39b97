//! The top level of an archive that somebody else packed.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use tar::EntryType;

use super::{DESCRIPTOR_LIMIT, TopLevel};
use crate::finding::Findings;

/// Unpacked bytes that are looked at. They stream by; a limit there is for gzip bombs.
const LIMIT: u64 = 8 << 30;

impl TopLevel {
    /// Reads a gzip tar; `shown` is what findings call it. Looks at 8 GiB and no further.
    pub fn of_tgz(packed: impl Read, shown: &str) -> (Self, Findings) {
        let mut top = Self { shown: shown.to_owned(), ..Self::default() };
        let mut findings = Findings::default();
        let mut unpacked = MultiGzDecoder::new(packed).take(LIMIT);
        let read = top.entries(&mut unpacked, &mut findings);
        if unpacked.limit() == 0 {
            findings.warning(
                top.place(),
                "unpacks to more than 8 GiB, of which only the first were looked at",
                "name the folder itself, `archive: !folder DIR`, to have all of it looked at",
            );
        } else if read.is_err() {
            findings.error(
                top.place(),
                "no gzip tar, or a damaged one",
                "name the folder itself, `archive: !folder DIR`, or pack it again: `tar -czf - -C DIR . | base64 -w0`",
            );
        }
        (top, findings)
    }

    fn entries(&mut self, unpacked: impl Read, findings: &mut Findings) -> io::Result<()> {
        let mut archive = tar::Archive::new(unpacked);
        let mut count = 0;
        for entry in archive.entries()? {
            let mut entry = entry?;
            count += 1;
            let kind = entry.header().entry_type();
            let raw = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if kind == EntryType::XGlobalHeader {
                continue;
            }
            let Some(name) = inner_name(&raw) else {
                findings.error(
                    self.place(),
                    format!("the name `{raw}` leads out of the archive"),
                    "pack the folder's content: `tar -czf - -C DIR .`",
                );
                continue;
            };
            match kind {
                EntryType::Directory => {
                    self.entries.insert(format!("{name}/"));
                }
                EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                    self.note(&name, || {
                        let mut content = Vec::new();
                        entry.by_ref().take(DESCRIPTOR_LIMIT).read_to_end(&mut content)?;
                        Ok(content)
                    })?;
                }
                _ => findings.error(
                    self.place(),
                    format!("`{name}` is neither a file nor a directory"),
                    "replace links by what they point to, and remove pipes and devices: `tar -h` follows links",
                ),
            }
        }
        // an empty stream is no archive
        if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

/// The name without `./`; none if it is absolute or climbs.
fn inner_name(raw: &str) -> Option<String> {
    let parts: Vec<_> = raw.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    (!raw.starts_with('/') && !parts.contains(&"..")).then(|| parts.join("/"))
}
