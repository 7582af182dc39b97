//! Certificates and private keys in a section: their form, their dates, and whether they match.

use contract_core::{
    env_certificates::{CertificateField, keep_first},
    lifetime::NOTICE,
};
use contract_pki::{
    pem::{self, Block},
    signing_certificate::Error,
    validity::{Standing, Validity},
    x509::{day, one_line, validity},
};
use findings::{Advice as _, Rule};
use openssl::{
    pkey::{PKey, Private},
    x509::{X509, X509Ref},
};

use crate::fields::{Check, Field};

/// The certificates of a field: PEM, or base64 of PEM or DER. `None` if the field is damaged.
pub fn certificates(
    check: &mut Check<'_>,
    field: &Field<'_>,
    kind: CertificateField,
    text: &str,
) -> Option<Vec<X509>> {
    let blocks = blocks(check, field, text, "CERTIFICATE")?;
    let mut certificates = Vec::with_capacity(blocks.len());
    for block in &blocks {
        if block.label != "CERTIFICATE" {
            let hint = "take the certificate's own file: it begins with `-----BEGIN CERTIFICATE-----`";
            let message = format!("holds a `{}` where a certificate is required", block.label);
            check.described_if(is_pem(text), |check| check.error(field, message, hint));
            return None;
        }
        let Ok(certificate) = X509::from_der(&block.der) else {
            let hint = "check the file, `openssl x509 -noout -subject -in FILE`, and copy it again";
            check.error_of(Rule::NotInSchema, field, "the certificate does not decode", hint);
            return None;
        };
        expiry(check, field, kind, &certificate);
        certificates.push(certificate);
    }
    Some(certificates)
}

/// Checks the dates of a certificate: the guest may boot tomorrow, or next month.
fn expiry(check: &mut Check<'_>, field: &Field<'_>, kind: CertificateField, certificate: &X509Ref) {
    let Ok(validity) = validity(certificate) else {
        let message = "the certificate's dates do not decode";
        check.error_of(Rule::NotInSchema, field, message, "ask its issuer for a new one");
        return;
    };
    let Validity { not_before: from, not_after: to } = validity;
    keep_first(&mut check.certificates, kind, validity);
    let name = one_line(certificate.subject_name());
    if is_reversed(check, validity) {
        check.error(field, format!("the certificate `{name}` ends before it begins"), RENEW);
    } else if validity.has_ended(check.at) {
        let message = format!("the certificate `{name}` expired on {}", day(to));
        check.error_of(Rule::Expired, field, message, RENEW);
    } else if to.duration_since(check.at) < NOTICE {
        let message = format!("the certificate `{name}` expires on {}, within 30 days", day(to));
        check.warning(field, message, RENEW);
    }
    if validity.at(check.at) == Standing::NotYet {
        let message = format!("the certificate `{name}` is valid from {} on", day(from));
        let hint = "boot the guest after that day, or check the clock: `date -u`";
        check.warning(field, message, hint);
    }
}

/// No statement can hold such dates, so it is an error for the author. The guest, which has no folder, ignores dates.
fn is_reversed(check: &Check<'_>, validity: Validity) -> bool {
    check.folder.is_some() && validity.is_reversed()
}

const RENEW: &str = "ask its issuer for a new one, and look at it with `openssl x509 -noout -dates -in FILE`";

/// The dates of certificates in a field that also accepts other base64.
pub fn expiry_of_base64(check: &mut Check<'_>, field: &Field<'_>, kind: CertificateField, text: &str) {
    let Some(decoded) = pem::schema_base64(text) else { return };
    for certificate in X509::stack_from_pem(&decoded).unwrap_or_default() {
        expiry(check, field, kind, &certificate);
    }
}

/// The dates of the signing key's certificate: the contract ends with it.
pub fn contract_expiry(check: &mut Check<'_>, field: &Field<'_>, validity: Validity) {
    let Validity { not_before, not_after } = validity;
    keep_first(&mut check.certificates, CertificateField::SigningKey, validity);
    if is_reversed(check, validity) {
        check.error(field, "the certificate ends before it begins", BARE_KEY);
    } else if validity.has_ended(check.at) {
        let error = Error::Expired(not_after);
        check.error_of(Rule::Expired, field, error.to_string(), error.hints().concat());
    } else if not_after.duration_since(check.at) < NOTICE {
        let message =
            format!("the certificate ends on {}: the guest boots no contract after it", day(not_after));
        check.warning(field, message, BARE_KEY);
    }
    if validity.at(check.at) == Standing::NotYet {
        let error = Error::NotYetValid(not_before);
        check.warning(field, error.to_string(), error.hints().concat());
    }
}

const BARE_KEY: &str =
    "ask the contract signer for a new certificate, or for the bare key: `contract-signer public-key`";

/// The private key of a field, which has to be PKCS#8. `None` if it is not, or is damaged.
pub fn private_key(check: &mut Check<'_>, field: &Field<'_>, text: &str) -> Option<PKey<Private>> {
    let convert = "name the file, `key: !file client-key.pem`: it is converted on the way";
    let blocks = blocks(check, field, text, "PRIVATE KEY")?;
    let labels: Vec<_> = blocks.iter().map(|block| &*block.label).collect();
    let message = match &*labels {
        ["PRIVATE KEY"] => None,
        ["RSA PRIVATE KEY"] => Some("a PKCS#1 key, and the guest wants PKCS#8"),
        ["EC PRIVATE KEY"] | ["EC PARAMETERS", "EC PRIVATE KEY"] => {
            Some("a SEC 1 key, and the guest wants PKCS#8")
        }
        ["ENCRYPTED PRIVATE KEY"] => {
            Some("the key is protected by a passphrase, which the guest does not have")
        }
        [_] => Some("something other than a private key"),
        _ => Some("more than one PEM block expected one private key"),
    };
    if let Some(message) = message {
        // its pattern for a PEM ends with this
        let described = is_pem(text) && !labels.iter().all(|label| label.ends_with("PRIVATE KEY"));
        check.described_if(described, |check| check.error(field, message, convert));
        return None;
    }
    let key = blocks.first().and_then(|block| PKey::private_key_from_der(&block.der).ok());
    if key.is_none() {
        check.error_of(
            Rule::NotInSchema,
            field,
            "the private key does not decode",
            "check the file: `openssl pkey -noout -in FILE`",
        );
    }
    key
}

fn blocks(check: &mut Check<'_>, field: &Field<'_>, text: &str, label: &str) -> Option<Vec<Block>> {
    if text.contains('\r') {
        check.warning(
            field,
            "has CRLF line ends",
            "take `!file FILE.pem`, which normalises them, or convert the file: `dos2unix FILE.pem`",
        );
    }
    let found = if is_pem(text) { pem::schema_blocks(text) } else { base64_of_blocks(text, label) };
    match found {
        Ok(blocks) => Some(blocks),
        Err(damage) => {
            let described = is_pem(text) || (!text.is_empty() && pem::schema_base64(text).is_none());
            check.described_if(described, |check| check.error(field, damage.to_string(), damage.hint()));
            None
        }
    }
}

/// PEM, perhaps damaged; anything else must be base64.
fn is_pem(text: &str) -> bool {
    text.contains("-----")
}

/// Base64 of PEM; of bare DER, which the sources neither name nor exclude.
fn base64_of_blocks(text: &str, label: &str) -> Result<Vec<Block>, pem::Damage> {
    let decoded = pem::schema_base64(text).ok_or(pem::Damage::Header)?;
    match std::str::from_utf8(&decoded) {
        Ok(pem) if pem.contains("-----") => pem::schema_blocks(pem),
        _ => Ok(vec![Block { label: label.to_owned(), der: decoded }]),
    }
}
