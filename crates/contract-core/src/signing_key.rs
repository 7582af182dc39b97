//! The contract signer's private key: RSA, at rest as PKCS#8 under a passphrase.

use std::fmt;

use openssl::md::Md;
use openssl::pkey::{Id, PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::{Padding, Rsa};
use pkcs8::pkcs5::{pbes2, scrypt};
use pkcs8::{LineEnding, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use crate::advice::{Advice, Blame};
use crate::certificate::MINIMUM_BITS;
use crate::pem;
use crate::random::{RandomError, Randomness};
use crate::verifying_key::{self, VerifyingKey, key_type};

/// Bits of a key made here.
pub const BITS: u32 = 4096;

/// Longest passphrase that OpenSSL's reader takes.
const LONGEST_PASSPHRASE: usize = 1024;

/// Why a signing key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not PEM, not a private key, damaged.
    #[error("not a private key in PEM form, or a damaged one")]
    NotAKey,
    /// Which of them is meant nobody knows.
    #[error("a file of {0} PEM blocks, where one is expected")]
    SeveralBlocks(usize),
    /// A public key or certificate.
    #[error("a PEM `{0}`, where the private key is due")]
    Public(&'static str),
    /// Does not open.
    #[error("the passphrase does not open the key")]
    WrongPassphrase,
    /// The caller could not give one.
    #[error("no passphrase: {0}")]
    NoPassphrase(String),
    /// EC, Ed25519, …
    #[error("a key of type {0}; contracts are signed with RSA only")]
    NotRsa(String),
    /// Too few bits.
    #[error("an RSA key of {0} bits, at least {MINIMUM_BITS} are needed")]
    TooShort(u32),
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
            Self::Random(_) | Self::Openssl(_) => Blame::Machine,
            _ => Blame::Input,
        }
    }

    fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::NotAKey | Self::SeveralBlocks(_) | Self::Public(_) => {
                "name the file that `contract-signer keygen` wrote".into()
            }
            Self::WrongPassphrase => "try by hand: `openssl pkey -noout -in KEY`".into(),
            Self::NoPassphrase(_) => "give it with `--passphrase-file FILE` or `--passphrase-fd N`".into(),
            Self::NotRsa(_) | Self::TooShort(_) => {
                "make a key: `contract-signer keygen -o signing-key.pem`".into()
            }
            Self::Random(_) | Self::Openssl(_) => return Vec::new(),
        }]
    }
}

/// An RSA private key. Wiped by OpenSSL when dropped; neither shown nor serialised but through
/// [`SigningKey::to_protected_pem`].
pub struct SigningKey {
    key: PKey<Private>,
    public: VerifyingKey,
    protected: bool,
}

impl SigningKey {
    /// Makes a key of [`BITS`] bits; takes a second or several.
    pub fn generate() -> Result<Self, Error> {
        let make = || PKey::from_rsa(Rsa::generate(BITS)?);
        Self::of_key(make().map_err(|_| Error::Openssl("make an RSA key"))?, false)
    }

    /// Reads PKCS#8 or PKCS#1, protected or not; `passphrase` is asked only if it is needed.
    pub fn parse(
        pem: &str,
        passphrase: &mut dyn FnMut() -> Result<Zeroizing<Vec<u8>>, String>,
    ) -> Result<Self, Error> {
        for (line, what) in
            [("-----BEGIN PUBLIC KEY-----", "PUBLIC KEY"), ("-----BEGIN CERTIFICATE-----", "CERTIFICATE")]
        {
            if pem.contains(line) && !pem.contains("PRIVATE KEY-----") {
                return Err(Error::Public(what));
            }
        }
        match pem::blocks(pem) {
            0 | 1 => {}
            several => return Err(Error::SeveralBlocks(several)),
        }
        let (key, protected) = private_key(pem, passphrase)?;
        Self::of_key(key, protected)
    }

    fn of_key(key: PKey<Private>, protected: bool) -> Result<Self, Error> {
        if key.id() != Id::RSA {
            return Err(Error::NotRsa(key_type(key.id())));
        }
        let public = || {
            let rsa = key.rsa()?;
            PKey::from_rsa(Rsa::from_public_components(rsa.n().to_owned()?, rsa.e().to_owned()?)?)
        };
        let public = public().map_err(|_| Error::Openssl("read the public half"))?;
        match VerifyingKey::of_key(public) {
            Ok(public) => Ok(Self { key, public, protected }),
            Err(verifying_key::Error::TooShort(bits)) => Err(Error::TooShort(bits)),
            Err(_) => Err(Error::NotAKey),
        }
    }

    /// The public half.
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// For what else it has to sign: a request for its certificate.
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

    /// RSASSA-PKCS1-v1_5 over a SHA-256 digest (contract-format, section 5).
    pub fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>, Error> {
        let sign = || {
            let mut context = PkeyCtx::new(&self.key)?;
            context.sign_init()?;
            context.set_rsa_padding(Padding::PKCS1)?;
            context.set_signature_md(Md::sha256())?;
            let mut signature = Vec::new();
            context.sign_to_vec(digest, &mut signature)?;
            Ok::<_, openssl::error::ErrorStack>(signature)
        };
        sign().map_err(|_| Error::Openssl("sign"))
    }
}

/// A private key of any type, and whether it was protected; `passphrase` is asked only if it is needed.
pub(crate) fn private_key(
    pem: &str,
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
        (Err(_), Some(Ok(()))) => Err(Error::WrongPassphrase),
        (Err(_), None) => Err(Error::NotAKey),
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.fingerprint())
    }
}
