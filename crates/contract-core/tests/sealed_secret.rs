//! Sealed secrets as text: what is made, and what is no sealed secret. The rehearsal's tests open them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract_core::kind::SectionName;
use contract_core::sealed_secret::{Error, LARGEST_SECRET, SealError, SealedSecret, seal};
use contract_pki::private_key::{PrivateKey, SealingKey};
use contract_pki::random::SystemRandomness;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;

/// Short, for speed.
fn key() -> SealingKey {
    let pem = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap().private_key_to_pem_pkcs8().unwrap();
    PrivateKey::parse(std::str::from_utf8(&pem).unwrap(), &mut || Err("none".to_owned())).unwrap()
}

fn sealed(secret: &[u8], key: &SealingKey) -> Result<String, SealError> {
    seal(secret, SectionName::Env, key, key.public(), &mut SystemRandomness)
}

#[test]
fn only_the_key_that_signed_verifies() {
    let key = key();
    let text = sealed(b"hidden", &key).unwrap();
    let secret = SealedSecret::parse(&format!("{text}\n")).unwrap();
    assert_eq!(secret.section, SectionName::Env);
    assert_eq!(secret.encrypted_data.len(), 6 + 16);
    assert!(secret.verifies(key.public()));
    assert!(!secret.verifies(self::key().public()));
}

#[test]
fn the_same_secret_is_never_the_same_text() {
    let key = key();
    let [one, two] = [(); 2].map(|()| SealedSecret::parse(&sealed(b"hidden", &key).unwrap()).unwrap());
    assert_ne!(one.iv, two.iv);
    assert_ne!(one.encrypted_key, two.encrypted_key);
}

#[test]
fn nothing_and_too_much_are_not_sealed() {
    let key = key();
    assert!(matches!(sealed(b"", &key), Err(SealError::Empty)));
    assert!(matches!(sealed(&vec![0; LARGEST_SECRET + 1], &key), Err(SealError::TooLarge(_))));
    let text = sealed(&vec![0; LARGEST_SECRET], &key).unwrap();
    assert!(text.len() < 1 << 20 && SealedSecret::parse(&text).is_ok(), "{}", text.len());
}

/// The text, with one replacement in the JSON of its header or payload.
fn changed(text: &str, part: usize, from: &str, to: &str) -> Error {
    let mut parts: Vec<_> = text.split('.').map(str::to_owned).collect();
    let json = String::from_utf8(URL_SAFE_NO_PAD.decode(&parts[part]).unwrap()).unwrap();
    assert!(json.contains(from), "{json}");
    parts[part] = URL_SAFE_NO_PAD.encode(json.replace(from, to));
    SealedSecret::parse(&parts.join(".")).expect_err("it is refused")
}

#[test]
fn what_is_no_sealed_secret_is_refused_with_its_field() {
    let text = sealed(b"hidden", &key()).unwrap();
    for (part, from, to, field) in [
        (1, "RS512", "RS256", "alg"),
        (1, "env_verify", "env", "kid"),
        (2, "env_decrypt", "workload_decrypt", "key_id"),
        (2, "A256GCM", "A128GCM", "wrap_type"),
        (2, "0.1.0", "0.2.0", "version"),
        (2, "\"kms\"", "\"vault\"", "type"),
        (2, "ibm-hpcr-contract", "other", "provider"),
    ] {
        let error = changed(&text, part, from, to);
        assert!(matches!(error, Error::Field { field: named, .. } if named == field), "{error}");
    }
    assert_eq!(changed(&text, 2, "\"iv\":\"", "\"iv\":\"AAAA"), Error::Value("iv"));
    assert_eq!(changed(&text, 2, "\"iv\"", "\"vi\""), Error::Json("payload"));
    assert_eq!(changed(&text, 1, "{", ""), Error::Json("header"));
    for (text, error) in [
        (text.replace("sealed.", ""), Error::Parts),
        (text.replacen('.', "..", 2), Error::Parts),
        ("sealed.a.b".to_owned(), Error::Parts),
        ("sealed.a.b.c".to_owned(), Error::Base64("header")),
        ("sealed.a".to_owned(), Error::Parts),
        (format!("{text}="), Error::Base64("signature")),
        ("x".repeat((1 << 20) + 1), Error::TooLong),
    ] {
        assert_eq!(SealedSecret::parse(&text).err(), Some(error));
    }
}
