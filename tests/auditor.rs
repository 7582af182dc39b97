//! The auditor's own work: opening, verifying and comparing records that `openssl` and the shell have made.

use std::sync::OnceLock;

use story_tests::{Outcome, Story, listing};

use crate::certificates::{lay_pki, words};

mod comparing;
mod folder;
mod opening;
mod page;
mod signature;
mod signer;

const WORDS: &str = include_str!("auditor/audit.bash");

/// 32 letters, as the documented procedure draws them.
const PASSWORD: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// An auditor's folder with all that he needs: made once, copied for each case.
fn audit() -> &'static Story {
    static AUDIT: OnceLock<Story> = OnceLock::new();
    AUDIT.get_or_init(|| {
        let story = Story::signed();
        story.does(&format!(
            "env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY -o ciiso.iso
             story=$PWD; mkdir audit; cd audit; {}; {WORDS}
             lay_audit \"$story\"",
            lay_pki()
        ));
        story
    })
}

/// What a command did in a fresh copy, after `given`, which must succeed. `then` must succeed too, in the same folder.
pub(crate) fn played(given: &str, run: &str, then: &str) -> Outcome {
    let audit = audit();
    let folder = tempfile::Builder::new().prefix("case-").tempdir_in(audit.folder()).unwrap();
    let here = format!("cp -a audit/. '{0}'; cd '{0}'; {1}; {WORDS}", folder.path().display(), words());
    audit.does(&format!("{here}\n{given}"));
    let outcome = audit.sh(&format!("cd '{}'; {}; {WORDS}\n{run}", folder.path().display(), words()));
    audit.does(&format!("cd '{}'; {}; {WORDS}\n{then}", folder.path().display(), words()));
    outcome
}

/// A command that does its work.
fn does(given: &str, run: &str, then: &str) -> Outcome {
    let outcome = played(given, run, then);
    assert_eq!(outcome.exit, 0, "{given}: {run}: {outcome:?}");
    outcome
}

/// A command that refuses: its exit code, its words, a way on, and no file of its own.
fn refuses(given: &str, run: &str, exit: i32, says: &str) -> Outcome {
    let audit = audit();
    let folder = tempfile::Builder::new().prefix("case-").tempdir_in(audit.folder()).unwrap();
    let here = format!("cd '{}'; {}; {WORDS}", folder.path().display(), words());
    audit.does(&format!("cp -a audit/. '{}'; {here}\n{given}", folder.path().display()));
    let before = listing(folder.path());
    let outcome = audit.sh(&format!("{here}\n{run}"));
    assert_eq!(listing(folder.path()), before, "{given}: {run}: {outcome:?}");
    assert_eq!(outcome.exit, exit, "{given}: {run}: {outcome:?}");
    assert!(outcome.stderr.contains(says), "does not say `{says}`: {outcome:?}");
    assert!(outcome.stderr.contains("hint: "), "no way on: {outcome:?}");
    assert!(!outcome.stderr.contains("panicked"), "{outcome:?}");
    outcome
}
