use std::fs;
use std::path::PathBuf;

use contract_core::age_file::{self, Format};
use tempfile::TempDir;

use super::*;
use crate::clock;
use crate::prompt::PassphraseSource;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity.age");
    (folder, path)
}

fn nobody() -> Result<Passphrase, Failure> {
    panic!("nobody is to be asked")
}

fn read(path: &std::path::Path) -> Result<Identities, Failure> {
    Identities::read(path, &PassphraseSource::default())
}

#[test]
fn what_is_encrypted_to_a_new_identity_it_opens() {
    let (_folder, path) = folder();
    let (file, recipient) = NewIdentity::default().make("identity.age", clock::now()).unwrap();
    fs::write(&path, &*file).unwrap();
    let identities = read(&path).unwrap();
    assert_eq!(identities.recipients, std::slice::from_ref(&recipient));
    let recipients = Recipients::read(&[recipient], nobody).unwrap();
    let mut sealed = Vec::new();
    age_file::encrypt(&recipients.keys(), Format::Binary, &mut sealed, |out| out.write_all(b"x")).unwrap();
    assert_eq!(&**age_file::open(&sealed, &identities.keys()).unwrap(), b"x");
}

#[test]
fn what_is_no_recipient_is_named_and_an_identity_in_its_place_is_not() {
    let refused = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Recipients::read(&names, nobody).err().unwrap()
    };
    let (file, recipient) = NewIdentity::default().make("i", clock::now()).unwrap();
    let secret = String::from_utf8(file.to_vec()).unwrap().lines().last().unwrap().to_owned();
    for (names, says) in [
        (&[][..], "no recipient is named"),
        (&["age1x"], "`age1x` is no recipient"),
        (&[&recipient, "passphrase"], "`passphrase` is named with"),
        (&[&secret], "found an identity"),
        (&[&secret.to_lowercase()], "found an identity"),
        (&[&format!(" {secret}")], "found an identity"),
        (&[&format!("ssh-ed25519 {secret}")], "found an identity"),
        (&[&format!("age1x\n{}", secret.to_lowercase())], "found an identity"),
        (&["age1nosuch1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqr2u0yp"], ""),
        (&["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"], "SSH keys are not supported"),
    ] {
        let failure = refused(names);
        assert!(failure.message.contains(says) && !failure.message.contains("KEY-1"), "{failure:?}");
        assert!(!failure.hints.is_empty(), "{failure:?}");
    }
}

#[test]
fn what_is_no_identity_is_named_by_its_line_and_never_shown() {
    let (_folder, path) = folder();
    for (content, says) in [
        (&b""[..], "holds no identity"),
        (b"# only a comment\n", "holds no identity"),
        (b"# x\n\nAGE-SECRET-KEY-1CANARY\n", "line 3 is neither"),
        (b"canary\xff", "not UTF-8"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\n", "SSH keys are not supported"),
    ] {
        fs::write(&path, content).unwrap();
        let failure = read(&path).err().unwrap();
        assert!(failure.message.contains(says), "{failure:?}");
        assert!(!format!("{failure:?}").to_lowercase().contains("canary"), "{failure:?}");
    }
    let missing = Identities::read(std::path::Path::new("none"), &PassphraseSource::default());
    assert_eq!(missing.err().unwrap().exit, ExitCode::NoSecret);
}
