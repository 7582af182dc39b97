//! What the subject and the key of an encryption certificate say about its image.

use contract_pki::certificate::CertificateFacts;
use contract_pki::certificate::known::KnownCertificate;
use contract_pki::platform::Platform;

/// A warning about the certificate of a test image.
pub fn test_image_warning(facts: &CertificateFacts) -> Option<String> {
    let mut known = KnownCertificate::with_key(&facts.key_fingerprint);
    known.any(KnownCertificate::is_for_tests).then(|| {
        format!(
            "the encryption certificate is one of IBM's test images, never of a product: {}",
            facts.subject
        )
    })
}

/// The hint that goes with it.
pub const TAKE_PRODUCT_CERTIFICATE: &str =
    "take the certificate that comes with your image: `certificate fetch --version NN`";

/// A warning about a subject that was seen with other platforms: message and hint.
pub fn contradiction(facts: &CertificateFacts, platform: Platform) -> Option<(String, String)> {
    let suggested = Platform::suggested_by(&facts.subject);
    let first = suggested.first().filter(|_| !suggested.contains(&platform))?;
    let names: Vec<_> = suggested.iter().map(|platform| platform.name()).collect();
    let names = names.join(" or ");
    Some((
        format!("the platform is {platform}, but such a subject was seen with {names}: {}", facts.subject),
        format!("write `platform: {first}` into `persona.yaml`, or take the certificate of your image"),
    ))
}
