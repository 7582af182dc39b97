//! The certificates of a guest image, whose private keys exist only inside the guest: the one that sections are encrypted
//! under, and the one that attestation records are verified with (contract-format, sections 1, 8 and 9).

pub mod authority;
pub mod chain;
pub mod known;
mod refusal;
pub mod revocation;
mod role;

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use findings::{Advice, Blame};
use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Rsa;
use openssl::x509::X509;
use serde::Serialize;

use crate::pem::{self, PemError};
use crate::verifying_key::{self, VerifyingKey};
use crate::x509::{
    MINIMUM_BITS, ca_issuers, crl_distribution_points, day, is_signed_by, key_fingerprint, key_type,
    one_line, same_name, signature_algorithm, validity,
};
use known::KnownCertificate;
use refusal::refuse;

pub use crate::x509::CertificateFacts;
pub use refusal::{Reason, Refusal};
pub use role::{Attestation, Encryption, Role};

/// Why a certificate is not accepted.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error("not a certificate: {0}")]
    Pem(#[from] PemError),
    #[error("a PEM `{0}`, expected `CERTIFICATE`")]
    Label(String),
    /// As some Windows programs save text.
    #[error("the file is UTF-16; PEM is plain ASCII")]
    Utf16,
    #[error("the certificate is in DER form, and PEM is expected")]
    Der,
    /// What some servers answer if there is no such file.
    #[error("the file is a web page (HTML or XML), not a certificate")]
    WebPage,
    #[error("not a certificate: not UTF-8 text at byte {0}")]
    NotText(usize),
    #[error("the certificate is damaged: its DER does not read back as it was written")]
    Damaged,
    #[error("the certificate has {0} bytes behind its end")]
    Trailing(usize),
    /// Tokens and attestation records use RSA only.
    #[error("the certificate holds a key of type {0}, and RSA is needed")]
    NotRsa(String),
    #[error("the certificate's RSA key has {0} bits, at least {MINIMUM_BITS} are needed (IBM's have 4096)")]
    TooShort(u32),
    #[error("the certificate holds another key than the pinned one: {found}, and pinned is {pinned}")]
    OtherKey { pinned: String, found: String },
    /// A certificate for another purpose than to encrypt for an image.
    #[error(transparent)]
    Foreign(#[from] Refusal),
    #[error("the encryption certificate expired on {}", day(*.0))]
    Expired(Timestamp),
    #[error("the encryption certificate is not valid before {}", day(*.0))]
    NotYetValid(Timestamp),
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        match self {
            Self::Expired(_) | Self::NotYetValid(_) | Self::OtherKey { .. } | Self::Foreign(_) => {
                Blame::Refusal
            }
            _ => Blame::Input,
        }
    }

    fn hints(&self) -> Vec<String> {
        let take_another =
            "take the certificate that belongs to your image version and pass it with `--certificate`";
        match self {
            Self::Expired(_) => vec![
                take_another.into(),
                "to encrypt for a test guest anyway, add `--danger-accept-expired-certificate`".into(),
            ],
            Self::Foreign(refusal) => {
                let danger = "to encrypt for a guest of your own, whose key you hold, add `--danger-accept-foreign-certificate`";
                refusal.hints().into_iter().chain([danger.into()]).collect()
            }
            Self::OtherKey { found, .. } => vec![
                "if a new image brought it, take the old `certificate-pin` out of `persona.yaml` and verify it: `certificate verify FILE --intermediate FILE --root FILE`".into(),
                format!("if it is the right one, write `certificate-pin: {found}` into `persona.yaml`"),
            ],
            Self::Pem(PemError::ByteOrderMark) => {
                vec![r"take the mark away: `sed -i '1s/^\xEF\xBB\xBF//' FILE`".into()]
            }
            Self::Pem(PemError::SeveralBlocks(_)) => vec![
                "keep the first block, which is the image's own certificate: `openssl x509 -in FILE -out image.crt`".into(),
            ],
            Self::Utf16 => vec!["convert it: `iconv -f UTF-16 -t ASCII FILE > image.crt`".into()],
            Self::Der => vec!["convert it: `openssl x509 -inform DER -in FILE -out image.crt`".into()],
            Self::WebPage => vec!["download the file itself: `certificate fetch --version NN`".into()],
            Self::NotYetValid(_) => vec!["check this machine's clock: `date -u`".into(), take_another.into()],
            _ => vec![take_another.into(), "look at it: `openssl x509 -noout -text -in FILE`".into()],
        }
    }
}

/// Whether an expired certificate is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Expired certificates are refused.
    Refuse,
    /// For test guests only: `--danger-accept-expired-certificate`.
    DangerAccept,
}

/// Whether a certificate that is not an image's encryption certificate is accepted: an authority's, or one for another
/// purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Such a certificate is refused.
    Refuse,
    /// For the user's own guests: `--danger-accept-foreign-certificate`.
    DangerAccept,
}

/// A well-formed RSA certificate of a guest image, whose validity is not checked yet.
pub struct ImageCertificate<R> {
    facts: CertificateFacts,
    key: PKey<Public>,
    x509: X509,
    role: PhantomData<R>,
}

/// The certificate that sections are encrypted under.
pub type EncryptionCertificate = ImageCertificate<Encryption>;

/// The certificate that verifies the signature of an attestation record.
pub type AttestationCertificate = ImageCertificate<Attestation>;

impl<R: Role> ImageCertificate<R> {
    /// Reads a file; each form that is not PEM text has a message that names it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::parse(text(bytes)?)
    }

    /// Reads a PEM file with exactly one certificate in it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let block = pem::only_block(text)?;
        if block.label != "CERTIFICATE" {
            return Err(Error::Label(block.label));
        }
        let x509 = X509::from_der(&block.der).map_err(|_| Error::Damaged)?;
        let der = x509.to_der().map_err(|_| Error::Damaged)?;
        match block.der.strip_prefix(der.as_slice()) {
            Some([]) => {}
            Some(behind) => return Err(Error::Trailing(behind.len())),
            None => return Err(Error::Damaged),
        }
        let key = x509.public_key().map_err(|_| Error::Damaged)?;
        if key.id() != Id::RSA {
            return Err(Error::NotRsa(key_type(key.id())));
        }
        if key.bits() < MINIMUM_BITS {
            return Err(Error::TooShort(key.bits()));
        }
        let facts = || CertificateFacts::with_fingerprint(&x509, key_fingerprint(&*key.rsa()?)?);
        Ok(Self { facts: facts().map_err(|_| Error::Damaged)?, key, x509, role: PhantomData })
    }

    /// Subject, serial, fingerprint, validity.
    pub fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    /// Describes the certificate; nothing is verified.
    pub fn describe(&self) -> Description {
        Description {
            facts: self.facts.clone(),
            issuer: one_line(self.x509.issuer_name()),
            key_type: "RSA",
            key_bits: self.key.bits(),
            signature_algorithm: signature_algorithm(&self.x509),
            ca_issuers: ca_issuers(&self.x509),
            crl_distribution_points: crl_distribution_points(&self.x509),
            self_signed: self.is_self_signed(),
            known: KnownCertificate::with_key(&self.facts.key_fingerprint).collect(),
        }
    }

    /// Refuses a certificate that is not an image's of this role, by its extensions, its subject and its key.
    pub fn verify_purpose(&self) -> Result<(), Refusal> {
        role::verify_extensions::<R>(&self.x509)?;
        R::verify_facts(&self.facts)
    }

    /// Verifies the validity at a point in time, and nothing else.
    pub fn verify_dates(&self, at: Timestamp) -> Result<(), Refusal> {
        dates(&self.x509, at)
    }

    /// Whether it is its own issuer, so that nobody vouches for it.
    pub fn is_self_signed(&self) -> bool {
        same_name(self.x509.issuer_name(), self.x509.subject_name()) || is_signed_by(&self.x509, &self.x509)
    }
}

impl AttestationCertificate {
    /// The key of a certificate that nobody vouches for, if its key is pinned for example. See
    /// [`VerifiedChain::verifying_key`](chain::VerifiedChain::verifying_key).
    pub fn danger_verifying_key(&self) -> Result<VerifyingKey, verifying_key::Error> {
        VerifyingKey::from_certificate(&self.x509)
    }
}

impl EncryptionCertificate {
    /// Checks that it is an image's, as far as it states, and its validity at a point in time.
    pub fn verify(
        self,
        at: Timestamp,
        expiry: Expiry,
        foreign: Foreign,
    ) -> Result<VerifiedCertificate, Error> {
        let refusal = self.verify_purpose().err();
        if let (Some(refusal), Foreign::Refuse) = (&refusal, foreign) {
            return Err(refusal.clone().into());
        }
        match self.facts.validity().check(at, Error::NotYetValid, Error::Expired) {
            Err(Error::Expired(_)) if expiry == Expiry::DangerAccept => {}
            checked => checked?,
        }
        Ok(VerifiedCertificate { certificate: self, foreign: refusal })
    }
}

fn dates(x509: &X509, at: Timestamp) -> Result<(), Refusal> {
    let validity = validity(x509).map_err(|_| refuse(x509, Reason::Unreadable))?;
    validity.check(at, Reason::NotYetValid, Reason::Expired).map_err(|reason| refuse(x509, reason))
}

/// Proof that a certificate was checked: required to encrypt.
pub struct VerifiedCertificate {
    certificate: EncryptionCertificate,
    foreign: Option<Refusal>,
}

impl VerifiedCertificate {
    /// Subject, serial, fingerprint, validity.
    pub fn facts(&self) -> &CertificateFacts {
        &self.certificate.facts
    }

    /// Why it is not an image's, if that was accepted.
    pub fn foreign(&self) -> Option<&Refusal> {
        self.foreign.as_ref()
    }

    /// As [`ImageCertificate::is_self_signed`].
    pub fn is_self_signed(&self) -> bool {
        self.certificate.is_self_signed()
    }

    /// The key that encrypts a token's password.
    pub fn key(&self) -> Result<Rsa<Public>, ErrorStack> {
        self.certificate.key.rsa()
    }
}

/// What `certificate show` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// Subject, serial, fingerprint, validity.
    #[serde(flatten)]
    pub facts: CertificateFacts,
    /// The issuer that the certificate names: nothing is verified here.
    pub issuer: String,
    /// `RSA`: no other type is accepted.
    pub key_type: &'static str,
    /// Bits of the key.
    pub key_bits: u32,
    /// `sha512WithRSAEncryption` in all known certificates of IBM.
    pub signature_algorithm: String,
    /// Where its issuer's own certificate is published.
    pub ca_issuers: Vec<String>,
    /// Where its issuer publishes revocation lists (contract-format, section 9).
    pub crl_distribution_points: Vec<String>,
    /// Signed with its own key: a stand-in for a rehearsal.
    pub self_signed: bool,
    /// The published certificates with the same key; empty if the key is unknown.
    pub known: Vec<&'static KnownCertificate>,
}

/// The key that an image's certificate must hold: `sha256:` and 64 digits of lower-case hex, its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    /// Refuses a certificate with another key, even if its subject is the same: one subject occurs with several keys
    /// (contract-format, section 9).
    pub fn check(&self, facts: &CertificateFacts) -> Result<(), Error> {
        if facts.key_fingerprint == self.0 {
            return Ok(());
        }
        Err(Error::OtherKey { pinned: self.0.clone(), found: facts.key_fingerprint.clone() })
    }
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("sha256:").unwrap_or_default();
        if digits.len() == 64 && digits.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("`{text}` is no fingerprint; expected `sha256:` and 64 digits of lower-case hex"))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The file as text, which may still not be PEM. Each form that is not text has its own error, because each is converted in
/// another way.
fn text(bytes: &[u8]) -> Result<&str, Error> {
    // a byte order mark, or a NUL before or behind each character of `-----BEGIN`
    if [&b"\xff\xfe"[..], b"\xfe\xff", b"-\0-\0", b"\0-\0-"].iter().any(|mark| bytes.starts_with(mark)) {
        return Err(Error::Utf16);
    }
    if X509::from_der(bytes).is_ok() {
        return Err(Error::Der);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Error::NotText(error.valid_up_to()))?;
    let is_web_page = text.trim_start_matches('\u{feff}').trim_start().starts_with('<');
    if is_web_page { Err(Error::WebPage) } else { Ok(text) }
}
