//! Why a chain is refused, and what to do about it.

use std::fmt;

use jiff::Timestamp;

use openssl::x509::X509Ref;

use crate::x509::{day, one_line};
use findings::{Advice, Blame};

/// A certificate or a revocation list that does not hold: always verification refused, exit code 4.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// Whose certificate, or who issued the list.
    pub subject: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// Refuses a certificate.
pub(super) fn refuse(x509: &X509Ref, reason: Reason) -> Refusal {
    Refusal { subject: one_line(x509.subject_name()), reason }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Issuer and subject of the image's certificate are the same.
    SelfSigned,
    /// None of the intermediates has the issuer's name.
    WrongIssuer {
        /// Who signed, as the certificate says.
        issuer: String,
        /// The intermediates' subjects.
        given: Vec<String>,
    },
    /// The name is right, and the key is not.
    WrongSigner {
        /// Whose name it is.
        issuer: String,
    },
    /// An authority, and not the lowest of those given: it has issued one of the others.
    IssuerIsAbove {
        /// Who signed.
        issuer: String,
        /// Whom it has issued as well.
        below: String,
    },
    /// The image's certificate says whose it is with no word.
    NoSubject,
    /// The image's certificate says `CA:TRUE`.
    ImageIsAuthority,
    /// The image's key may sign certificates or revocation lists.
    ImageSignsOthers,
    /// The image's certificate is for something: code signing, server authentication.
    ImageHasPurpose(String),
    /// The `KeyUsage` of the image's certificate does not allow what its role needs.
    ImageKeyUsage(&'static str),
    /// The subject names another role than an image's encryption certificate.
    OtherRole(&'static str),
    /// A critical extension of the image's certificate, by its number.
    UnknownExtension(String),
    /// As [`Reason::WrongSigner`], further up.
    BadSignature {
        /// Whose name it is.
        issuer: String,
    },
    /// Past its end.
    Expired(Timestamp),
    /// Before its beginning.
    NotYetValid(Timestamp),
    /// The chain ends before a root.
    NoIssuer {
        /// Whose certificate is missing.
        issuer: String,
    },
    /// The chain ends in a root that was not given.
    NotTrusted,
    /// Above the intermediate, and no authority.
    NotAnAuthority,
    /// RSA of less than 2,048 bits, or as weak.
    WeakKey,
    /// MD5, SHA-1, or something not known.
    WeakSignature(String),
    /// Named by a verified list.
    Revoked {
        /// The list's entry.
        since: Timestamp,
        /// The list.
        file: String,
    },
    /// Issued by nobody in this chain.
    ListOfAnother {
        /// The list.
        file: String,
    },
    /// Its issuer is in the chain, and did not sign it.
    ListSignature {
        /// The list.
        file: String,
    },
    /// Signed over MD5, SHA-1, or something not known.
    WeakListSignature {
        /// The list.
        file: String,
        /// As OpenSSL calls it.
        algorithm: String,
    },
    /// An entry says that the certificate is not revoked any more, which only a delta list may say.
    TakenBack {
        /// The list.
        file: String,
    },
    /// `nextUpdate` is past.
    ListOutdated {
        /// The list.
        file: String,
        /// `nextUpdate`
        until: Timestamp,
    },
    /// `thisUpdate` is to come.
    ListNotYetValid {
        /// The list.
        file: String,
        /// `thisUpdate`
        from: Timestamp,
    },
    /// Anything else that OpenSSL refuses, in its own words.
    Openssl(String),
    /// A field that OpenSSL cannot decode.
    Unreadable,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = &self.subject;
        match &self.reason {
            Reason::SelfSigned => write!(f, "it is its own issuer, so nobody vouches for it: `{who}`"),
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
            Reason::NoSubject => write!(f, "its subject is empty: it does not say whose it is"),
            Reason::ImageIsAuthority => write!(f, "`{who}` is an authority's (CA:TRUE), and no image's is"),
            Reason::ImageSignsOthers => write!(
                f,
                "the key of `{who}` may sign certificates or revocation lists (KeyUsage), and no image's may"
            ),
            Reason::ImageHasPurpose(purpose) => {
                write!(f, "`{who}` is for {purpose}, and an image's is for nothing of that kind")
            }
            Reason::ImageKeyUsage(role) => {
                write!(f, "the key of `{who}` is not for {role} (KeyUsage)")
            }
            Reason::OtherRole(role) => {
                write!(f, "`{who}` is {role} by its name, not an image's encryption certificate")
            }
            Reason::UnknownExtension(oid) => {
                write!(f, "`{who}` has a critical extension that is not known here: {oid}")
            }
            Reason::BadSignature { issuer } => {
                write!(f, "the signature of `{who}` was not made with the key of the given `{issuer}`")
            }
            Reason::Expired(to) => write!(f, "`{who}` expired on {}", day(*to)),
            Reason::NotYetValid(from) => write!(f, "`{who}` is not valid before {}", day(*from)),
            Reason::NoIssuer { issuer } => {
                write!(f, "the chain ends at `{who}`: its issuer is not among what was given: `{issuer}`")
            }
            Reason::NotTrusted => write!(f, "the chain ends in `{who}`, which is none of the given roots"),
            Reason::NotAnAuthority => {
                write!(f, "`{who}` vouches for others, and is no certificate authority")
            }
            Reason::WeakKey => write!(f, "the key of `{who}` is too weak: RSA needs 2048 bits"),
            Reason::WeakSignature(algorithm) => {
                write!(f, "`{who}` is signed with {algorithm}: SHA-256, -384 or -512 is needed")
            }
            Reason::Revoked { since, file } => {
                write!(f, "`{who}` was revoked on {}, says `{file}`", day(*since))
            }
            Reason::ListOfAnother { file } => {
                write!(f, "the revocation list `{file}` is for nobody here: its issuer is `{who}`")
            }
            Reason::ListSignature { file } => {
                write!(f, "the revocation list `{file}` was not signed by its issuer, `{who}`")
            }
            Reason::WeakListSignature { file, algorithm } => write!(
                f,
                "the revocation list `{file}` is signed with {algorithm}: SHA-256, -384 or -512 is needed"
            ),
            Reason::TakenBack { file } => {
                write!(
                    f,
                    "the revocation list `{file}` takes back that `{who}` was revoked, as only a delta list may"
                )
            }
            Reason::ListOutdated { file, until } => {
                write!(f, "the revocation list `{file}` is outdated: a newer one was due on {}", day(*until))
            }
            Reason::ListNotYetValid { file, from } => {
                write!(f, "the revocation list `{file}` is not valid before {}", day(*from))
            }
            Reason::Openssl(words) => write!(f, "OpenSSL refuses `{who}`: {words}"),
            Reason::Unreadable => write!(f, "OpenSSL cannot decode `{who}`"),
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
                "leave it out, or pass the list at the address that `certificate show` tells"
            }
            Reason::ListSignature { .. }
            | Reason::WeakListSignature { .. }
            | Reason::TakenBack { .. }
            | Reason::ListOutdated { .. } => {
                "download it again from the address that `certificate show` tells"
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
