//! From section to token, in one pass and with flat memory.

use std::io::{self, Write};
use std::num::NonZeroUsize;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use openssl::symm::{Cipher, Crypter, Mode};
use zeroize::Zeroizing;

use super::base64_writer::Base64Writer;
use crate::advice::{Advice, Blame};
use crate::archive::{Digesting, Packed};
use crate::certificate::{VerifiedCertificate, WrapError, fill_with, hex};
use crate::kdf::KeyAndIv;
use crate::platform::Platform;
use crate::random::{RandomError, Randomness};
use crate::section::{Kind, Section, WriteError};

/// Bytes of a password.
const PASSWORD: usize = 32;

/// Why a section could not be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum EncryptError {
    /// The section could not be read or passed on.
    #[error(transparent)]
    Section(#[from] WriteError),
    /// The password could not be wrapped.
    #[error(transparent)]
    Wrap(#[from] WrapError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// OpenSSL refused to encrypt.
    #[error("OpenSSL could not encrypt with AES-256-CBC")]
    Cipher,
    /// The token could not be written.
    #[error("cannot write the token")]
    Write(#[from] io::Error),
}

impl Advice for EncryptError {
    fn blame(&self) -> Blame {
        match self {
            Self::Section(error) => error.blame(),
            _ => Blame::Machine,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Section(error) => error.hints(),
            _ => Vec::new(),
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encrypted {
    /// Lower-case hex SHA-256 of the token: what the attestation record must show for this section.
    pub sha256: String,
    /// Bytes of the token.
    pub bytes: u64,
    /// The archive inside, where there is one.
    pub archive: Option<Packed>,
}

/// Streams the token of a section to `out`, without a line end.
///
/// The password lives in this function alone: drawn, used twice, wiped. None of its bytes is NUL, LF or CR, where
/// readers of lines would cut it (contract-format, section 2, the password trap).
pub fn encrypt<K: Kind>(
    section: &Section<K>,
    certificate: &VerifiedCertificate,
    platform: Platform,
    randomness: &mut dyn Randomness,
    workers: NonZeroUsize,
    out: &mut dyn Write,
    progress: &dyn Fn(u64),
) -> Result<Encrypted, EncryptError> {
    let mut salt = [0; 8];
    randomness.fill(&mut salt)?;
    let (wrapped, key) = {
        let password = draw_password(randomness)?;
        (certificate.wrap(password.as_slice(), randomness)?, KeyAndIv::derive(password.as_slice(), salt))
    };

    let mut token = Digesting::new(out);
    write!(token, "{}.{}.", platform.prefix().as_str(), STANDARD.encode(wrapped))?;
    let mut third = Base64Writer::new(&mut token);
    third.write_all(b"Salted__")?;
    third.write_all(&salt)?;
    let mut ciphertext = CipherWriter::new(third, &key)?;
    let archive = section.write_to(&mut ciphertext, workers, progress)?;
    ciphertext.finish()?.finish()?;
    Ok(Encrypted { sha256: hex(&token.hasher.finish()), bytes: token.bytes, archive })
}

fn draw_password(randomness: &mut dyn Randomness) -> Result<Zeroizing<[u8; PASSWORD]>, RandomError> {
    let mut password = Zeroizing::new([0; PASSWORD]);
    fill_with(password.as_mut_slice(), randomness, |byte| !matches!(byte, 0 | b'\n' | b'\r'))?;
    Ok(password)
}

/// AES-256-CBC as a stream.
struct CipherWriter<W> {
    out: W,
    cipher: Crypter,
    buffer: Vec<u8>,
}

/// Bytes encrypted in one call.
const CHUNK: usize = 64 * 1024;
/// AES's block.
const BLOCK: usize = 16;

impl<W: Write> CipherWriter<W> {
    fn new(out: W, key: &KeyAndIv) -> Result<Self, EncryptError> {
        let cipher = Crypter::new(Cipher::aes_256_cbc(), Mode::Encrypt, key.key(), Some(key.iv()));
        Ok(Self { out, cipher: cipher.map_err(|_| EncryptError::Cipher)?, buffer: vec![0; CHUNK + BLOCK] })
    }

    fn finish(mut self) -> Result<W, EncryptError> {
        let length = self.cipher.finalize(&mut self.buffer).map_err(|_| EncryptError::Cipher)?;
        self.out.write_all(self.buffer.get(..length).unwrap_or_default())?;
        Ok(self.out)
    }
}

impl<W: Write> Write for CipherWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (taken, _) = bytes.split_at_checked(CHUNK).unwrap_or((bytes, &[]));
        let length = self.cipher.update(taken, &mut self.buffer)?;
        self.out.write_all(self.buffer.get(..length).unwrap_or_default())?;
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandomness;

    /// Issue 2: 10,000 passwords hold none of NUL, LF, CR, and every other value occurs at every position.
    #[test]
    fn passwords_hold_253_values_at_every_position() {
        let mut seen = vec![[0_u32; 256]; PASSWORD];
        for _ in 0..10_000 {
            for (position, byte) in draw_password(&mut SystemRandomness).unwrap().iter().enumerate() {
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
