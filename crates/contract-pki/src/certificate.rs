//! The certificates of a guest image, whose private keys exist only inside the guest: the one that sections are encrypted
//! under, and the one that attestation records are verified with (contract-format, sections 1, 8 and 9).

pub mod authority;
pub mod chain;
mod description;
pub mod form;
pub mod known;
mod pin;
mod profile;
mod refusal;
pub mod revocation;
mod role;

use crate::x509::MINIMUM_BITS;
use crate::x509::day;
use crate::x509::key_fingerprint;
use crate::x509::one_line;
use crate::x509::timestamp;
use std::marker::PhantomData;

use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::{Rsa, RsaRef};
use openssl::x509::X509;
use serde::{Deserialize, Serialize};

use crate::pem::{self, PemError};
use crate::x509::key_type;
use findings::{Advice, Blame};

pub use description::Description;
pub use pin::Pin;
pub use refusal::{Reason, Refusal};
pub use role::{Attestation, Encryption, Role};

/// Why a certificate is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not one PEM block.
    #[error("not a certificate: {0}")]
    Pem(#[from] PemError),
    /// Another kind of PEM.
    #[error("a PEM `{0}`, expected `CERTIFICATE`")]
    Label(String),
    /// UTF-16, as some Windows programs save text.
    #[error("the file is UTF-16; PEM is plain ASCII")]
    Utf16,
    /// The bare DER.
    #[error("the certificate is in DER form, and PEM is expected")]
    Der,
    /// What a server answers that has no such file.
    #[error("the file is a web page (HTML or XML), not a certificate")]
    WebPage,
    /// Something else than text.
    #[error("not a certificate: not UTF-8 text at byte {0}")]
    NotText(usize),
    /// The DER inside is damaged.
    #[error("the certificate is damaged: its DER does not read back as it was written")]
    Damaged,
    /// Bytes behind the DER, inside the PEM block.
    #[error("the certificate has {0} bytes behind its end")]
    Trailing(usize),
    /// EC and others: tokens and attestation records know RSA only.
    #[error("the certificate holds a key of type {0}, and RSA is needed")]
    NotRsa(String),
    /// Too few bits.
    #[error("the certificate's RSA key has {0} bits, at least {MINIMUM_BITS} are needed (IBM's have 4096)")]
    TooShort(u32),
    /// Not the key that `persona.yaml` pins.
    #[error("the certificate holds another key than the pinned one: {found}, and pinned is {pinned}")]
    OtherKey {
        /// What `certificate-pin` says.
        pinned: String,
        /// What the certificate holds.
        found: String,
    },
    /// A certificate for something else than encrypting for an image.
    #[error(transparent)]
    Foreign(#[from] Refusal),
    /// Past its end.
    #[error("the encryption certificate expired on {}", day(*.0))]
    Expired(Timestamp),
    /// Before its beginning.
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

/// Whether an expired certificate is good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Expired certificates are refused.
    Refuse,
    /// For test guests only: `--danger-accept-expired-certificate`.
    DangerAccept,
}

/// Whether a certificate that is not an image's encryption certificate is good enough: an authority's, or one for another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Such a certificate is refused.
    Refuse,
    /// For guests of one's own: `--danger-accept-foreign-certificate`.
    DangerAccept,
}

/// What is public about a certificate, shown at every encryption and stated in the handoff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateFacts {
    /// Subject, in the certificate's order: `C=IN, …, CN=…`.
    pub subject: String,
    /// Serial number, upper-case hex as `openssl x509 -serial` shows it.
    pub serial: String,
    /// `sha256:` and the hex SHA-256 of the key's DER `SubjectPublicKeyInfo`.
    pub key_fingerprint: String,
    /// First second of validity.
    pub not_before: Timestamp,
    /// Last second of validity.
    pub not_after: Timestamp,
}

impl CertificateFacts {
    /// Whether both are of one certificate: by its key, its validity and its serial number. How a tool spells the subject or
    /// the digits of the serial does not matter.
    pub fn is_same_certificate(&self, other: &Self) -> bool {
        let facts = |it: &Self| {
            let (sign, digits) = it.serial.split_at(usize::from(it.serial.starts_with('-')));
            let serial = format!("{sign}{}", digits.trim_start_matches('0').to_ascii_lowercase());
            (it.key_fingerprint.clone(), it.not_before, it.not_after, serial)
        };
        facts(self) == facts(other)
    }
}

/// A well-formed RSA certificate of a guest image, whose validity nobody has looked at yet.
pub struct ImageCertificate<R> {
    facts: CertificateFacts,
    key: PKey<Public>,
    x509: X509,
    role: PhantomData<R>,
}

/// What sections are encrypted under.
pub type EncryptionCertificate = ImageCertificate<Encryption>;

/// What the signature of an attestation record is verified with.
pub type AttestationCertificate = ImageCertificate<Attestation>;

impl<R: Role> ImageCertificate<R> {
    /// Reads a file, with a message of its own for each form that is not PEM text.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::parse(form::text(bytes)?)
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
        let facts = key.rsa().and_then(|rsa| facts(&x509, &rsa)).map_err(|_| Error::Damaged)?;
        Ok(Self { facts, key, x509, role: PhantomData })
    }

    /// Subject, serial, fingerprint, validity.
    pub fn facts(&self) -> &CertificateFacts {
        &self.facts
    }
}

impl EncryptionCertificate {
    /// Checks that it is an image's, as far as it says, and its validity at a point in time.
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
        if at < self.facts.not_before {
            return Err(Error::NotYetValid(self.facts.not_before));
        }
        if at > self.facts.not_after && expiry == Expiry::Refuse {
            return Err(Error::Expired(self.facts.not_after));
        }
        Ok(VerifiedCertificate { certificate: self, foreign: refusal })
    }
}

/// Proof that a certificate was checked: only such a one encrypts.
pub struct VerifiedCertificate {
    certificate: EncryptionCertificate,
    foreign: Option<Refusal>,
}

impl VerifiedCertificate {
    /// Subject, serial, fingerprint, validity.
    pub fn facts(&self) -> &CertificateFacts {
        &self.certificate.facts
    }

    /// Why it is not an image's, where that was accepted.
    pub fn foreign(&self) -> Option<&Refusal> {
        self.foreign.as_ref()
    }

    /// As [`ImageCertificate::is_self_signed`].
    pub fn is_self_signed(&self) -> bool {
        self.certificate.is_self_signed()
    }

    /// What wraps a token's password.
    pub fn key(&self) -> Result<Rsa<Public>, ErrorStack> {
        self.certificate.key.rsa()
    }
}

pub(crate) fn facts(x509: &X509, key: &RsaRef<Public>) -> Result<CertificateFacts, ErrorStack> {
    Ok(CertificateFacts {
        subject: one_line(x509.subject_name()),
        serial: x509.serial_number().to_bn()?.to_hex_str()?.to_string(),
        key_fingerprint: key_fingerprint(key)?,
        not_before: timestamp(x509.not_before())?,
        not_after: timestamp(x509.not_after())?,
    })
}
