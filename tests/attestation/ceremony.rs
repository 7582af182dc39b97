//! The ceremony's contract: until when it boots, and what the auditor makes of what booted.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use story_tests::{Outcome, Story, repository};

/// A ceremony takes ten seconds: one for all tests, each with a copy of its own.
fn played() -> Story {
    static PLAYED: OnceLock<(Story, PathBuf)> = OnceLock::new();
    let (_, folder) = PLAYED.get_or_init(|| {
        let story = Story::new();
        story.does(&format!("guest-rehearsal ceremony '{}/personas' -o played", repository().display()));
        let folder = story.path("played");
        (story, folder)
    });
    let story = Story::new();
    let copied = Command::new("cp").arg("-a").arg(folder).arg(story.path("played")).status();
    assert!(copied.unwrap().success());
    story
}

fn sh(story: &Story, script: &str) -> Outcome {
    story.sh(&format!("cd played\n{script}"))
}

#[test]
fn the_contract_boots_until_its_certificate_ends() {
    let story = played();
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
