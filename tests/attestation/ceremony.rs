//! The ceremony's contract: until when it boots, and what the auditor makes of what booted.

use story_tests::{Outcome, Story};

fn sh(story: &Story, script: &str) -> Outcome {
    story.sh(&format!("cd played\n{script}"))
}

#[test]
fn the_contract_boots_until_its_certificate_ends() {
    let story = Story::played();
    let end = "end=$(openssl x509 -in contract-signer/signing-key.crt -noout -enddate | cut -d= -f2)
        at() { date -ud \"$end $1\" +%FT%TZ; }
        boot_at() { guest-rehearsal boot guest/ciiso.iso --guest-key guest/guest-key.pem --at $(at \"$1\"); }\n";
    for (boot, exit, said) in [
        (
            "guest-rehearsal boot guest/ciiso.iso --guest-key guest/guest-key.pem",
            0,
            "[   ok    ] expiry      the contract expires at",
        ),
        ("boot_at '- 1 day'", 0, "[ warning ] expiry      HPL12006E: the contract expires at"),
        ("boot_at '+ 1 day'", 4, "[ refused ] expiry      HPL12007E: the contract expired at"),
    ] {
        let outcome = sh(&story, &format!("{end}{boot}"));
        assert_eq!(outcome.exit, exit, "{boot}: {outcome:?}");
        assert!(outcome.text().contains(said), "{boot}: {outcome:?}");
    }
    let outcome = sh(
        &story,
        &format!(
            "{end}guest-rehearsal boot guest/ciiso.iso --guest-key guest/guest-key.pem --attest late --at $(at '+ 1 day')"
        ),
    );
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    assert!(!story.path("played/late").exists(), "a guest that does not come up attests nothing");
}
