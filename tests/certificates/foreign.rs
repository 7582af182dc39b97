//! Certificates that are not an image's encryption certificate: they stop at the author, and at the signer where an author
//! took one at a risk.

use story_tests::Story;

use super::lay_pki;

/// Both halves, encrypted under `wrong.crt`; the flags go to both.
const ENCRYPT: &str = "encrypt() {
        workload-provider encrypt workload-provider --certificate wrong.crt -o workload.handoff --force \"$@\" &&
        env-deployer encrypt env-deployer --certificate wrong.crt --signing-key $PUBLIC_KEY -o env.handoff --force \"$@\"
    }\n";

const DANGER: &str = "--danger-accept-foreign-certificate";

/// Files that people had in hand, and why each is refused.
const WRONG: [(&str, &str); 8] = [
    (
        "issue other root encryption 'Hyper Protect Container Runtime Attestation'",
        "is an attestation certificate by its name",
    ),
    ("cp root.crt other.crt", "is an authority's (CA:TRUE)"),
    ("cp intermediate.crt other.crt", "is for Code Signing"),
    (
        "issue other root encryption 'International Business Machines Corporation'",
        "is the certificate of an intermediate or an authority by its name",
    ),
    ("issue other intermediate web_client client", "is for TLS Web Client Authentication"),
    ("issue other intermediate signs_alone client", "is not for encryption (KeyUsage)"),
    ("issue other intermediate certifier x", "may sign certificates or revocation lists (KeyUsage)"),
    ("openssl req -x509 -key other.key -subj /CN=x -days 9 -out other.crt", "is an authority's (CA:TRUE)"),
];

#[test]
fn a_certificate_that_is_not_an_image_s_stops_at_the_author_and_at_the_signer() {
    let story = Story::encrypted();
    story.does(&format!("mkdir tmp/pki; cd tmp/pki; {}", lay_pki()));
    let refused = |run: &str, exit: i32, says: &str| {
        let outcome = story.sh(&format!("{ENCRYPT}{run}"));
        let said = format!("{}{}", outcome.text(), outcome.stderr);
        assert!(outcome.exit == exit && said.contains(says), "{run}: {says}: {outcome:?}");
        assert!(
            said.contains("hint: ") && said.contains("`certificate fetch --version NN`"),
            "{run}: {outcome:?}"
        );
    };
    for (given, says) in WRONG {
        story.does(&format!(
            "cd tmp/pki; {}; {given}; cp other.crt ../../wrong.crt; cd ../..; rm -f new",
            lay_pki()
        ));
        story.does("cp workload-provider/persona.yaml tmp/persona.yaml
                    sed -i 's/^certificate: .*/certificate: ..\\/wrong.crt/' workload-provider/persona.yaml; grep -q wrong workload-provider/persona.yaml");
        refused("workload-provider check workload-provider", 3, says);
        story.does("mv tmp/persona.yaml workload-provider/persona.yaml");
        for author in ["workload-provider", "env-deployer"] {
            refused(&format!("{author} encrypt {author} --certificate wrong.crt -o new"), 4, says);
        }
        assert!(!story.path("new").exists());
        let said = story.sh(&format!("set -e; {ENCRYPT} encrypt {DANGER}"));
        assert!(said.exit == 0 && said.stderr.contains("is accepted all the same"), "{given}: {said:?}");

        if says.contains("by its name") {
            // as an author states it who did not look, or an earlier version
            story.does(r#"for it in workload env; do restate '/"foreignCertificate"/d' $it.handoff; done"#);
        }
        let outcome = story.sh("sign -o new --force");
        assert!(
            outcome.exit == 4
                && outcome.stderr.contains("do not agree: purpose of the encryption certificate"),
            "{outcome:?}"
        );
        let outcome = story.sh(&format!("sign -o new {DANGER} --force"));
        let accepted = "accepted at your own risk: purpose of the encryption certificate: workload ";
        assert!(outcome.exit == 0 && outcome.stderr.contains(accepted), "{outcome:?}");
        let record = String::from_utf8(story.read("new.record.json")).unwrap();
        assert!(record.contains(says) && record.contains(DANGER), "{record}");
        let verify = "contract-signer verify new --signing-key $PUBLIC_KEY --record new.record.json";
        story.does(verify);
        if !says.contains("by its name") {
            story.does("edit 's/\"purpose of .*foreign-certificate\\)\"/\"nothing\"/' new.record.json");
            let outcome = story.sh(verify);
            assert!(outcome.exit == 4 && outcome.stderr.contains("what was accepted"), "{outcome:?}");
        }
    }
}

/// Nobody vouches for it, and it encrypts as well: people make one for a guest of their own. A rehearsal's has an issuer.
#[test]
fn a_self_signed_certificate_is_a_stand_in() {
    let story = Story::new();
    story.does(
        "stand_in self.crt x; guest-rehearsal keygen -o made
         sed 's/^certificate: .*/certificate: ..\\/self.crt/' workload-provider/persona.yaml > tmp/self
         sed 's/^certificate: .*/certificate: ..\\/made\\/guest-encrypt.crt/' workload-provider/persona.yaml > tmp/made",
    );
    for (persona, warned) in [("self", true), ("made", false)] {
        story.does(&format!("cp tmp/{persona} workload-provider/persona.yaml"));
        for run in ["check workload-provider", "encrypt workload-provider -o new --force"] {
            let outcome = story.sh(&format!("workload-provider {run} 2>&1"));
            let said = outcome.text();
            assert_eq!(outcome.exit, 0, "{said}");
            assert_eq!(said.contains("a stand-in, not an image's"), warned, "{said}");
        }
    }
}

/// The signer sees no certificate, and knows it by its key.
#[test]
fn a_certificate_of_ibm_s_test_images_is_no_image_s_for_the_signer() {
    let story = Story::encrypted();
    let test_image = "68da85f1";
    let known = include_str!("../../crates/contract-pki/src/certificate/known.rs");
    let key = known.split('"').find(|it| it.starts_with(&format!("sha256:{test_image}"))).unwrap();
    story.does(&format!(
        r#"for it in workload env; do restate 's/("keyFingerprint": ")[^"]*/\1{key}/' $it.handoff; done"#
    ));
    let says = "test images, never of a product";
    let outcome = story.sh("sign -o new");
    assert!(outcome.exit == 4 && outcome.stderr.contains(says), "{outcome:?}");
    let outcome = story.sh(&format!("sign -o new {DANGER}"));
    assert!(outcome.exit == 0 && outcome.stderr.contains(says), "{outcome:?}");
}
