//! What the fuzz targets share: the entry point, fixed test material, and helpers that get past armor and checksums.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_pki::verifying_key::VerifyingKey;
use guest_rehearsal::keys::GuestKey;
use jiff::Timestamp;

#[doc(hidden)]
#[cfg(fuzzing)]
pub use libfuzzer_sys;

/// The certificate of the test vectors' guest, signed with its own key.
pub const CERTIFICATE: &str = include_str!("../../tests/vectors/token/guest-encrypt.crt");
/// User data that the key of [`VERIFYING_KEY`] signed.
pub const USER_DATA: &str = include_str!("../../tests/vectors/user-data/user-data");

/// Verifies [`USER_DATA`], and nothing else that exists.
pub static VERIFYING_KEY: LazyLock<VerifyingKey> = LazyLock::new(|| {
    let pem = include_str!("../../tests/vectors/user-data/signing-key.pub.pem");
    VerifyingKey::parse(pem).expect("the test vector is a key")
});

/// The private key of that guest; it protects nothing.
pub static GUEST: LazyLock<GuestKey> = LazyLock::new(|| {
    let pem = include_bytes!("../../tests/vectors/token/guest-key.pem");
    GuestKey::from_pem(pem).expect("the test vector is a key")
});

/// Makes a fuzz target of a function over bytes. Built by `cargo fuzz`, the fuzzer calls it; built by `cargo`, the program
/// calls it with each file named on its command line, so that a finding can be replayed without the fuzzer.
#[macro_export]
macro_rules! target {
    ($check:path) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| $check(data));

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            $crate::replay($check)
        }
    };
}

/// Calls a target with each file named on the command line.
pub fn replay(check: fn(&[u8])) -> std::io::Result<()> {
    std::env::args_os().skip(1).try_for_each(|file| {
        check(&std::fs::read(file)?);
        Ok(())
    })
}

/// The time of every target: the test vectors are valid then.
pub fn at() -> Timestamp {
    "2026-11-28T00:00:00Z".parse().expect("a fixed time")
}

/// The answer of somebody who has no passphrase: key derivation would only slow the fuzzer down.
pub fn no_passphrase<T>() -> Result<T, String> {
    Err("no passphrase".to_owned())
}

/// A text as it is, other bytes as the content of a PEM block: the fuzzer changes bytes behind base64 far better.
pub fn armored(data: &[u8], label: &str) -> String {
    match std::str::from_utf8(data) {
        Ok(text) if text.contains("-----BEGIN ") => text.to_owned(),
        _ => format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", folded(&STANDARD.encode(data))),
    }
}

/// Lines of 64 characters.
fn folded(base64: &str) -> String {
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    lines.join("\n")
}

/// A tar whose headers have the right checksum, whatever else was changed in them.
pub fn with_checksums(data: &[u8]) -> Vec<u8> {
    const RECORD: usize = 512;
    let mut tar = data.to_vec();
    let mut at = 0;
    while let Some(header) = tar.get_mut(at..at + RECORD) {
        at += RECORD;
        if header.iter().all(|byte| *byte == 0) {
            continue;
        }
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let size = String::from_utf8_lossy(&header[124..135]).into_owned();
        let size = usize::from_str_radix(size.trim_matches(['\0', ' ']), 8).unwrap_or(0);
        at = at.saturating_add(size.next_multiple_of(RECORD));
    }
    tar
}
