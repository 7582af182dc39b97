//! The key that verifies a signature: `envWorkloadSignature`, where it travels in the env section as `signingKey`, or an
//! attestation record's, where it stands in a certificate.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use openssl::md::Md;
use openssl::pkey::{Id, PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::x509::X509;

use crate::advice::{Advice, Blame};
use crate::certificate::{self, CertificateFacts, MINIMUM_BITS};
use crate::pem::{self, PemError};

/// Why a text is no verifying key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither PEM nor base64 of PEM.
    #[error("not a public key or certificate: {0}")]
    Pem(#[from] PemError),
    /// `RSA PUBLIC KEY`: the contract's schema refuses it.
    #[error("a PKCS#1 `RSA PUBLIC KEY`, which the contract's schema refuses")]
    Pkcs1,
    /// A private key where a public one is due.
    #[error("a private key (`{0}`), where only a public key may travel")]
    Private(String),
    /// Some other PEM.
    #[error("a PEM `{0}`, expected `PUBLIC KEY` or `CERTIFICATE`")]
    Label(String),
    /// The body does not decode.
    #[error("the body of its `{0}` block is damaged")]
    Damaged(&'static str),
    /// EC, Ed25519, DSA, …
    #[error("a key of type {0}; contracts are signed with RSA only")]
    NotRsa(String),
    /// Too few bits.
    #[error("an RSA key of {0} bits, at least {MINIMUM_BITS} are needed")]
    TooShort(u32),
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::Pkcs1 => {
                "convert it: `openssl rsa -RSAPublicKey_in -in OLD.pem -pubout -out PUBLIC.pem`".into()
            }
            Self::Private(_) => {
                "make the public half: `contract-signer public-key signing-key.pem -o PUBLIC.pem`".into()
            }
            Self::NotRsa(_) | Self::TooShort(_) => {
                "make a key: `contract-signer keygen -o signing-key.pem`".into()
            }
            Self::Pem(_) | Self::Label(_) | Self::Damaged(_) => {
                "ask the contract signer for the file that `contract-signer public-key` wrote".into()
            }
        }]
    }
}

/// An RSA public key in one of the forms of `signingKey` (contract-format, section 5): PEM `PUBLIC KEY`, PEM
/// `CERTIFICATE`, or base64 (once) of either.
#[derive(Clone)]
pub struct VerifyingKey {
    key: PKey<Public>,
    fingerprint: String,
    validity: Option<(Timestamp, Timestamp)>,
    subject: Option<String>,
}

impl VerifyingKey {
    /// Reads a key in any of the legal forms.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match pem::only_block(text) {
            Ok(block) => Self::of_block(&block),
            Err(PemError::NoBlock) => {
                let bytes = STANDARD
                    .decode(text.split_ascii_whitespace().collect::<String>())
                    .map_err(|_| Error::Pem(PemError::NoBlock))?;
                let inner = String::from_utf8(bytes).map_err(|_| Error::Pem(PemError::NoBlock))?;
                Self::of_block(&pem::only_block(&inner)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn of_block(block: &pem::Block) -> Result<Self, Error> {
        match block.label.as_str() {
            "PUBLIC KEY" => {
                let key = PKey::public_key_from_der(&block.der).map_err(|_| Error::Damaged("PUBLIC KEY"))?;
                Self::of_key(key, None)
            }
            "CERTIFICATE" => {
                let damaged = |_| Error::Damaged("CERTIFICATE");
                let x509 = X509::from_der(&block.der).map_err(damaged)?;
                let begin = certificate::timestamp(x509.not_before()).map_err(damaged)?;
                let end = certificate::timestamp(x509.not_after()).map_err(damaged)?;
                let key = Self::of_key(x509.public_key().map_err(damaged)?, Some((begin, end)))?;
                Ok(Self { subject: Some(certificate::one_line(x509.subject_name())), ..key })
            }
            "RSA PUBLIC KEY" => Err(Error::Pkcs1),
            label if label.ends_with("PRIVATE KEY") => Err(Error::Private(label.to_owned())),
            label => Err(Error::Label(label.to_owned())),
        }
    }

    pub(crate) fn of_key(key: PKey<Public>, validity: Option<(Timestamp, Timestamp)>) -> Result<Self, Error> {
        if key.id() != Id::RSA {
            return Err(Error::NotRsa(key_type(key.id())));
        }
        if key.bits() < MINIMUM_BITS {
            return Err(Error::TooShort(key.bits()));
        }
        let fingerprint = key.rsa().and_then(|rsa| certificate::key_fingerprint(&rsa));
        let fingerprint = fingerprint.map_err(|_| Error::Damaged("PUBLIC KEY"))?;
        Ok(Self { key, fingerprint, validity, subject: None })
    }

    /// Of a certificate that was verified: RSA, and long enough.
    pub(crate) fn of_certificate(key: PKey<Public>, facts: CertificateFacts) -> Self {
        let validity = Some((facts.not_before, facts.not_after));
        Self { key, fingerprint: facts.key_fingerprint, validity, subject: Some(facts.subject) }
    }

    /// `sha256:` and the lower-case hex SHA-256 of the DER `SubjectPublicKeyInfo`.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// When the certificate that carries the key ends, and the contract with it; none for a bare key.
    pub fn expires(&self) -> Option<Timestamp> {
        self.validity.map(|(_, end)| end)
    }

    /// When that certificate begins.
    pub fn begins(&self) -> Option<Timestamp> {
        self.validity.map(|(begin, _)| begin)
    }

    /// Of that certificate, on one line; none for a bare key.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The key alone, as PEM `PUBLIC KEY`.
    pub fn to_pem(&self) -> Result<String, Error> {
        let pem = self.key.public_key_to_pem().map_err(|_| Error::Damaged("PUBLIC KEY"))?;
        String::from_utf8(pem).map_err(|_| Error::Damaged("PUBLIC KEY"))
    }

    /// Whether `signature` is RSASSA-PKCS1-v1_5 over this SHA-256 digest (contract-format, section 5).
    pub fn verifies(&self, digest: &[u8; 32], signature: &[u8]) -> bool {
        let verify = || {
            let mut context = PkeyCtx::new(&self.key)?;
            context.verify_init()?;
            context.set_rsa_padding(Padding::PKCS1)?;
            context.set_signature_md(Md::sha256())?;
            context.verify(digest, signature)
        };
        // a malformed signature is an OpenSSL error, and no less a refusal
        let verdict: Result<bool, openssl::error::ErrorStack> = verify();
        verdict.unwrap_or(false)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.fingerprint)
    }
}

/// The name of a key's algorithm for messages.
pub(crate) fn key_type(id: Id) -> String {
    id_name(id).map_or_else(|| format!("number {}", id.as_raw()), str::to_owned)
}

fn id_name(id: Id) -> Option<&'static str> {
    Some(match id {
        Id::EC => "EC",
        Id::ED25519 => "Ed25519",
        Id::ED448 => "Ed448",
        Id::X25519 => "X25519",
        Id::DSA => "DSA",
        Id::DH => "DH",
        Id::RSA_PSS => "RSA-PSS",
        _ => return None,
    })
}
