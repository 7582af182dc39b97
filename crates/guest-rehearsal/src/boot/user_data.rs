//! The user data as the guest receives them (contract-format, section 4).

use contract_core::user_data::{Error, LARGEST_YAML, UserData, UserDataFacts};
use findings::Advice as _;

use super::log::{Log, Stopped};
use crate::hpl::HPL11001E;
use crate::second_reader;

const STEP: &str = "user data";

/// How a difference between two readers is resolved.
const READERS_HINT: &str =
    "write it in the form that `contract-signer sign` writes: one line a key, without comments";

/// Any order of keys, tokens or plain sections. Only our own form may be large; `surveyed` says whether it is that.
pub fn read(
    log: &mut Log,
    bytes: &[u8],
    surveyed: Result<&UserDataFacts, &Error>,
) -> Result<UserData, Stopped> {
    let hint = "make them with `contract-signer sign --workload HANDOFF --env HANDOFF --key signing-key.pem -o user-data`";
    let text =
        strict_yaml::text(bytes).map_err(|error| log.refused(STEP, HPL11001E, error.to_string(), hint))?;
    let refused = |log: &mut Log, error: &Error| {
        let hints = error.hints();
        log.refused(STEP, HPL11001E, error.to_string(), hints.first().map_or(hint, String::as_str))
    };
    if let Err(error) = surveyed
        && bytes.len() > LARGEST_YAML
    {
        return Err(refused(log, error));
    }
    second_reader::check(text)
        .map_err(|difference| log.refused(STEP, HPL11001E, difference.to_string(), READERS_HINT))?;
    let user_data = UserData::parse(text).map_err(|error| refused(log, &error))?;
    let has = |value: &Option<String>| if value.is_some() { "" } else { "no " };
    let detail = format!(
        "workload, env, {}signature, {}attestation key",
        has(&user_data.signature),
        has(&user_data.attestation_public_key)
    );
    if user_data.unknown.is_empty() {
        log.ok(STEP, detail);
    } else {
        let unknown = user_data.unknown.join("`, `");
        log.warning(
            STEP,
            None,
            format!("{detail}; `{unknown}` is no key of a contract, and nothing signs it"),
        );
    }
    Ok(user_data)
}
