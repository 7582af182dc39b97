//! SSHSIG: a persona's signature over `statement.json`, as `ssh-keygen -Y sign` makes it.
//!
//! ```text
//! signature = armor("SSHSIG" || uint32(1) || string(public key) || string(namespace) || string("")
//!                   || string(hash) || string(signature of signed))
//! signed    = "SSHSIG" || string(namespace) || string("") || string(hash) || string(HASH(message))
//! ```
//! Source: OpenSSH's PROTOCOL.sshsig. A verified signature shows which key made it, and not who owns that key: see
//! [`AllowedSigners`](crate::allowed_signers::AllowedSigners).

mod armor;
mod sign;
mod verify;

use std::fmt;

use findings::{Advice, Blame};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;

use crate::ssh_key::wire::{Damaged, Reader, put};
use crate::ssh_key::{self, PublicKey};

/// Characters of an armored signature; those of the largest RSA key are a third of it.
pub const LONGEST: usize = 16 << 10;

const MAGIC: &[u8; 6] = b"SSHSIG";
const VERSION: u32 = 1;

/// The purpose of a signature; one for another purpose is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// `hpcr-workload`: the statement of a workload section.
    Workload,
    /// `hpcr-env`: the statement of an env section.
    Env,
}

impl Namespace {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Workload, Self::Env];

    /// As `ssh-keygen -Y sign -n` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workload => "hpcr-workload",
            Self::Env => "hpcr-env",
        }
    }

    /// The section: `workload` or `env`.
    pub fn section(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Env => "env",
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is no signature, or not a valid one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error("longer than {LONGEST} bytes, which no SSH signature is")]
    TooLong,
    #[error("not an armored SSH signature: {0}")]
    Armor(&'static str),
    #[error("a damaged SSH signature: {0}")]
    Damaged(#[from] Damaged),
    #[error("an SSH signature of version {0}, expected {VERSION}")]
    Version(u32),
    #[error("a signature by a key that may not vouch: {0}")]
    Key(#[from] ssh_key::Error),
    #[error("made in the namespace `{found}`, expected `{expected}`")]
    Namespace { found: String, expected: Namespace },
    #[error("the message is hashed with `{0}`, expected `sha256` or `sha512`")]
    Hash(String),
    /// Not of the key, or broken: SHA-1 with RSA.
    #[error("signed with `{algorithm}`, which is not accepted of a key of type {label}")]
    Algorithm { algorithm: String, label: &'static str },
    /// A hardware key that signed by itself.
    #[error("the hardware key signed without anybody touching it")]
    NobodyPresent,
    #[error("the signature does not verify: the statement was changed, or another key signed it")]
    Wrong,
    #[error("OpenSSL could not sign")]
    CannotSign,
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        match self {
            Self::TooLong
            | Self::Armor(_)
            | Self::Damaged(_)
            | Self::Version(_)
            | Self::Key(ssh_key::Error::Damaged(_)) => Blame::Input,
            Self::CannotSign => Blame::Machine,
            _ => Blame::Refusal,
        }
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::Namespace { expected, .. } => {
                format!("sign again: `ssh-keygen -Y sign -n {expected} -f KEY statement.json`")
            }
            Self::Key(error) => return error.hints(),
            Self::Algorithm { .. } | Self::NobodyPresent | Self::Hash(_) => {
                "sign with another key: `ssh-keygen -t ed25519` makes one".into()
            }
            Self::Wrong => "ask the author for the handoff again, and compare its SHA-256 by telephone: `sha256sum FILE`".into(),
            Self::CannotSign => return Vec::new(),
            _ => "see what `ssh-keygen -Y check-novalidate -n NAMESPACE -s statement.json.sig <statement.json` says".into(),
        }]
    }
}

/// The hash of the message that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha512,
}

impl Hash {
    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The bytes that a signature is made over.
    fn signed(self, namespace: &str, message: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let digest = match self {
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha512 => MessageDigest::sha512(),
        };
        let mut signed = MAGIC.to_vec();
        for field in
            [namespace.as_bytes(), b"", self.name().as_bytes(), &openssl::hash::hash(digest, message)?]
        {
            put(&mut signed, field);
        }
        Ok(signed)
    }
}

/// A signature that is not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    key: PublicKey,
    namespace: String,
    hash: Hash,
    /// `string(algorithm) || string(signature)`, and more for hardware keys.
    made: Vec<u8>,
}

/// A verified signature: this key signed the message, in this namespace. Whether the key is allowed to is not checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedSignature {
    key: PublicKey,
    namespace: Namespace,
}

impl Signature {
    /// Reads an armored signature, and nothing else.
    pub fn parse(armored: &str) -> Result<Self, Error> {
        Self::from_bytes(&armor::open(armored)?)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        if reader.take(MAGIC.len(), "beginning")? != MAGIC {
            return Err(Damaged("beginning").into());
        }
        match reader.number("version")? {
            VERSION => {}
            other => return Err(Error::Version(other)),
        }
        let key = reader.string("public key")?;
        let namespace = reader.text("namespace")?.to_owned();
        // OpenSSH ignores this field and does not sign it: anybody could write into it
        if !reader.string("reserved field")?.is_empty() {
            return Err(Damaged("reserved field").into());
        }
        let hash = match reader.text("hash")? {
            "sha256" => Hash::Sha256,
            "sha512" => Hash::Sha512,
            other => return Err(Error::Hash(other.to_owned())),
        };
        let made = reader.string("signature")?.to_vec();
        reader.end()?;
        Ok(Self { key: PublicKey::parse(key)?, namespace, hash, made })
    }

    /// The key that claims to have signed.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The claimed purpose.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Verifies the signature over the message.
    pub fn verify(self, message: &[u8], namespace: Namespace) -> Result<VerifiedSignature, Error> {
        if self.namespace != namespace.as_str() {
            return Err(Error::Namespace { found: self.namespace, expected: namespace });
        }
        let signed = self.hash.signed(&self.namespace, message).map_err(|_| Error::Wrong)?;
        verify::verify(&self.key, &signed, &self.made)?;
        Ok(VerifiedSignature { key: self.key, namespace })
    }
}

impl VerifiedSignature {
    /// The key that signed.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The purpose.
    pub fn namespace(&self) -> Namespace {
        self.namespace
    }

    pub(crate) fn into_key(self) -> PublicKey {
        self.key
    }
}
