//! Why a chain is refused, and what to do about it.

use std::fmt;

use findings::{Advice, Blame};
use jiff::Timestamp;
use openssl::x509::X509Ref;

use crate::x509::{day, one_line};

/// A certificate or a revocation list that is refused: always exit code 4.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The subject of the certificate, or the issuer of the list.
    pub subject: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// Refuses a certificate.
pub(super) fn refuse(x509: &X509Ref, reason: Reason) -> Refusal {
    Refusal { subject: one_line(x509.subject_name()), reason }
}

/// What is wrong; [`Refusal`] writes the message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Reason {
    /// Issuer and subject of the image's certificate are the same.
    SelfSigned,
    /// None of the given intermediates has the issuer's name.
    WrongIssuer {
        issuer: String,
        given: Vec<String>,
    },
    /// The intermediate's name is right, and its key is not.
    WrongSigner {
        issuer: String,
    },
    /// The issuer is not the lowest of the given intermediates: it has issued `below`.
    IssuerIsAbove {
        issuer: String,
        below: String,
    },
    NoSubject,
    ImageIsAuthority,
    ImageSignsOthers,
    /// Code signing, server authentication.
    ImageHasPurpose(String),
    ImageKeyUsage(&'static str),
    OtherRole(&'static str),
    /// Its key is that of a published certificate of this kind.
    KnownAs(&'static str),
    TestImage,
    /// By its object identifier.
    UnknownExtension(String),
    /// As [`Reason::WrongSigner`], further up.
    BadSignature {
        issuer: String,
    },
    Expired(Timestamp),
    NotYetValid(Timestamp),
    /// The chain ends before a root.
    NoIssuer {
        issuer: String,
    },
    /// The chain ends in a root that was not given.
    NotTrusted,
    NotAnAuthority,
    WeakKey,
    /// MD5, SHA-1, or an unknown algorithm.
    WeakSignature(String),
    Revoked {
        since: Timestamp,
        file: String,
    },
    /// No certificate of the chain issued the list.
    ListOfAnother {
        file: String,
    },
    ListSignature {
        file: String,
    },
    WeakListSignature {
        file: String,
        algorithm: String,
    },
    /// An entry says that a certificate is no longer revoked, which only a delta list may do.
    TakenBack {
        file: String,
    },
    ListOutdated {
        file: String,
        until: Timestamp,
    },
    ListNotYetValid {
        file: String,
        from: Timestamp,
    },
    /// All other reasons, in OpenSSL's words.
    Openssl(String),
    Unreadable,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match &self.reason {
            Reason::SelfSigned => write!(f, "it is its own issuer, so nobody vouches for it: `{subject}`"),
            Reason::WrongIssuer { issuer, given } => {
                write!(
                    f,
                    "its issuer is none of the intermediates: it names `{issuer}`, and given are `{}`",
                    given.join("`, `")
                )
            }
            Reason::WrongSigner { issuer } => {
                write!(f, "its signature was not made with the key of the intermediate `{issuer}`")
            }
            Reason::IssuerIsAbove { issuer, below } => write!(
                f,
                "its issuer `{issuer}` is above `{below}`: an image's certificate is issued by the lowest of the intermediates"
            ),
            Reason::NoSubject => write!(f, "its subject is empty: it names no owner"),
            Reason::ImageIsAuthority => {
                write!(f, "`{subject}` is an authority's (CA:TRUE), and no image's is")
            }
            Reason::ImageSignsOthers => write!(
                f,
                "the key of `{subject}` may sign certificates or revocation lists (KeyUsage), and no image's may"
            ),
            Reason::ImageHasPurpose(purpose) => {
                write!(f, "`{subject}` is for {purpose}, and an image's is for nothing of that kind")
            }
            Reason::ImageKeyUsage(role) => {
                write!(f, "the key of `{subject}` is not for {role} (KeyUsage)")
            }
            Reason::OtherRole(role) => {
                write!(f, "`{subject}` is {role} by its name, not an image's encryption certificate")
            }
            Reason::KnownAs(kind) => {
                write!(f, "the key of `{subject}` is that of IBM's published {kind} certificate")
            }
            Reason::TestImage => {
                write!(f, "the key of `{subject}` is that of one of IBM's test images, never of a product")
            }
            Reason::UnknownExtension(oid) => {
                write!(f, "`{subject}` has a critical extension that is not known here: {oid}")
            }
            Reason::BadSignature { issuer } => {
                write!(f, "the signature of `{subject}` was not made with the key of the given `{issuer}`")
            }
            Reason::Expired(to) => write!(f, "`{subject}` expired on {}", day(*to)),
            Reason::NotYetValid(from) => write!(f, "`{subject}` is not valid before {}", day(*from)),
            Reason::NoIssuer { issuer } => {
                write!(f, "the chain ends at `{subject}`: its issuer is not among what was given: `{issuer}`")
            }
            Reason::NotTrusted => {
                write!(f, "the chain ends in `{subject}`, which is none of the given roots")
            }
            Reason::NotAnAuthority => {
                write!(f, "`{subject}` vouches for others, and is no certificate authority")
            }
            Reason::WeakKey => write!(f, "the key of `{subject}` is too weak: RSA needs 2048 bits"),
            Reason::WeakSignature(algorithm) => {
                write!(f, "`{subject}` is signed with {algorithm}: SHA-256, -384 or -512 is needed")
            }
            Reason::Revoked { since, file } => {
                write!(f, "`{subject}` was revoked on {}, according to `{file}`", day(*since))
            }
            Reason::ListOfAnother { file } => {
                write!(f, "the revocation list `{file}` is for nobody here: its issuer is `{subject}`")
            }
            Reason::ListSignature { file } => {
                write!(f, "the revocation list `{file}` was not signed by its issuer, `{subject}`")
            }
            Reason::WeakListSignature { file, algorithm } => write!(
                f,
                "the revocation list `{file}` is signed with {algorithm}: SHA-256, -384 or -512 is needed"
            ),
            Reason::TakenBack { file } => {
                write!(
                    f,
                    "the revocation list `{file}` takes back that `{subject}` was revoked, as only a delta list may"
                )
            }
            Reason::ListOutdated { file, until } => {
                write!(
                    f,
                    "the revocation list `{file}` is outdated: a newer one was expected on {}",
                    day(*until)
                )
            }
            Reason::ListNotYetValid { file, from } => {
                write!(f, "the revocation list `{file}` is not valid before {}", day(*from))
            }
            Reason::Openssl(words) => write!(f, "OpenSSL refuses `{subject}`: {words}"),
            Reason::Unreadable => write!(f, "OpenSSL cannot decode `{subject}`"),
        }
    }
}

impl Advice for Refusal {
    fn blame(&self) -> Blame {
        Blame::Refusal
    }

    fn hints(&self) -> Vec<String> {
        let hint = match &self.reason {
            Reason::SelfSigned => {
                "it is a stand-in, not an image's: take the certificate that comes with your image: `certificate fetch --version NN`"
            }
            Reason::ImageIsAuthority
            | Reason::ImageSignsOthers
            | Reason::ImageHasPurpose(_)
            | Reason::ImageKeyUsage(_)
            | Reason::OtherRole(_)
            | Reason::KnownAs(_)
            | Reason::TestImage
            | Reason::UnknownExtension(_)
            | Reason::NoSubject => {
                "it is no image's certificate: take the one that comes with your image: `certificate fetch --version NN`"
            }
            Reason::WrongIssuer { .. } | Reason::WrongSigner { .. } | Reason::IssuerIsAbove { .. } => {
                "take certificate and intermediate of the same image version: `certificate fetch --version NN --with intermediate`"
            }
            Reason::Expired(_) => {
                "take the certificate of a newer image; to ask about another day, add `--at 2026-11-23T12:00:00Z`"
            }
            Reason::NotYetValid(_) | Reason::ListNotYetValid { .. } => {
                "check this machine's clock: `date -u`"
            }
            Reason::NoIssuer { .. } | Reason::BadSignature { .. } => {
                "pass that certificate with `--intermediate FILE`, or with `--root FILE` if it is the root you trust"
            }
            Reason::NotTrusted => {
                "pass it with `--root FILE`, once you know from elsewhere that it is the right one"
            }
            Reason::Revoked { .. } => {
                "do not use it: take the certificate of a newer image, and ask its issuer why"
            }
            Reason::ListOfAnother { .. } => {
                "leave it out, or pass the list at the address that `certificate show` shows"
            }
            Reason::ListSignature { .. }
            | Reason::WeakListSignature { .. }
            | Reason::TakenBack { .. }
            | Reason::ListOutdated { .. } => {
                "download it again from the address that `certificate show` shows"
            }
            Reason::NotAnAuthority
            | Reason::WeakKey
            | Reason::WeakSignature(_)
            | Reason::Openssl(_)
            | Reason::Unreadable => {
                "look at it: `openssl x509 -noout -text -in FILE`, and ask its issuer for another"
            }
        };
        vec![hint.to_owned()]
    }
}
