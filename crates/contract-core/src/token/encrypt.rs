//! From section to token, in one pass and with flat memory.

use std::io::{self, Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract_pki::certificate::VerifiedCertificate;
use contract_pki::platform::Prefix;
use contract_pki::random::{RandomError, Randomness};
use contract_pki::verifying_key::VerifyingKey;
use findings::{Advice, Blame};
use openssl::symm::{Cipher, Crypter, Mode};

use super::base64_writer::Base64Writer;
use super::password::{self, WrapError};
use crate::digest::Digesting;
use crate::kdf::KeyAndIv;
use crate::packed::Packed;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum SealError {
    #[error(transparent)]
    Wrap(#[from] WrapError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error("OpenSSL could not encrypt with AES-256-CBC")]
    Cipher,
    #[error("cannot write the token")]
    Write(#[from] io::Error),
}

impl Advice for SealError {
    fn blame(&self) -> Blame {
        Blame::Machine
    }
}

/// A written token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encrypted {
    /// Lower-case hex SHA-256 of the token: what the attestation record must show for this section.
    pub sha256: String,
    /// Bytes of the token.
    pub bytes: u64,
    /// The archive inside, if there is one.
    pub archive: Option<Packed>,
}

/// Who can open a token.
#[derive(Clone, Copy)]
pub enum Recipient<'a> {
    /// The guest, by its encryption certificate.
    Guest(&'a VerifiedCertificate),
    /// The auditor, by the auditor key in the contract (contract-format, section 8).
    Auditor(&'a VerifyingKey),
}

/// The token of a short text that is no section: an auditor key for the guest, an attestation record for the auditor.
pub fn seal(
    text: &str,
    recipient: Recipient<'_>,
    prefix: Prefix,
    randomness: &mut dyn Randomness,
) -> Result<String, SealError> {
    let mut token = Vec::new();
    let write = |ciphertext: &mut dyn Write| {
        ciphertext.write_all(text.as_bytes())?;
        Ok::<_, SealError>(None)
    };
    encrypt(recipient, prefix, randomness, &mut token, write)?;
    String::from_utf8(token).map_err(|_| SealError::Cipher)
}

/// Streams the token of everything that `write` writes to `out`, without a line end.
pub fn encrypt<E: From<SealError>>(
    recipient: Recipient<'_>,
    prefix: Prefix,
    randomness: &mut dyn Randomness,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> Result<Option<Packed>, E>,
) -> Result<Encrypted, E> {
    let mut token = Digesting::new(out);
    let mut ciphertext = begin(recipient, prefix, randomness, &mut token)?;
    let archive = write(&mut ciphertext)?;
    ciphertext.finish().and_then(|base64| Ok(base64.finish()?))?;
    Ok(Encrypted { bytes: token.bytes(), sha256: token.sha256(), archive })
}

/// Writes everything before the ciphertext. The password exists in this function only.
fn begin<'a>(
    recipient: Recipient<'_>,
    prefix: Prefix,
    randomness: &mut dyn Randomness,
    token: &'a mut dyn Write,
) -> Result<CipherWriter<Base64Writer<&'a mut dyn Write>>, SealError> {
    let certified = match recipient {
        Recipient::Guest(certificate) => certificate.key(),
        Recipient::Auditor(key) => key.rsa(),
    };
    let rsa = certified.map_err(|_| WrapError::Openssl)?;
    let mut salt = [0; 8];
    randomness.fill(&mut salt)?;
    let (wrapped, key) = {
        let password = password::draw(randomness)?;
        (password::wrap(password.as_slice(), &rsa, randomness)?, KeyAndIv::derive(password.as_slice(), salt))
    };
    write!(token, "{}.{}.", prefix.as_str(), STANDARD.encode(wrapped))?;
    let mut third = Base64Writer::new(token);
    third.write_all(b"Salted__")?;
    third.write_all(&salt)?;
    CipherWriter::new(third, &key)
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
    fn new(out: W, key: &KeyAndIv) -> Result<Self, SealError> {
        let cipher = Crypter::new(Cipher::aes_256_cbc(), Mode::Encrypt, key.key(), Some(key.iv()));
        Ok(Self { out, cipher: cipher.map_err(|_| SealError::Cipher)?, buffer: vec![0; CHUNK + BLOCK] })
    }

    fn finish(mut self) -> Result<W, SealError> {
        let length = self.cipher.finalize(&mut self.buffer).map_err(|_| SealError::Cipher)?;
        self.write_buffer(length)?;
        Ok(self.out)
    }

    fn write_buffer(&mut self, length: usize) -> io::Result<()> {
        let bytes = self.buffer.get(..length).ok_or_else(|| io::Error::other("AES wrote too many bytes"))?;
        self.out.write_all(bytes)
    }
}

impl<W: Write> Write for CipherWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (taken, _) = bytes.split_at_checked(CHUNK).unwrap_or((bytes, &[]));
        let length = self.cipher.update(taken, &mut self.buffer)?;
        self.write_buffer(length)?;
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
