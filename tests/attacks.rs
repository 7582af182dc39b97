//! Attacks on the contract signer by somebody with the mail server, or by one of the two authors: see [`Case`]. `given` is
//! what the attacker prepares, with standard tools and their own copies of ours; `run` is the contract signer's command.
//! `docs/threat-model.md` names these tests.

mod containers;
mod encrypted;
mod folders;
mod insiders;
mod machine;
mod outsiders;
mod records;
mod terminal;
mod trust;

use story_tests::{Case, Outcome, Story, cases};

const SIGN: &str = "sign -o new";
const INSPECT: &str = "contract-signer inspect workload.handoff $TRUST";

/// Everything that disagrees is reported at once, workload left of env: no second round by mail.
#[test]
fn five_disagreements_are_told_at_once() {
    const CASE: Case = Case {
        given: r#"restate 's/"hpvs"/"ccco"/; s/"serial": "/"serial": "1/; s/"requiredVariables": \[\]/"requiredVariables": ["URL"]/
                           s/"data": \{/"logs": {/' workload.handoff
                  restate 's/("signingKey": "sha256:)..../\10000/' env.handoff"#,
        run: SIGN,
        exit: 4,
        says: &[
            "the handoffs do not agree: platform, encryption certificate, volumes, environment variables, signing key",
        ],
    };
    CASE.check();
    let story = Story::signed();
    story.does(CASE.given);
    let outcome = story.sh(CASE.run);
    for row in [
        ["", "workload", "env"],
        ["platform", "ccco", "hpvs"],
        ["volumes", "logs", "data"],
        ["environment", "needs URL", "provides GREETING"],
    ] {
        assert!(has_row(&outcome, row), "{row:?}: {outcome:?}");
    }
    assert!(outcome.stderr.matches("hint:").count() >= 5, "{outcome:?}");
    // programs get all of it, too
    let json = story.sh("sign -o new --json").json();
    let message = json["error"]["message"].as_str().unwrap();
    assert!(message.contains("volumes (workload: logs; env: data)"), "{message}");
    assert!(message.contains("platform (workload: ccco; env: hpvs)"), "{message}");
}

/// Whether one line begins with the three cells, in this order, with room between them.
fn has_row(outcome: &Outcome, [name, left, right]: [&str; 3]) -> bool {
    outcome.stderr.lines().any(|line| {
        let rest = line.trim_start().strip_prefix(name).map(str::trim_start);
        let rest = rest.and_then(|rest| rest.strip_prefix(left)).filter(|rest| rest.starts_with("  "));
        rest.is_some_and(|rest| rest.trim_start().starts_with(right))
    })
}
