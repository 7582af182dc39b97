//! SSHSIG: a persona's signature over `statement.json`, as `ssh-keygen -Y sign` makes it.
//!
//! ```text
//! signature = armor("SSHSIG" || uint32(1) || string(public key) || string(namespace) || string("")
//!                   || string(hash) || string(signature of signed))
//! signed    = "SSHSIG" || string(namespace) || string("") || string(hash) || string(HASH(message))
//! ```
//! Source: OpenSSH's PROTOCOL.sshsig. A signature that verifies tells which key made it, and not whose key that is:
//! [`AllowedSigners`](crate::allowed_signers::AllowedSigners) knows.

mod armor;
mod sign;
mod verify;

use std::fmt;

use openssl::hash::MessageDigest;

use crate::ssh_key::wire::{Damaged, Reader, put};
use crate::ssh_key::{self, PublicKey};
use findings::{Advice, Blame};

/// Characters of an armored signature; those of the largest RSA key are a third of it.
pub const LONGEST: usize = 16 << 10;

const MAGIC: &[u8; 6] = b"SSHSIG";
const VERSION: u32 = 1;

/// What a signature is for: one that was made for something else does not count.
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

    /// The section that it vouches for: `workload` or `env`.
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

/// Why a text is no signature, or one that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More than [`LONGEST`].
    #[error("longer than {LONGEST} bytes, which no SSH signature is")]
    TooLong,
    /// No BEGIN, no END, something beside them, damaged base64.
    #[error("not an armored SSH signature: {0}")]
    Armor(&'static str),
    /// The fields inside.
    #[error("a damaged SSH signature: {0}")]
    Damaged(#[from] Damaged),
    /// Of a later OpenSSH.
    #[error("an SSH signature of version {0}, expected {VERSION}")]
    Version(u32),
    /// The key inside.
    #[error("a signature by a key that may not vouch: {0}")]
    Key(#[from] ssh_key::Error),
    /// Made for another purpose.
    #[error("made in the namespace `{found}`, and due is `{due}`")]
    Namespace {
        /// What the signature says.
        found: String,
        /// What it was to be made for.
        due: Namespace,
    },
    /// Neither `sha256` nor `sha512`.
    #[error("the message is hashed with `{0}`, expected `sha256` or `sha512`")]
    Hash(String),
    /// Not of the key, or broken: SHA-1 with RSA.
    #[error("signed with `{algorithm}`, which is not accepted of a key of type {label}")]
    Algorithm {
        /// What the signature says.
        algorithm: String,
        /// The key's type.
        label: &'static str,
    },
    /// A hardware key that signed by itself.
    #[error("the hardware key signed without anybody touching it")]
    NobodyPresent,
    /// The numbers.
    #[error("the signature does not verify: the statement was changed, or another key signed it")]
    Wrong,
    /// OpenSSL refused to sign.
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
            Self::Namespace { due, .. } => {
                format!("sign again: `ssh-keygen -Y sign -n {due} -f KEY statement.json`")
            }
            Self::Key(error) => return error.hints(),
            Self::Algorithm { .. } | Self::NobodyPresent | Self::Hash(_) => {
                "sign with another key: `ssh-keygen -t ed25519` makes one".into()
            }
            Self::Wrong => "ask whoever made the handoff for it again, and compare its SHA-256 by telephone: `sha256sum FILE`".into(),
            Self::CannotSign => return Vec::new(),
            _ => "see what `ssh-keygen -Y check-novalidate -n NAMESPACE -s statement.json.sig <statement.json` says".into(),
        }]
    }
}

/// How the message is hashed before it is signed.
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

    /// What a signature is made over, beside the magic: the same fields that it names, and the message's hash.
    fn signed(self, namespace: &str, message: &[u8]) -> Result<Vec<u8>, openssl::error::ErrorStack> {
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

/// A signature as it came, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    key: PublicKey,
    namespace: String,
    hash: Hash,
    /// `string(algorithm) || string(signature)`, and more of hardware keys.
    made: Vec<u8>,
}

/// A signature that holds: this key signed the message, in this namespace. Whether the key may, nobody has said yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedSignature {
    key: PublicKey,
    namespace: Namespace,
}

impl Signature {
    /// Reads an armored signature; nothing may stand beside it.
    pub fn parse(armored: &str) -> Result<Self, Error> {
        Self::of_bytes(&armor::open(armored)?)
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, Error> {
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
        // OpenSSH passes over what stands there, and does not sign it: anybody could write into it
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

    /// What the signature claims to be for.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Holds the signature against the message.
    pub fn verify(self, message: &[u8], namespace: Namespace) -> Result<VerifiedSignature, Error> {
        if self.namespace != namespace.as_str() {
            return Err(Error::Namespace { found: self.namespace, due: namespace });
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

    /// What it signed for.
    pub fn namespace(&self) -> Namespace {
        self.namespace
    }

    pub(crate) fn into_key(self) -> PublicKey {
        self.key
    }
}
