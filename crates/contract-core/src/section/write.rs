//! The section's bytes, as the guest will read them.

use std::io::{self, Write};
use std::num::NonZeroUsize;

use serde::Serialize;

use super::{Kind, Part, Section};
use crate::archive::{self, Archive, Digesting, Packed};
use crate::token::Base64Writer;
use findings::text::hex;
use findings::{Advice, Blame};

/// Why a section could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The folder inside.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// Whatever takes the bytes.
    #[error("cannot write the section")]
    Write(#[from] io::Error),
}

impl Advice for WriteError {
    fn blame(&self) -> Blame {
        match self {
            Self::Archive(error) => error.blame(),
            Self::Write(_) => Blame::Machine,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Archive(error) => error.hints(),
            Self::Write(_) => Vec::new(),
        }
    }
}

/// The section's bytes, measured; who opens a token with `openssl` can compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// Bytes of the section.
    pub bytes: u64,
    /// Lower-case hex SHA-256 of the section.
    pub sha256: String,
    /// The archive inside, where there is one.
    pub archive: Option<Packed>,
}

impl<K: Kind> Section<K> {
    /// Streams the section byte for byte as it is encrypted, its folder packed on the way. `progress` is told the bytes
    /// of files packed so far.
    pub fn write_to(
        &self,
        out: &mut dyn Write,
        workers: NonZeroUsize,
        progress: &dyn Fn(u64),
    ) -> Result<Option<Packed>, WriteError> {
        let mut packed = None;
        for part in self.parts() {
            match part {
                Part::Text(text) => out.write_all(text.as_bytes())?,
                Part::Folder(folder) => {
                    let mut encoded = Base64Writer::new(&mut *out);
                    packed = Some(Archive::of(folder)?.write_to(&mut encoded, workers, progress)?);
                    encoded.finish()?;
                }
            }
        }
        Ok(packed)
    }

    /// As [`Section::write_to`], for size and digest alone.
    pub fn measure(&self, workers: NonZeroUsize, progress: &dyn Fn(u64)) -> Result<Measured, WriteError> {
        let mut out = Digesting::new(io::sink());
        let archive = self.write_to(&mut out, workers, progress)?;
        Ok(Measured { bytes: out.bytes, sha256: hex(&out.hasher.finish()), archive })
    }
}
