//! What the attestation record of the running guest must show (contract-format, section 8).

use openssl::sha::sha256;

use super::user_data::UserData;
use crate::report::Digest;

/// The lines that the user data determine. The record holds more: the whole boot medium, the files beside the user data.
pub fn digests(bytes: &[u8], user_data: &UserData) -> Vec<Digest> {
    let values = [
        ("contract:workload", Some(user_data.workload.as_bytes())),
        ("contract:env", Some(user_data.env.as_bytes())),
        ("contract:attestationPublicKey", user_data.attestation_public_key.as_ref().map(String::as_bytes)),
        ("cidata/user-data", Some(bytes)),
    ];
    values
        .into_iter()
        .filter_map(|(name, value)| Some(Digest { name, sha256: hex(&sha256(value?)) }))
        .collect()
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
