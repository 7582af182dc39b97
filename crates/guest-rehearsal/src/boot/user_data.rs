//! Reads user data as the guest receives it, and opens the tokens in it (contract-format, sections 4 and 8).

use contract_core::kind::Kind;
use contract_core::token::Token;
use contract_core::user_data::{Error, LARGEST_YAML, UserData};
use contract_pki::pem::PemError;
use contract_pki::platform::Prefix;
use contract_pki::verifying_key::{self, VerifyingKey};
use findings::Advice as _;
use open_token::{Opened, PASSWORD_LENGTH};
use zeroize::Zeroizing;

use super::platforms::token_prefix;
use crate::hpl::{HPL11001E, HPL11002E};
use crate::keys::GuestKey;
use crate::report::{Halt, Log};
use crate::second_reader;

const STEP: &str = "user data";

const READERS_HINT: &str =
    "write it in the form that `contract-signer sign` writes: one line for each key, without comments";

/// Accepts keys in any order, tokens and plain sections. Only our own form may be large.
/// `damage`: why the file is not in our form.
pub fn read(log: &mut Log, bytes: &[u8], damage: Option<&Error>) -> Result<UserData, Halt> {
    let hint = "make it with `contract-signer sign --workload HANDOFF --env HANDOFF --key signing-key.pem -o user-data`";
    let text =
        strict_yaml::text(bytes).map_err(|error| log.refused(STEP, HPL11001E, error.to_string(), hint))?;
    let refused = |log: &mut Log, error: &Error| {
        let hints = error.hints();
        log.refused(STEP, HPL11001E, error.to_string(), hints.first().map_or(hint, String::as_str))
    };
    if let Some(damage) = damage
        && bytes.len() > LARGEST_YAML
    {
        return Err(refused(log, damage));
    }
    if let Err(difference) = second_reader::check(text) {
        log.unknown(STEP, difference.to_string(), READERS_HINT);
        return Err(Halt::Unknown);
    }
    let user_data = UserData::parse(text).map_err(|error| refused(log, &error))?;
    let has = |value: &Option<String>| if value.is_some() { "" } else { "no " };
    let mut detail = format!(
        "workload, env, {}signature, {}auditor key",
        has(&user_data.signature),
        has(&user_data.attestation_public_key)
    );
    let header = user_data.boot.as_ref().map(|boot| &boot.header);
    if let Some(Ok(header)) = header {
        detail = format!("{detail}, `boot` with {header}, which is not signed");
    }
    let damage = header.and_then(|header| header.as_ref().err());
    let mut doubts: Vec<_> = damage.map(|damage| format!("`boot`: {damage}")).into_iter().collect();
    if !user_data.unknown.is_empty() {
        let unknown = user_data.unknown.join("`, `");
        doubts.push(format!("`{unknown}` is not a key of a contract, and is not signed"));
    }
    if doubts.is_empty() {
        log.ok(STEP, detail);
    } else {
        log.warning(STEP, None, format!("{detail}; {}", doubts.join("; ")));
    }
    Ok(user_data)
}

const HINT: &str = "encrypt with the certificate of this guest key: `--certificate guest-encrypt.crt`";

/// Opens a token; returns a plain section unchanged (contract-format, section 4).
pub fn open_section<K: Kind>(log: &mut Log, value: &str, key: &GuestKey) -> Result<Zeroizing<String>, Halt> {
    if is_token(value) {
        return open_token(log, K::NAME, value, key);
    }
    log.warning(K::NAME, None, "a plain section: anyone who handles the user data can read it");
    Ok(Zeroizing::new(value.to_owned()))
}

fn is_token(value: &str) -> bool {
    token_prefix(value).is_some()
}

/// Opens a token with any content.
fn open_token(
    log: &mut Log,
    step: &'static str,
    value: &str,
    key: &GuestKey,
) -> Result<Zeroizing<String>, Halt> {
    let token = Token::<Anything>::parse(value.trim_end_matches(['\r', '\n'])).map_err(|error| {
        let hint = error.hints().into_iter().next().unwrap_or_else(|| HINT.into());
        log.refused(step, HPL11001E, format!("a damaged token: {error}"), &hint)
    })?;
    match open_token::open(key.rsa(), &token) {
        Ok(opened) => {
            report_opened(log, step, token.parts().0, &opened);
            Ok(opened.text)
        }
        Err(error) => Err(log.refused(step, HPL11001E, error.to_string(), HINT)),
    }
}

/// Tokens of sections and of keys open in the same way.
enum Anything {}

fn report_opened(log: &mut Log, name: &'static str, prefix: Prefix, opened: &Opened) {
    let length = opened.password_length;
    if length >= PASSWORD_LENGTH {
        let detail = format!("a `{}` token, opens to {} bytes", prefix.as_str(), opened.text.len());
        return log.ok(name, detail);
    }
    let cut = if opened.password_cut { ", cut at a line feed or NUL" } else { "" };
    let consequence = if length == 0 { "anybody can read it" } else { "it can be guessed more easily" };
    let detail =
        format!("opens with a password of {length} bytes instead of {PASSWORD_LENGTH}{cut}: {consequence}");
    log.warning(name, None, detail);
}

/// Reads the auditor key, for which the guest encrypts its record: PEM, base64 of a PEM, or a token with either.
pub fn auditor_key(log: &mut Log, value: &str, guest_key: &GuestKey) -> Result<VerifyingKey, Halt> {
    const HINT: &str =
        "add the auditor key again: `contract-signer sign … --auditor-key attestation-key.pub.pem`";
    let (text, form) = if is_token(value) {
        (open_token(log, "attestation", value, guest_key)?, "inside the token, ")
    } else {
        (Zeroizing::new(value.to_owned()), "")
    };
    let key = VerifyingKey::parse(&text).map_err(|error| {
        let hint = match &error {
            verifying_key::Error::Pem(PemError::NoLineEnds) => {
                "write `attestationPublicKey: |`, and the key's lines below it, indented"
            }
            _ => HINT,
        };
        let detail = format!("cannot use `attestationPublicKey`: {form}{}", reason(&error));
        log.refused("attestation", HPL11002E, detail, hint)
    })?;
    if key.certificate().is_some() {
        log.unknown("attestation", "`attestationPublicKey` is a certificate, not a public key", HINT);
    }
    log.ok("attestation", format!("the record is encrypted for the auditor key ({})", key.fingerprint()));
    Ok(key)
}

/// The parser is for keys that verify contracts: its words are adapted.
fn reason(error: &verifying_key::Error) -> String {
    match error {
        verifying_key::Error::NotRsa(kind) => format!("a key of type {kind}, and a token needs RSA"),
        verifying_key::Error::Pem(PemError::NoBlock) => "neither PEM nor base64 of a PEM".to_owned(),
        _ => error.to_string(),
    }
}
