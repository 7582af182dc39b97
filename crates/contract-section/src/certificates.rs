//! Certificates and private keys in a section: their form, their dates, and whether they match.

use contract_core::{
    env_certificates::{CertificateField, keep_first},
    lifetime::NOTICE,
};
use contract_pki::{
    pem::{self, Base64Error, Block, SchemaBase64},
    signing_certificate::Error,
    validity::{Standing, Validity},
    x509::{day, one_line, validity},
};
use findings::{Advice as _, Rule};
use openssl::{
    pkey::{PKey, Private},
    x509::{X509, X509Ref},
};

use zeroize::Zeroizing;

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
            check.error_of(label_rule(text), field, message, hint);
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
    let Ok(decoded) = SchemaBase64::parse(text) else { return };
    for certificate in X509::stack_from_pem(&decoded.bytes).unwrap_or_default() {
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
    // the schema's pattern has a word of letters before `PRIVATE KEY`
    let rule = match &*labels {
        [label] if label.ends_with("PRIVATE KEY") => Rule::NotInSchema,
        _ => label_rule(text),
    };
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
        check.error_of(rule, field, message, convert);
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

/// The schema asks a PEM for its labels, and does not look into base64.
pub fn label_rule(text: &str) -> Rule {
    if text.contains("-----") { Rule::Other } else { Rule::NotInSchema }
}

/// The bytes of base64. White space that the schema takes is a warning.
pub fn base64(
    check: &mut Check<'_>,
    field: &Field<'_>,
    text: &str,
    hint: &str,
) -> Option<Zeroizing<Vec<u8>>> {
    const ONE_LINE: &str = "put it on one line: `base64 -w0 FILE`";
    match SchemaBase64::parse(text) {
        Ok(SchemaBase64 { bytes, broken }) => {
            if broken {
                let message = "base64 with line breaks: no source shows that a guest reads it";
                check.warning_of(Rule::Unproven, field, message, ONE_LINE);
            }
            Some(bytes)
        }
        Err(error) => {
            let hint = if error == Base64Error::WhiteSpace { ONE_LINE } else { hint };
            check.error(field, error.to_string(), hint);
            None
        }
    }
}

/// The PEM blocks of a field: PEM, or base64 of PEM; of bare DER, which the sources neither name nor exclude.
fn blocks(check: &mut Check<'_>, field: &Field<'_>, text: &str, label: &str) -> Option<Vec<Block>> {
    if text.contains('\r') {
        check.warning(
            field,
            "has CRLF line ends",
            "take `!file FILE.pem`, which normalises them, or convert the file: `dos2unix FILE.pem`",
        );
    }
    let blocks = if text.contains("-----") {
        pem::schema_blocks(text)
    } else {
        let hint = "take the file itself, `!file FILE.pem`";
        let decoded = base64(check, field, text, hint)?;
        match std::str::from_utf8(&decoded) {
            Ok(inner) if inner.contains("-----") => {
                pem::schema_blocks(pem::without_text(inner).as_deref().map_or(inner, |kept| kept))
            }
            _ => Ok(vec![Block { label: label.to_owned(), der: decoded }]),
        }
    };
    blocks.map_err(|damage| damaged(check, field, text, &damage)).ok()
}

/// Reports a damaged PEM. The schema's pattern takes a space in place of a line break; no reader of PEM does.
pub fn damaged(check: &mut Check<'_>, field: &Field<'_>, text: &str, damage: &pem::Damage) {
    let rule = if *damage == pem::Damage::NoLineEnds { Rule::NotInSchema } else { label_rule(text) };
    check.error_of(rule, field, damage.to_string(), damage.hint());
}
