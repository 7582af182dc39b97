//! The content of a file that `!file` names, as it goes into the section.

use std::{
    fs::OpenOptions,
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_pki::private_key::lack_of_memory;
use openssl::pkey::PKey;
use rustix::fs::OFlags;
use zeroize::Zeroizing;

/// Larger than any key or certificate chain.
const LIMIT: u64 = 1 << 20;

/// Why a file cannot go into a section. Never holds a part of its content.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Read(String),
    /// A directory, a pipe, a device.
    #[error("is not a regular file")]
    NotAFile,
    /// Larger than any value of a section.
    #[error("is larger than 1 MiB")]
    TooLarge,
    /// Not UTF-8, or with control characters.
    #[error("is not text: {0}")]
    NotText(String),
    /// Nothing in it.
    #[error("is empty")]
    Empty,
    /// The passphrase is not available.
    #[error("is protected by a passphrase, which is not available: {0}")]
    NoPassphrase(String),
    /// A private key that does not decode with this passphrase.
    #[error("holds a private key that does not open: the passphrase is wrong, or the key is damaged")]
    WrongPassphrase,
    /// Stretching the passphrase needs more memory than there is.
    #[error("holds a private key that does not open: OpenSSL says `{0}`")]
    Memory(&'static str),
    /// A private key that does not decode.
    #[error("holds a private key that does not open: it is damaged")]
    Key,
}

impl FileError {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read(_) => "name an existing file, relative to this one: `!file rsyslog/ca.crt`",
            Self::NotAFile => "name a regular file; `!folder` is for folders",
            Self::TooLarge => "put large content into the archive",
            Self::NotText(_) => "encode it: `base64 -w0 FILE > FILE.b64`",
            Self::Empty => "check that this is the right file",
            Self::NoPassphrase(_) => {
                "type it when asked, or remove it: `openssl pkey -in KEY -out PLAIN-KEY`"
            }
            Self::Memory(_) => "check how much memory there is: `free -m`, `ulimit -v`",
            Self::WrongPassphrase | Self::Key => "check that it opens: `openssl pkey -noout -in KEY`",
        }
    }
}

/// Reads the bytes of a file.
fn read_bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let read = |error: io::Error| FileError::Read(reason(&error));
    // opening a pipe would wait for a writer
    let nonblock = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(nonblock).open(path).map_err(read)?;
    let metadata = file.metadata().map_err(read)?;
    if !metadata.is_file() {
        return Err(FileError::NotAFile);
    }
    let size = metadata.len().min(LIMIT);
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1));
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| FileError::Read(reason(&error)))?;
    if bytes.len() as u64 > LIMIT {
        return Err(FileError::TooLarge);
    }
    Ok(bytes)
}

/// Reads a text and the file's size. PEM keeps its final line end; any other text loses it, as with `$(cat FILE)`.
pub fn read(path: &Path) -> Result<(Zeroizing<String>, u64), FileError> {
    let bytes = read_bytes(path)?;
    Ok((to_text(&bytes)?, bytes.len() as u64))
}

fn to_text(bytes: &[u8]) -> Result<Zeroizing<String>, FileError> {
    // editors on Windows write a byte order mark
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = strict_yaml::text(text).map_err(|error| FileError::NotText(error.reason()))?;
    let mut text = Zeroizing::new(text.to_owned());
    if text.contains("-----BEGIN ") {
        text = Zeroizing::new(text.replace("\r\n", "\n"));
    } else if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    match text.chars().find(|c| control(*c)) {
        _ if text.is_empty() => Err(FileError::Empty),
        Some(c) => Err(FileError::NotText(format!("control character U+{:04X}", u32::from(c)))),
        None => Ok(text),
    }
}

/// Reads a file as base64, and its size. A file that is base64 already stays as it is.
pub fn read_base64(path: &Path) -> Result<(Zeroizing<String>, u64), FileError> {
    let bytes = read_bytes(path)?;
    let text = to_text(&bytes)?;
    let is_base64 = STANDARD.decode(text.as_bytes()).is_ok();
    let base64 = if is_base64 { text } else { Zeroizing::new(STANDARD.encode(&*bytes)) };
    Ok((base64, bytes.len() as u64))
}

/// A private key in any form as PKCS#8 without passphrase; any other text unchanged.
pub fn pkcs8(
    text: Zeroizing<String>,
    passphrase: &mut dyn FnMut() -> Result<Zeroizing<String>, String>,
) -> Result<Zeroizing<String>, FileError> {
    let foreign = ["RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"];
    if !foreign.iter().any(|label| text.contains(&format!("-----BEGIN {label}-----"))) {
        return Ok(text);
    }
    let (mut asked, mut refused) = (false, None);
    let key = PKey::private_key_from_pem_callback(text.as_bytes(), |buffer| match passphrase() {
        Ok(given) => {
            asked = true;
            Ok(buffer.get_mut(..given.len()).map_or(0, |place| {
                place.copy_from_slice(given.as_bytes());
                given.len()
            }))
        }
        Err(reason) => {
            refused = Some(reason);
            Ok(0)
        }
    });
    if let Some(reason) = refused {
        return Err(FileError::NoPassphrase(reason));
    }
    let damaged = || if asked { FileError::WrongPassphrase } else { FileError::Key };
    let pem = key.and_then(|key| key.private_key_to_pem_pkcs8()).map(Zeroizing::new);
    let pem = pem.map_err(|error| lack_of_memory(&error).map_or_else(damaged, FileError::Memory))?;
    strict_yaml::text(&pem).map(|pem| Zeroizing::new(pem.to_owned())).map_err(|_| damaged())
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
