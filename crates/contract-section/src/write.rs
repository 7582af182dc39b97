//! The section's bytes, as the guest will read them.

use std::{
    io::{self, Write},
    num::NonZeroUsize,
};

use contract_archive::Archive;
use contract_core::{
    digest::Digesting,
    packed::Packed,
    token::{self, Base64Writer, Encrypted, Recipient, SealError},
};
use contract_pki::{certificate::VerifiedCertificate, platform::Platform, random::Randomness};
use findings::{Advice, Blame};
use serde::Serialize;

use crate::{Part, Readable, Section};

/// Why a section could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The folder inside.
    #[error(transparent)]
    Archive(#[from] contract_archive::Error),
    /// The output failed.
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

/// Why a section could not be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum EncryptError {
    /// The section could not be read or passed on.
    #[error(transparent)]
    Section(#[from] WriteError),
    /// The token around it could not be made.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<io::Error> for EncryptError {
    fn from(error: io::Error) -> Self {
        SealError::from(error).into()
    }
}

impl EncryptError {
    fn cause(&self) -> &dyn Advice {
        match self {
            Self::Section(error) => error,
            Self::Seal(error) => error,
        }
    }
}

impl Advice for EncryptError {
    fn blame(&self) -> Blame {
        self.cause().blame()
    }

    fn hints(&self) -> Vec<String> {
        self.cause().hints()
    }
}

/// The section's size and digests, to be compared with a token opened by `openssl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// Bytes of the section.
    pub bytes: u64,
    /// Lower-case hex SHA-256 of the section.
    pub sha256: String,
    /// The archive inside, if there is one.
    pub archive: Option<Packed>,
}

impl<K: Readable> Section<K> {
    /// Streams the section exactly as it is encrypted, and packs its folder. `progress` receives the bytes of files packed
    /// so far.
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
        Ok(Measured { bytes: out.bytes(), sha256: out.sha256(), archive })
    }

    /// Streams the section's token to `out`, without a line end.
    pub fn encrypt(
        &self,
        certificate: &VerifiedCertificate,
        platform: Platform,
        randomness: &mut dyn Randomness,
        workers: NonZeroUsize,
        out: &mut dyn Write,
        progress: &dyn Fn(u64),
    ) -> Result<Encrypted, EncryptError> {
        let write = |ciphertext: &mut dyn Write| Ok(self.write_to(ciphertext, workers, progress)?);
        token::encrypt(Recipient::Guest(certificate), platform.prefix(), randomness, out, write)
    }
}
