//! What the attestation record of the running guest must show (contract-format, section 8).

use contract_core::certificate::hex;
use contract_core::user_data::UserData;
use openssl::sha::sha256;

use crate::report::Digest;

/// The lines that the user data determine. The record holds more: the whole boot medium, the files beside the user data.
pub fn digests(bytes: &[u8], user_data: &UserData) -> Vec<Digest> {
    let sha256_of = |bytes: &[u8]| hex(&sha256(bytes));
    // a value written as a block ends in a line feed, which the guest does not count
    let value = |name, value: &str| Digest {
        name,
        sha256: sha256_of(value.trim_end_matches(['\r', '\n']).as_bytes()),
    };
    let key = user_data.attestation_public_key.as_deref();
    [
        Some(value("contract:workload", &user_data.workload)),
        Some(value("contract:env", &user_data.env)),
        key.map(|key| value("contract:attestationPublicKey", key)),
        Some(Digest { name: "cidata/user-data", sha256: sha256_of(bytes) }),
    ]
    .into_iter()
    .flatten()
    .collect()
}
