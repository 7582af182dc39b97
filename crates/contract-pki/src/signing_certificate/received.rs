//! What a company's authority sends back.

use jiff::Timestamp;
use openssl::x509::X509;

use crate::certificate::authority::Authority;
use crate::signing_certificate::{Error, SigningCertificate, check};
use crate::verifying_key::VerifyingKey;
use crate::x509::fingerprint;

const PKCS7: &[u8] = b"-----BEGIN PKCS7-----";

/// Finds the certificate for `key` in what came, be it PEM or DER, with its chain or with text around it, and refuses
/// what gives no contract a life today. `key_name` is what people call the key.
pub fn received(
    bytes: &[u8],
    key: &VerifyingKey,
    key_name: &str,
    at: Timestamp,
) -> Result<SigningCertificate, Error> {
    if bytes.windows(PKCS7.len()).any(|window| window == PKCS7) {
        return Err(Error::Pkcs7);
    }
    let all: Vec<X509> = Authority::parse_all(bytes)?.into_iter().map(|it| it.0).collect();
    let is_ours = |x509: &&X509| x509.public_key().is_ok_and(|its| its.public_eq(key.key()));
    let ours: Vec<&X509> = all.iter().filter(is_ours).collect();
    let leaf = match ours.as_slice() {
        [leaf] => *leaf,
        [] => {
            let first = all.first().and_then(|x509| fingerprint(x509).ok());
            return Err(Error::OtherKey {
                found: first.unwrap_or_default(),
                other: key_name.to_owned(),
                due: key.fingerprint().to_owned(),
            });
        }
        several => return Err(Error::SeveralLeaves(several.len())),
    };
    check(&VerifyingKey::from_certificate(leaf).map_err(Error::LeafKey)?, at)?;
    SigningCertificate::of(leaf.clone())
}
