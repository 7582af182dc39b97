//! A sealed secret: text for a Kubernetes Secret of a CCCO pod that only the guest can open.
//!
//! ```text
//! sealed secret = "sealed." base64url(header) "." base64url(payload) "." base64url(RS512(header "." payload))
//! ```
//!
//! Source: docs/format/sealed-secret.md. The secret is encrypted with AES-256-GCM under a key of its own, and that key
//! with RSA. The author's section holds the key that opens it, and the key that verifies the signature. Opening is for the
//! guest, and not in this crate.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use contract_pki::private_key::{self, SealingKey};
use contract_pki::random::{RandomError, Randomness};
use contract_pki::verifying_key::VerifyingKey;
use findings::{Advice, Blame};
use openssl::symm::{Cipher, encrypt_aead};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::kind::SectionName;
use crate::token::{WrapError, wrap};

/// Most bytes of a secret: sealed, it still fits into a Kubernetes Secret, which has 1 MiB at most.
pub const LARGEST_SECRET: usize = 256 << 10;

/// Most bytes of the text.
pub const LONGEST: usize = 1 << 20;

/// Bytes of the AES key.
pub const KEY_LENGTH: usize = 32;

/// Bytes of the tag behind the ciphertext.
pub const TAG_LENGTH: usize = 16;

/// Bytes of the nonce.
pub const IV_LENGTH: usize = 12;

const PREFIX: &str = "sealed.";

/// Why there is no sealed secret.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum SealError {
    #[error("the secret has {0} bytes, {LARGEST_SECRET} at most are possible")]
    TooLarge(usize),
    #[error("the secret is empty")]
    Empty,
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Wrap(#[from] WrapError),
    #[error(transparent)]
    Sign(#[from] private_key::Error),
    #[error("OpenSSL could not encrypt with AES-256-GCM")]
    Cipher,
    #[error("cannot write JSON")]
    Json(#[from] serde_json::Error),
}

impl Advice for SealError {
    fn blame(&self) -> Blame {
        if matches!(self, Self::TooLarge(_) | Self::Empty) { Blame::Input } else { Blame::Machine }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::TooLarge(_) => vec!["seal a key, and put what it encrypts elsewhere".into()],
            Self::Empty => vec!["name a file with the secret: `--from-file FILE`".into()],
            _ => Vec::new(),
        }
    }
}

/// Why a text is no sealed secret. Never holds a part of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    #[error("it is not `sealed.` and three parts with dots between them")]
    Parts,
    #[error("its {0} is not base64url without padding")]
    Base64(&'static str),
    #[error("its {0} is not the JSON of a sealed secret")]
    Json(&'static str),
    #[error("its `{field}` is not {expected}")]
    Field { field: &'static str, expected: String },
    #[error("its `{0}` is not base64, or has another length")]
    Value(&'static str),
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec!["name the text alone, as `workload-provider sealed-secret seal -o FILE` writes it".into()]
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

/// The fields in the order of their names, as the tool of IBM writes them.
#[derive(Serialize, Deserialize)]
struct Payload {
    encrypted_data: String,
    encrypted_key: String,
    iv: String,
    key_id: String,
    provider: String,
    r#type: String,
    version: String,
    wrap_type: String,
}

const ALGORITHM: &str = "RS512";
const PROVIDER: &str = "ibm-hpcr-contract";
const TYPE: &str = "kms";
const VERSION: &str = "0.1.0";
const WRAP_TYPE: &str = "A256GCM";

/// A sealed secret that is read, and not verified yet.
#[derive(Debug)]
pub struct SealedSecret {
    /// The section whose keys open it.
    pub section: SectionName,
    /// The AES key under RSA, PKCS#1 v1.5.
    pub encrypted_key: Vec<u8>,
    /// AES-256-GCM ciphertext, then its tag.
    pub encrypted_data: Vec<u8>,
    /// The nonce.
    pub iv: [u8; IV_LENGTH],
    signed: String,
    signature: Vec<u8>,
}

impl SealedSecret {
    /// Reads the text. White space around it does not count.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > LONGEST {
            return Err(Error::TooLong);
        }
        let parts = text.trim().strip_prefix(PREFIX).ok_or(Error::Parts)?;
        let (signed, signature) = parts.rsplit_once('.').ok_or(Error::Parts)?;
        let (header, payload) =
            signed.split_once('.').filter(|it| !it.1.contains('.')).ok_or(Error::Parts)?;
        let header: Header = from_json(header, "header")?;
        let section =
            [SectionName::Workload, SectionName::Env].into_iter().find(|it| header.kid == verify_id(*it));
        let section = section.ok_or_else(|| Error::Field {
            field: "kid",
            expected: "`workload_verify` or `env_verify`".to_owned(),
        })?;
        let payload: Payload = from_json(payload, "payload")?;
        for (field, found, expected) in [
            ("alg", &header.alg, ALGORITHM),
            ("key_id", &payload.key_id, &decrypt_id(section)),
            ("provider", &payload.provider, PROVIDER),
            ("type", &payload.r#type, TYPE),
            ("version", &payload.version, VERSION),
            ("wrap_type", &payload.wrap_type, WRAP_TYPE),
        ] {
            if found != expected {
                return Err(Error::Field { field, expected: format!("`{expected}`") });
            }
        }
        let iv = value(&payload.iv, "iv")?;
        let encrypted_data = value(&payload.encrypted_data, "encrypted_data")?;
        if encrypted_data.len() < TAG_LENGTH {
            return Err(Error::Value("encrypted_data"));
        }
        Ok(Self {
            section,
            encrypted_key: value(&payload.encrypted_key, "encrypted_key")?,
            encrypted_data,
            iv: iv.try_into().map_err(|_| Error::Value("iv"))?,
            signed: signed.to_owned(),
            signature: base64url(signature, "signature")?,
        })
    }

    /// Whether the signature is that of this key.
    pub fn verifies(&self, key: &VerifyingKey) -> bool {
        key.verifies_sha512(&openssl::sha::sha512(self.signed.as_bytes()), &self.signature)
    }
}

/// Seals a secret for the guest of this section: `recipient` is the public half of the section's `decryptionKey`, and
/// `key` the private half of its `verificationKey`.
pub fn seal(
    secret: &[u8],
    section: SectionName,
    key: &SealingKey,
    recipient: &VerifyingKey,
    randomness: &mut dyn Randomness,
) -> Result<String, SealError> {
    match secret.len() {
        0 => return Err(SealError::Empty),
        length if length > LARGEST_SECRET => return Err(SealError::TooLarge(length)),
        _ => {}
    }
    let rsa = recipient.rsa().map_err(|_| WrapError::Openssl)?;
    let mut aes_key = Zeroizing::new([0; KEY_LENGTH]);
    let mut iv = [0; IV_LENGTH];
    randomness.fill(aes_key.as_mut_slice())?;
    randomness.fill(&mut iv)?;
    let mut tag = [0; TAG_LENGTH];
    let ciphertext =
        encrypt_aead(Cipher::aes_256_gcm(), aes_key.as_slice(), Some(&iv), &[], secret, &mut tag)
            .map_err(|_| SealError::Cipher)?;
    let header = Header { alg: ALGORITHM.to_owned(), kid: verify_id(section) };
    let payload = Payload {
        encrypted_data: STANDARD.encode([&ciphertext[..], &tag].concat()),
        encrypted_key: STANDARD.encode(wrap(aes_key.as_slice(), &rsa, randomness)?),
        iv: STANDARD.encode(iv),
        key_id: decrypt_id(section),
        provider: PROVIDER.to_owned(),
        r#type: TYPE.to_owned(),
        version: VERSION.to_owned(),
        wrap_type: WRAP_TYPE.to_owned(),
    };
    let part = |json: String| URL_SAFE_NO_PAD.encode(json);
    let signed =
        format!("{}.{}", part(serde_json::to_string(&header)?), part(serde_json::to_string(&payload)?));
    let signature = key.sign_sha512(&openssl::sha::sha512(signed.as_bytes()))?;
    Ok(format!("{PREFIX}{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn verify_id(section: SectionName) -> String {
    format!("{section}_verify")
}

fn decrypt_id(section: SectionName) -> String {
    format!("{section}_decrypt")
}

fn from_json<T: for<'a> Deserialize<'a>>(part: &str, name: &'static str) -> Result<T, Error> {
    serde_json::from_slice(&base64url(part, name)?).map_err(|_| Error::Json(name))
}

fn base64url(part: &str, name: &'static str) -> Result<Vec<u8>, Error> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Error::Base64(name))
}

fn value(base64: &str, name: &'static str) -> Result<Vec<u8>, Error> {
    STANDARD.decode(base64).map_err(|_| Error::Value(name))
}
