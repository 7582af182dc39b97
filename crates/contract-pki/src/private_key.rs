//! A private key of a persona: RSA, at rest as PKCS#8 under a passphrase.
//!
//! The type states its use: a [`SigningKey`] signs contracts (contract-format, section 5), an [`AuditorKey`] opens
//! attestation records (section 8). A [`SealingKey`] signs sealed secrets, and an [`UnsealingKey`] opens them in a guest
//! (docs/format/sealed-secret.md).

use std::fmt;
use std::marker::PhantomData;

use findings::{Advice, Blame};
use openssl::error::ErrorStack;
use openssl::md::{Md, MdRef};
use openssl::pkey::{Id, PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::{Padding, Rsa};
use pkcs8::pkcs5::{pbes2, scrypt};
use pkcs8::{LineEnding, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use crate::pem;
use crate::random::{RandomError, Randomness};
use crate::verifying_key::{self, VerifyingKey};
use crate::x509::{MINIMUM_BITS, key_type};

/// Bits of a key made here.
pub const BITS: u32 = 4096;

/// Longest passphrase that OpenSSL's reader accepts.
const LONGEST_PASSPHRASE: usize = 1024;

/// What a key is for; errors name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The contract signer's: signs contracts.
    Signing,
    /// The contract auditor's: the guest encrypts its attestation record to it.
    Auditing,
    /// Anyone's: tokens are encrypted to it.
    Opening,
    /// An author's: signs sealed secrets.
    Sealing,
    /// An author's, for the guest: opens sealed secrets.
    Unsealing,
}

impl Purpose {
    fn work(self) -> &'static str {
        match self {
            Self::Signing => "contracts are signed",
            Self::Auditing => "attestation records are encrypted",
            Self::Opening => "tokens are encrypted",
            Self::Sealing => "sealed secrets are signed",
            Self::Unsealing => "sealed secrets are encrypted",
        }
    }

    fn keygen(self) -> &'static str {
        match self {
            Self::Signing => "contract-signer keygen",
            Self::Auditing => "contract-auditor keygen",
            Self::Opening => "guest-rehearsal keygen -o guest",
            Self::Sealing | Self::Unsealing => "sealed-secret keygen",
        }
    }
}

/// Marks a key that signs contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {}

/// Marks a key that opens attestation records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auditing {}

/// Marks a key that opens tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {}

/// Marks a key that signs sealed secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {}

/// Marks a key that opens sealed secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsealing {}

/// The use of a private key.
pub trait Use: sealed::Sealed {
    /// As a value.
    const PURPOSE: Purpose;
}

impl Use for Signing {
    const PURPOSE: Purpose = Purpose::Signing;
}

impl Use for Auditing {
    const PURPOSE: Purpose = Purpose::Auditing;
}

impl Use for Opening {
    const PURPOSE: Purpose = Purpose::Opening;
}

/// A use that needs the key itself: a signing key opens nothing.
pub trait OpensTokens: Use {}

impl OpensTokens for Auditing {}
impl OpensTokens for Opening {}

impl Use for Sealing {
    const PURPOSE: Purpose = Purpose::Sealing;
}

impl Use for Unsealing {
    const PURPOSE: Purpose = Purpose::Unsealing;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Signing {}
    impl Sealed for super::Auditing {}
    impl Sealed for super::Opening {}
    impl Sealed for super::Sealing {}
    impl Sealed for super::Unsealing {}
}

/// An RSA private key that signs contracts.
pub type SigningKey = PrivateKey<Signing>;

/// An RSA private key that opens attestation records, with the crate `open-token`.
pub type AuditorKey = PrivateKey<Auditing>;

/// An RSA private key that signs sealed secrets: its author keeps it.
pub type SealingKey = PrivateKey<Sealing>;

/// An RSA private key that opens sealed secrets: it goes into the section.
pub type UnsealingKey = PrivateKey<Unsealing>;

/// Why there is no private key.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error("not a private key in PEM form, or a damaged one")]
    NotAKey(Purpose),
    #[error("a file of {1} PEM blocks, where one is expected")]
    SeveralBlocks(Purpose, usize),
    #[error("a PEM `{1}`, where the private key is expected")]
    Public(Purpose, &'static str),
    #[error("the passphrase does not open the key")]
    WrongPassphrase,
    #[error("not enough memory to try the passphrase: OpenSSL says `{0}`")]
    Memory(&'static str),
    #[error("no passphrase: {0}")]
    NoPassphrase(String),
    #[error("a key of type {1}; {work} with RSA only", work = .0.work())]
    NotRsa(Purpose, String),
    #[error("an RSA key of {1} bits, at least {MINIMUM_BITS} are needed")]
    TooShort(Purpose, u32),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error("OpenSSL could not {0}")]
    Openssl(&'static str),
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        match self {
            Self::WrongPassphrase | Self::NoPassphrase(_) => Blame::Secret,
            Self::Random(_) | Self::Openssl(_) | Self::Memory(_) => Blame::Machine,
            _ => Blame::Input,
        }
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::NotAKey(purpose) | Self::SeveralBlocks(purpose, _) | Self::Public(purpose, _) => {
                format!("name the file that `{}` wrote", purpose.keygen())
            }
            Self::WrongPassphrase => "try it: `openssl pkey -noout -in KEY`".into(),
            Self::NoPassphrase(_) => "give it with `--passphrase-file FILE` or `--passphrase-fd N`".into(),
            Self::NotRsa(purpose, _) | Self::TooShort(purpose, _) => {
                format!("make a key: `{}`", purpose.keygen())
            }
            Self::Memory(_) => "see how much there is: `free -m`, `ulimit -v`".into(),
            Self::Random(_) | Self::Openssl(_) => return Vec::new(),
        }]
    }
}

/// OpenSSL's reason, if memory was missing and not the right passphrase.
pub fn lack_of_memory(error: &ErrorStack) -> Option<&'static str> {
    ["malloc failure", "memory limit exceeded"]
        .into_iter()
        .find(|reason| error.errors().iter().any(|error| error.reason() == Some(reason)))
}

/// An RSA private key. OpenSSL wipes it on drop; only [`PrivateKey::to_protected_pem`] writes it.
pub struct PrivateKey<U> {
    key: PKey<Private>,
    public: VerifyingKey,
    protected: bool,
    purpose: PhantomData<U>,
}

impl<U: Use> PrivateKey<U> {
    /// Makes a key of [`BITS`] bits; takes a second or several.
    pub fn generate() -> Result<Self, Error> {
        let make = || PKey::from_rsa(Rsa::generate(BITS)?);
        Self::from_key(make().map_err(|_| Error::Openssl("make an RSA key"))?, false)
    }

    /// Reads PKCS#8 or PKCS#1, protected or not; `passphrase` is called only if it is needed.
    pub fn parse(
        pem: &str,
        passphrase: &mut dyn FnMut() -> Result<Zeroizing<Vec<u8>>, String>,
    ) -> Result<Self, Error> {
        let purpose = U::PURPOSE;
        for (line, what) in
            [("-----BEGIN PUBLIC KEY-----", "PUBLIC KEY"), ("-----BEGIN CERTIFICATE-----", "CERTIFICATE")]
        {
            if pem.contains(line) && !pem.contains("PRIVATE KEY-----") {
                return Err(Error::Public(purpose, what));
            }
        }
        match pem::blocks(pem) {
            0 | 1 => {}
            several => return Err(Error::SeveralBlocks(purpose, several)),
        }
        let (key, protected) = private_key(pem, purpose, passphrase)?;
        Self::from_key(key, protected)
    }

    fn from_key(key: PKey<Private>, protected: bool) -> Result<Self, Error> {
        let purpose = U::PURPOSE;
        if key.id() != Id::RSA {
            return Err(Error::NotRsa(purpose, key_type(key.id())));
        }
        let public = || {
            let rsa = key.rsa()?;
            PKey::from_rsa(Rsa::from_public_components(rsa.n().to_owned()?, rsa.e().to_owned()?)?)
        };
        let public = public().map_err(|_| Error::Openssl("read the public half"))?;
        match VerifyingKey::from_key(public) {
            Ok(public) => Ok(Self { key, public, protected, purpose: PhantomData }),
            Err(verifying_key::Error::TooShort(bits)) => Err(Error::TooShort(purpose, bits)),
            Err(_) => Err(Error::NotAKey(purpose)),
        }
    }

    /// The public half.
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    pub(crate) fn key(&self) -> &PKey<Private> {
        &self.key
    }

    /// Whether the file it was read from was protected by a passphrase.
    pub fn is_protected(&self) -> bool {
        self.protected
    }

    /// PKCS#8 `ENCRYPTED PRIVATE KEY`: PBES2 with scrypt and AES-256-CBC.
    ///
    /// N = 2^14, r = 8, p = 5: by OWASP as strong as N = 2^17, p = 1, and within the 32 MiB that `openssl pkey` allows.
    pub fn to_protected_pem(
        &self,
        passphrase: &[u8],
        randomness: &mut dyn Randomness,
    ) -> Result<Zeroizing<String>, Error> {
        let (mut salt, mut iv) = ([0; 16], [0; 16]);
        randomness.fill(&mut salt)?;
        randomness.fill(&mut iv)?;
        let der =
            Zeroizing::new(self.key.private_key_to_pkcs8().map_err(|_| Error::Openssl("write the key"))?);
        let protect = || {
            let cost = scrypt::Params::new(14, 8, 5).map_err(|_| pkcs8::Error::ParametersMalformed)?;
            let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, iv)?;
            let document =
                PrivateKeyInfoRef::try_from(der.as_slice())?.encrypt_with_params(parameters, passphrase)?;
            Ok::<_, pkcs8::Error>(document.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)?)
        };
        protect().map_err(|_| Error::Openssl("protect the key"))
    }
}

impl SigningKey {
    /// RSASSA-PKCS1-v1_5 over a SHA-256 digest (contract-format, section 5).
    pub fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>, Error> {
        self.sign_digest(Md::sha256(), digest)
    }
}

impl SealingKey {
    /// RSASSA-PKCS1-v1_5 over a SHA-512 digest: JWS's `RS512`.
    pub fn sign_sha512(&self, digest: &[u8; 64]) -> Result<Vec<u8>, Error> {
        self.sign_digest(Md::sha512(), digest)
    }

    /// PKCS#8 `PRIVATE KEY` without a passphrase.
    pub fn to_unprotected_pem(&self) -> Result<Zeroizing<String>, Error> {
        self.unprotected_pem()
    }
}

impl UnsealingKey {
    /// PKCS#8 `PRIVATE KEY` without a passphrase, which a guest could not be asked for.
    pub fn to_unprotected_pem(&self) -> Result<Zeroizing<String>, Error> {
        self.unprotected_pem()
    }
}

impl<U> PrivateKey<U> {
    fn sign_digest(&self, algorithm: &MdRef, digest: &[u8]) -> Result<Vec<u8>, Error> {
        let sign = || {
            let mut context = PkeyCtx::new(&self.key)?;
            context.sign_init()?;
            context.set_rsa_padding(Padding::PKCS1)?;
            context.set_signature_md(algorithm)?;
            let mut signature = Vec::new();
            context.sign_to_vec(digest, &mut signature)?;
            Ok::<_, ErrorStack>(signature)
        };
        sign().map_err(|_| Error::Openssl("sign"))
    }

    fn unprotected_pem(&self) -> Result<Zeroizing<String>, Error> {
        let failed = || Error::Openssl("write the key");
        let pem = self.key.private_key_to_pem_pkcs8().map_err(|_| failed())?;
        String::from_utf8(pem).map(Zeroizing::new).map_err(|_| failed())
    }
}

impl<U: OpensTokens> PrivateKey<U> {
    /// The key itself, for the crate `open-token`.
    pub fn rsa(&self) -> Result<Rsa<Private>, Error> {
        self.key.rsa().map_err(|_| Error::Openssl("use the key"))
    }
}

/// A private key of any type, and whether it was protected; `passphrase` is called only if it is needed.
pub(crate) fn private_key(
    pem: &str,
    purpose: Purpose,
    passphrase: &mut dyn FnMut() -> Result<Zeroizing<Vec<u8>>, String>,
) -> Result<(PKey<Private>, bool), Error> {
    let mut result = None;
    let key = PKey::private_key_from_pem_callback(pem.as_bytes(), |buffer| {
        let given = passphrase();
        let length = match &given {
            Ok(text) if text.len() <= LONGEST_PASSPHRASE.min(buffer.len()) => {
                buffer.iter_mut().zip(text.iter()).for_each(|(to, from)| *to = *from);
                text.len()
            }
            _ => 0,
        };
        result = Some(given.map(drop));
        Ok(length)
    });
    match (key, result) {
        (_, Some(Err(reason))) => Err(Error::NoPassphrase(reason)),
        (Ok(key), result) => Ok((key, result.is_some())),
        (Err(error), Some(Ok(()))) => match lack_of_memory(&error) {
            Some(reason) => Err(Error::Memory(reason)),
            None => Err(Error::WrongPassphrase),
        },
        (Err(_), None) => Err(Error::NotAKey(purpose)),
    }
}

impl<U> fmt::Debug for PrivateKey<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public.fingerprint())
    }
}
