//! The password trap: tokens made by the documented shell procedure sometimes open without the guest's key.
//!
//! `openssl enc -pass stdin` cuts the random password at its first LF (contract-format, section 2): one token in 256
//! is encrypted under the empty password, one more in 256 under a single byte. Both are tried here, on the last
//! block's padding first (it needs the key alone, half the derivation) and then on the first block, which must be text.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use openssl::symm::{Cipher, Crypter, Mode};

use crate::kdf::{self, KeyAndIv};

/// The bytes that distinguish a right password from a wrong one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub salt: [u8; 8],
    /// The first block of the ciphertext.
    pub first: [u8; 16],
    /// The last block, and the one before it; `None` if that is the IV, which only the password gives.
    pub last: [u8; 16],
    pub before_last: Option<[u8; 16]>,
}

/// How weak a password is. The section is public: it must be made again, with new secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Anyone can read it.
    EmptyPassword,
    /// 254 attempts.
    OneByte,
}

impl std::fmt::Display for Weakness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::EmptyPassword => "it opens with the empty password: anyone can read the section",
            Self::OneByte => {
                "it opens with a password of one byte: anyone can read the section after 254 attempts"
            }
        })
    }
}

pub(super) fn empty(sample: &Sample) -> Option<Weakness> {
    opens(sample, &[]).then_some(Weakness::EmptyPassword)
}

pub(super) fn one_byte(sample: &Sample, workers: NonZeroUsize) -> Option<Weakness> {
    // NUL and LF end a password, so neither can be its only byte
    let candidates: Vec<u8> = (1..=255).filter(|byte| *byte != b'\n').collect();
    let found = AtomicBool::new(false);
    let search = &|share: &[u8]| {
        for byte in share {
            if found.load(Ordering::Relaxed) || opens(sample, std::slice::from_ref(byte)) {
                found.store(true, Ordering::Relaxed);
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        for share in candidates.chunks(candidates.len().div_ceil(workers.get())) {
            // without another thread, this one works
            if std::thread::Builder::new().spawn_scoped(scope, move || search(share)).is_err() {
                search(share);
            }
        }
    });
    found.into_inner().then_some(Weakness::OneByte)
}

fn opens(sample: &Sample, password: &[u8]) -> bool {
    if let Some(before_last) = &sample.before_last {
        let key = kdf::key_only(password, sample.salt);
        if decrypt(key.as_slice(), before_last, &sample.last).is_none_or(|plain| unpadded(&plain).is_none()) {
            return false;
        }
    }
    let key = KeyAndIv::derive(password, sample.salt);
    let Some(first) = decrypt(key.key(), key.iv(), &sample.first) else { return false };
    let text = if sample.before_last.is_some() { Some(first.as_slice()) } else { unpadded(&first) };
    text.is_some_and(begins_as_text)
}

fn decrypt(key: &[u8], iv: &[u8], block: &[u8; 16]) -> Option<[u8; 16]> {
    let mut cipher = Crypter::new(Cipher::aes_256_cbc(), Mode::Decrypt, key, Some(iv)).ok()?;
    cipher.pad(false);
    let mut plain = [0; 32];
    cipher.update(block, &mut plain).ok()?;
    plain.first_chunk().copied()
}

/// The block without its PKCS#7 padding, if that is well formed.
fn unpadded(block: &[u8; 16]) -> Option<&[u8]> {
    let padding = usize::from(*block.last()?);
    let (text, tail) = block.split_at_checked(16_usize.checked_sub(padding)?)?;
    (padding > 0 && tail.iter().all(|byte| usize::from(*byte) == padding)).then_some(text)
}

/// Whether bytes begin a YAML text; the last character may be cut. Random bytes pass once in millions.
fn begins_as_text(bytes: &[u8]) -> bool {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            let whole = bytes.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(whole).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::{begins_as_text, unpadded};

    /// Of a section under 16 bytes the one block is first and last at once.
    #[test]
    fn padding_is_one_to_sixteen_bytes_of_its_own_number() {
        let block = |text: &str, padding: u8| {
            let mut block = [padding; 16];
            block[..text.len()].copy_from_slice(text.as_bytes());
            block
        };
        for (text, padding, expected) in [
            ("type: workload", 2, Some("type: workload")),
            ("", 16, Some("")),
            ("type: workload\n\n", 0, None),
            ("0123456789abcdef", 0, None),
            ("", 17, None),
            ("type: workload.", 2, None),
        ] {
            let block = block(text, padding);
            assert_eq!(unpadded(&block), expected.map(str::as_bytes), "{text} {padding}");
        }
        assert_eq!(unpadded(&[0; 16]), None);
    }

    #[test]
    fn a_character_may_be_cut_at_the_end_of_the_first_block() {
        for (bytes, expected) in [
            (&b"# 2345678901234\xc3"[..], true),
            (b"# 23456789012\xf0\x9f\x98", true),
            (b"# 2345678901\xc3\x28xx", false),
            (b"\xc3", false),
            (b"", false),
            (b"a\r\n\tb", true),
            (b"a\0b", false),
        ] {
            assert_eq!(begins_as_text(bytes), expected, "{bytes:?}");
        }
    }
}
