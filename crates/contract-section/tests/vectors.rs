//! Our code over the vectors that a second implementation can use too: `tests/vectors`. The expected values were made by
//! other tools: `tar` bytes by hand, `openssl`, `ssh-keygen`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "a test reads its vectors")]

use std::fs::{self, File};
use std::io::Read as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use contract_archive::Archive;
use contract_core::boot_media::{BootMedia, Hostname};
use contract_core::statement::Statement;
use contract_core::user_data::survey;
use contract_pki::verifying_key::VerifyingKey;
use findings::text::hex;
use openssl::sha::sha256;
use ssh_signatures::ssh_key::private::PrivateKey;
use ssh_signatures::sshsig::{Namespace, Signature};

fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors")).join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

/// What a vector's `SHA256SUMS` expects of a file.
fn expected(vector: &str, file: &str) -> String {
    let sums = text(&format!("{vector}/SHA256SUMS"));
    let line = sums.lines().find_map(|line| line.strip_suffix(file)?.strip_suffix("  "));
    line.unwrap().to_owned()
}

#[test]
fn a_folder_becomes_the_archive() {
    let mut gzip = Vec::new();
    Archive::of(&path("archive/folder")).unwrap().write_to(&mut gzip, NonZeroUsize::MIN, &|_| ()).unwrap();
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(&*gzip).read_to_end(&mut tar).unwrap();
    assert_eq!(hex(&sha256(&tar)), expected("archive", "archive.tar"));
    assert_eq!(hex(&sha256(&gzip)), expected("archive", "archive.tar.gz"));
}

#[test]
fn user_data_are_verified_and_become_the_medium() {
    let facts = survey(File::open(path("user-data/user-data")).unwrap()).unwrap();
    let key = VerifyingKey::parse(&text("user-data/signing-key.pub.pem")).unwrap();
    facts.verify(&key, jiff::Timestamp::UNIX_EPOCH).unwrap();
    for (found, name) in [
        (&facts.workload.sha256, "contract:workload"),
        (&facts.env.sha256, "contract:env"),
        (&facts.sha256, "user-data"),
    ] {
        assert_eq!(*found, expected("user-data", name));
    }
    for hostname in ["paynow", "no"] {
        let input = File::open(path("user-data/user-data")).unwrap();
        let mut medium = Vec::new();
        BootMedia::new(input, &facts, &Hostname::parse(hostname).unwrap())
            .unwrap()
            .write_to(&mut medium, &|_| ())
            .unwrap();
        assert_eq!(hex(&sha256(&medium)), expected("boot-medium", &format!("{hostname}.iso")));
    }
}

#[test]
fn a_statement_and_a_key_become_the_signature() {
    let statement = text("statement-signature/statement.json");
    let read = Statement::parse(statement.as_bytes()).unwrap();
    assert_eq!(read.to_json().unwrap(), statement.as_bytes());
    let key = PrivateKey::parse(&text("statement-signature/id_ed25519"), &mut || Err(String::new())).unwrap();
    let signature = text("statement-signature/statement.json.sig");
    assert_eq!(key.sign(statement.as_bytes(), Namespace::Workload).unwrap(), signature);
    let verified = Signature::parse(&signature).unwrap().verify(statement.as_bytes(), Namespace::Workload);
    assert_eq!(verified.unwrap().key(), key.public());
}
