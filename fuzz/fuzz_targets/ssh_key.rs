//! SSH keys: a line, the bytes of a public key, a private key. A public key has one encoding, and what a private key signs,
//! its public half verifies.
#![cfg_attr(fuzzing, no_main)]

use contract_fuzz::{armored, no_passphrase};
use ssh_signatures::ssh_key::private::PrivateKey;
use ssh_signatures::ssh_key::{Line, PublicKey};
use ssh_signatures::sshsig::{Namespace, Signature};

contract_fuzz::target!(ssh_key);

fn ssh_key(data: &[u8]) {
    let line = std::str::from_utf8(data).ok().and_then(|text| Line::parse_file(text).ok());
    for key in [PublicKey::parse(data).ok(), line.map(|line| line.key)].into_iter().flatten() {
        let _ = key.listing("a comment");
        assert_eq!(Line::parse_file(&key.to_string()).map(|line| line.key), Ok(key));
    }

    let private = PrivateKey::parse(&armored(data, "OPENSSH PRIVATE KEY"), &mut no_passphrase);
    let Ok(private) = private else { return };
    let signature = private.sign(b"message", Namespace::Workload).expect("a key that was read signs");
    let signature = Signature::parse(&signature).expect("our own signature reads");
    let verified = signature.verify(b"message", Namespace::Workload).expect("our own signature verifies");
    assert_eq!(verified.key(), private.public());
}
