//! OpenSSH's private key files, of the types that we sign with: Ed25519 and ECDSA.
//!
//! ```text
//! "openssh-key-v1" NUL || string(cipher) || string(kdf) || string(kdf options) || uint32(1)
//!   || string(public key) || string(AES[bcrypt(passphrase)](check || check || private key || comment || padding))
//! ```
//! Source: OpenSSH's PROTOCOL.key. The public half is not encrypted, so the type of key is known before anybody is asked for a
//! passphrase.

use std::fmt;

use contract_pki::pem;
use findings::{Advice, Blame};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::symm::{Cipher, Crypter, Mode};
use zeroize::Zeroizing;

use crate::ssh_key::wire::{Damaged, Reader};
use crate::ssh_key::{Curve, KeyType, PublicKey};

/// The label of its PEM block.
const LABEL: &str = "OPENSSH PRIVATE KEY";
const MAGIC: &[u8] = b"openssh-key-v1\0";
/// Bytes of a cipher's block.
const BLOCK: usize = 16;

/// Most bcrypt rounds: OpenSSH's default is 16 or 24; 4,096 take half a minute.
const MOST_ROUNDS: u32 = 4096;

/// Why a private key cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    /// `ssh-keygen -Y sign` can sign with it, and we can't.
    #[error("{0}: `ssh-keygen` signs with it")]
    ForSshKeygen(String),
    #[error("not a private key of OpenSSH, or a damaged one")]
    NotAKey,
    #[error("a damaged private key: {0}")]
    Damaged(#[from] Damaged),
    #[error(transparent)]
    Public(#[from] super::Error),
    #[error("a private key that does not belong to the public key in the same file")]
    Halves,
    #[error("the passphrase does not open the key")]
    WrongPassphrase,
    #[error("no passphrase: {0}")]
    NoPassphrase(String),
    #[error("a passphrase stretched {0} times, at most {MOST_ROUNDS} are accepted")]
    Rounds(u32),
    #[error("OpenSSL could not {0}")]
    Openssl(&'static str),
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        match self {
            Self::WrongPassphrase | Self::NoPassphrase(_) => Blame::Secret,
            Self::Openssl(_) => Blame::Machine,
            Self::Public(error) => error.blame(),
            _ => Blame::Input,
        }
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::NotAKey | Self::Damaged(_) | Self::Halves => {
                "see what it holds: `ssh-keygen -y -f KEY`; or make a key: `ssh-keygen -t ed25519`".into()
            }
            Self::Public(error) => return error.hints(),
            Self::WrongPassphrase => "try it: `ssh-keygen -y -f KEY`".into(),
            Self::NoPassphrase(_) => "give it with `--passphrase-file FILE` or `--passphrase-fd N`".into(),
            Self::Rounds(_) => "protect it with fewer: `ssh-keygen -p -a 100 -f KEY`".into(),
            Self::ForSshKeygen(_) => "sign with it: `ssh-keygen -Y sign -n NAMESPACE -f KEY FILE`".into(),
            Self::Openssl(_) => return Vec::new(),
        }]
    }
}

/// An Ed25519 or ECDSA private key. Wiped by OpenSSL when dropped; neither shown nor serialised.
pub struct PrivateKey {
    public: PublicKey,
    pair: PKey<Private>,
}

impl PrivateKey {
    /// Reads a private key file; `passphrase` is called only if it is needed, and only for a key that we sign with.
    pub fn parse(
        text: &str,
        passphrase: &mut dyn FnMut() -> Result<Zeroizing<Vec<u8>>, String>,
    ) -> Result<Self, Error> {
        let block = pem::only_block(text).map_err(|_| Error::NotAKey)?;
        match block.label.as_str() {
            LABEL => {}
            label if label.ends_with("PRIVATE KEY") => {
                return Err(Error::ForSshKeygen(format!("a key in the form `{label}`")));
            }
            _ => return Err(Error::NotAKey),
        }
        let mut reader = Reader::new(block.der.strip_prefix(MAGIC).ok_or(Error::NotAKey)?);
        let (cipher, kdf) = (reader.text("cipher")?, reader.text("key derivation")?);
        let options = reader.string("key derivation")?;
        if reader.number("count of keys")? != 1 {
            return Err(Damaged("count of keys").into());
        }
        let public = PublicKey::parse(reader.string("public key")?)?;
        let sealed = reader.string("private key")?;
        if !matches!(public.kind, KeyType::Ed25519 | KeyType::Ecdsa(_)) {
            return Err(Error::ForSshKeygen(format!("a key of type {}", public.kind.label())));
        }
        if cipher == "none" && kdf == "none" {
            reader.end()?;
            return Self::from_opened(public, sealed).map_err(|error| error.unwrap_or(Error::NotAKey));
        }
        let aes = aes(cipher).filter(|_| kdf == "bcrypt");
        let aes = aes.ok_or_else(|| Error::ForSshKeygen(format!("a key protected by `{cipher}`")))?;
        reader.end()?;
        let given = passphrase().map_err(Error::NoPassphrase)?;
        let opened = open(aes, options, &given, sealed)?;
        Self::from_opened(public, &opened).map_err(|error| error.unwrap_or(Error::WrongPassphrase))
    }

    /// Its public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(crate) fn pair(&self) -> &PKey<Private> {
        &self.pair
    }

    /// `check || check || string(type) || private fields || string(comment) || 1, 2, 3, …`; `Err(None)` if the two checks
    /// differ.
    fn from_opened(public: PublicKey, opened: &[u8]) -> Result<Self, Option<Error>> {
        let mut reader = Reader::new(opened);
        let checks = (reader.number("check"), reader.number("check"));
        if checks.0.is_err() || checks.0 != checks.1 {
            return Err(None);
        }
        Self::from_fields(public, reader).map_err(Some)
    }

    fn from_fields(public: PublicKey, mut reader: Reader<'_>) -> Result<Self, Error> {
        if reader.text("type")? != public.kind.name() {
            return Err(Error::Halves);
        }
        let pair = match public.kind {
            KeyType::Ecdsa(curve) => ecdsa(curve, &mut reader),
            _ => ed25519(&mut reader),
        }?;
        reader.string("comment")?;
        // less than one block of any cipher
        let padding = reader.rest();
        if padding.len() >= BLOCK || !padding.iter().zip(1_u8..).all(|(byte, expected)| *byte == expected) {
            return Err(Damaged("padding").into());
        }
        if !pair.public_eq(&public.pair) {
            return Err(Error::Halves);
        }
        Ok(Self { public, pair })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public.listing(""))
    }
}

/// `string(point) || string(seed || point)`.
fn ed25519(reader: &mut Reader<'_>) -> Result<PKey<Private>, Error> {
    let _ = reader.string("public key")?;
    let both: &[u8; 64] = reader.string("private key")?.try_into().map_err(|_| Damaged("private key"))?;
    let (seed, _) = both.split_at(32);
    PKey::private_key_from_raw_bytes(seed, Id::ED25519).map_err(|_| Error::Halves)
}

/// `string(curve) || string(point) || mpint(scalar)`.
fn ecdsa(curve: Curve, reader: &mut Reader<'_>) -> Result<PKey<Private>, Error> {
    let _ = reader.string("curve")?;
    let (point, scalar) = (reader.string("public key")?, reader.positive("private key")?);
    let read = || {
        let group = curve.group()?;
        let point = EcPoint::from_bytes(&group, point, &mut *BigNumContext::new()?)?;
        // OpenSSL wipes only numbers marked as secret
        let mut secret = BigNum::new_secure()?;
        secret.copy_from_slice(scalar)?;
        let key = EcKey::from_private_components(&group, &secret, &point)?;
        // compares the point with the scalar
        key.check_key()?;
        PKey::from_ec_key(key)
    };
    read().map_err(|_: ErrorStack| Error::Halves)
}

/// The ciphers without an authentication tag; the default is `aes256-ctr`.
fn aes(name: &str) -> Option<Cipher> {
    Some(match name {
        "aes128-ctr" => Cipher::aes_128_ctr(),
        "aes192-ctr" => Cipher::aes_192_ctr(),
        "aes256-ctr" => Cipher::aes_256_ctr(),
        "aes128-cbc" => Cipher::aes_128_cbc(),
        "aes192-cbc" => Cipher::aes_192_cbc(),
        "aes256-cbc" => Cipher::aes_256_cbc(),
        _ => return None,
    })
}

/// `options = string(salt) || uint32(rounds)`.
fn open(aes: Cipher, options: &[u8], passphrase: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut reader = Reader::new(options);
    let (salt, rounds) = (reader.string("salt")?, reader.number("rounds")?);
    reader.end()?;
    if rounds > MOST_ROUNDS {
        return Err(Error::Rounds(rounds));
    }
    if salt.is_empty() || rounds == 0 {
        return Err(Damaged("key derivation").into());
    }
    let iv_length = aes.iv_len().ok_or(Damaged("cipher"))?;
    let mut derived = Zeroizing::new(vec![0; aes.key_len() + iv_length]);
    let mut memory = Zeroizing::new(vec![0; derived.len().next_multiple_of(32)]);
    // it refuses only an empty passphrase, which OpenSSH never uses
    bcrypt_pbkdf::bcrypt_pbkdf_with_memory(passphrase, salt, rounds, &mut derived, &mut memory)
        .map_err(|_| Error::WrongPassphrase)?;
    let (key, iv) = derived.split_at_checked(aes.key_len()).ok_or(Damaged("cipher"))?;
    if !sealed.len().is_multiple_of(BLOCK) {
        return Err(Damaged("private key").into());
    }
    let decrypt = || {
        let mut crypter = Crypter::new(aes, Mode::Decrypt, key, Some(iv))?;
        crypter.pad(false);
        let mut opened = Zeroizing::new(vec![0; sealed.len() + aes.block_size()]);
        let written = crypter.update(sealed, &mut opened)?;
        opened.truncate(written);
        Ok::<_, ErrorStack>(opened)
    };
    decrypt().map_err(|_| Error::Openssl("decrypt the key"))
}
