//! A revocation list, in PEM or the DER inside: read or refused.
#![cfg_attr(fuzzing, no_main)]

use contract_fuzz::armored;
use contract_pki::certificate::revocation::RevocationList;

contract_fuzz::target!(revocation_list);

fn revocation_list(data: &[u8]) {
    let _ = RevocationList::parse(data, "list.crl");
    let _ = RevocationList::parse(armored(data, "X509 CRL").as_bytes(), "list.crl");
}
