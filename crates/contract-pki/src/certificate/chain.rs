//! From a guest image's certificate to a root, by IBM's own procedure (contract-format, section 9).
//!
//! ```text
//! image's certificate      signature over its TBS with the intermediate's key; issuer = the intermediate's subject; dates; list;
//!                          no purpose of its own
//! IBM's intermediate       the lowest of those given; OpenSSL's path validation, as `openssl verify -untrusted … -CAfile …` does it; list
//! authorities above it     the same: each must be an authority, and its key and signature as strong as they have to be
//! root                     one of those that were given
//! ```
//!
//! The first step is not path validation: the images' certificates carry neither `KeyUsage` nor `BasicConstraints`, and the
//! intermediate is itself issued by an authority that may have no further authorities below it, so that strict
//! validators refuse what IBM issues. From the intermediate upwards nothing is our own: OpenSSL decides.

use std::cmp::Ordering;

use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509NameRef, X509Ref, X509StoreContext, X509StoreContextRef};
use serde::Serialize;

use crate::certificate::authority::Authority;
use crate::certificate::refusal::{Reason, Refusal, refuse};
use crate::certificate::revocation::{Revocation, RevocationList};
use crate::certificate::{
    Attestation, CertificateFacts, Encryption, ImageCertificate, Role, VerifiedCertificate, profile,
};
use crate::verifying_key::{self, VerifyingKey};
use crate::x509::{MINIMUM_BITS, one_line, timestamp};
use crate::x509::{crl_distribution_points, signature_algorithm};
use crate::x509::{fingerprint, signature_is_strong};

/// What an image's certificate is held against.
#[derive(Default)]
pub struct Authorities {
    /// The certificate's issuer and the authorities above it, in any order.
    pub intermediates: Vec<Authority>,
    /// What is trusted.
    pub roots: Vec<Authority>,
    /// Revocation lists, in any order; none: revocation is not checked, and the result says so.
    pub lists: Vec<RevocationList>,
}

/// One certificate of a verified chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// On one line, in the certificate's order.
    pub subject: String,
    /// Upper-case hex.
    pub serial: String,
    /// `sha256:` and the hex SHA-256 of the key.
    pub key_fingerprint: String,
    /// `sha512WithRSAEncryption`
    pub signature_algorithm: String,
    /// First second of validity.
    pub not_before: Timestamp,
    /// Last second of validity.
    pub not_after: Timestamp,
    /// Where its issuer publishes what was revoked.
    pub crl_distribution_points: Vec<String>,
    /// What is known about its revocation.
    pub revocation: Revocation,
}

/// Proof that a certificate leads to a given root, and what of it was checked.
pub struct VerifiedChain<R> {
    certificate: ImageCertificate<R>,
    links: Vec<Link>,
    at: Timestamp,
}

impl<R: Role> VerifiedChain<R> {
    /// The image's certificate, its issuer, the authorities, the root.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Of the image's certificate.
    pub fn facts(&self) -> &CertificateFacts {
        self.certificate.facts()
    }

    /// The time that all dates were held against.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

impl VerifiedChain<Encryption> {
    /// The certificate, ready to encrypt with.
    pub fn into_certificate(self) -> VerifiedCertificate {
        VerifiedCertificate { certificate: self.certificate, foreign: None }
    }
}

impl ImageCertificate<Attestation> {
    /// As [`VerifiedChain::verifying_key`], of a certificate that nobody vouches for: its key is pinned, say.
    pub fn danger_verifying_key(&self) -> Result<VerifyingKey, verifying_key::Error> {
        VerifyingKey::from_certificate(&self.x509)
    }
}

impl VerifiedChain<Attestation> {
    /// The key that verifies the guest's `se-signature.bin` (contract-format, section 8).
    pub fn verifying_key(&self) -> Result<VerifyingKey, verifying_key::Error> {
        VerifyingKey::from_certificate(&self.certificate.x509)
    }
}

impl Authorities {
    /// Verifies the whole chain at a point in time.
    pub fn verify<R: Role>(
        &self,
        leaf: ImageCertificate<R>,
        at: Timestamp,
    ) -> Result<VerifiedChain<R>, Refusal> {
        let issuer = self.issuer_of(&leaf)?.0.clone();
        leaf.verify_dates(at)?;
        let mut chain = vec![leaf.x509.clone()];
        chain.extend(self.to_a_root(&issuer, at)?);

        let mut lists = Vec::with_capacity(self.lists.len());
        for list in &self.lists {
            lists.push((list.verify(&chain, at)?, list));
        }
        let links = chain.iter().enumerate().map(|(place, x509)| {
            let is_root = place + 1 == chain.len();
            let mut revocation = if is_root { Revocation::Root } else { Revocation::NotChecked };
            for (_, list) in lists.iter().filter(|(issuer, _)| *issuer == place + 1) {
                // whom a list names is revoked, even where its silence would mean nothing
                let found = list.look_up(x509)?;
                if list.covers(x509) {
                    revocation = found;
                }
            }
            Link::of(x509, revocation).map_err(|_| refuse(x509, Reason::Unreadable))
        });
        let links = links.collect::<Result<_, _>>()?;
        Ok(VerifiedChain { certificate: leaf, links, at })
    }

    /// Verifies the certificate's own issuer, signature and dates; nobody vouches for the issuer then.
    pub fn verify_issuer<R: Role>(&self, leaf: &ImageCertificate<R>, at: Timestamp) -> Result<(), Refusal> {
        dates(&self.issuer_of(leaf)?.0, at)?;
        leaf.verify_dates(at)
    }

    /// The first two steps of the procedure: the issuer's name, and the signature over the TBS part. What nobody but the
    /// intermediate may have issued is nothing that the authority above it sells: see [`profile`].
    fn issuer_of<R: Role>(&self, leaf: &ImageCertificate<R>) -> Result<&Authority, Refusal> {
        let (certificate, leaf) = (leaf, &leaf.x509);
        if same(leaf.issuer_name(), leaf.subject_name()) {
            return Err(refuse(leaf, Reason::SelfSigned));
        }
        certificate.verify_purpose()?;
        let mut named =
            self.intermediates.iter().filter(|it| same(it.0.subject_name(), leaf.issuer_name())).peekable();
        if named.peek().is_none() {
            let given = self.intermediates.iter().map(Authority::subject).collect();
            return Err(refuse(leaf, Reason::WrongIssuer { issuer: one_line(leaf.issuer_name()), given }));
        }
        if !signature_is_strong(leaf.signature_algorithm().object()) {
            return Err(refuse(leaf, Reason::WeakSignature(signature_algorithm(leaf))));
        }
        let signer = named.find(|it| signed(&it.0, leaf));
        let signer = signer
            .ok_or_else(|| refuse(leaf, Reason::WrongSigner { issuer: one_line(leaf.issuer_name()) }))?;
        let key = signer.0.public_key().map_err(|_| refuse(&signer.0, Reason::Unreadable))?;
        if key.rsa().is_ok() && key.bits() < MINIMUM_BITS {
            return Err(refuse(&signer.0, Reason::WeakKey));
        }
        if let Some(below) = self.issued_by(&signer.0) {
            let issuer = one_line(leaf.issuer_name());
            return Err(refuse(leaf, Reason::IssuerIsAbove { issuer, below: below.subject() }));
        }
        Ok(signer)
    }

    /// One of the intermediates that another has issued, which is an authority above it then. An image's certificate
    /// among them says nothing of that kind, nor does a certificate that is its own issuer.
    fn issued_by(&self, issuer: &X509Ref) -> Option<&Authority> {
        self.intermediates.iter().find(|Authority(it)| {
            same(it.issuer_name(), issuer.subject_name())
                && !same(it.subject_name(), issuer.subject_name())
                && signed(issuer, it)
                && profile::verify::<Encryption>(it).is_err()
                && profile::verify::<Attestation>(it).is_err()
        })
    }

    /// OpenSSL's path validation, from the intermediate to one of the roots.
    fn to_a_root(&self, intermediate: &X509, at: Timestamp) -> Result<Vec<X509>, Refusal> {
        let prepared = self.store(at).and_then(|store| {
            let mut others = Stack::new()?;
            self.intermediates.iter().try_for_each(|it| others.push(it.0.clone()))?;
            Ok((store, others, X509StoreContext::new()?))
        });
        let (store, others, mut context) = prepared.map_err(|_| refuse(intermediate, Reason::Unreadable))?;
        let mut answer = Err(refuse(intermediate, Reason::Unreadable));
        let asked = context.init(&store, intermediate, &others, |context| {
            let trusted = context.verify_cert()?;
            answer =
                if trusted { Ok(chain_of(context)) } else { Err(self.refusal_of(context, intermediate)) };
            Ok(())
        });
        asked.map_err(|_| refuse(intermediate, Reason::Unreadable)).and(answer)
    }

    fn store(&self, at: Timestamp) -> Result<X509Store, ErrorStack> {
        let mut parameters = X509VerifyParam::new()?;
        parameters.set_time(at.as_second());
        // 112 bits: RSA of 2,048 bits, no SHA-1, in everything below the root
        parameters.set_auth_level(2);
        let mut store = X509StoreBuilder::new()?;
        store.set_param(&parameters)?;
        self.roots.iter().try_for_each(|root| store.add_cert(root.0.clone()))?;
        Ok(store.build())
    }

    fn given(&self) -> impl Iterator<Item = &Authority> {
        self.intermediates.iter().chain(&self.roots)
    }

    /// OpenSSL's number of the fault, and our words for those that people meet.
    fn refusal_of(&self, context: &X509StoreContextRef, intermediate: &X509) -> Refusal {
        let at_fault = context.current_cert().unwrap_or(intermediate);
        let date = |time| timestamp(time).unwrap_or_default();
        let fault = context.error();
        // the numbers of <openssl/x509_vfy.h>
        let reason = match fault.as_raw() {
            // OpenSSL takes one of the issuer's name and another key identifier for nobody
            2 | 20 | 21 if self.given().any(|it| same(it.0.subject_name(), at_fault.issuer_name())) => {
                Reason::BadSignature { issuer: one_line(at_fault.issuer_name()) }
            }
            2 | 20 | 21 => Reason::NoIssuer { issuer: one_line(at_fault.issuer_name()) },
            18 | 19 => Reason::NotTrusted,
            7 => Reason::BadSignature { issuer: one_line(at_fault.issuer_name()) },
            9 => Reason::NotYetValid(date(at_fault.not_before())),
            10 => Reason::Expired(date(at_fault.not_after())),
            24 | 32 | 79 => Reason::NotAnAuthority,
            66 | 67 => Reason::WeakKey,
            68 => Reason::WeakSignature(signature_algorithm(at_fault)),
            _ => Reason::Openssl(fault.error_string().to_owned()),
        };
        refuse(at_fault, reason)
    }
}

impl<R: Role> ImageCertificate<R> {
    /// Refuses what is not an image's certificate of this role, by its extensions and its subject.
    pub fn verify_purpose(&self) -> Result<(), Refusal> {
        profile::verify::<R>(&self.x509)?;
        R::verify_subject(&self.facts)
    }

    /// Whether it is its own issuer, so that nobody vouches for it.
    pub fn is_self_signed(&self) -> bool {
        same(self.x509.issuer_name(), self.x509.subject_name()) || signed(&self.x509, &self.x509)
    }

    /// Verifies the validity at a point in time, and nothing else.
    pub fn verify_dates(&self, at: Timestamp) -> Result<(), Refusal> {
        dates(&self.x509, at)
    }
}

impl Link {
    fn of(x509: &X509, revocation: Revocation) -> Result<Self, ErrorStack> {
        Ok(Self {
            subject: one_line(x509.subject_name()),
            serial: x509.serial_number().to_bn()?.to_hex_str()?.to_string(),
            key_fingerprint: fingerprint(x509)?,
            signature_algorithm: signature_algorithm(x509),
            not_before: timestamp(x509.not_before())?,
            not_after: timestamp(x509.not_after())?,
            crl_distribution_points: crl_distribution_points(x509),
            revocation,
        })
    }
}

fn signed(issuer: &X509Ref, it: &X509Ref) -> bool {
    issuer.public_key().and_then(|key| it.verify(&key)).unwrap_or(false)
}

fn same(one: &X509NameRef, other: &X509NameRef) -> bool {
    one.try_cmp(other).is_ok_and(|order| order == Ordering::Equal)
}

/// OpenSSL holds the certificates above against `at` by itself.
fn dates(x509: &X509Ref, at: Timestamp) -> Result<(), Refusal> {
    let (Ok(from), Ok(to)) = (timestamp(x509.not_before()), timestamp(x509.not_after())) else {
        return Err(refuse(x509, Reason::Unreadable));
    };
    if at < from {
        return Err(refuse(x509, Reason::NotYetValid(from)));
    }
    if at > to { Err(refuse(x509, Reason::Expired(to))) } else { Ok(()) }
}

fn chain_of(context: &X509StoreContextRef) -> Vec<X509> {
    context.chain().map(|chain| chain.iter().map(ToOwned::to_owned).collect()).unwrap_or_default()
}
