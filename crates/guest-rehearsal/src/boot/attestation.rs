//! What the attestation record of the running guest must show (contract-format, section 8).

use contract_core::user_data::UserDataFacts;

use crate::report::Digest;

/// The lines that the user data determine. The record holds more: the whole boot medium, the files beside the user data.
pub fn digests(facts: &UserDataFacts) -> Vec<Digest> {
    facts.attestation_lines().into_iter().map(|(name, sha256)| Digest { name, sha256 }).collect()
}
