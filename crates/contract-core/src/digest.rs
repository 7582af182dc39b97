//! A writer that counts and hashes.

use std::io::{self, Write};

use findings::text::hex;

/// Passes bytes on, with their count and SHA-256.
pub struct Digesting<W> {
    out: W,
    hasher: openssl::sha::Sha256,
    bytes: u64,
}

impl<W> Digesting<W> {
    /// Passes bytes on to `out`.
    pub fn new(out: W) -> Self {
        Self { out, hasher: openssl::sha::Sha256::new(), bytes: 0 }
    }

    /// How many bytes there were.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Their SHA-256, lower-case hex.
    pub fn sha256(&self) -> String {
        hex(&self.hasher.clone().finish())
    }

    /// The inner writer.
    pub fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
