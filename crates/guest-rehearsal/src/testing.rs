//! What the tests of this crate share: one guest key, and the `openssl` command as an independent judge.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::guest_key::GuestKey;

/// One key for all tests: making it takes seconds.
pub fn guest_key() -> &'static GuestKey {
    static KEY: LazyLock<GuestKey> = LazyLock::new(|| GuestKey::generate().unwrap());
    &KEY
}

/// Runs `openssl`, fails with its complaint.
pub fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub fn unbase64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

/// The documented procedure: wrapped password and salted ciphertext. The password is given to `enc` by file, where
/// it is read as a line; at a NUL the command would fail, so that there the caller's cut comes first.
pub fn seal_with_openssl(password: &[u8], section: &str) -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs_err::write(path("certificate"), guest_key().certificate(jiff::Timestamp::now()).unwrap()).unwrap();
    let line = password.split(|&byte| byte == 0).next().unwrap();
    fs_err::write(path("password"), [line, b"\n"].concat()).unwrap();
    let wrapped = openssl(&["pkeyutl", "-encrypt", "-certin", "-inkey", &path("certificate")], password);
    let source = format!("file:{}", path("password"));
    let sealed = openssl(&["enc", "-aes-256-cbc", "-pbkdf2", "-pass", &source], section.as_bytes());
    (wrapped, sealed)
}

/// Base64 of a gzip tar of these files.
pub fn archive(files: &[(&str, &str)]) -> String {
    STANDARD.encode(tar_gz(|tar| {
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
    }))
}

/// A gzip tar of what the closure appends.
pub fn tar_gz(fill: impl FnOnce(&mut tar::Builder<flate2::write::GzEncoder<Vec<u8>>>)) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    fill(&mut tar);
    tar.into_inner().unwrap().finish().unwrap()
}
