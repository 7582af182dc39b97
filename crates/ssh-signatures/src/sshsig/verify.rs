//! Verification, for all types of keys.
//!
//! | key | algorithm | signature | over |
//! |---|---|---|---|
//! | Ed25519 | `ssh-ed25519` | 64 bytes | signed |
//! | ECDSA | `ecdsa-sha2-nistpN` | `mpint(r)`, `mpint(s)` | the curve's digest of signed |
//! | RSA | `rsa-sha2-256`, `rsa-sha2-512` | PKCS#1 v1.5, as long as the modulus | its digest of signed |
//! | hardware | `sk-…@openssh.com` | as above, then `byte flags`, `uint32 counter` | `SHA256(application)`, flags, counter, `SHA256(signed)` |
//!
//! Sources: OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f; RFC 5656, section 3.1.2; RFC 8332, section 3.

use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::sha::sha256;
use openssl::sign::Verifier;

use crate::ssh_key::wire::Reader;
use crate::ssh_key::{KeyType, PublicKey};
use crate::sshsig::Error;

/// Somebody touched the hardware key. The owner decided at its creation whether it needs a PIN as well.
const USER_PRESENT: u8 = 0x01;

/// Verifies `string(algorithm) || string(signature) …` over the bytes that were signed.
pub(super) fn verify(key: &PublicKey, signed: &[u8], signature: &[u8]) -> Result<(), Error> {
    let mut reader = Reader::new(signature);
    let algorithm = reader.text("algorithm")?;
    let numbers = reader.string("signature")?;
    let digest = match (key.kind(), algorithm) {
        (KeyType::Rsa, "rsa-sha2-256") => MessageDigest::sha256(),
        (KeyType::Rsa, "rsa-sha2-512") => MessageDigest::sha512(),
        (KeyType::Ecdsa(curve), name) if name == key.kind().name() => curve.digest(),
        // Ed25519 hashes by itself
        (KeyType::Ed25519 | KeyType::SkEd25519 | KeyType::SkEcdsa, name) if name == key.kind().name() => {
            MessageDigest::sha256()
        }
        (kind, _) => {
            return Err(Error::Algorithm { algorithm: algorithm.to_owned(), label: kind.label() });
        }
    };
    let hardware;
    let signed = match key.kind() {
        KeyType::SkEd25519 | KeyType::SkEcdsa => {
            hardware = by_hardware(key, signed, &mut reader)?;
            hardware.as_slice()
        }
        _ => signed,
    };
    reader.end()?;
    let verdict = match key.kind() {
        KeyType::Ed25519 | KeyType::SkEd25519 => ed25519(key, signed, numbers),
        KeyType::Rsa => rsa(key, digest, signed, numbers),
        KeyType::Ecdsa(_) | KeyType::SkEcdsa => {
            let mut reader = Reader::new(numbers);
            let (r, s) = (reader.positive("signature")?, reader.positive("signature")?);
            reader.end()?;
            ecdsa(key, digest, signed, r, s)
        }
    };
    // a malformed signature is an OpenSSL error, and refused like a wrong one
    if verdict.unwrap_or(false) { Ok(()) } else { Err(Error::Wrong) }
}

/// The bytes that the hardware signed.
fn by_hardware(key: &PublicKey, signed: &[u8], reader: &mut Reader<'_>) -> Result<Vec<u8>, Error> {
    let (flags, counter) = (reader.array::<1>("flags")?, reader.array::<4>("counter")?);
    if flags[0] & USER_PRESENT == 0 {
        return Err(Error::NobodyPresent);
    }
    Ok([&sha256(key.application())[..], &flags, &counter, &sha256(signed)].concat())
}

fn ed25519(key: &PublicKey, signed: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
    Verifier::new_without_digest(key.pair())?.verify_oneshot(signature, signed)
}

fn rsa(key: &PublicKey, digest: MessageDigest, signed: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
    Verifier::new(digest, key.pair())?.verify_oneshot(signature, signed)
}

fn ecdsa(
    key: &PublicKey,
    digest: MessageDigest,
    signed: &[u8],
    r: &[u8],
    s: &[u8],
) -> Result<bool, ErrorStack> {
    let numbers = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
    numbers.verify(&hash(digest, signed)?, &*key.pair().ec_key()?)
}
