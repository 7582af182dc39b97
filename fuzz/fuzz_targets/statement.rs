//! A statement. What we write we read back, and any dates in it can be compared with any other.
#![cfg_attr(fuzzing, no_main)]

use contract_core::lifetime::Lifetime;
use contract_core::statement::Statement;
use contract_fuzz::at;
use jiff::SignedDuration;

contract_fuzz::target!(statement);

fn statement(data: &[u8]) {
    let Ok(statement) = Statement::parse(data) else { return };
    let json = statement.to_json().expect("a statement is JSON");
    assert_eq!(Statement::parse(&json).as_ref(), Ok(&statement));

    let lifetime = Lifetime::from_halves(Some(&statement), Some(&statement));
    for end in lifetime.ends() {
        let _ = (end.days(at()), end.state(at()));
        for ahead in [SignedDuration::ZERO, SignedDuration::from_hours(24 * 3650)] {
            let _ = (end.act_by(ahead), end.is_ending(at(), ahead));
        }
    }
}
