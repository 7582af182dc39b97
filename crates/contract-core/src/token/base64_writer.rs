//! Base64 as a stream, large chunks at a time: the library's own encoder writer takes one kilobyte at a time.

use std::io::{self, Write};

use base64::Engine as _;

use super::base64_engine::ENGINE;

/// A multiple of three, so that only the end has padding.
const CHUNK: usize = 48 * 1024;

/// Encodes what is written to it; [`Base64Writer::finish`] writes the padding.
pub struct Base64Writer<W> {
    out: W,
    chunk: Vec<u8>,
    encoded: Vec<u8>,
}

impl<W: Write> Base64Writer<W> {
    /// Writes base64 of what it is given to `out`.
    pub fn new(out: W) -> Self {
        Self { out, chunk: Vec::with_capacity(CHUNK), encoded: vec![0; CHUNK / 3 * 4] }
    }

    /// Writes the last group, with its padding.
    pub fn finish(mut self) -> io::Result<W> {
        self.encode()?;
        Ok(self.out)
    }

    fn encode(&mut self) -> io::Result<()> {
        let length = ENGINE.encode_slice(&self.chunk, &mut self.encoded).map_err(io::Error::other)?;
        self.chunk.clear();
        let encoded = self.encoded.get(..length).ok_or_else(|| io::Error::other("base64 is too long"))?;
        self.out.write_all(encoded)
    }
}

impl<W: Write> Write for Base64Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (taken, _) = bytes.split_at_checked(CHUNK - self.chunk.len()).unwrap_or((bytes, &[]));
        self.chunk.extend_from_slice(taken);
        if self.chunk.len() == CHUNK {
            self.encode()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
