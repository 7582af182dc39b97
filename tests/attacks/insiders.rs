//! One of the two authors, whose key is allowed for his own half: he must not make the other half too, and what the
//! halves say of each other must agree.

use super::{SIGN, cases};

cases! {
    workload_vouched_for_in_the_env_role {
        given: "unpack workload.handoff; vouch env workload-provider/id_ed25519; repack workload.handoff",
        run: SIGN,
        exit: 4, says: ["made in the namespace `hpcr-env`, expected `hpcr-workload`"],
    }
    env_vouched_for_in_the_workload_role {
        given: "unpack env.handoff; vouch workload env-deployer/id_ed25519; repack env.handoff",
        run: SIGN,
        exit: 4, says: ["made in the namespace `hpcr-workload`, expected `hpcr-env`"],
    }
    a_workload_half_by_the_env_deployer {
        given: "workload-provider encrypt workload-provider --vouch-with env-deployer/id_ed25519 -o workload.handoff --force",
        run: SIGN,
        exit: 4, says: ["`bob@example.com` may not vouch for the", "`contract-signer trust list`"],
    }
    an_env_half_by_the_workload_provider {
        given: "env-deployer encrypt env-deployer --vouch-with workload-provider/id_ed25519 --signing-key $PUBLIC_KEY -o env.handoff --force",
        run: SIGN,
        exit: 4, says: ["`alice@example.com` may not vouch for the"],
    }
    an_env_half_that_says_it_is_the_workload {
        given: r#"unpack env.handoff; edit 's/"(section|name)": "env"/"\1": "workload"/' handoff/statement.json
                  edit '/"certificates": \{/,/^    \},/d' handoff/statement.json
                  vouch workload env-deployer/id_ed25519; repack workload.handoff"#,
        run: SIGN,
        exit: 4, says: ["`bob@example.com` may not vouch for the"],
    }
    one_key_behind_both_halves {
        given: "sed -i '/^bob/d; s/hpcr-workload/hpcr-*/' contract-signer/allowed_signers
                env-deployer encrypt env-deployer --vouch-with workload-provider/id_ed25519 --signing-key $PUBLIC_KEY -o env.handoff --force",
        run: SIGN,
        exit: 4, says: ["one key behind both halves", "a person with both halves knows both seeds", "--danger-allow-one-person"],
    }
    one_key_behind_two_names {
        given: "{ cat contract-signer/allowed_signers; echo \"bobby@example.com namespaces=\\\"hpcr-env\\\" $(cat workload-provider/id_ed25519.pub)\"; } > tmp/all
                mv tmp/all contract-signer/allowed_signers
                env-deployer encrypt env-deployer --vouch-with workload-provider/id_ed25519 --signing-key $PUBLIC_KEY -o env.handoff --force",
        run: SIGN,
        exit: 4, says: ["one key behind both halves", "bobby@example.com"],
    }
    one_principal_behind_both_halves_on_a_later_line {
        given: "key=$(cat env-deployer/id_ed25519.pub)
                { echo \"ops namespaces=\\\"hpcr-env\\\" $key\"; cat contract-signer/allowed_signers; echo \"Alice@Example.com $key\"; } > tmp/all
                mv tmp/all contract-signer/allowed_signers",
        run: SIGN,
        exit: 4, says: ["one person behind both halves", "alice@example.com"],
    }
    one_principal_behind_both_halves {
        given: "sed -i 's/^bob/alice/' contract-signer/allowed_signers",
        run: SIGN,
        exit: 4, says: ["one person behind both halves", "alice@example.com", "--danger-allow-one-person"],
    }
    a_wildcard_behind_both_halves {
        given: "sed -i 's/^bob@/*@/' contract-signer/allowed_signers",
        run: SIGN,
        exit: 4, says: ["one person behind both halves", "*@example.com"],
    }
    a_list_of_names_with_one_name_of_the_other_half {
        given: "sed -i 's/^bob@/carol@example.com,al?ce@/' contract-signer/allowed_signers",
        run: SIGN,
        exit: 4, says: ["one person behind both halves"],
    }
    one_person_is_no_excuse_for_another_volume {
        given: r#"sed -i 's/^bob/alice/' contract-signer/allowed_signers; restate 's/"data": \{/"logs": {/' workload.handoff"#,
        run: "sign -o new --danger-allow-one-person",
        exit: 4, says: ["the handoffs do not agree: volumes"],
    }
    another_certificate {
        given: "stand_in other.crt other
                env-deployer encrypt env-deployer --certificate other.crt --signing-key $PUBLIC_KEY -o env.handoff --force",
        run: SIGN,
        exit: 4, says: ["encryption", "certificate", "guest of the story", "CN=other"],
    }
    another_platform {
        given: "env-deployer encrypt env-deployer --platform ccco --signing-key $PUBLIC_KEY -o env.handoff --force",
        run: SIGN,
        exit: 4, says: ["the handoffs do not agree: platform", "hpvs", "ccco"],
    }
    another_platform_than_the_tokens_prefix {
        given: r#"restate 's/"hpvs"/"ccrt"/' workload.handoff; restate 's/"hpvs"/"ccrt"/' env.handoff"#,
        run: SIGN,
        exit: 4, says: ["the token begins with `hyper-protect-basic`", "contract-basic"],
    }
    volumes_that_differ {
        given: "edit 's/^  data:/  logs:/' env-deployer/env.yaml
                env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o env.handoff --force",
        run: SIGN,
        exit: 4, says: ["volumes           data                                          logs", "HPL07015E"],
    }
    a_variable_nobody_provides {
        given: "edit 's/^play:/compose:/' workload-provider/workload.yaml; rm workload-provider/play/pod.yml
                printf 'services:\\n  web:\\n    image: r.example.com/w@sha256:%064d\\n    environment:\\n      URL: \"${DATABASE_URL:?}\"\\n' 0 \
                    > workload-provider/play/docker-compose.yaml
                workload-provider encrypt workload-provider -o workload.handoff --force",
        run: SIGN,
        exit: 4, says: ["needs DATABASE_URL", "provides GREETING", "under `env` in env.yaml"],
    }
    another_signing_key {
        given: "openssl genrsa 2048 | openssl rsa -pubout > other.pem
                env-deployer encrypt env-deployer --signing-key other.pem -o env.handoff --force",
        run: SIGN,
        exit: 4, says: ["signing key", "the signing key is", "contract-signer public-key"],
    }
    handoffs_in_each_others_place {
        given: "",
        run: "contract-signer sign --workload env.handoff --env workload.handoff $SIGNER -o new",
        exit: 4, says: ["holds the env section, where the workload section is expected", "`--workload FILE --env FILE`"],
    }
    one_handoff_in_both_places {
        given: "",
        run: "contract-signer sign --workload workload.handoff --env workload.handoff $SIGNER -o new",
        exit: 4, says: ["holds the workload section, where the env section is expected"],
    }
    a_statement_from_the_future {
        given: r#"restate 's/("time": *")[0-9]{4}/\12999/' workload.handoff"#,
        run: SIGN,
        exit: 4, says: ["times of the statements", "2999-", "set the clock that is wrong"],
    }
    a_statement_from_the_future_beside_a_bare_token {
        given: r#"restate 's/("time": *")[0-9]{4}/\12999/' env.handoff"#,
        run: "contract-signer sign --workload workload.token --env env.handoff --danger-accept-unsigned-tokens $SIGNER -o new",
        exit: 4, says: ["times of the statements", "2999-"],
    }
    a_certificate_that_is_not_valid_yet {
        given: r#"for it in workload env; do restate '0,/notBefore/s/("notBefore": ")20../\12099/' $it.handoff; done"#,
        run: SIGN,
        exit: 4, says: ["validity of the", "not valid before 2099-", "--danger-accept-expired-certificate"],
    }
    an_expired_certificate_stated_as_valid_by_one_side {
        given: r#"restate 's/("notAfter": ")20../\12020/' workload.handoff"#,
        run: SIGN,
        exit: 4, says: ["validity of the", "expired on 2020-"],
    }
    a_weak_token_under_an_honest_statement {
        given: r#"printf 'A\nCDEFGHIJKLMNOPQRSTUVWXYZ012345' > password
                  unpack workload.handoff
                  documented_token workload-provider/workload.yaml password > weak
                  was=$(sha256sum < handoff/token | cut -d' ' -f1) is=$(sha256sum < weak | cut -d' ' -f1)
                  mv weak handoff/token && edit "s/$was/$is/; s/workload-provider/openssl and bash/" handoff/statement.json
                  revouch workload.handoff"#,
        run: SIGN,
        exit: 4, says: ["the workload token is weak", "one byte"],
    }
}
