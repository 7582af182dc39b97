//! A token's password: random, encrypted under an RSA key, and never stored.

use contract_pki::random::{RandomError, Randomness};
use openssl::pkey::Public;
use openssl::rsa::{Padding, RsaRef};
use zeroize::Zeroizing;

/// Bytes of a password.
pub(super) const LENGTH: usize = 32;

/// The password could not be wrapped.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum WrapError {
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error("OpenSSL could not encrypt under the RSA key")]
    Openssl,
}

/// None of its bytes is NUL, LF or CR: readers of lines would cut it there (contract-format, section 2, the password trap).
pub(super) fn draw(randomness: &mut dyn Randomness) -> Result<Zeroizing<[u8; LENGTH]>, RandomError> {
    let mut password = Zeroizing::new([0; LENGTH]);
    fill_with(password.as_mut_slice(), randomness, |byte| !matches!(byte, 0 | b'\n' | b'\r'))?;
    Ok(password)
}

/// `RSA[key](password)`: PKCS#1 v1.5 encryption (RFC 8017, section 7.2.1), with the padding made here so that tests can
/// compare whole tokens.
pub(crate) fn wrap(
    password: &[u8],
    key: &RsaRef<Public>,
    randomness: &mut dyn Randomness,
) -> Result<Vec<u8>, WrapError> {
    let size = key.size() as usize;
    let padding_length =
        size.checked_sub(password.len() + 3).filter(|n| *n >= 8).ok_or(WrapError::Openssl)?;
    let mut padding = Zeroizing::new(vec![0; padding_length]);
    fill_with(&mut padding, randomness, |byte| byte != 0)?;
    let message = Zeroizing::new([&[0, 2], padding.as_slice(), &[0], password].concat());
    let mut wrapped = vec![0; size];
    key.public_encrypt(&message, &mut wrapped, Padding::NONE).map_err(|_| WrapError::Openssl)?;
    Ok(wrapped)
}

/// Fills a buffer with uniform draws from the bytes that pass, by drawing refused ones again.
fn fill_with(
    buffer: &mut [u8],
    randomness: &mut dyn Randomness,
    passes: impl Fn(u8) -> bool,
) -> Result<(), RandomError> {
    randomness.fill(buffer)?;
    for byte in buffer {
        while !passes(*byte) {
            randomness.fill(std::slice::from_mut(byte))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract_pki::random::SystemRandomness;

    /// Issue 2: 10,000 passwords hold none of NUL, LF, CR, and every other value occurs at every position.
    #[test]
    fn passwords_hold_253_values_at_every_position() {
        let mut seen = vec![[0_u32; 256]; LENGTH];
        for _ in 0..10_000 {
            for (position, byte) in draw(&mut SystemRandomness).unwrap().iter().enumerate() {
                seen[position][usize::from(*byte)] += 1;
            }
        }
        for (position, counts) in seen.iter().enumerate() {
            for (byte, count) in counts.iter().enumerate() {
                let allowed = !matches!(byte, 0 | 10 | 13);
                // 10,000 / 253 = 39.5 expected; never seen at all: e^-39.5
                assert_eq!(*count > 0, allowed, "byte {byte} at position {position}: {count} times");
            }
        }
    }
}
