//! Handoffs that disagree with themselves, with each other, or with what a tar should be.

use super::cases;

const SIGN: &str = "sign -o new";

cases! {
    a_bare_token_without_the_frightening_flag {
        given: "",
        run: "contract-signer sign --workload workload.token --env env.token $SIGNER -o new",
        exit: 4, says: "--danger-accept-unsigned-tokens",
    }
    a_statement_about_another_digest {
        given: r#"restate 's/("sha256": *")[0-9a-f]{64}/\1e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/' workload.handoff"#,
        run: SIGN,
        exit: 4, says: "not the one stated",
    }
    a_statement_about_an_unknown_platform {
        given: r#"restate 's/"hpvs"/"zvse"/' workload.handoff"#,
        run: SIGN,
        exit: 3, says: "zvse",
    }
    a_statement_of_another_type {
        given: r"restate 's/Statement\/v1/Statement\/v9/' workload.handoff",
        run: SIGN,
        exit: 3, says: "_type",
    }
    a_statement_with_an_unknown_field {
        given: r#"restate 's/("predicate": *\{)/\1"surprise": 1,/' workload.handoff"#,
        run: SIGN,
        exit: 3, says: "surprise",
    }
    a_statement_with_a_duplicate_field {
        given: r#"restate 's/("predicateType": *"[^"]*",)/\1\1/' workload.handoff"#,
        run: SIGN,
        exit: 3, says: "duplicate",
    }
    a_statement_about_another_kind_of_section {
        given: r#"unpack workload.handoff; sed -i 's/"section": "workload"/"section": "kind"/; s/"name": "workload"/"name": "kind"/' handoff/statement.json
                  revouch workload.handoff"#,
        run: "contract-signer inspect workload.handoff",
        exit: 3, says: "kind",
    }
    a_statement_about_another_certificate_with_the_same_key {
        given: r#"unpack workload.handoff; sed -i 's/"serial": "/"serial": "1/' handoff/statement.json
                  revouch workload.handoff"#,
        run: "sign -o new",
        exit: 4, says: "encryption certificate",
    }
    a_statement_with_a_volume_twice {
        given: r#"restate 's/("volumes": *\{)/\1"data":{"rolling":false},/' workload.handoff"#,
        run: SIGN,
        exit: 3, says: "a key is there twice",
    }
    a_statement_that_is_no_json {
        given: "unpack workload.handoff; echo '{]' > handoff/statement.json; revouch workload.handoff",
        run: SIGN,
        exit: 3, says: "statement.json",
    }
    a_statement_that_is_empty {
        given: "unpack workload.handoff; : > handoff/statement.json; revouch workload.handoff",
        run: SIGN,
        exit: 3, says: "statement.json",
    }
    a_statement_of_a_hundred_thousand_brackets {
        given: "unpack workload.handoff; head -c 100000 /dev/zero | tr '\\0' '[' > handoff/statement.json
                revouch workload.handoff",
        run: SIGN,
        exit: 3, says: "statement.json",
    }
    a_handoff_without_a_statement {
        given: "unpack workload.handoff; repack workload.handoff token",
        run: SIGN,
        exit: 4, says: "no `statement.json`",
    }
    a_handoff_without_a_token {
        given: "unpack workload.handoff; repack workload.handoff statement.json",
        run: SIGN,
        exit: 3, says: "no `token`",
    }
    a_handoff_whose_token_is_elsewhere {
        given: "unpack workload.handoff; mkdir handoff/up; mv handoff/token handoff/up; repack workload.handoff up/token statement.json",
        run: SIGN,
        exit: 3, says: "up/token",
    }
    a_handoff_that_is_cut {
        given: "truncate -s 700 workload.handoff",
        run: SIGN,
        exit: 3, says: "workload.handoff",
    }
    a_handoff_that_is_no_tar {
        given: "head -c 5000 /dev/urandom > workload.handoff",
        run: SIGN,
        exit: 3, says: "workload.handoff",
    }
    a_handoff_that_is_compressed {
        given: "gzip workload.handoff; mv workload.handoff.gz workload.handoff",
        run: SIGN,
        exit: 3, says: "workload.handoff",
    }
    an_env_without_a_signing_key {
        given: "sed -i /^signing-key/d env-deployer/persona.yaml",
        run: "env-deployer encrypt env-deployer -o new",
        exit: 3, says: "--signing-key",
    }
    a_previous_contract_that_is_a_token {
        given: "",
        run: "sign -o new --previous workload.token",
        exit: 3, says: "cannot compare with `workload.token`: it states nothing",
    }
    a_previous_contract_that_is_user_data {
        given: "",
        run: "sign -o new --previous workload.handoff --previous user-data",
        exit: 3, says: "name a handoff of an earlier contract",
    }
    a_previous_contract_that_is_not_there {
        given: "",
        run: "sign -o new --previous gone.handoff",
        exit: 1, says: "gone.handoff",
    }
    a_previous_contract_that_was_cut_off {
        given: "head -c 2000 workload.handoff > old.handoff",
        run: "sign -o new --previous old.handoff",
        exit: 3, says: "cannot compare with `old.handoff`",
    }
    a_previous_contract_with_another_token_in_it {
        given: "cp workload.handoff old.handoff; unpack old.handoff; flip 3 handoff/token; repack old.handoff",
        run: "sign -o new --previous old.handoff",
        exit: 4, says: "not the one stated",
    }
    a_previous_contract_that_would_be_replaced {
        given: "cp workload.handoff old.handoff",
        run: "sign -o old.handoff --force --previous old.handoff",
        exit: 2, says: "old.handoff",
    }
    a_generation_that_is_none {
        given: r#"restate 's/("rolling": false)/\1, "generation": 0/' env.handoff"#,
        run: SIGN,
        exit: 3, says: "counted from 1",
    }
    a_generation_below_none {
        given: r#"restate 's/("rolling": false)/\1, "generation": -1/' env.handoff"#,
        run: SIGN,
        exit: 3, says: "expected u64",
    }
    a_volume_that_forges_another_ones_generation {
        given: r#"restate 's/"data": \{/"data: generation 9, x": {/' workload.handoff"#,
        run: "contract-signer inspect workload.handoff",
        exit: 3, says: "no name for a volume",
    }
}

/// A message quotes nothing of a file that was named by mistake.
#[test]
fn a_private_key_named_as_something_else_is_not_shown() {
    let story = story_tests::Story::signed();
    let key = String::from_utf8(story.read("guest/guest-key.pem")).unwrap();
    for command in [
        "contract-signer sign --workload $GUEST_KEY --env env.handoff $SIGNER -o new",
        "contract-signer sign --workload workload.handoff --env $GUEST_KEY $SIGNER -o new",
        "contract-signer inspect $GUEST_KEY",
        "contract-signer verify $GUEST_KEY --signing-key $PUBLIC_KEY",
        "contract-signer verify user-data --signing-key $GUEST_KEY",
        "workload-provider encrypt workload-provider --certificate $GUEST_KEY -o new",
        "cp $GUEST_KEY workload-provider/workload.yaml; workload-provider check workload-provider",
        "cp $GUEST_KEY workload-provider/persona.yaml; workload-provider check workload-provider",
    ] {
        let outcome = story.sh(command);
        assert_eq!(outcome.exit, 3, "{command}: {outcome:?}");
        let said = format!("{}{}", outcome.text(), outcome.stderr);
        for line in key.lines().filter(|line| !line.starts_with("-----")) {
            assert!(!said.contains(&line[..8]), "{command}: {said}");
        }
    }
}
