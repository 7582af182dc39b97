//! Somebody else on the same machine.

use story_tests::Story;

#[test]
fn what_others_may_read_is_a_warning() {
    let story = Story::signed();
    let warned = |said: &str, what: &str| {
        said.contains(&format!(
            "warning: {what} can be read by others on this machine\n  hint: keep it to yourself: `chmod 600"
        ))
    };
    let said = story.does("chmod 640 $SIGNING_KEY; chmod 604 $PASSPHRASE; sign -o new 2>&1");
    assert!(warned(&said, "the key `contract-signer/signing-key.pem`"), "{said}");
    assert!(warned(&said, "the passphrase file `contract-signer/passphrase`"), "{said}");
    let said = story.does("chmod 600 $SIGNING_KEY; contract-signer sign --workload workload.handoff --env env.handoff --key $SIGNING_KEY $TRUST --passphrase-fd 3 3< $PASSPHRASE -o other 2>&1");
    assert!(!said.contains("can be read"), "{said}");
    let said = story.does(
        "cd workload-provider; workload-provider identity; chmod 644 identity.age; workload-provider identity 2>&1
         cp id_ed25519 key; chmod 640 key; workload-provider encrypt --vouch-with key -o ../new.handoff 2>&1",
    );
    assert!(warned(&said, "the identity `identity.age`"), "{said}");
    assert!(warned(&said, "the key `key`"), "{said}");
    let said = story
        .does("cd workload-provider; chmod 600 key; chmod 644 id_ed25519.pub; workload-provider check 2>&1");
    assert!(!said.contains("can be read"), "{said}");
}
