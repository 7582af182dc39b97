//! What strangers send: any bytes and any text, and whole ones with something changed, inserted or left out.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use openssl::pkey::PKey;
use proptest::prelude::*;
use ssh_signatures::allowed_signers::{AllowedSigners, new_line, parse_time, write_time};
use ssh_signatures::ssh_key::private::PrivateKey;
use ssh_signatures::ssh_key::{Line, PublicKey};
use ssh_signatures::sshsig::{Namespace, Signature};

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

/// A public key, and a private key file that holds it.
fn key() -> (Vec<u8>, Vec<u8>) {
    let pair = PKey::private_key_from_raw_bytes(&[7; 32], openssl::pkey::Id::ED25519).unwrap();
    let point = pair.raw_public_key().unwrap();
    let public = [string(b"ssh-ed25519"), string(&point)].concat();
    let inner = [vec![1; 8], public.clone(), string(&[&[7; 32][..], &point].concat()), string(b"c")].concat();
    let padding: Vec<u8> = (1..).take(inner.len().next_multiple_of(8) - inner.len()).collect();
    let file = [
        b"openssh-key-v1\0".to_vec(),
        string(b"none"),
        string(b"none"),
        string(b""),
        vec![0, 0, 0, 1],
        string(&public),
        string(&[inner, padding].concat()),
    ];
    (public, file.concat())
}

fn pem(label: &str, bytes: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(bytes))
}

fn private(bytes: &[u8]) -> Option<PrivateKey> {
    PrivateKey::parse(&pem("OPENSSH PRIVATE KEY", bytes), &mut || Err(String::new())).ok()
}

/// `whole` with some bytes at some place replaced by others.
fn damaged(whole: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    (0..=whole.len(), 0..8_usize, prop::collection::vec(any::<u8>(), 0..8)).prop_map(
        move |(at, gone, new)| {
            let mut bytes = whole.clone();
            let end = (at + gone).min(bytes.len());
            bytes.splice(at..end, new);
            bytes
        },
    )
}

fn signature() -> Vec<u8> {
    let key = private(&key().1).unwrap();
    let armored = key.sign(b"message", Namespace::Env).unwrap();
    // Ed25519 has no randomness: golden
    assert_eq!(armored, key.sign(b"message", Namespace::Env).unwrap());
    STANDARD.decode(armored.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = Signature::parse(&text);
        let _ = Line::parse_file(&text);
        let _ = AllowedSigners::parse(&text, "f");
        let _ = parse_time(&text);
        let _ = PrivateKey::parse(&text, &mut || Err(String::new()));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = PublicKey::parse(&bytes);
        let _ = private(&bytes);
        let _ = Signature::parse(&pem("SSH SIGNATURE", &bytes));
        let _ = Signature::parse(&pem("SSH SIGNATURE", &[&b"SSHSIG\0\0\0\x01"[..], &bytes].concat()));
    }

    /// A key that was read has the bytes that were read: there is one encoding.
    #[test]
    fn a_damaged_key_is_refused_or_another(bytes in damaged(key().0)) {
        if let Ok(key) = PublicKey::parse(&bytes) {
            prop_assert_eq!(key.to_string(), format!("ssh-ed25519 {}", STANDARD.encode(&bytes)));
        }
    }

    #[test]
    fn a_damaged_signature_does_not_hold(bytes in damaged(signature())) {
        let verified = Signature::parse(&pem("SSH SIGNATURE", &bytes)).and_then(|it| it.verify(b"message", Namespace::Env));
        prop_assert_eq!(verified.is_ok(), bytes == signature());
    }

    #[test]
    fn a_damaged_private_key_is_refused_or_the_same(bytes in damaged(key().1)) {
        if let Some(key) = private(&bytes) {
            prop_assert_eq!(key.public(), &PublicKey::parse(&self::key().0).unwrap());
        }
    }

    /// Whatever is typed as a name and a comment becomes one line that says it, or none.
    #[test]
    fn a_new_line_is_one_line(name in "\\PC{0,12}|[a-z@.*,!\"# \n]{1,8}", comment in "[ -~]{0,12}|\\PC{0,8}|(?s).{0,4}", after in 1..4_000_000_000_i64, more in 1..1_000_000_i64) {
        let key = Line { key: PublicKey::parse(&key().0).unwrap(), comment: comment.clone() };
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        let (after, before) = (at(after), at(after + more));
        if let Ok(line) = new_line(&name, &key, Namespace::Workload, Some(after), Some(before)) {
            let (read, findings) = AllowedSigners::parse(&format!("{line}\n"), "f");
            let read = read.unwrap();
            prop_assert_eq!(findings.0.len(), 0);
            let [entry] = read.entries() else { panic!("{line}") };
            prop_assert_eq!((entry.principals.as_str(), &entry.comment), (name.as_str(), &comment));
            prop_assert!(entry.principals.names(&name) && entry.is_for(Namespace::Workload) && !entry.is_for(Namespace::Env));
            prop_assert_eq!((entry.valid_after, entry.valid_before), (Some(after), Some(before)));
        }
    }

    #[test]
    fn a_time_is_read_as_it_was_written(second in 1..200_000_000_000_i64) {
        let at = jiff::Timestamp::from_second(second).unwrap();
        prop_assert_eq!(parse_time(&write_time(at)), Some((at, true)));
    }
}
