//! What the attestation record of the running guest must show (contract-format, section 8).

use std::io::Cursor;

use contract_core::user_data::survey;

use crate::report::Digest;

/// The lines that the user data determine; none where they are damaged, which the boot tells. The record holds more: the
/// whole boot medium, the files beside the user data.
pub fn digests(bytes: &[u8]) -> Vec<Digest> {
    let lines = survey(Cursor::new(bytes)).map(|facts| facts.attestation_lines()).unwrap_or_default();
    lines.into_iter().map(|(name, sha256)| Digest { name, sha256 }).collect()
}
