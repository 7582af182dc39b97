//! Why there is no signing certificate, and what to do about it.

use jiff::Timestamp;

use crate::certificate::authority::AuthorityError;
use crate::pem::PemError;
use crate::random::RandomError;
use crate::signing_certificate::NameError;
use crate::x509::{MINIMUM_BITS, day};
use crate::{private_key, verifying_key};
use findings::{Advice, Blame};

/// Why a signing certificate is neither made nor taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Of the subject.
    #[error("not a usable subject: {0}")]
    Name(#[from] NameError),
    /// Readers take a certificate of one name for signed by itself.
    #[error("the subject is the authority's own name, `{0}`")]
    NameOfAuthority(String),
    /// The file is no certificate.
    #[error(transparent)]
    Form(#[from] AuthorityError),
    /// Which of them is meant nobody knows.
    #[error("it holds {0} certificates, and one authority is expected")]
    SeveralAuthorities(usize),
    /// A leaf, or of X.509 v1.
    #[error("`{0}` is no certificate authority: its BasicConstraints do not say `CA:TRUE`")]
    NoAuthority(String),
    /// An authority for something else.
    #[error("`{0}` may not sign certificates: its KeyUsage has no `keyCertSign`")]
    NoCertSign(String),
    /// Past its end.
    #[error("the authority `{subject}` expired on {}", day(*.end))]
    AuthorityExpired {
        /// Whose.
        subject: String,
        /// Its `notAfter`.
        end: Timestamp,
    },
    /// Before its beginning.
    #[error("the authority `{subject}` is not valid before {begin}")]
    AuthorityNotYetValid {
        /// Whose.
        subject: String,
        /// Its `notBefore`.
        begin: Timestamp,
    },
    /// RSA of too few bits.
    #[error("the authority's RSA key has {0} bits, at least {MINIMUM_BITS} are needed")]
    AuthorityTooShort(u32),
    /// The authority's private key does not open.
    #[error(transparent)]
    AuthorityKey(private_key::Error),
    /// Certificate and private key of two authorities.
    #[error("the private key is not that of the authority `{0}`")]
    AuthorityKeyOfAnother(String),
    /// A leaf has to end with its authority at the latest.
    #[error("the authority ends at {end}, before the signing certificate would")]
    Outlives {
        /// The authority's `notAfter`.
        end: Timestamp,
        /// Whole days that are possible.
        longest: i64,
    },
    /// No PEM.
    #[error("not a certificate request: {0}")]
    RequestForm(#[from] PemError),
    /// Another kind of PEM.
    #[error("a PEM `{0}`, expected `CERTIFICATE REQUEST`")]
    RequestLabel(String),
    /// The body does not decode.
    #[error("the certificate request is damaged")]
    RequestDamaged,
    /// Whoever made it did not have the key, or it was changed.
    #[error("the request's signature was not made with the key in it")]
    RequestSignature,
    /// EC, too short.
    #[error("the request holds {0}")]
    RequestKey(verifying_key::Error),
    /// Not the key at hand.
    #[error("it is for the key {found}, and `{other}` is {due}")]
    OtherKey {
        /// The fingerprint inside.
        found: String,
        /// What it was compared with.
        other: String,
        /// The fingerprint of that.
        due: String,
    },
    /// As some authorities answer.
    #[error("the certificates are wrapped in PKCS#7, a `.p7b` file")]
    Pkcs7,
    /// The same key, certified twice.
    #[error("{0} of its certificates are for the signing key")]
    SeveralLeaves(usize),
    /// The key in the certificate.
    #[error("the certificate holds {0}")]
    LeafKey(verifying_key::Error),
    /// The authority's certificate, where the leaf is due.
    #[error("`{0}` is an authority's certificate (`CA:TRUE`), and the signing key's own is due")]
    Authority(String),
    /// For encryption only, say.
    #[error("its KeyUsage has no `digitalSignature`: it is not for signing")]
    NoDigitalSignature,
    /// Anybody could have made it.
    #[error("it is signed with {0}, for which somebody can find collisions")]
    WeakHash(String),
    /// The encryption certificate, or its key.
    #[error(
        "it is the key of the encryption certificate, which exists only inside the guest: nobody else can sign with it"
    )]
    GuestsOwn,
    /// Past its end.
    #[error("the signing certificate expired on {}, and with it every contract that holds it", day(*.0))]
    Expired(Timestamp),
    /// Before its beginning.
    #[error("the signing certificate is not valid before {0}")]
    NotYetValid(Timestamp),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// OpenSSL refused.
    #[error("OpenSSL could not {0}")]
    Openssl(&'static str),
}

impl Advice for Error {
    fn blame(&self) -> Blame {
        match self {
            Self::AuthorityExpired { .. }
            | Self::AuthorityNotYetValid { .. }
            | Self::AuthorityKeyOfAnother(_)
            | Self::Outlives { .. }
            | Self::RequestSignature
            | Self::OtherKey { .. }
            | Self::Expired(_)
            | Self::NotYetValid(_) => Blame::Refusal,
            Self::AuthorityKey(error) => error.blame(),
            Self::Random(_) | Self::Openssl(_) => Blame::Machine,
            _ => Blame::Input,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Name(_) | Self::NameOfAuthority(_) => "choose one: `--name 'paynow signing key'`",
            Self::Form(error) => return error.hints(),
            Self::SeveralAuthorities(_) => {
                "keep the one whose private key you have: `openssl x509 -in FILE -out ca.crt` keeps the first"
            }
            Self::NoAuthority(_) | Self::NoCertSign(_) => {
                "look at it: `openssl x509 -noout -ext basicConstraints,keyUsage -in FILE`; without `--ca-cert`, an authority is made on the spot"
            }
            Self::AuthorityExpired { .. } | Self::AuthorityTooShort(_) => {
                "take another authority, or none: without `--ca-cert`, one is made on the spot"
            }
            Self::AuthorityKey(private_key::Error::NoPassphrase(_)) => {
                "give it with `--ca-passphrase-file FILE` or `--ca-passphrase-fd N`"
            }
            Self::AuthorityKey(_) => "try by hand: `openssl pkey -noout -in KEY`",
            Self::AuthorityKeyOfAnother(_) => {
                "compare: `openssl x509 -noout -pubkey -in CERTIFICATE` and `openssl pkey -pubout -in KEY`"
            }
            Self::Outlives { longest: ..=0, .. } => "it has less than a day left: take another authority",
            Self::Outlives { longest, .. } => {
                return vec![format!("take fewer days, `--days {longest}` at most")];
            }
            Self::RequestForm(_) | Self::RequestLabel(_) | Self::RequestDamaged => {
                "name the file that `contract-signer csr` wrote"
            }
            Self::RequestSignature => {
                "look at it: `openssl req -verify -noout -in FILE`; then make it again: `contract-signer csr`"
            }
            Self::RequestKey(_) | Self::LeafKey(_) => {
                "make a key, `contract-signer keygen`, and a request for it, `contract-signer csr`"
            }
            Self::OtherKey { .. } => {
                "name the key that belongs to it with `--key KEY`, or make a request for this one: `contract-signer csr`"
            }
            Self::Pkcs7 => "unwrap them: `openssl pkcs7 -print_certs -in FILE -out from-ca.pem`",
            Self::SeveralLeaves(_) => "keep the newest of them in the file, and no other",
            Self::Authority(_) => {
                "take what `contract-signer certify` wrote: signing-key.crt, and not signing-key.ca.crt"
            }
            Self::NoDigitalSignature => {
                "ask the authority for one that may sign: `contract-signer csr` makes a request that says so"
            }
            Self::WeakHash(_) => {
                "ask the authority for one that is signed with SHA-256; or make one: `contract-signer certify --days N`"
            }
            Self::GuestsOwn => {
                "take the contract signer's own file, signing-key.crt or signing-key.pub.pem, and not the image's certificate"
            }
            Self::Expired(_) => {
                "ask the contract signer for a new one: `contract-signer certify --days N`; or for the bare key, which has no end"
            }
            Self::AuthorityNotYetValid { .. } | Self::NotYetValid(_) => {
                "check this machine's clock: `date -u`; or wait until then"
            }
            Self::Random(_) | Self::Openssl(_) => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}
