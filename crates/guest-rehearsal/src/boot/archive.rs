//! Unpacks an archive as the guest does (contract-format, section 7), into a private folder that is removed at once.
//!
//! Names and kinds reach the disk, so that what can't stand beside each other is found; contents do not, since a
//! section's text may hold secrets. Descriptors are kept in memory, of the rest only the bytes are counted.

mod tree;

use std::io::{self, Read};
use std::path::Component;

use base64::engine::general_purpose::STANDARD;
use base64::read::DecoderReader;
use contract_core::section::descriptors::TopLevel;
use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use tree::Tree;

/// No archive of containers' descriptors comes near, a gzip bomb gets no further.
const LARGEST_ARCHIVE: u64 = 8 << 30;

/// Directories and files: no archive of containers' descriptors comes near, and each takes an inode.
const MOST_ENTRIES: usize = 100_000;

/// Bytes of one descriptor that are read; the reader of sections reads no more.
const LARGEST_DESCRIPTOR: u64 = 16 << 20;

/// What was in an archive.
#[derive(Default)]
pub struct Contents {
    /// Descriptors, and the names of all the rest.
    pub top: TopLevel,
    /// How many regular files.
    pub files: usize,
    /// How many bytes they hold.
    pub bytes: u64,
}

/// Why an archive does not unpack.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Base64 or gzip.
    #[error("the archive is not base64 of a gzip file, or damaged: {0}")]
    Gzip(io::Error),
    /// Tar. The library's own words quote the bytes that it stumbled over, which are the workload's.
    #[error("what the archive unpacks to is no tar, or a damaged one")]
    Tar,
    /// A tar without a file.
    #[error("the archive is empty")]
    Empty,
    /// A link, pipe, device, or a name that leads out.
    #[error("the archive holds `{name}`, which is {what}; only directories and regular files are unpacked")]
    Refused {
        /// Name in the archive, made printable.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A gzip bomb.
    #[error("the archive unpacks to more than {LARGEST_ARCHIVE} bytes")]
    TooLarge,
    /// Inodes are not without end either.
    #[error("the archive holds more than {MOST_ENTRIES} files and directories")]
    TooMany,
    /// The machine's fault, not the archive's.
    #[error(transparent)]
    Folder(io::Error),
}

/// Unpacks `base64(gzip(tar))`.
pub fn unpack(base64: &str) -> Result<Contents, Fault> {
    let gzip = MultiGzDecoder::new(DecoderReader::new(Unfolded(base64.as_bytes()), &STANDARD));
    let mut tar = Watched { inner: gzip.take(LARGEST_ARCHIVE), fault: None };
    let contents = entries(&mut tar);
    // to the end: only there does gzip's checksum stand
    let drained = io::copy(&mut tar, &mut io::sink());
    match (tar.fault, drained) {
        (Some(fault), _) | (None, Err(fault)) => Err(Fault::Gzip(fault)),
        _ if tar.inner.limit() == 0 => Err(Fault::TooLarge),
        _ => contents,
    }
}

fn entries(tar: &mut impl Read) -> Result<Contents, Fault> {
    let tree = Tree::new().map_err(Fault::Folder)?;
    let top = TopLevel { shown: "archive".into(), ..TopLevel::default() };
    let mut contents = Contents { top, ..Contents::default() };
    let mut count = 0;
    for entry in Archive::new(tar).entries().map_err(|_| Fault::Tar)? {
        let mut entry = entry.map_err(|_| Fault::Tar)?;
        let Some((name, is_file)) = name(&entry)? else { continue };
        count += 1;
        if count > MOST_ENTRIES {
            return Err(Fault::TooMany);
        }
        if !is_file {
            tree.directory(&name)?;
            contents.top.entries.insert(format!("{name}/"));
            continue;
        }
        tree.file(&name)?;
        contents.files += 1;
        contents.bytes = contents.bytes.saturating_add(entry.size());
        let noted = contents.top.note(&name, || {
            let mut content = Vec::new();
            entry.by_ref().take(LARGEST_DESCRIPTOR).read_to_end(&mut content)?;
            Ok(content)
        });
        noted.map_err(|_| Fault::Tar)?;
    }
    if contents.files == 0 { Err(Fault::Empty) } else { Ok(contents) }
}

/// The name, and whether it is a regular file's rather than a directory's; nothing for the folder itself, an error for
/// everything that is not to be unpacked.
fn name<R: Read>(entry: &Entry<'_, R>) -> Result<Option<(String, bool)>, Fault> {
    let bytes = entry.path_bytes();
    let refused =
        |what| Fault::Refused { name: String::from_utf8_lossy(&bytes).escape_debug().to_string(), what };
    let kind = entry.header().entry_type();
    let is_file = match kind {
        EntryType::Regular | EntryType::Continuous => true,
        EntryType::XGlobalHeader => return Ok(None),
        EntryType::Directory => false,
        EntryType::Symlink | EntryType::Link => return Err(refused("a link")),
        EntryType::Fifo => return Err(refused("a pipe")),
        EntryType::Char | EntryType::Block => return Err(refused("a device")),
        _ => return Err(refused("of an unknown kind")),
    };
    let name = str::from_utf8(&bytes).map_err(|_| refused("named in something other than UTF-8"))?;
    let mut parts = Vec::new();
    for component in std::path::Path::new(name).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_string_lossy()),
            Component::ParentDir => return Err(refused("named with `..`")),
            Component::RootDir | Component::Prefix(_) => return Err(refused("named absolutely")),
        }
    }
    Ok((!parts.is_empty()).then(|| (parts.join("/"), is_file)))
}

/// Keeps the first error of what lies below tar, so that damage to gzip is not told as damage to tar.
struct Watched<R> {
    inner: R,
    fault: Option<io::Error>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fault.is_some() {
            return Ok(0);
        }
        self.inner.read(buffer).map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.fault = Some(error);
            }
            kind.into()
        })
    }
}

/// Base64 without its line ends: `base64` without `-w0` folds at 76 characters, and readers pass over that.
struct Unfolded<'a>(&'a [u8]);

impl Read for Unfolded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = self.0.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(self.0.len());
        let rest = self.0.get(start..).unwrap_or_default();
        let run = rest.iter().take(buffer.len()).position(|byte| matches!(byte, b'\r' | b'\n'));
        let (run, rest) = rest.split_at(run.unwrap_or(rest.len().min(buffer.len())));
        let (target, _) = buffer.split_at_mut(run.len());
        target.copy_from_slice(run);
        self.0 = rest;
        Ok(run.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{archive, gzip, tar_gz};
    use base64::Engine;

    #[test]
    fn tar_of_the_command_unpacks_with_and_without_dot_slash() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("deep")).unwrap();
        fs_err::write(folder.path().join("pod.yml"), "kind: Pod\n").unwrap();
        fs_err::write(folder.path().join("deep/other.yaml"), "kind: Pod\n").unwrap();
        for names in [&["."][..], &["pod.yml", "deep"]] {
            let output = std::process::Command::new("tar")
                .args(["-cz", "-C"])
                .arg(folder.path())
                .args(names)
                .output()
                .unwrap();
            let contents = unpack(&STANDARD.encode(output.stdout)).unwrap();
            assert_eq!(contents.top.files, [("pod.yml".to_owned(), b"kind: Pod\n".to_vec())]);
            assert_eq!(contents.top.deeper, ["deep/other.yaml"]);
            assert_eq!((contents.files, contents.bytes), (2, 20));
        }
    }

    #[test]
    fn folded_base64_unpacks() {
        let base64 = archive(&[("pod.yml", "kind: Pod\n")]);
        let folded: Vec<_> = base64.as_bytes().chunks(7).map(|line| str::from_utf8(line).unwrap()).collect();
        assert_eq!(unpack(&(folded.join("\r\n") + "\n")).unwrap().files, 1);
    }

    #[test]
    fn damage_is_found_where_it_is() {
        let sound = tar_gz(|tar| {
            tar.append_data(&mut header(3), "pod.yml", &b"abc"[..]).unwrap();
        });
        let with = |change: fn(&mut Vec<u8>)| {
            let mut bytes = sound.clone();
            change(&mut bytes);
            unpack(&STANDARD.encode(bytes)).err().unwrap()
        };
        assert!(matches!(unpack("no base64!"), Err(Fault::Gzip(_))));
        assert!(matches!(with(|bytes| bytes.truncate(bytes.len() - 4)), Fault::Gzip(_)));
        let checksum = |bytes: &mut Vec<u8>| {
            let at = bytes.len() - 8;
            bytes[at] ^= 1;
        };
        assert!(matches!(with(checksum), Fault::Gzip(_)));
        assert!(matches!(unpack(&STANDARD.encode(tar_gz(|_| {}))), Err(Fault::Empty)));
        assert!(matches!(unpack(&STANDARD.encode(gzip(b"no tar at all"))), Err(Fault::Tar)));
    }

    #[test]
    fn what_leads_out_is_refused() {
        let entry = |kind: EntryType, name: &'static [u8]| {
            let bytes = tar_gz(|tar| {
                let mut header = header(0);
                header.set_entry_type(kind);
                // the crate's own setter refuses such names, an attacker's does not
                header.as_old_mut().name[..name.len()].copy_from_slice(name);
                header.set_cksum();
                tar.append(&header, io::empty()).unwrap();
            });
            unpack(&STANDARD.encode(bytes)).err().unwrap().to_string()
        };
        assert!(entry(EntryType::Symlink, b"link").contains("`link`, which is a link"));
        assert!(entry(EntryType::Link, b"link").contains("a link"));
        assert!(entry(EntryType::Fifo, b"pipe").contains("a pipe"));
        assert!(entry(EntryType::Block, b"sda").contains("a device"));
        assert!(entry(EntryType::Regular, b"a/../../pod.yml").contains("named with `..`"));
        assert!(entry(EntryType::Regular, b"/etc/pod.yml").contains("named absolutely"));
        assert!(entry(EntryType::Regular, b"\xff.yml").contains("other than UTF-8"));
    }

    fn header(size: u64) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o644);
        header
    }
}
