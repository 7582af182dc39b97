//! Allowed signers. A line that names a key, a purpose and a time lets that key vouch for it then; a time that was read is
//! written back as the same time.
#![cfg_attr(fuzzing, no_main)]

use contract_fuzz::at;
use ssh_signatures::allowed_signers::{AllowedSigners, parse_time, write_time};
use ssh_signatures::sshsig::Namespace;

contract_fuzz::target!(allowed_signers);

fn allowed_signers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some((time, _)) = parse_time(text) {
        assert_eq!(parse_time(&write_time(time)), Some((time, true)));
    }
    let (Ok(signers), _) = AllowedSigners::parse(text, "allowed_signers") else { return };
    for entry in signers.entries() {
        let valid = entry.valid_after.is_none_or(|after| after <= at())
            && entry.valid_before.is_none_or(|before| at() <= before);
        for namespace in [Namespace::Workload, Namespace::Env] {
            let found = signers.find(&entry.key, namespace, at());
            assert!(found.is_ok() || !valid || !entry.is_for(namespace), "{found:?}");
            let _ = signers.find_principal(entry.principals.as_str(), &entry.key, namespace, at());
        }
    }
}
