//! Verifies the signature of the contract and the dates of its certificate (contract-format, section 5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract_core::lifetime::NOTICE;
use contract_core::user_data::UserData;
use contract_pki::validity::{Standing, Validity};
use contract_pki::verifying_key::VerifyingKey;
use jiff::Timestamp;

use crate::hpl::{HPL12001E, HPL12006E, HPL12007E};
use crate::report::{Halt, Log};

const STEP: &str = "signature";
const EXPIRY: &str = "expiry";

/// Verifies the signature, and compares the dates of a signing certificate with the time of boot.
pub fn verify(
    log: &mut Log,
    user_data: &UserData,
    signing_key: Option<&VerifyingKey>,
    at: Timestamp,
) -> Result<(), Halt> {
    let sign_hint = "sign with `contract-signer sign --key signing-key.pem`, with the key pair of the env section's `signingKey`";
    let (signature, key) = match (&user_data.signature, signing_key) {
        (Some(signature), Some(key)) => (signature, key),
        (None, None) => {
            let detail = "not signed: anyone who handles the user data can replace a section";
            log.warning(STEP, None, detail);
            return Ok(());
        }
        (None, Some(_)) => {
            let detail = "the env section has a `signingKey`, the user data has no `envWorkloadSignature`";
            return Err(log.refused(STEP, HPL12001E, detail, sign_hint));
        }
        (Some(_), None) => {
            let detail = "the user data has an `envWorkloadSignature`, the env section has no `signingKey`";
            let hint = "encrypt the env section again with the signer's public key: `env-deployer encrypt . \
                        --signing-key signing-key.pub.pem`";
            return Err(log.refused(STEP, HPL12001E, detail, hint));
        }
    };
    let bytes = STANDARD.decode(signature.split_ascii_whitespace().collect::<String>());
    let valid = bytes.is_ok_and(|bytes| key.verifies(&user_data.signed_digest(), &bytes));
    if !valid {
        let detail = format!(
            "`envWorkloadSignature` does not verify with the env section's `signingKey` ({}): it was signed with \
             another key, or a section was replaced",
            key.fingerprint()
        );
        return Err(log.refused(STEP, HPL12001E, detail, sign_hint));
    }
    log.ok(STEP, format!("verifies with the env section's `signingKey` ({})", key.fingerprint()));
    key.validity().map_or(Ok(()), |validity| expiry(log, validity, at))
}

fn expiry(log: &mut Log, validity: Validity, at: Timestamp) -> Result<(), Halt> {
    let Validity { not_before: begin, not_after: end } = validity;
    if validity.at(at) == Standing::NotYet {
        // IBM's list has no message for it: HPL12005E to HPL12007E are only about the end
        let detail = format!("the signing certificate is not valid before {begin}, the guest boots at {at}");
        let hint = "boot after that time, or check the clock of this machine: `date -u`";
        return Err(log.refused(EXPIRY, None, detail, hint));
    }
    if validity.has_ended(at) {
        let hint = "sign with a certificate that is still valid, and encrypt the env section with it";
        return Err(log.refused(
            EXPIRY,
            HPL12007E,
            format!("the contract expired at {end}, the guest boots at {at}"),
            hint,
        ));
    }
    // IBM's list does not say how long before the end the guest begins to warn
    if end.duration_since(at) < NOTICE {
        log.warning(EXPIRY, Some(HPL12006E), format!("the contract expires at {end}"));
    } else {
        log.ok(EXPIRY, format!("the contract expires at {end}"));
    }
    Ok(())
}
