//! Of user data only their record knows the dates: another one is of no use, and nothing is guessed without.

use super::{LAST, does, living, says};
use story_tests::Story;

#[test]
fn user_data_without_their_record_tell_no_date() {
    let story = Story::signed();
    does(&story, "rm user-data.record.json");
    let (exit, said) = says(&story, "contract-signer inspect user-data");
    assert!(exit == 0 && said.contains("ends first        not known: no date is stated"), "{said}");
    for (command, file) in [
        ("inspect user-data", "user-data"),
        ("inspect workload.token", "workload.token"),
        ("inspect - < user-data", "standard input"),
    ] {
        let (exit, said) = says(&story, &format!("contract-signer {command} --fail-within 30d"));
        assert!(
            exit == 4 && said.contains(&format!("it is not known when `{file}` ends")),
            "{command}: {said}"
        );
    }
}

#[test]
fn a_record_of_other_user_data_is_passed_over_beside_them_and_refused_by_name() {
    let story = living(0, LAST);
    does(
        &story,
        "sign -o other; mv user-data.record.json their.record.json
         workload-provider encrypt workload-provider -o workload.handoff --force; sign -o another
         cp another.record.json user-data.record.json",
    );
    let (exit, said) = says(&story, "contract-signer inspect user-data");
    assert_eq!(exit, 0, "{said}");
    assert!(
        said.contains(
            "warning: ignored the signing record: `user-data.record.json`: it is not the signing record of this user data"
        ),
        "{said}"
    );
    assert!(said.contains("not known: no date is stated"), "{said}");
    let (exit, said) = says(&story, "contract-signer inspect user-data --record user-data.record.json");
    assert!(
        exit == 4 && said.contains("it is not the signing record of this user data: user data"),
        "{said}"
    );
    let (exit, said) = says(&story, "contract-signer inspect user-data --record their.record.json");
    assert!(exit == 0 && said.contains("ends first"), "{said}");
    does(&story, "echo '{' > user-data.record.json");
    let (exit, said) = says(&story, "contract-signer inspect user-data");
    assert!(
        exit == 0 && said.contains("ignored the signing record: cannot read `user-data.record.json`"),
        "{said}"
    );
    let (exit, said) = says(&story, "contract-signer inspect env.handoff $TRUST --record their.record.json");
    assert!(exit == 2 && said.contains("`--record` is for user data"), "{said}");
}

#[test]
fn a_record_alone_tells_its_dates_unless_it_was_changed() {
    let story = living(3, "20500120120000Z");
    let said = does(&story, "contract-signer inspect user-data.record.json");
    for words in
        ["what              a signing record", "alice@example.com", "syslog client certificate on 2050-01-20"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    does(&story, "edit 's/2050-01-20/2080-01-20/' user-data.record.json");
    let (exit, said) = says(&story, "contract-signer inspect user-data.record.json");
    assert!(exit == 4 && said.contains("it was changed after the signing: env statement"), "{said}");
    does(&story, r#"echo '{"_type": "urn:hyper-protect-contract:record:v9"}' > new.json"#);
    let (exit, said) = says(&story, "contract-signer inspect new.json");
    assert!(exit == 3 && said.contains("it is no signing record"), "{said}");
    let (exit, said) = says(&story, "env-deployer boot-media user-data.record.json --hostname h -o iso");
    assert!(exit == 3 && said.contains("the record of a signing"), "{said}");
}

#[test]
fn a_bare_token_states_nothing_and_that_is_said() {
    let story = Story::encrypted();
    does(
        &story,
        "contract-signer sign --workload workload.handoff --env env.token --danger-accept-unsigned-tokens $SIGNER -o user-data",
    );
    let said = does(&story, "contract-signer inspect user-data");
    assert!(said.contains("ends first        encryption certificate of the workload half on "), "{said}");
    assert!(said.contains("not stated        the dates of the env half"), "{said}");
}

/// Cron discards standard output: what is not stated is as bad as what ends.
#[test]
fn half_of_the_dates_is_not_enough_to_fail_within() {
    let story = Story::encrypted();
    for (section, other) in [("env", "workload"), ("workload", "env")] {
        does(
            &story,
            &format!(
                "contract-signer sign --{section} {section}.token --{other} {other}.handoff --danger-accept-unsigned-tokens $SIGNER -o user-data --force"
            ),
        );
        for command in [
            "inspect user-data",
            "inspect user-data.record.json",
            "verify user-data --signing-key $PUBLIC_KEY",
            "verify user-data --signing-key $PUBLIC_KEY --record user-data.record.json",
        ] {
            let (exit, said) = says(&story, &format!("contract-signer {command} --fail-within 30d"));
            let missed = format!("not stated: the dates of the {section} half");
            assert!(exit == 4 && said.contains(&missed), "{command}: {said}");
            assert!(said.contains("instead of a bare token"), "{said}");
            assert_eq!(says(&story, &format!("contract-signer {command}")).0, 0, "{command}");
        }
        let (exit, said) =
            says(&story, &format!("contract-signer inspect {section}.handoff $TRUST --fail-within 1d"));
        assert_eq!(exit, 0, "a handoff is asked about itself: {said}");
    }
}

#[test]
fn verify_finds_the_record_beside_the_user_data() {
    let story = living(0, LAST);
    for key in ["signing.crt", "$PUBLIC_KEY"] {
        let verify = format!("contract-signer verify user-data --signing-key {key} --fail-within 30d");
        let (exit, said) = says(&story, &verify);
        assert!(exit == 0 && said.contains("syslog CA certificate"), "{said}");
        for beside in ["mv user-data.record.json away", "echo '{' > user-data.record.json"] {
            let (exit, said) = says(
                &story,
                &format!(
                    "cp user-data.record.json kept; {beside}; {verify}; e=$?; mv kept user-data.record.json; exit $e"
                ),
            );
            assert!(exit == 4 && said.contains("hint: name the signing record"), "{said}");
            let words = if key == "signing.crt" {
                "not stated: the dates of the workload half"
            } else {
                "it is not known"
            };
            assert!(said.contains(words), "{said}");
        }
    }
}
