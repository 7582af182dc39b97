//! `sign --attestation-key`, plain and encrypted for the guest, judged by `openssl`.

use story_tests::{Outcome, Story, listing};

/// Words of the scripts here. The auditor's key pair is `openssl`'s.
const WORDS: &str = r#"
auditor() { openssl genrsa -out auditor.pem 2> /dev/null; openssl pkey -in auditor.pem -pubout -out auditor.pub.pem; }
sealed() { sign --attestation-key auditor.pub.pem --encrypt-attestation-key --certificate $CERTIFICATE "$@"; }
fingerprint() { echo sha256:$(openssl pkey -pubin -in auditor.pub.pem -outform DER | sha256sum | cut -d' ' -f1); }
verify() { contract-signer verify user-data --signing-key $PUBLIC_KEY "$@"; }
"#;

fn does(story: &Story, script: &str) -> String {
    story.does(&format!("{WORDS}{script}"))
}

fn sh(story: &Story, script: &str) -> Outcome {
    story.sh(&format!("{WORDS}{script}"))
}

#[test]
fn the_guest_s_key_alone_opens_it_to_the_very_pem() {
    let story = Story::encrypted();
    does(
        &story,
        "auditor; sealed
         test $(wc -l < user-data) = 4
         value attestationPublicKey user-data > key.token
         [[ $(cat key.token) =~ ^hyper-protect-basic(\\.[A-Za-z0-9+/=]+){2}$ ]]
         open_token key.token | cmp - auditor.pub.pem
         test \"$(python3 -c 'import yaml; print(yaml.safe_load(open(\"user-data\"))[\"attestationPublicKey\"])')\" = \"$(cat key.token)\"
         # what it says of itself
         test $(jq -r .attestationKey.fingerprint user-data.record.json) = $(fingerprint)
         test $(jq -r .attestationKey.encrypted user-data.record.json) = true
         test $(jq -r '.attestationRecord[\"contract:attestationPublicKey\"]' user-data.record.json) = $(value attestationPublicKey user-data | tr -d '\\n' | sha256sum | cut -d' ' -f1)
         grep -q 'the guest of both halves' user-data.record.json
         verify --record user-data.record.json
         ! grep -rq 'BEGIN PUBLIC' user-data
         boot --attest attested; GUEST_KEY=auditor.pem open_token attested/se-checksums.txt.enc | grep contract:attestationPublicKey",
    );
}
