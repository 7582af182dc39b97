//! Verifies the signature of the contract and the dates of its certificate (contract-format, section 5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract_core::kind::Env;
use contract_core::lifetime::NOTICE;
use contract_core::user_data::UserData;
use contract_pki::validity::{Standing, Validity};
use contract_pki::verifying_key::{Error, VerifyingKey};
use findings::{Finding, Rule};
use jiff::Timestamp;
use strict_yaml::Node;

use super::schema::Opened;
use crate::hpl::{HPL12001E, HPL12004E, HPL12006E, HPL12007E};
use crate::report::{Halt, Log};

const STEP: &str = "signature";
const EXPIRY: &str = "expiry";

/// `signingKey` of the env section.
pub struct SigningKey {
    key: Option<VerifyingKey>,
    /// The value as written.
    text: Option<String>,
    /// Why it is of no use, although the schema accepts it.
    fault: Option<Finding>,
    /// Forms that no source shows a guest reading.
    doubts: Vec<Finding>,
}

impl SigningKey {
    /// Reads it from the section, which may have errors.
    pub fn new(env: &Opened<Env>) -> Self {
        let of_rule = |rule| env.about("signingKey").filter(move |it| it.rule == rule).cloned();
        Self {
            key: env.section().and_then(|env| env.model().signing_key.clone()),
            text: env.root.entry("signingKey").and_then(Node::text).map(str::to_owned),
            fault: of_rule(Rule::NotInSchema).next(),
            doubts: of_rule(Rule::Unproven).collect(),
        }
    }
}

/// Verifies the signature, and compares the dates of a signing certificate with the time of boot.
pub fn verify(
    log: &mut Log,
    user_data: &UserData,
    signing_key: &SigningKey,
    at: Timestamp,
) -> Result<(), Halt> {
    let sign_hint = "sign with `contract-signer sign --key signing-key.pem`, with the key pair of the env section's `signingKey`";
    let given = signing_key.text.as_deref().filter(|text| !text.is_empty());
    let signature = match (&user_data.signature, given) {
        (Some(signature), Some(_)) => signature,
        (None, None) => {
            let detail = "not signed: anyone who handles the user data can replace a section";
            log.warning(STEP, None, detail);
            return Ok(());
        }
        (None, Some(_)) => {
            let detail = "the env section has a `signingKey`, the user data has no `envWorkloadSignature`";
            return Err(log.refused(STEP, HPL12004E, detail, sign_hint));
        }
        (Some(_), None) => {
            let detail = "the user data has an `envWorkloadSignature`, the env section has no `signingKey`";
            let hint = "encrypt the env section again with the signer's public key: `env-deployer encrypt . \
                        --signing-key signing-key.pub.pem`";
            return Err(log.refused(STEP, HPL12004E, detail, hint));
        }
    };
    if let Some(fault) = &signing_key.fault {
        let detail = format!("cannot verify with the env section's `signingKey`: {}", fault.message);
        // no key of another type verifies an RSA signature
        if given.is_some_and(|text| matches!(VerifyingKey::parse(text), Err(Error::NotRsa(_)))) {
            return Err(log.refused(STEP, HPL12001E, detail, &fault.hint));
        }
        log.unknown(STEP, detail, &fault.hint);
        return Ok(());
    }
    let Some(key) = &signing_key.key else {
        return Err(log.refused(STEP, HPL12001E, "cannot read the env section's `signingKey`", sign_hint));
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
    for doubt in &signing_key.doubts {
        log.unknown(STEP, format!("`signingKey`: {}", doubt.message), &doubt.hint);
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
        log.unknown(EXPIRY, detail, hint);
        return Ok(());
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
