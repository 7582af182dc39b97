//! The signing key in all its forms: public key, private key, certificate with its chain, request. They are read or refused;
//! a public key that was read is written and read back as the same key.
#![cfg_attr(fuzzing, no_main)]

use contract_fuzz::{VERIFYING_KEY, armored, at, no_passphrase};
use contract_pki::private_key::AuditorKey;
use contract_pki::private_key::SigningKey;
use contract_pki::signing_certificate::{SigningRequest, check, received};
use contract_pki::verifying_key::VerifyingKey;

contract_fuzz::target!(signing_key);

fn signing_key(data: &[u8]) {
    for label in ["PUBLIC KEY", "CERTIFICATE"] {
        let Ok(key) = VerifyingKey::parse(&armored(data, label)) else { continue };
        let _ = check(&key, at());
        let pem = key.to_pem().expect("a key that was read is written");
        let again = VerifyingKey::parse(&pem).expect("our own PEM reads");
        assert_eq!(again.fingerprint(), key.fingerprint());
    }
    let private = armored(data, "PRIVATE KEY");
    let _ = SigningKey::parse(&private, &mut no_passphrase);
    let _ = AuditorKey::parse(&private, &mut no_passphrase);
    let certificate = armored(data, "CERTIFICATE");
    let _ = received(certificate.as_bytes(), &VERIFYING_KEY, "signing-key.pub.pem", at());
    if let Ok(request) = SigningRequest::parse(armored(data, "CERTIFICATE REQUEST").as_bytes()) {
        let _ = request.subject();
    }
}
