//! The `openssl` command makes the tokens.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use openssl::rsa::Rsa;

use super::*;

const TEXT: &str = "type: workload\n";

/// The kind of token does not matter.
enum Anything {}

fn key() -> &'static Rsa<Private> {
    static KEY: LazyLock<Rsa<Private>> = LazyLock::new(|| Rsa::generate(2048).unwrap());
    &KEY
}

fn openssl(folder: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(arguments).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}");
    output.stdout
}

/// The documented procedure. `enc` reads the password as a line; at a NUL it would fail, so that there the caller's cut
/// comes first.
fn sealed_with_openssl(password: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("public"), key().public_key_to_pem().unwrap()).unwrap();
    let line = password.split(|&byte| byte == 0).next().unwrap();
    std::fs::write(folder.join("password"), [line, b"\n"].concat()).unwrap();
    let wrapped = openssl(folder, &["pkeyutl", "-encrypt", "-pubin", "-inkey", "public"], password);
    let enc = ["enc", "-aes-256-cbc", "-pbkdf2", "-pass", "file:password"];
    (wrapped, openssl(folder, &enc, TEXT.as_bytes()))
}

fn opened((wrapped, third): &(Vec<u8>, Vec<u8>)) -> Result<Opened, OpenError> {
    let text = format!("hyper-protect-basic.{}.{}", STANDARD.encode(wrapped), STANDARD.encode(third));
    open(key(), &Token::<Anything>::parse(&text).unwrap())
}

#[test]
fn the_test_vector_opens() {
    let third = STANDARD.decode("U2FsdGVkX18AAQIDBAUGBy6uBFG5Sv4wvvc2E0FzT7I=").unwrap();
    let text = decrypt_text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", &third[8..16], &third[16..]).unwrap();
    assert_eq!(text.as_str(), TEXT);
}

#[test]
fn a_token_of_the_openssl_command_opens() {
    let opened = opened(&sealed_with_openssl(&[b'x'; 32])).unwrap();
    assert_eq!(opened.text.as_str(), TEXT);
    assert_eq!((opened.password_length, opened.password_cut), (32, false));
}

#[test]
fn a_password_is_cut_where_the_guest_cuts_it() {
    // the command that makes the token cuts at LF in the same way: it is the judge of ours
    for (password, length) in [
        (b"\nABCDEFGHIJKLMNOPQRSTUVWXYZ01234".to_vec(), 0),
        (b"ABC\nDEFGHIJKLMNOPQRSTUVWXYZ01234".to_vec(), 3),
        (b"ABCDE\0GHIJKLMNOPQRSTUVWXYZ\n12345".to_vec(), 5),
    ] {
        let opened = opened(&sealed_with_openssl(&password)).unwrap();
        assert_eq!(opened.text.as_str(), TEXT);
        assert_eq!((opened.password_length, opened.password_cut), (length, true));
    }
}

#[test]
fn a_wrong_key_and_a_damaged_token_are_one_error() {
    let sound = sealed_with_openssl(&[b'x'; 32]);
    let mut wrong_key = sound.clone();
    wrong_key.0[100] ^= 1;
    let mut damaged = sound;
    let last = damaged.1.len() - 1;
    damaged.1[last] ^= 1;
    for parts in [wrong_key, damaged] {
        assert!(matches!(opened(&parts), Err(OpenError::NotOpened | OpenError::NotText)));
    }
}
