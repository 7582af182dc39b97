//! A handoff. What we write we read back: a statement is packed with a token. Anything else is a tar with its checksums
//! repaired: it is refused, or its token is the one stated, and nobody vouches for a statement that they did not sign.
#![cfg_attr(fuzzing, no_main)]

use std::io::{self, Cursor};

use contract_core::handoff::{Unsorted, Writer};
use contract_core::statement::Statement;
use contract_core::token::{Encrypted, Scanner};
use contract_fuzz::{USER_DATA, at, with_checksums};
use ssh_signatures::allowed_signers::AllowedSigners;

contract_fuzz::target!(handoff);

/// Whose key signed [`SIGNED`], and nothing else that exists.
const SIGNERS: &str = include_str!("../../tests/vectors/statement-signature/allowed_signers");
const SIGNED: &[u8] = include_bytes!("../../tests/vectors/statement-signature/statement.json");

fn handoff(data: &[u8]) {
    match Statement::parse(data) {
        Ok(statement) => reads_back(&statement),
        Err(_) => read(&with_checksums(data)),
    }
}

fn reads_back(statement: &Statement) {
    let mut tar = Cursor::new(Vec::new());
    let mut writer = Writer::new(&mut tar, at());
    let token = |out: &mut dyn io::Write| {
        let token = USER_DATA.lines().find_map(|line| line.strip_prefix("workload: "));
        let token = token.expect("the test vector has a workload").as_bytes();
        out.write_all(token)?;
        let sha256 = sha256(token).expect("the test vector holds a token");
        Ok::<_, io::Error>(Encrypted { sha256, bytes: token.len() as u64, archive: None })
    };
    let written = writer.token(token).and_then(|_| writer.statement(statement)).and_then(|_| writer.finish());
    written.expect("memory takes it");
    let tar = tar.into_inner();
    let handoff = Unsorted::read(Cursor::new(&tar)).expect("our own handoff reads");
    assert_eq!(handoff.statement(), statement);
    read(&tar);
}

fn read(tar: &[u8]) {
    let Ok(mut handoff) = Unsorted::read(Cursor::new(tar)) else { return };
    let (signers, _) = AllowedSigners::parse(SIGNERS, "allowed_signers");
    let vouched = handoff.vouched(&signers.expect("one good line"), at());
    assert!(vouched.is_err() || handoff.signed() == SIGNED, "vouched for without a signature");
    let mut token = Vec::new();
    if handoff.copy_token(&mut token).is_ok() {
        assert_eq!(sha256(&token).as_deref(), Some(handoff.statement().token_sha256()));
    }
}

fn sha256(token: &[u8]) -> Option<String> {
    let mut scanner = Scanner::new();
    scanner.push(token).ok()?;
    Some(scanner.finish().ok()?.sha256)
}
