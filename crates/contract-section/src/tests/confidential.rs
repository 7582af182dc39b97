//! The policy of a CCCO workload, and the keys of sealed secrets.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

use crate::tests::*;

const POLICY: &str =
    "# made by hand\n\npackage agent_policy # Kata's\n\ndefault ExecProcessRequest := false\n
allow(image) if {\n    image in [\"a}\", `b{\n`] # }\n}\n";

fn workload(policy: &str, more: &str) -> String {
    let policy = strict_yaml::quote(policy);
    format!("type: workload\nconfidential-containers: {{regoValidator: {{policy: {}}}{more}}}\n", *policy)
}

#[test]
fn a_policy_may_be_text_or_base64() {
    let base64 = STANDARD.encode(POLICY);
    for policy in [POLICY, &base64, &format!("{base64}\n")] {
        let (section, findings) = read_in::<Workload>(Path::new(""), &workload(policy, ""));
        assert!(section.is_some() && findings.0.is_empty(), "{findings:?}");
    }
}

#[test]
fn a_policy_that_cannot_be_meant() {
    let with = |from: &str, to: &str| POLICY.replace(from, to);
    for (policy, expected) in [
        (
            String::new(),
            "Error section.yaml:2 confidential-containers.regoValidator.policy: the policy is empty",
        ),
        (" \n".to_owned(), "the policy is empty"),
        (
            STANDARD.encode([0xff, 0xfe]),
            "Error section.yaml:2 confidential-containers.regoValidator.policy: base64 of something",
        ),
        (
            with("agent_policy", "policy"),
            "Warning section.yaml:2 confidential-containers.regoValidator.policy: the policy is of another package than `agent_policy`",
        ),
        (STANDARD.encode(with("package", "packages")), "the policy does not begin with a package"),
        ("policy.rego".to_owned(), "neither base64 nor a policy"),
        (with("[\"a}\"", "[\"a}"), "line 8 of the policy: a text that does not end on its line"),
        (with("{\n`", "{\n"), "line 8 of the policy: a raw text that does not end"),
        (with("]", ")"), "line 9 of the policy: `)`, where line 8 expects `]`"),
        (with("\n}\n", "\n"), "line 7 of the policy: a bracket without its `}`"),
        (with("false", "false }"), "line 5 of the policy: `}` closes nothing"),
    ] {
        only::<Workload>(Path::new(""), &workload(&policy, ""), expected);
    }
}

fn pair() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn text(pem: Vec<u8>) -> String {
    String::from_utf8(pem).unwrap()
}

#[test]
fn keys_of_sealed_secrets() {
    let (signs, opens) = (pair(), pair());
    let public = text(signs.public_key_to_pem().unwrap());
    let pkcs1 = text(opens.rsa().unwrap().private_key_to_pem().unwrap());
    let pkcs8 = text(opens.private_key_to_pem_pkcs8().unwrap());
    let protected = text(
        opens.private_key_to_pem_pkcs8_passphrase(openssl::symm::Cipher::aes_256_cbc(), b"canary").unwrap(),
    );
    let of = |verification: &str, decryption: &str| {
        let [verification, decryption] = [verification, decryption].map(strict_yaml::quote);
        let keys =
            format!(", secret: {{verificationKey: {}, decryptionKey: {}}}", *verification, *decryption);
        workload(POLICY, &keys)
    };
    for decryption in [&pkcs1, &pkcs8] {
        let section = accepted::<Workload>(Path::new(""), &of(&public, decryption));
        assert!(!section.masked().contains("PRIVATE KEY"), "{}", section.masked());
        let keys = section.model().confidential_containers.clone().unwrap().secret.unwrap();
        assert_eq!(keys.verification_key, public);
    }
    let own = text(opens.public_key_to_pem().unwrap());
    let place = "confidential-containers.secret";
    for (verification, decryption, expected) in [
        (
            &*own,
            &*pkcs8,
            format!("Warning section.yaml:2 {place}.verificationKey: the public half of `decryptionKey`"),
        ),
        ("canary", &pkcs8, format!("Error section.yaml:2 {place}.verificationKey: not a PEM `PUBLIC KEY`")),
        (&pkcs8, &pkcs8, format!("{place}.verificationKey: not a PEM `PUBLIC KEY`")),
        (
            &public,
            "canary",
            format!("Error section.yaml:2 {place}.decryptionKey: not a private key in PEM form"),
        ),
        (
            &public,
            &public,
            format!("{place}.decryptionKey: a PEM `PUBLIC KEY`, where the private key is expected"),
        ),
        (
            &public,
            &protected,
            format!("{place}.decryptionKey: no passphrase: a guest cannot be asked for one"),
        ),
    ] {
        only::<Workload>(Path::new(""), &of(verification, decryption), &expected);
    }
}
