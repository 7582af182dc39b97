//! A private key of a persona: RSA, at rest as PKCS#8 under a passphrase.
//!
//! What it is for, its owner's type says: [`SigningKey`](crate::signing_key::SigningKey),
//! [`AttestationKey`](crate::attestation::key::AttestationKey).

use std::fmt;

use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use pkcs8::pkcs5::{pbes2, scrypt};
use pkcs8::{LineEnding, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use crate::certificate::MINIMUM_BITS;
use crate::pem;
use crate::random::{RandomError, Randomness};
use crate::verifying_key::{self, VerifyingKey, key_type};
use findings::{Advice, Blame};

/// Bits of a key made here.
pub const BITS: u32 = 4096;

/// Longest passphrase that OpenSSL's reader takes.
const LONGEST_PASSPHRASE: usize = 1024;

/// What a key is for, and so whose words its errors have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The contract signer's: signs contracts.
    Signing,
    /// The contract auditor's: the guest encrypts its record to it (contract-format, section 8).
    Attestation,
}

impl Purpose {
    fn work(self) -> &'static str {
        match self {
            Self::Signing => "contracts are signed",
            Self::Attestation => "attestation records are encrypted",
        }
    }

    fn keygen(self) -> &'static str {
        match self {
            Self::Signing => "contract-signer keygen",
            Self::Attestation => "contract-auditor keygen",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Signing => "signing-key.pem",
            Self::Attestation => "attestation-key.pem",
        }
    }
}

/// Why a private key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not PEM, not a private key, damaged.
    #[error("not a private key in PEM form, or a damaged one")]
    NotAKey(Purpose),
    /// Which of them is meant nobody knows.
    #[error("a file of {1} PEM blocks, where one is expected")]
    SeveralBlocks(Purpose, usize),
    /// A public key or certificate.
    #[error("a PEM `{1}`, where the private key is due")]
    Public(Purpose, &'static str),
    /// Does not open.
    #[error("the passphrase does not open the key")]
    WrongPassphrase,
    /// To stretch it takes more memory than there is, or than OpenSSL grants.
    #[error("not enough memory to try the passphrase: OpenSSL says `{0}`")]
    Memory(&'static str),
    /// The caller could not give one.
    #[error("no passphrase: {0}")]
    NoPassphrase(String),
    /// EC, Ed25519, …
    #[error("a key of type {1}; {work} with RSA only", work = .0.work())]
    NotRsa(Purpose, String),
    /// Too few bits.
    #[error("an RSA key of {1} bits, at least {MINIMUM_BITS} are needed")]
    TooShort(Purpose, u32),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// OpenSSL refused to make, read out or use a key.
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
            Self::WrongPassphrase => "try by hand: `openssl pkey -noout -in KEY`".into(),
            Self::NoPassphrase(_) => "give it with `--passphrase-file FILE` or `--passphrase-fd N`".into(),
            Self::NotRsa(purpose, _) | Self::TooShort(purpose, _) => {
                format!("make a key: `{} -o {}`", purpose.keygen(), purpose.file())
            }
            Self::Memory(_) => "see how much there is: `free -m`, `ulimit -v`".into(),
            Self::Random(_) | Self::Openssl(_) => return Vec::new(),
        }]
    }
}

/// What OpenSSL says where memory was missing, and not the right passphrase.
pub(crate) fn lack_of_memory(error: &ErrorStack) -> Option<&'static str> {
    ["malloc failure", "memory limit exceeded"]
        .into_iter()
        .find(|reason| error.errors().iter().any(|error| error.reason() == Some(reason)))
}

/// An RSA private key. Wiped by OpenSSL when dropped; neither shown nor serialised but through
/// [`PrivateKey::to_protected_pem`].
pub struct PrivateKey {
    key: PKey<Private>,
    public: VerifyingKey,
    protected: bool,
}

impl PrivateKey {
    /// Makes a key of [`BITS`] bits; takes a second or several.
    pub(crate) fn generate(purpose: Purpose) -> Result<Self, Error> {
        let make = || PKey::from_rsa(Rsa::generate(BITS)?);
        Self::of_key(make().map_err(|_| Error::Openssl("make an RSA key"))?, false, purpose)
    }

    /// Reads PKCS#8 or PKCS#1, protected or not; `passphrase` is asked only if it is needed.
    pub(crate) fn parse(
        pem: &str,
        purpose: Purpose,
        passphrase: &mut dyn FnMut() -> Result<Zeroizing<Vec<u8>>, String>,
    ) -> Result<Self, Error> {
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
        Self::of_key(key, protected, purpose)
    }

    fn of_key(key: PKey<Private>, protected: bool, purpose: Purpose) -> Result<Self, Error> {
        if key.id() != Id::RSA {
            return Err(Error::NotRsa(purpose, key_type(key.id())));
        }
        let public = || {
            let rsa = key.rsa()?;
            PKey::from_rsa(Rsa::from_public_components(rsa.n().to_owned()?, rsa.e().to_owned()?)?)
        };
        let public = public().map_err(|_| Error::Openssl("read the public half"))?;
        match VerifyingKey::of_key(public) {
            Ok(public) => Ok(Self { key, public, protected }),
            Err(verifying_key::Error::TooShort(bits)) => Err(Error::TooShort(purpose, bits)),
            Err(_) => Err(Error::NotAKey(purpose)),
        }
    }

    /// The public half.
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// For what its owner's type does with it.
    pub(crate) fn key(&self) -> &PKey<Private> {
        &self.key
    }

    /// Whether the file it was read from was protected by a passphrase.
    pub fn is_protected(&self) -> bool {
        self.protected
    }

    /// PKCS#8 `ENCRYPTED PRIVATE KEY`: PBES2 with scrypt and AES-256-CBC.
    ///
    /// N = 2^14, r = 8, p = 5: OWASP's equal of N = 2^17, p = 1 within the 32 MiB that `openssl pkey` grants scrypt.
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

/// A private key of any type, and whether it was protected; `passphrase` is asked only if it is needed.
pub(crate) fn private_key(
    pem: &str,
    purpose: Purpose,
    passphrase: &mut dyn FnMut() -> Result<Zeroizing<Vec<u8>>, String>,
) -> Result<(PKey<Private>, bool), Error> {
    let mut asked = None;
    let key = PKey::private_key_from_pem_callback(pem.as_bytes(), |buffer| {
        let given = passphrase();
        let length = match &given {
            Ok(text) if text.len() <= LONGEST_PASSPHRASE.min(buffer.len()) => {
                buffer.iter_mut().zip(text.iter()).for_each(|(to, from)| *to = *from);
                text.len()
            }
            _ => 0,
        };
        asked = Some(given.map(drop));
        Ok(length)
    });
    match (key, asked) {
        (_, Some(Err(reason))) => Err(Error::NoPassphrase(reason)),
        (Ok(key), asked) => Ok((key, asked.is_some())),
        (Err(error), Some(Ok(()))) => match lack_of_memory(&error) {
            Some(reason) => Err(Error::Memory(reason)),
            None => Err(Error::WrongPassphrase),
        },
        (Err(_), None) => Err(Error::NotAKey(purpose)),
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public.fingerprint())
    }
}
