//! The attestation record of the running guest: what it must show, and for whom (contract-format, sections 4 and 8).

use contract_core::pem::PemError;
use contract_core::user_data::UserDataFacts;
use contract_core::verifying_key::{Error, VerifyingKey};
use zeroize::Zeroizing;

use super::decrypt;
use super::log::{Log, Stopped};
use crate::guest_key::GuestKey;
use crate::report::Digest;

const STEP: &str = "attestation";

/// The lines that the user data determine. The record holds more: the whole boot medium, the files beside the user data.
pub fn digests(facts: &UserDataFacts) -> Vec<Digest> {
    facts.attestation_lines().into_iter().map(|(name, sha256)| Digest { name, sha256 }).collect()
}

/// The auditor's key, for which the guest encrypts its record: PEM, base64 of a PEM, or a token that holds either.
///
/// IBM's list has no message for a key that the guest can't use, only for a token that does not open.
pub fn key(log: &mut Log, value: &str, guest_key: &GuestKey) -> Result<VerifyingKey, Stopped> {
    let (text, form) = if decrypt::is_token(value) {
        (decrypt::token(log, STEP, value, guest_key)?, "inside the token, ")
    } else {
        (Zeroizing::new(value.to_owned()), "")
    };
    let key = VerifyingKey::parse(&text).map_err(|error| {
        let hint = "put the auditor's key in again: `contract-signer sign … --attestation-key attestation-key.pub.pem`";
        log.refused(STEP, None, format!("`attestationPublicKey` is of no use: {form}{}", reason(&error)), hint)
    })?;
    log.ok(STEP, format!("the record is encrypted for the auditor's key ({})", key.fingerprint()));
    Ok(key)
}

/// The key is the same kind as one that verifies a contract, but for another job.
fn reason(error: &Error) -> String {
    match error {
        Error::NotRsa(kind) => format!("a key of type {kind}, and a token needs RSA"),
        Error::Pem(PemError::NoBlock) => "neither PEM nor base64 of a PEM".to_owned(),
        _ => error.to_string(),
    }
}
