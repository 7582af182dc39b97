//! User data. Two readers agree: what the stream reader takes, the YAML reader takes too, and both see the same. Only what
//! was signed verifies. What we write on a boot medium, we read back.
#![cfg_attr(fuzzing, no_main)]

use std::io::{Cursor, Read as _};

use contract_core::boot_media::{BootMedia, Hostname, Medium};
use contract_core::user_data::{UserData, UserDataFacts, survey};
use contract_fuzz::{USER_DATA, VERIFYING_KEY, at};

contract_fuzz::target!(user_data);

fn user_data(data: &[u8]) {
    let Ok(facts) = survey(Cursor::new(data)) else { return };
    let text = std::str::from_utf8(data).expect("the stream reader takes text only");
    let whole = UserData::parse(text).expect("the stream reader takes it, the YAML reader does not");
    assert_eq!(whole.signed_digest(), facts.signed_digest);
    assert_eq!(whole.signature, facts.signature);
    assert_eq!(whole.attestation_public_key, facts.attestation_public_key);
    assert_eq!(whole.unknown, facts.unknown);

    let signed = UserData::parse(USER_DATA).expect("the test vector is user data").signed_digest();
    assert!(facts.verify(&VERIFYING_KEY, at()).is_err() || facts.signed_digest == signed);
    let _ = facts.auditor_key().map(|key| key.to_string());
    medium_reads_back(data, &facts);
}

fn medium_reads_back(data: &[u8], facts: &UserDataFacts) {
    let hostname = Hostname::parse("guest").expect("a host name");
    let media = BootMedia::new(data, facts, &hostname).expect("small enough");
    let mut image = Vec::new();
    let written = media.write_to(&mut image, &|_| ()).expect("memory takes it");
    let medium = Medium::read(Cursor::new(&image)).expect("our own medium reads");
    let lines = medium.attestation_lines(Cursor::new(&image)).expect("memory reads");
    assert_eq!(lines, written.attestation_lines());
    let mut back = Vec::new();
    let opened = medium.user_data.open(Cursor::new(&image));
    opened.and_then(|mut file| file.read_to_end(&mut back)).expect("memory reads");
    assert_eq!(back, data);
}
