//! Which images a certificate belongs to, by its key. A subject is never asked: it names no product.

use contract_pki::certificate::CertificateFacts;
use contract_pki::certificate::known::KnownCertificate;
use contract_pki::platform::Platform;

/// What is unwise about a certificate, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// The images of a certificate, and those of others with the same key; or that its key is unknown.
pub fn images(facts: &CertificateFacts) -> Vec<String> {
    let known = KnownCertificate::with_key(&facts.key_fingerprint);
    let (same, others): (Vec<_>, Vec<_>) = known.partition(|it| it.serial == facts.serial);
    let same = same.into_iter().map(|it| format!("{it}{}", unverified(it)));
    let others = others.into_iter().map(|it| {
        format!("{it}, in another certificate of this key, serial {}{}", it.serial, unverified(it))
    });
    let all: Vec<_> = same.chain(others).collect();
    if all.is_empty() {
        return vec!["unknown: this version knows no image with this key, see `certificate list`".to_owned()];
    }
    all
}

/// A row that nobody compared with the certificate's file says so.
pub fn unverified(known: &KnownCertificate) -> &'static str {
    if known.verified { "" } else { " (unverified: from the text of an index)" }
}

/// The product of all known images with this key, if there is one.
pub fn only_product(facts: &CertificateFacts) -> Option<Platform> {
    let known = KnownCertificate::with_key(&facts.key_fingerprint);
    let mut products = known.flat_map(|it| it.images).map(|(product, _)| *product);
    let first = products.next()?;
    products.all(|product| product == first).then_some(first)
}

/// A known key that no image of this platform has. An unknown key contradicts nothing.
pub fn contradiction(facts: &CertificateFacts, platform: Platform) -> Option<Contradiction> {
    let known: Vec<_> = KnownCertificate::with_key(&facts.key_fingerprint).collect();
    let first = known.first().filter(|_| known.iter().all(|it| it.versions(platform).is_none()))?;
    let images: Vec<_> = known.iter().map(ToString::to_string).collect();
    let right = first.images.first().map(|(product, _)| format!(", or write `platform: {product}`"));
    Some(Contradiction {
        message: format!("the platform is {platform}, and the key belongs to {}", images.join(" and ")),
        hint: format!("take the certificate of your image{}", right.unwrap_or_default()),
    })
}
