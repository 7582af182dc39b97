//! User data read as a stream and as YAML: whatever the stream takes, the YAML reader takes, and both see the same.

use std::io::Cursor;

use contract_core::user_data::{UserData, survey};
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
