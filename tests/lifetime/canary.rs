//! The contract signer learns dates, and not whose certificates they are.

use super::does;
use story_tests::Story;

#[test]
fn no_name_of_a_certificate_reaches_the_contract_signer() {
    let story = Story::signed();
    for file in ["ca", "client"] {
        let names = does(
            &story,
            &format!("openssl x509 -noout -subject -issuer -serial -in env-deployer/rsyslog/{file}.crt"),
        );
        assert!(names.contains("syslog"), "{names}");
    }
    let fingerprint = does(
        &story,
        "openssl x509 -noout -pubkey -in env-deployer/rsyslog/client.crt | openssl pkey -pubin -outform DER | sha256sum",
    );
    let serial = does(&story, "openssl x509 -noout -serial -in env-deployer/rsyslog/ca.crt");
    does(
        &story,
        "unpack env.handoff; contract-signer inspect env.handoff $TRUST > told; contract-signer inspect user-data.record.json >> told",
    );
    for file in ["handoff/statement.json", "env.handoff", "user-data.record.json", "told"] {
        let text = String::from_utf8_lossy(&story.read(file)).to_lowercase();
        let serial = serial.trim().trim_start_matches("serial=").to_lowercase();
        for name in ["syslog ca\"", "cn=syslog", "syslog client\"", &fingerprint[..64], &serial] {
            assert!(!text.contains(name), "{file} holds {name}");
        }
    }
    let statement: serde_json::Value = serde_json::from_slice(&story.read("handoff/statement.json")).unwrap();
    let certificates = statement["predicate"]["certificates"].as_object().unwrap();
    assert_eq!(certificates.keys().collect::<Vec<_>>(), ["logging.syslog.server", "logging.syslog.cert"]);
    for dates in certificates.values() {
        assert_eq!(dates.as_object().unwrap().keys().collect::<Vec<_>>(), ["notBefore", "notAfter"]);
    }
}
