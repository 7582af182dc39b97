//! What each side states of its volumes, through the binaries: shown by `inspect` and `sign`, compared by `--previous`.

use story_tests::Story;

/// `state HANDOFF JSON`: states other volumes; the section stays as it is, and nobody can see that.
const STATE: &str = r#"
state() {
    unpack "$1"
    python3 -c 'if True:
        import json, sys
        with open("handoff/statement.json") as file: statement = json.load(file)
        statement["predicate"]["volumes"] = json.loads(sys.argv[1])
        with open("handoff/statement.json", "w") as file: json.dump(statement, file, indent=2)
    ' "$2"
    revouch "$1"
}
"#;

/// Both halves of one contract, then both of the next: `old.workload`, `old.env`, `workload.handoff`, `env.handoff`.
fn contracts(old: [&str; 2], new: [&str; 2]) -> Story {
    let story = Story::encrypted();
    story.does(&format!(
        "{STATE}
         state workload.handoff '{}'; cp workload.handoff old.workload; state workload.handoff '{}'
         state env.handoff '{}'; cp env.handoff old.env; state env.handoff '{}'",
        old[0], new[0], old[1], new[1]
    ));
    story
}

const SIGN: &str = "sign -o user-data --force --previous old.workload --previous old.env";

/// What [`SIGN`] says to people.
fn said(story: &Story) -> String {
    story.does(&format!("{SIGN} 2>&1"))
}

/// The changes that `sign --json` reports, as `section volume event weight`; the text shows the same.
fn changes(story: &Story) -> Vec<String> {
    let (json, said) = (story.sh(&format!("{SIGN} --json")).json(), said(story));
    let changes = json["changes"].as_array().unwrap();
    let text = |change: &serde_json::Value, field: &str| change[field].as_str().unwrap().to_owned();
    let warnings = changes.iter().filter(|change| change["weight"] == "warning");
    assert_eq!(said.matches("warning: volume").count(), warnings.count(), "{said}");
    for change in changes {
        assert!(said.contains(&text(change, "message")) && said.contains(&text(change, "hint")), "{said}");
    }
    assert!(said.contains("not checked: that the files of `--previous` are authentic"), "{said}");
    let fields = ["section", "volume", "event", "weight"];
    changes.iter().map(|change| fields.map(|field| text(change, field)).join(" ")).collect()
}

const ONE: &str = r#"{"data": {"rolling": false, "generation": 1}}"#;
const TWO_ROLLING: &str = r#"{"data": {"rolling": true, "generation": 2}}"#;
const TWO: &str = r#"{"data": {"rolling": false, "generation": 2}}"#;

#[test]
fn one_side_rolls_and_the_other_does_not() {
    let story = contracts([ONE, ONE], [TWO_ROLLING, ONE]);
    assert_eq!(changes(&story), Vec::<String>::new());
    let said = said(&story);
    assert!(said.contains("volume `data`: workload generation 2 (rolling), env generation 1\n"), "{said}");
    let inspected =
        story.does("contract-signer inspect workload.handoff; contract-signer inspect env.handoff");
    assert!(inspected.contains("volumes           data: generation 2 (rolling)\n"), "{inspected}");
    assert!(inspected.contains("volumes           data: generation 1\n"), "{inspected}");
}

#[test]
fn both_sides_roll() {
    let story = contracts([ONE, ONE], [TWO_ROLLING, TWO_ROLLING]);
    assert_eq!(changes(&story), Vec::<String>::new());
    let volumes = story.sh("sign -o user-data --force --json").json()["volumes"].clone();
    let side = serde_json::json!({"rolling": true, "generation": 2});
    assert_eq!(volumes, serde_json::json!({"data": {"workload": side, "env": side}}));
}

#[test]
fn one_side_settles_unseen_and_the_other_goes_back() {
    let story = contracts([ONE, TWO_ROLLING], [TWO, ONE]);
    assert_eq!(changes(&story), ["workload data settled-unseen warning", "env data went-back warning"]);
    // the handoff in between is there after all
    story.does(&format!("{STATE}\ncp old.workload between; state between '{TWO_ROLLING}'"));
    let said = story.does("sign -o again --previous between --previous old.workload 2>&1");
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn volumes_come_and_go_on_both_sides() {
    let logs = r#"{"logs": {"rolling": false, "generation": 1}}"#;
    let story = contracts([ONE, ONE], [logs, logs]);
    assert_eq!(
        changes(&story),
        [
            "workload logs added note",
            "workload data retired note",
            "env logs added note",
            "env data retired note"
        ]
    );
}

#[test]
fn statements_of_the_first_version_state_no_generation() {
    let unstated = r#"{"data": {"rolling": false}}"#;
    let story = contracts([unstated, ONE], [ONE, unstated]);
    assert_eq!(changes(&story), ["workload data first-stated note", "env data no-longer-stated warning"]);
}

#[test]
fn volumes_that_only_one_side_has_are_refused_all_the_same() {
    let story = contracts([ONE, ONE], [ONE, "{}"]);
    let outcome = story.sh(SIGN);
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    assert!(
        outcome.stderr.contains("volumes           data                                          none\n"),
        "{outcome:?}"
    );
}

#[test]
fn a_seed_in_plain_text_is_taken_and_advised_against() {
    let story = Story::new();
    let checked = story.does("workload-provider check workload-provider");
    assert!(
        checked.contains("workload.yaml:12: volumes.data.seed: the seed is in the section, in plain text\n"),
        "{checked}"
    );
    assert!(checked.contains("`workload-provider seed import data`; then remove the field"), "{checked}");
    story.write("env-deployer/data.seed", "canary-in-a-file-of-its-own\n");
    story.does("edit 's/^    seed: .*/    seed: !file data.seed/' env-deployer/env.yaml");
    let said = story.does(
        "env-deployer encrypt env-deployer --signing-key contract-signer/signing-key.pub.pem -o env.handoff 2>&1",
    );
    assert!(said.contains("volumes.data.seed: the seed is in the file `data.seed`, in plain text"), "{said}");
    assert!(said.contains("`env-deployer seed import data --from data.seed`"), "{said}");
    assert!(!format!("{checked}{said}").contains("canary"));
}
