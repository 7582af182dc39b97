//! SSH keys: the persons who vouch for statements.
//!
//! `key = string(type) || fields of the type`; as a line, `type base64(key) [comment]` (RFC 4253, section 6.6; RFC 5656;
//! RFC 8709; OpenSSH's PROTOCOL.u2f for the `sk-` types). Compared by their bytes: each key has one encoding here.

mod kind;
pub(crate) mod line;
pub mod private;
pub(crate) mod wire;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use contract_pki::x509::MINIMUM_BITS;
use findings::{Advice, Blame};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Rsa;

use wire::Reader;

pub use kind::{Curve, KeyType};
pub use line::Line;
pub use wire::Damaged;

/// Most bits of an RSA key: OpenSSH makes none larger, and larger ones are slow to verify.
const MAXIMUM_BITS: u32 = 16_384;

/// Why a public key is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error("not an SSH public key: expected a line of type, base64 and comment")]
    NotAKey,
    #[error("{0} lines, where one public key is expected")]
    SeveralLines(usize),
    #[error("a private key, where its public half is expected")]
    Private,
    #[error("the base64 of its key is damaged")]
    Base64,
    #[error("it says `{0}`, and its base64 holds a key of another type")]
    Differs(String),
    #[error("an SSH certificate (`{0}`), which this version does not accept")]
    Certificate(String),
    /// DSA, XMSS, …
    #[error("a key of type `{0}`, which may not vouch")]
    Unsupported(String),
    #[error("a damaged key: {0}")]
    Damaged(#[from] Damaged),
    #[error("an RSA key of {0} bits, at least {MINIMUM_BITS} and at most {MAXIMUM_BITS} are needed")]
    Bits(u32),
    #[error("its numbers are no key of type `{0}`")]
    NotOnCurve(&'static str),
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        Blame::Input
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::NotAKey | Self::SeveralLines(_) | Self::Base64 | Self::Differs(_) | Self::Damaged(_) => {
                "take the file that ends in `.pub`; `ssh-keygen -l -f KEY.pub` shows what it holds".into()
            }
            Self::Private => {
                "name the file that ends in `.pub`, and never send the other: `ssh-keygen -y -f KEY >KEY.pub` makes it again"
                    .into()
            }
            Self::Certificate(_) => "name the plain key of the same name, without `-cert`".into(),
            Self::Unsupported(_) | Self::Bits(_) | Self::NotOnCurve(_) => {
                "make a key: `ssh-keygen -t ed25519`".into()
            }
        }]
    }
}

/// A complete and valid public key.
#[derive(Clone)]
pub struct PublicKey {
    kind: KeyType,
    blob: Vec<u8>,
    pair: PKey<Public>,
    /// For `sk-` keys: a part of every signature.
    application: Vec<u8>,
}

impl PublicKey {
    /// Reads a key's bytes, the base64 of a `.pub` file decoded.
    pub fn parse(blob: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(blob);
        let kind = KeyType::from_name(reader.text("type")?)?;
        let wrong = |_| Error::NotOnCurve(kind.name());
        let pair = match kind {
            KeyType::Ed25519 | KeyType::SkEd25519 => {
                PKey::public_key_from_raw_bytes(reader.string("point")?, Id::ED25519).map_err(wrong)?
            }
            KeyType::Ecdsa(curve) => on_curve(curve, &mut reader, kind)?,
            KeyType::SkEcdsa => on_curve(Curve::P256, &mut reader, kind)?,
            KeyType::Rsa => {
                let (exponent, modulus) = (reader.positive("exponent")?, reader.positive("modulus")?);
                // 1 verifies any signature; OpenSSL accepts at most 64 bits with a large modulus
                if exponent.len() > 8
                    || matches!(exponent, [1])
                    || exponent.last().is_none_or(|it| it % 2 == 0)
                {
                    return Err(Error::NotOnCurve(kind.name()));
                }
                rsa(exponent, modulus).map_err(wrong)?
            }
        };
        let application = match kind {
            KeyType::SkEd25519 | KeyType::SkEcdsa => reader.string("application")?.to_vec(),
            _ => Vec::new(),
        };
        reader.end()?;
        if kind == KeyType::Rsa && !(MINIMUM_BITS..=MAXIMUM_BITS).contains(&pair.bits()) {
            return Err(Error::Bits(pair.bits()));
        }
        Ok(Self { kind, blob: blob.to_vec(), pair, application })
    }

    /// Its type.
    pub fn kind(&self) -> KeyType {
        self.kind
    }

    /// Its size as `ssh-keygen -l` counts it.
    pub fn bits(&self) -> u32 {
        match self.kind {
            KeyType::Rsa => self.pair.bits(),
            KeyType::Ecdsa(curve) => curve.bits(),
            _ => 256,
        }
    }

    /// `SHA256:` and the base64 of the key's SHA-256, without padding.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(openssl::sha::sha256(&self.blob)))
    }

    /// The line of `ssh-keygen -l`: `256 SHA256:… comment (ED25519)`.
    pub fn listing(&self, comment: &str) -> String {
        let comment = if comment.is_empty() { "no comment" } else { comment };
        format!("{} {} {comment} ({})", self.bits(), self.fingerprint(), self.kind.label())
    }

    /// Whether both have one private key. The application of a hardware key may differ.
    pub fn is_same_pair(&self, other: &Self) -> bool {
        self.pair.public_eq(&other.pair)
    }

    pub(crate) fn blob(&self) -> &[u8] {
        &self.blob
    }

    pub(crate) fn pair(&self) -> &PKey<Public> {
        &self.pair
    }

    pub(crate) fn application(&self) -> &[u8] {
        &self.application
    }
}

/// Equal bytes.
impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.blob == other.blob
    }
}

impl Eq for PublicKey {}

/// `type base64`, as in a `.pub` file.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), STANDARD.encode(&self.blob))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.listing(""))
    }
}

/// `string(curve) || string(point)`, the point uncompressed: OpenSSH accepts no other form.
fn on_curve(curve: Curve, reader: &mut Reader<'_>, kind: KeyType) -> Result<PKey<Public>, Error> {
    if reader.text("curve")? != curve.name() {
        return Err(Damaged("curve").into());
    }
    let bytes = reader.string("point")?;
    if bytes.first() != Some(&4) {
        return Err(Damaged("point").into());
    }
    let read = || {
        let group = curve.group()?;
        let point = EcPoint::from_bytes(&group, bytes, &mut *BigNumContext::new()?)?;
        let key = EcKey::from_public_key(&group, &point)?;
        key.check_key()?;
        PKey::from_ec_key(key)
    };
    read().map_err(|_: ErrorStack| Error::NotOnCurve(kind.name()))
}

fn rsa(exponent: &[u8], modulus: &[u8]) -> Result<PKey<Public>, ErrorStack> {
    PKey::from_rsa(Rsa::from_public_components(BigNum::from_slice(modulus)?, BigNum::from_slice(exponent)?)?)
}
