//! The key that verifies a signature: `envWorkloadSignature`, for which it is in the env section as `signingKey`, or that of
//! an attestation record, for which it is in a certificate.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use findings::{Advice, Blame};
use openssl::error::ErrorStack;
use openssl::md::{Md, MdRef};
use openssl::pkey::{Id, PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::{Padding, Rsa};
use openssl::x509::{X509, X509Ref};

use crate::extensions::is_authority;
use crate::pem::{self, PemError};
use crate::validity::Validity;
use crate::x509::{CertificateFacts, MINIMUM_BITS, key_fingerprint, key_type};

/// Why a text is no verifying key.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    /// Neither PEM nor base64 of PEM.
    #[error("not a public key or certificate: {0}")]
    Pem(#[from] PemError),
    #[error("a PKCS#1 `RSA PUBLIC KEY`, which the contract's schema refuses")]
    Pkcs1,
    /// Contract-format, section 5.
    #[error("base64 of base64: it is encoded twice, and the guest decodes once")]
    EncodedTwice,
    #[error("a private key (`{0}`), where only a public key may travel")]
    Private(String),
    #[error("a PEM `{0}`, expected `PUBLIC KEY` or `CERTIFICATE`")]
    Label(String),
    #[error("the body of its `{0}` block is damaged")]
    Damaged(&'static str),
    #[error("a key of type {0}; contracts are signed with RSA only")]
    NotRsa(String),
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
            Self::EncodedTwice => "decode it: `base64 -d FILE > ONCE`, and name that file".into(),
            Self::Pem(PemError::SeveralBlocks(_)) => {
                "keep the signing key's own and not its authority's: `contract-signer certify --certificate FILE` finds it"
                    .into()
            }
            Self::Pem(PemError::NoLineEnds) => {
                "write it as a block: `|` behind the key, and its lines indented below".into()
            }
            Self::Pem(_) | Self::Label(_) | Self::Damaged(_) => {
                "ask the contract signer for the file that `contract-signer public-key` wrote".into()
            }
        }]
    }
}

/// A form of `signingKey` that documentation or a tool uses, and that no source shows a guest reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// IBM's page shows it.
    #[error("base64 of a PEM whose line ends are the two characters `\\n`")]
    WrittenLineEnds,
    /// IBM's tool writes it, where a contract gets an end.
    #[error("base64 of base64")]
    EncodedTwice,
}

/// An RSA public key in one of the forms of `signingKey` (contract-format, section 5): PEM `PUBLIC KEY`, PEM
/// `CERTIFICATE`, or base64 (once) of either.
#[derive(Clone)]
pub struct VerifyingKey {
    key: PKey<Public>,
    fingerprint: String,
    carrier: Option<Carrier>,
}

/// The certificate that carries a key.
#[derive(Clone)]
struct Carrier {
    x509: X509,
    facts: CertificateFacts,
    authority: bool,
}

impl VerifyingKey {
    /// Reads a key in any of the legal forms.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match pem::only_block(text) {
            Ok(block) => Self::from_block(&block),
            Err(PemError::NoBlock) => {
                let bytes = STANDARD
                    .decode(text.split_ascii_whitespace().collect::<String>())
                    .map_err(|_| Error::Pem(PemError::NoBlock))?;
                let inner = String::from_utf8(bytes).map_err(|_| Error::Pem(PemError::NoBlock))?;
                match pem::only_block(&inner) {
                    Err(PemError::NoBlock) if is_base64_of_pem(&inner) => Err(Error::EncodedTwice),
                    block => Self::from_block(&block?),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads the PEM that the base64 of a `signingKey` holds; or what else documentation and tools put there.
    pub fn from_decoded(bytes: &[u8]) -> Result<(Self, Option<Doubt>), Error> {
        let text = std::str::from_utf8(bytes).map_err(|_| Error::Pem(PemError::NoBlock))?;
        if text.contains("\\n") {
            return Ok((Self::parse(&text.replace("\\n", "\n"))?, Some(Doubt::WrittenLineEnds)));
        }
        match pem::only_block(text) {
            Err(PemError::NoBlock) if is_base64_of_pem(text) => {
                Ok((Self::parse(text)?, Some(Doubt::EncodedTwice)))
            }
            block => Ok((Self::from_block(&block?)?, None)),
        }
    }

    fn from_block(block: &pem::Block) -> Result<Self, Error> {
        match block.label.as_str() {
            "PUBLIC KEY" => {
                let key = PKey::public_key_from_der(&block.der).map_err(|_| Error::Damaged("PUBLIC KEY"))?;
                Self::from_key(key)
            }
            "CERTIFICATE" => {
                let x509 = X509::from_der(&block.der).map_err(|_| Error::Damaged("CERTIFICATE"))?;
                Self::from_certificate(&x509)
            }
            "RSA PUBLIC KEY" => Err(Error::Pkcs1),
            label if label.ends_with("PRIVATE KEY") => Err(Error::Private(label.to_owned())),
            label => Err(Error::Label(label.to_owned())),
        }
    }

    pub(crate) fn from_certificate(x509: &X509) -> Result<Self, Error> {
        let damaged = |_| Error::Damaged("CERTIFICATE");
        let key = Self::from_key(x509.public_key().map_err(damaged)?)?;
        let carrier = Carrier {
            x509: x509.clone(),
            facts: CertificateFacts::with_fingerprint(x509, key.fingerprint.clone()).map_err(damaged)?,
            authority: is_authority(x509).unwrap_or(false),
        };
        Ok(Self { carrier: Some(carrier), ..key })
    }

    pub(crate) fn from_key(key: PKey<Public>) -> Result<Self, Error> {
        if key.id() != Id::RSA {
            return Err(Error::NotRsa(key_type(key.id())));
        }
        if key.bits() < MINIMUM_BITS {
            return Err(Error::TooShort(key.bits()));
        }
        let fingerprint = key.rsa().and_then(|rsa| key_fingerprint(&rsa));
        let fingerprint = fingerprint.map_err(|_| Error::Damaged("PUBLIC KEY"))?;
        Ok(Self { key, fingerprint, carrier: None })
    }

    /// `sha256:` and the lower-case hex SHA-256 of the DER `SubjectPublicKeyInfo`.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The facts of the certificate that carries the key; `None` for a bare key. The contract ends with it.
    pub fn facts(&self) -> Option<&CertificateFacts> {
        self.carrier.as_ref().map(|it| &it.facts)
    }

    /// The dates of that certificate.
    pub fn validity(&self) -> Option<Validity> {
        self.facts().map(CertificateFacts::validity)
    }

    /// Whether that certificate is an authority's, `CA:TRUE`, and so probably not the signing key's.
    pub fn is_authority(&self) -> bool {
        self.carrier.as_ref().is_some_and(|it| it.authority)
    }

    /// The certificate that carries the key; `None` for a bare key.
    pub fn certificate(&self) -> Option<&X509Ref> {
        self.carrier.as_ref().map(|it| &*it.x509)
    }

    /// The form in the env section: the certificate if there is one, else the key; one PEM block, nothing around it.
    pub fn to_section_pem(&self) -> Result<String, Error> {
        let Some(Carrier { x509, .. }) = &self.carrier else { return self.to_pem() };
        let pem = x509.to_pem().ok().and_then(|pem| String::from_utf8(pem).ok());
        pem.ok_or(Error::Damaged("CERTIFICATE"))
    }

    pub(crate) fn key(&self) -> &PKey<Public> {
        &self.key
    }

    /// The key alone, as PEM `PUBLIC KEY`.
    pub fn to_pem(&self) -> Result<String, Error> {
        let pem = self.key.public_key_to_pem().map_err(|_| Error::Damaged("PUBLIC KEY"))?;
        String::from_utf8(pem).map_err(|_| Error::Damaged("PUBLIC KEY"))
    }

    /// To encrypt under: the use of an auditor key (contract-format, section 8).
    pub fn rsa(&self) -> Result<Rsa<Public>, ErrorStack> {
        self.key.rsa()
    }

    /// Whether `signature` is RSASSA-PKCS1-v1_5 over this SHA-256 digest (contract-format, section 5).
    pub fn verifies(&self, digest: &[u8; 32], signature: &[u8]) -> bool {
        self.verifies_digest(Md::sha256(), digest, signature)
    }

    /// Whether `signature` is RSASSA-PKCS1-v1_5 over this SHA-512 digest: JWS's `RS512`.
    pub fn verifies_sha512(&self, digest: &[u8; 64], signature: &[u8]) -> bool {
        self.verifies_digest(Md::sha512(), digest, signature)
    }

    fn verifies_digest(&self, algorithm: &MdRef, digest: &[u8], signature: &[u8]) -> bool {
        let verify = || {
            let mut context = PkeyCtx::new(&self.key)?;
            context.verify_init()?;
            context.set_rsa_padding(Padding::PKCS1)?;
            context.set_signature_md(algorithm)?;
            context.verify(digest, signature)
        };
        // a malformed signature is an OpenSSL error, and refused like a wrong one
        let verdict: Result<bool, ErrorStack> = verify();
        verdict.unwrap_or(false)
    }

    /// The SHA-256 digest that this key has signed: distinguishes a signature of another text from one of another key.
    pub fn signed_digest(&self, signature: &[u8]) -> Option<[u8; 32]> {
        let recover = || {
            let mut context = PkeyCtx::new(&self.key)?;
            context.verify_recover_init()?;
            context.set_rsa_padding(Padding::PKCS1)?;
            context.set_signature_md(Md::sha256())?;
            let mut digest = vec![0; context.verify_recover(signature, None)?];
            let length = context.verify_recover(signature, Some(&mut digest))?;
            digest.truncate(length);
            Ok::<_, ErrorStack>(digest)
        };
        recover().ok()?.try_into().ok()
    }
}

fn is_base64_of_pem(text: &str) -> bool {
    let decoded = STANDARD.decode(text.split_ascii_whitespace().collect::<String>());
    decoded.is_ok_and(|bytes| bytes.starts_with(b"-----BEGIN "))
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.fingerprint)
    }
}
