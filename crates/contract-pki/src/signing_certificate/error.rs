//! Why there is no signing certificate, and what to do about it.

use findings::{Advice, Blame};
use jiff::Timestamp;

use crate::certificate::authority::AuthorityError;
use crate::pem::PemError;
use crate::random::RandomError;
use crate::signing_certificate::NameError;
use crate::x509::{MINIMUM_BITS, day};
use crate::{private_key, verifying_key};

/// Why a signing certificate is neither made nor accepted.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Error {
    #[error("not a usable subject: {0}")]
    Name(#[from] NameError),
    /// Readers take a certificate with one name for a self-signed one.
    #[error("the subject is the authority's own name, `{0}`")]
    NameOfAuthority(String),
    #[error(transparent)]
    Form(#[from] AuthorityError),
    #[error("it holds {0} certificates, and one authority is expected")]
    SeveralAuthorities(usize),
    #[error("`{0}` is no certificate authority: its BasicConstraints do not say `CA:TRUE`")]
    NoAuthority(String),
    #[error("`{0}` may not sign certificates: its KeyUsage has no `keyCertSign`")]
    NoCertSign(String),
    #[error("the authority `{subject}` expired on {}", day(*.end))]
    AuthorityExpired { subject: String, end: Timestamp },
    #[error("the authority `{subject}` is not valid before {begin}")]
    AuthorityNotYetValid { subject: String, begin: Timestamp },
    #[error("the authority's RSA key has {0} bits, at least {MINIMUM_BITS} are needed")]
    AuthorityTooShort(u32),
    #[error(transparent)]
    AuthorityKey(private_key::Error),
    #[error("the private key is not that of the authority `{0}`")]
    AuthorityKeyOfAnother(String),
    #[error("the authority ends at {end}, before the signing certificate would")]
    Outlives { end: Timestamp, longest: i64 },
    #[error("not a certificate request: {0}")]
    RequestForm(#[from] PemError),
    #[error("a PEM `{0}`, expected `CERTIFICATE REQUEST`")]
    RequestLabel(String),
    #[error("the certificate request is damaged")]
    RequestDamaged,
    #[error("the request's signature was not made with the key in it")]
    RequestSignature,
    #[error("the request holds {0}")]
    RequestKey(verifying_key::Error),
    #[error("it is for the key {found}, and `{other}` is {expected}")]
    OtherKey { found: String, other: String, expected: String },
    #[error("the certificates are wrapped in PKCS#7, a `.p7b` file")]
    Pkcs7,
    #[error("{0} of its certificates are for the signing key")]
    SeveralLeaves(usize),
    #[error("the certificate holds {0}")]
    LeafKey(verifying_key::Error),
    #[error("`{0}` is an authority's certificate (`CA:TRUE`), and the signing key's own is expected")]
    Authority(String),
    #[error("its KeyUsage has no `digitalSignature`: it is not for signing")]
    NoDigitalSignature,
    #[error("it is signed with {0}, for which collisions are known")]
    WeakHash(String),
    #[error(
        "it is the key of the encryption certificate, which exists only inside the guest: nobody else can sign with it"
    )]
    GuestsOwn,
    #[error("the signing certificate expired on {}, and with it every contract that holds it", day(*.0))]
    Expired(Timestamp),
    #[error("the signing certificate is not valid before {0}")]
    NotYetValid(Timestamp),
    #[error(transparent)]
    Random(#[from] RandomError),
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
                "look at it: `openssl x509 -noout -ext basicConstraints,keyUsage -in FILE`; without `--ca-cert`, a temporary authority is made"
            }
            Self::AuthorityExpired { .. } | Self::AuthorityTooShort(_) => {
                "take another authority, or none: without `--ca-cert`, a temporary one is made"
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
