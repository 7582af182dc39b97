//! What `guest-rehearsal keygen` makes: keys, and a chain that leads to a root.

use story_tests::{Story, listing};

#[test]
fn both_certificates_lead_to_a_root_by_ibm_s_procedure_and_ours() {
    let story = Story::new();
    let pki = include_str!("../certificates/pki.bash");
    story.does(&format!(
        "{pki}
         guest-rehearsal keygen -o image && cd image
         # the chain of a rehearsal has no link between the intermediate and the root
         cp guest-root.crt root.crt; cp guest-root.crt ca.crt; cp guest-intermediate.crt intermediate.crt
         for certificate in encrypt attestation; do
             cp guest-$certificate.crt encrypt.crt; ibm_says
             test $(openssl x509 -in guest-$certificate.crt -noout -text | grep -c 'X509v3') = 0
             openssl x509 -in guest-$certificate.crt -noout -text | grep 'Signature Algorithm: sha512WithRSA'
         done
         workload-provider certificate verify guest-encrypt.crt --intermediate guest-intermediate.crt --root guest-root.crt
         contract-auditor certificate verify guest-attestation.crt --intermediate guest-intermediate.crt --root guest-root.crt
         ! workload-provider certificate verify guest-encrypt.crt --intermediate guest-root.crt --root guest-root.crt
         for kind in -:encrypt -attestation-:attestation; do
             openssl pkey -in guest${{kind%:*}}key.pem -pubout | cmp - <(openssl x509 -in guest-${{kind#*:}}.crt -pubkey -noout)
         done
         test $(openssl pkey -in guest-attestation-key.pem -noout -text | head -1 | grep -c '4096 bit') = 1
         test $(stat -c %a guest-key.pem guest-attestation-key.pem | sort -u) = 600"
    ));
}

#[test]
fn no_key_of_an_authority_is_left_and_nothing_is_replaced() {
    let story = Story::new();
    let made = story.sh("guest-rehearsal keygen -o image --json").json();
    let files = listing(&story.path("image"));
    assert_eq!(files.len(), 6, "{files:?}");
    assert!(made.as_object().unwrap().values().all(|file| story.path(file.as_str().unwrap()).is_file()));
    assert_eq!(story.does("grep -l 'PRIVATE KEY' image/* | wc -l").trim(), "2");
    for file in ["guest-root.crt", "guest-attestation-key.pem"] {
        let outcome =
            story.sh(&format!("mkdir -p other; echo mine > other/{file}; guest-rehearsal keygen -o other"));
        assert_eq!(outcome.exit, 1, "{outcome:?}");
        assert!(outcome.stderr.contains(&format!("`other/{file}`: it already exists")), "{outcome:?}");
        assert_eq!(story.does("cat other/*; rm -r other"), "mine\n");
    }
    assert_eq!(listing(&story.path("image")), files);
}
