//! Certificates, in PEM or the DER inside: a guest image's, and authorities'. They are read or refused; no certificate leads
//! to a root whose key signed nothing.
#![cfg_attr(fuzzing, no_main)]

use contract_fuzz::{CERTIFICATE, armored, at};
use contract_pki::certificate::authority::Authority;
use contract_pki::certificate::chain::Authorities;
use contract_pki::certificate::{Encryption, ImageCertificate};

contract_fuzz::target!(certificate);

fn certificate(data: &[u8]) {
    let pem = armored(data, "CERTIFICATE");
    for file in [data, pem.as_bytes()] {
        for authority in Authority::parse_all(file).unwrap_or_default() {
            let _ = authority.subject();
        }
        let _ = Authority::parse_roots(file);
        let Ok(certificate) = ImageCertificate::<Encryption>::from_bytes(file) else { continue };
        let _ = certificate.describe();
        let roots = Authority::parse_roots(CERTIFICATE.as_bytes()).expect("signed with its own key");
        let authorities = Authorities { intermediates: roots.clone(), roots, lists: Vec::new() };
        assert!(authorities.verify(certificate, at()).is_err());
    }
}
