//! User data read as a stream and as YAML: whatever the stream takes, the YAML reader takes, and both see the same.

use std::io::Cursor;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_core::user_data::{
    HeaderNotAdded, Refusal, SeHeader, SeHeaderError, UserData, is_own_form, survey, with_header,
};
use contract_pki::verifying_key::VerifyingKey;
use jiff::Timestamp;
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::x509::{X509, X509NameBuilder};
use proptest::prelude::*;

fn user_data() -> String {
    let token = include_str!("../../../tests/vectors/token/token");
    let key = "\"-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----\\n\"";
    format!("workload: {token}\nenv: {token}\nenvWorkloadSignature: AAAA\nattestationPublicKey: {key}\n")
}

/// True if the text was taken; panics if the two readers differ.
fn agree(text: &str) -> bool {
    let Ok(facts) = survey(Cursor::new(text)) else { return false };
    let parsed =
        UserData::parse(text).unwrap_or_else(|error| panic!("the stream takes what YAML refuses: {error}"));
    assert_eq!(facts.signed_digest, parsed.signed_digest());
    assert_eq!(facts.signature, parsed.signature);
    assert_eq!(facts.attestation_public_key, parsed.attestation_public_key);
    assert_eq!(facts.boot, parsed.boot);
    assert_eq!(facts.unknown, parsed.unknown);
    assert_eq!(facts.bytes, text.len() as u64);
    true
}

#[test]
fn our_own_form_is_taken_by_both() {
    assert!(agree(&user_data()));
}

#[test]
fn what_looks_like_our_form_and_is_not_is_read_as_yaml() {
    let text = user_data();
    for (from, to) in [
        ("attestationPublicKey: \"", "attestationPublicKey: --- \""),
        ("attestationPublicKey: \"", "attestationPublicKey: # \""),
        ("Signature: AAAA", "Signature: null"),
        ("Signature: AAAA", "Signature:"),
        ("Signature: AAAA", "Signature: ~"),
    ] {
        assert!(text.contains(from));
        agree(&text.replace(from, to));
    }
    let unsigned = survey(Cursor::new(text.replace("Signature: AAAA", "Signature: null"))).unwrap();
    assert_eq!(unsigned.signature, None);
}

#[test]
fn lines_may_be_missing_or_repeated_but_never_read_differently() {
    let text = user_data();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut taken = 0;
    for choice in 0..5_usize.pow(5) {
        let pick = |place: u32| lines.get(choice / 5_usize.pow(place) % 5).copied().unwrap_or_default();
        taken += usize::from(agree(&(0..5).map(pick).collect::<String>()));
    }
    assert!(taken > 4, "{taken}");
}

/// A certificate with these dates, and user data signed with its key.
fn certified(from: i64, to: i64) -> (VerifyingKey, String) {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "signer").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(from).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(to).unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    let pem = String::from_utf8(builder.build().to_pem().unwrap()).unwrap();

    let token = include_str!("../../../tests/vectors/token/token");
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    let signature = signer.sign_oneshot_to_vec(format!("{token}{token}").as_bytes()).unwrap();
    let text =
        format!("workload: {token}\nenv: {token}\nenvWorkloadSignature: {}\n", STANDARD.encode(signature));
    (VerifyingKey::parse(&pem).unwrap(), text)
}

/// `boot-media` and an auditor without a record look at no other dates.
#[test]
fn a_signature_holds_from_the_first_to_the_last_second_of_its_certificate() {
    let (from, to) = (1_795_000_000, 1_795_000_100);
    let (key, text) = certified(from, to);
    let facts = survey(Cursor::new(text)).unwrap();
    let at = |second| Timestamp::from_second(second).unwrap();
    for (second, expected) in [
        (from - 1, Err(Refusal::NotYetValid(at(from)))),
        (from, Ok(())),
        (to, Ok(())),
        (to + 1, Err(Refusal::Expired(at(to)))),
    ] {
        assert_eq!(facts.verify(&key, at(second)), expected, "{second}");
    }
}

#[test]
fn a_key_that_is_not_known_is_named_and_no_other() {
    let text = user_data() + "extra: x\n";
    assert_eq!(UserData::parse(&text).unwrap().unknown, ["extra"]);
    assert_eq!(survey(Cursor::new(text)).unwrap().unknown, ["extra"]);
}

/// Text and mapping; the block that `initdata` writes; what is damaged.
#[test]
fn boot_is_read_in_all_its_forms() {
    let header = "SUJNU2VjRXh4"; // IBMSecExx
    for (boot, expected) in [
        (format!("boot: |\n    sehdr: {header}\n"), Ok(9)),
        (format!("boot: |\n  sehdr: \"{header}\"\n"), Ok(9)),
        (format!("\nboot: |\n    sehdr: {header}"), Ok(9)),
        (format!("boot:\n  sehdr: {header}\n"), Ok(9)),
        (format!("boot: \"sehdr: {header}\"\n"), Ok(9)),
        (format!("boot: |\n  sehdr: |\n    {header}\n"), Ok(9)),
        ("boot: |\n    sehdr: AAAA\n".to_owned(), Err(SeHeaderError::NoMagic)),
        ("boot: |\n    sehdr: AA AA\n".to_owned(), Err(SeHeaderError::NotBase64)),
        ("boot: |\n    sehdr: [AAAA]\n".to_owned(), Err(SeHeaderError::NotBase64)),
        ("boot: |\n    sehdr:\n".to_owned(), Err(SeHeaderError::Missing)),
        ("boot: |\n    header: AAAA\n".to_owned(), Err(SeHeaderError::Missing)),
        ("boot: [AAAA]\n".to_owned(), Err(SeHeaderError::Missing)),
        ("boot: AAAA\n".to_owned(), Err(SeHeaderError::Missing)),
    ] {
        let text = user_data() + &boot;
        assert!(agree(&text), "{boot}");
        let header = survey(Cursor::new(text)).unwrap().boot.unwrap().header;
        assert_eq!(header.map(|header| header.bytes()), expected, "{boot}");
    }
    assert_eq!(survey(Cursor::new(user_data() + "boot:\n")).unwrap().boot, None);
}

#[test]
fn other_keys_in_boot_are_named() {
    let text = user_data() + "boot: |\n    sehdr: SUJNU2VjRXh4\n    sehdrs: x\n";
    assert!(agree(&text));
    assert_eq!(survey(Cursor::new(text)).unwrap().unknown, ["boot.sehdrs"]);
}

/// A header does not make large user data unreadable.
#[test]
fn our_own_form_may_end_in_boot() {
    let header = SeHeader::parse(b"IBMSecEx and more".to_vec()).unwrap();
    for text in [user_data(), user_data().trim_end().to_owned()] {
        let text = with_header(&text, &header).unwrap();
        assert!(agree(&text));
        assert!(is_own_form(text.as_bytes()));
        assert_eq!(UserData::parse(&text).unwrap().boot.unwrap().header, Ok(header.clone()));
        assert_eq!(with_header(&text, &header), Err(HeaderNotAdded::Present));
    }
}

/// It becomes the last key of the document, or nothing is written.
#[test]
fn a_header_changes_nothing_else() {
    let header = SeHeader::parse(b"IBMSecEx".to_vec()).unwrap();
    let lines: Vec<_> = user_data().lines().take(3).map(str::to_owned).collect();
    for text in [format!("{{{}}}\n", lines.join(", ")), user_data() + "...\n"] {
        assert_eq!(with_header(&text, &header), Err(HeaderNotAdded::Form), "{text}");
    }
    for text in [user_data().replace('\n', "\r\n"), user_data() + "# end", format!("---\n{}", user_data())] {
        assert!(with_header(&text, &header).is_ok(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn an_edit_is_read_the_same_or_refused(at in 0_usize..2100, edit in "[ -~\n\r\t#:|>'\"&*!%@`é\u{feff}]{0,3}", cut in 0_usize..4) {
        let text = user_data();
        let at = at % text.len();
        let end = (at + cut).min(text.len());
        agree(&[&text[..at], &edit, &text[end..]].concat());
    }

    #[test]
    fn an_edit_where_lines_meet_is_read_the_same_or_refused(line in 0_usize..4, before in 0_usize..6, edit in "[ -~\n\r\té]{0,4}") {
        let text = user_data();
        let end: usize = text.split_inclusive('\n').take(line + 1).map(str::len).sum();
        let at = end.saturating_sub(before);
        agree(&[&text[..at], &edit, &text[at..]].concat());
    }
}
