//! An age file. Two readers agree: opened whole or read as a stream, it holds the same or is refused.
#![cfg_attr(fuzzing, no_main)]

use std::io::{Cursor, SeekFrom};
use std::io::{Read as _, Seek as _};
use std::sync::LazyLock;

use age::x25519::Identity;
use contract_core::age_file::{asks_for_passphrase, decrypt, is_age, open};

contract_fuzz::target!(age_file);

static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
    let file = include_str!("../identity.txt");
    file.lines().find_map(|line| line.parse().ok()).expect("the file holds an identity")
});

fn age_file(data: &[u8]) {
    let whole = open(data, &[&*IDENTITY]).ok();
    assert_eq!(whole.as_deref(), stream(data).filter(|_| is_age(data)).as_ref());
    let _ = asks_for_passphrase(data);
}

fn stream(data: &[u8]) -> Option<Vec<u8>> {
    let mut file = decrypt(Cursor::new(data), &[&*IDENTITY]).ok()?;
    let (mut plain, mut again) = (Vec::new(), Vec::new());
    file.read_to_end(&mut plain).ok()?;
    file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut again)).expect("it was read before");
    assert_eq!(again, plain, "another text after rewinding");
    Some(plain)
}
