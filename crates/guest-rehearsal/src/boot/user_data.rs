//! Reads user data as the guest receives them (contract-format, section 4).

use contract_core::yaml::{self, Limits, Tags};

use super::log::{Log, Stopped};
use crate::hpl::HPL11001E;

const STEP: &str = "user data";

/// The values, as they stand.
pub struct UserData {
    pub workload: String,
    pub env: String,
    pub signature: Option<String>,
    pub attestation_public_key: Option<String>,
}

/// Any order of keys, tokens or plain sections.
pub fn read(log: &mut Log, bytes: &[u8]) -> Result<UserData, Stopped> {
    let hint = "make it with `contract-signer sign --workload HANDOFF --env HANDOFF --key signing-key.pem -o user-data`";
    let limits = Limits { bytes: bytes.len(), ..Limits::default() };
    let document = yaml::text(bytes)
        .and_then(|text| yaml::parse(text, &limits, Tags::Refused))
        .map_err(|error| log.refused(STEP, HPL11001E, error.to_string(), hint))?;
    let value = |name: &str| document.root.entry(name).and_then(|node| node.text()).map(str::to_owned);
    let (Some(workload), Some(env)) = (value("workload"), value("env")) else {
        let detail = "`workload` and `env` are due, each a token or a plain section";
        return Err(log.refused(STEP, HPL11001E, detail, hint));
    };
    let (signature, attestation_public_key) = (value("envWorkloadSignature"), value("attestationPublicKey"));
    let has = |there: bool| if there { "" } else { "no " };
    log.ok(
        STEP,
        format!(
            "workload, env, {}signature, {}attestation key",
            has(signature.is_some()),
            has(attestation_public_key.is_some())
        ),
    );
    Ok(UserData { workload, env, signature, attestation_public_key })
}
