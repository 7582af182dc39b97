//! An SSH signature, armored or its bytes. It is refused, or the key and the namespace that it names are those that verify.
#![cfg_attr(fuzzing, no_main)]

use contract_fuzz::armored;
use ssh_signatures::sshsig::{Namespace, Signature};

contract_fuzz::target!(sshsig);

fn sshsig(data: &[u8]) {
    let Ok(signature) = Signature::parse(&armored(data, "SSH SIGNATURE")) else { return };
    let key = signature.key().clone();
    for namespace in [Namespace::Workload, Namespace::Env] {
        let named = signature.namespace() == namespace.as_str();
        if let Ok(verified) = signature.clone().verify(b"message\n", namespace) {
            assert!(named);
            assert_eq!(verified.key(), &key);
        }
    }
}
