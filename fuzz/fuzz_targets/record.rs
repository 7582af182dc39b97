//! The record of a signing. What we write we read back, and a record is as true after as before.
#![cfg_attr(fuzzing, no_main)]

use contract_core::contract::record::Record;

contract_fuzz::target!(record);

fn record(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(record) = Record::parse(text) else { return };
    let _ = record.lifetime();
    let json = record.to_json().expect("a record is JSON");
    let again =
        Record::parse(std::str::from_utf8(&json).expect("JSON is text")).expect("our own record reads");
    assert_eq!(again.to_json().expect("a record is JSON"), json);
    assert_eq!(again.verify_consistency().is_ok(), record.verify_consistency().is_ok());
}
