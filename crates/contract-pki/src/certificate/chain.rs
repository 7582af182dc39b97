//! From a guest image's certificate to a root, by IBM's own procedure (contract-format, section 9).
//!
//! ```text
//! image's certificate      signature over its TBS with the intermediate's key; issuer = the intermediate's subject; dates; list;
//!                          no purpose of its own
//! IBM's intermediate       the lowest of those given; OpenSSL's path validation, as `openssl verify -untrusted … -CAfile …` does it; list
//! authorities above it     the same: each must be an authority, and its key and signature strong enough
//! root                     one of those that were given
//! ```
//!
//! The first step is not path validation: the images' certificates carry neither `KeyUsage` nor `BasicConstraints`, and the
//! intermediate's issuer allows no further authorities below it, so that strict validators refuse what IBM issues. From the
//! intermediate upwards, OpenSSL decides.

use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509StoreContext, X509StoreContextRef};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::certificate::authority::Authority;
use crate::certificate::refusal::{Reason, Refusal, refuse};
use crate::certificate::revocation::{Revocation, RevocationList};
use crate::certificate::{
    Attestation, CertificateFacts, Encryption, ImageCertificate, Role, VerifiedCertificate, dates, role,
};
use crate::verifying_key::{self, VerifyingKey};
use crate::x509::{
    MINIMUM_BITS, crl_distribution_points, is_signed_by, one_line, same_name, signature_algorithm,
    signature_is_strong, timestamp,
};

/// The certificates and lists that an image's certificate is checked against.
#[derive(Default)]
pub struct Authorities {
    /// The certificate's issuer and the authorities above it, in any order.
    pub intermediates: Vec<Authority>,
    /// The trusted roots.
    pub roots: Vec<Authority>,
    /// Revocation lists, in any order. Without any, revocation is not checked, and the result says so.
    pub lists: Vec<RevocationList>,
}

/// One certificate of a verified chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Subject, serial, fingerprint, validity.
    pub facts: CertificateFacts,
    /// `sha512WithRSAEncryption`
    pub signature_algorithm: String,
    /// Where its issuer publishes revocation lists.
    pub crl_distribution_points: Vec<String>,
    /// What is known about its revocation.
    pub revocation: Revocation,
}

impl Link {
    fn new(x509: &X509, revocation: Revocation) -> Result<Self, ErrorStack> {
        Ok(Self {
            facts: CertificateFacts::read(x509)?,
            signature_algorithm: signature_algorithm(x509),
            crl_distribution_points: crl_distribution_points(x509),
            revocation,
        })
    }
}

/// All fields on one level, the algorithm before the dates.
impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut link = serializer.serialize_struct("Link", 8)?;
        link.serialize_field("subject", &self.facts.subject)?;
        link.serialize_field("serial", &self.facts.serial)?;
        link.serialize_field("keyFingerprint", &self.facts.key_fingerprint)?;
        link.serialize_field("signatureAlgorithm", &self.signature_algorithm)?;
        link.serialize_field("notBefore", &self.facts.not_before)?;
        link.serialize_field("notAfter", &self.facts.not_after)?;
        link.serialize_field("crlDistributionPoints", &self.crl_distribution_points)?;
        link.serialize_field("revocation", &self.revocation)?;
        link.end()
    }
}

/// Proof that a certificate leads to a given root, and the result of each check.
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

    /// The facts of the image's certificate.
    pub fn facts(&self) -> &CertificateFacts {
        self.certificate.facts()
    }

    /// The time that all dates were compared with.
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
        chain.extend(self.path_to_root(&issuer, at)?);

        let mut lists = Vec::with_capacity(self.lists.len());
        for list in &self.lists {
            lists.push((list.verify(&chain, at)?, list));
        }
        let links = chain.iter().enumerate().map(|(place, x509)| {
            let is_root = place + 1 == chain.len();
            let mut revocation = if is_root { Revocation::Root } else { Revocation::NotChecked };
            for (_, list) in lists.iter().filter(|(issuer, _)| *issuer == place + 1) {
                // a certificate on the list is revoked, also if the list is not about it
                let found = list.look_up(x509)?;
                if list.covers(x509) {
                    revocation = found;
                }
            }
            Link::new(x509, revocation).map_err(|_| refuse(x509, Reason::Unreadable))
        });
        let links = links.collect::<Result<_, _>>()?;
        Ok(VerifiedChain { certificate: leaf, links, at })
    }

    /// Verifies the certificate's own issuer, signature and dates. The issuer itself is not verified.
    pub fn verify_issuer<R: Role>(&self, leaf: &ImageCertificate<R>, at: Timestamp) -> Result<(), Refusal> {
        dates(&self.issuer_of(leaf)?.0, at)?;
        leaf.verify_dates(at)
    }

    /// The first two steps of the procedure: the issuer's name, and the signature over the TBS part.
    fn issuer_of<R: Role>(&self, leaf: &ImageCertificate<R>) -> Result<&Authority, Refusal> {
        let (certificate, leaf) = (leaf, &leaf.x509);
        if same_name(leaf.issuer_name(), leaf.subject_name()) {
            return Err(refuse(leaf, Reason::SelfSigned));
        }
        certificate.verify_purpose()?;
        let mut named = self
            .intermediates
            .iter()
            .filter(|it| same_name(it.0.subject_name(), leaf.issuer_name()))
            .peekable();
        if named.peek().is_none() {
            let given = self.intermediates.iter().map(Authority::subject).collect();
            return Err(refuse(leaf, Reason::WrongIssuer { issuer: one_line(leaf.issuer_name()), given }));
        }
        if !signature_is_strong(leaf.signature_algorithm().object()) {
            return Err(refuse(leaf, Reason::WeakSignature(signature_algorithm(leaf))));
        }
        let signer = named.find(|it| is_signed_by(leaf, &it.0));
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

    /// An intermediate that the given certificate has issued, which is then an authority above it. An image's certificate among
    /// them does not count, nor does a certificate that is its own issuer.
    fn issued_by(&self, issuer: &X509) -> Option<&Authority> {
        self.intermediates.iter().find(|Authority(it)| {
            same_name(it.issuer_name(), issuer.subject_name())
                && !same_name(it.subject_name(), issuer.subject_name())
                && is_signed_by(it, issuer)
                && role::verify_extensions::<Encryption>(it).is_err()
                && role::verify_extensions::<Attestation>(it).is_err()
        })
    }

    /// OpenSSL's path validation, from the intermediate to one of the roots.
    fn path_to_root(&self, intermediate: &X509, at: Timestamp) -> Result<Vec<X509>, Refusal> {
        let prepared = self.store(at).and_then(|store| {
            let mut others = Stack::new()?;
            self.intermediates.iter().try_for_each(|it| others.push(it.0.clone()))?;
            Ok((store, others, X509StoreContext::new()?))
        });
        let (store, others, mut context) = prepared.map_err(|_| refuse(intermediate, Reason::Unreadable))?;
        let mut answer = Err(refuse(intermediate, Reason::Unreadable));
        let result = context.init(&store, intermediate, &others, |context| {
            let trusted = context.verify_cert()?;
            answer = match context.chain() {
                Some(chain) if trusted => Ok(chain.iter().map(ToOwned::to_owned).collect()),
                _ => Err(self.refusal_of(context, intermediate)),
            };
            Ok(())
        });
        result.map_err(|_| refuse(intermediate, Reason::Unreadable)).and(answer)
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

    /// The reason for OpenSSL's error number: our text for frequent ones, OpenSSL's for all others.
    fn refusal_of(&self, context: &X509StoreContextRef, intermediate: &X509) -> Refusal {
        let at_fault = context.current_cert().unwrap_or(intermediate);
        let dated =
            |time, reason: fn(Timestamp) -> Reason| timestamp(time).map_or(Reason::Unreadable, reason);
        let fault = context.error();
        // the numbers of <openssl/x509_vfy.h>
        let reason = match fault.as_raw() {
            // OpenSSL does not find an issuer of the right name with another key identifier
            2 | 20 | 21 if self.given().any(|it| same_name(it.0.subject_name(), at_fault.issuer_name())) => {
                Reason::BadSignature { issuer: one_line(at_fault.issuer_name()) }
            }
            2 | 20 | 21 => Reason::NoIssuer { issuer: one_line(at_fault.issuer_name()) },
            18 | 19 => Reason::NotTrusted,
            7 => Reason::BadSignature { issuer: one_line(at_fault.issuer_name()) },
            9 => dated(at_fault.not_before(), Reason::NotYetValid),
            10 => dated(at_fault.not_after(), Reason::Expired),
            24 | 32 | 79 => Reason::NotAnAuthority,
            66 | 67 => Reason::WeakKey,
            68 => Reason::WeakSignature(signature_algorithm(at_fault)),
            _ => Reason::Openssl(fault.error_string().to_owned()),
        };
        refuse(at_fault, reason)
    }
}
