//! An attestation record, and the signature beside it. What we write we read back; no signature verifies that the key did
//! not make.
#![cfg_attr(fuzzing, no_main)]

use contract_core::attestation::{AttestationRecord, signature};
use contract_fuzz::VERIFYING_KEY;

contract_fuzz::target!(attestation_record);

fn attestation_record(data: &[u8]) {
    assert!(signature::verify(b"a record", data, &VERIFYING_KEY).is_err());
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(record) = AttestationRecord::parse(text) else { return };
    let again = AttestationRecord::parse(&record.to_string()).expect("our own record reads");
    assert_eq!(again.lines(), record.lines());
}
