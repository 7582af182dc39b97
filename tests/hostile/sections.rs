//! Sections and persona files that are YAML bombs, or no YAML, or not what the guest takes.

use super::cases;

const CHECK: &str = "workload-provider check workload-provider";
const ENCRYPT: &str = "workload-provider encrypt workload-provider -o new";

cases! {
    an_alias_bomb {
        given: r#"{ echo 'type: workload'; echo 'env:'; echo '  A: &a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"'
                  for n in $(seq 20000); do echo "  B$n: *a"; done; } > workload-provider/workload.yaml"#,
        run: ENCRYPT,
        exit: 3, says: "anchors are not allowed",
    }
    a_nested_alias_bomb {
        given: r#"{ echo 'type: workload'; echo 'a: &a [x,x,x,x,x,x,x,x,x]'; last=a
                  for n in b c d e f g h i; do echo "$n: &$n [*$last,*$last,*$last,*$last,*$last,*$last,*$last]"; last=$n; done
                  } > workload-provider/workload.yaml"#,
        run: ENCRYPT,
        exit: 3, says: "anchors are not allowed",
    }
    a_duplicate_key {
        given: "echo 'type: workload' >> workload-provider/workload.yaml",
        run: ENCRYPT,
        exit: 3, says: "duplicate key",
    }
    a_duplicate_key_deep_inside {
        given: "edit 's/^(    seed: .*)/\\1\\n\\1/' workload-provider/workload.yaml",
        run: ENCRYPT,
        exit: 3, says: "duplicate key",
    }
    nul_in_a_section {
        given: r"edit 's/blue/bl\x00ue/' workload-provider/workload.yaml",
        run: ENCRYPT,
        exit: 3, says: "workload.yaml",
    }
    a_section_that_is_not_utf8 {
        given: r"edit 's/blue/bl\xffue/' workload-provider/workload.yaml",
        run: ENCRYPT,
        exit: 3, says: "UTF-8",
    }
    a_section_of_utf16 {
        given: "iconv -t UTF-16 workload-provider/workload.yaml > wide; mv wide workload-provider/workload.yaml",
        run: ENCRYPT,
        exit: 3, says: "UTF-8",
    }
    a_section_that_is_one_line_of_two_gigabytes {
        given: "printf 'type: ' > workload-provider/workload.yaml; truncate -s 2G workload-provider/workload.yaml",
        run: "ulimit -v 1000000; workload-provider encrypt workload-provider -o new",
        exit: 3, says: "workload.yaml",
    }
    a_real_line_of_seventy_megabytes {
        given: r"{ printf 'type: '; head -c 70000000 /dev/zero | tr '\0' x; echo; } > workload-provider/workload.yaml",
        run: ENCRYPT,
        exit: 3, says: "workload.yaml",
    }
    a_hundred_thousand_brackets {
        given: "{ printf 'type: '; head -c 100000 /dev/zero | tr '\\0' '['; } > workload-provider/workload.yaml",
        run: ENCRYPT,
        exit: 3, says: "workload.yaml",
    }
    an_empty_section {
        given: ": > workload-provider/workload.yaml",
        run: ENCRYPT,
        exit: 3, says: "workload.yaml",
    }
    a_section_that_is_a_list {
        given: "echo '- type: workload' > workload-provider/workload.yaml",
        run: ENCRYPT,
        exit: 3, says: "workload.yaml",
    }
    two_documents_in_a_section {
        given: "printf -- '---\\ntype: workload\\n' >> workload-provider/workload.yaml",
        run: ENCRYPT,
        exit: 3, says: "document",
    }
    an_unknown_field {
        given: "edit 's/ mount:/ Mount:/' workload-provider/workload.yaml",
        run: CHECK,
        exit: 3, says: "`mount`",
    }
    an_unknown_tag {
        given: "edit 's/!folder/!include/' workload-provider/workload.yaml",
        run: ENCRYPT,
        exit: 3, says: "unknown tag",
    }
    the_wrong_type {
        given: "edit 's/^type: workload/type: env/' workload-provider/workload.yaml",
        run: ENCRYPT,
        exit: 3, says: "type",
    }
    compose_and_play_together {
        given: "echo 'compose: {archive: !folder play}' >> workload-provider/workload.yaml",
        run: CHECK,
        exit: 3, says: "compose",
    }
    a_seed_in_an_illegal_alphabet {
        given: "edit 's/canary-of-the-workload-seed/white space and + in it/' workload-provider/workload.yaml",
        run: CHECK,
        exit: 3, says: "volumes.data.seed",
    }
    a_volume_without_a_seed_anywhere {
        given: "edit '/^    seed: /d' workload-provider/workload.yaml",
        run: "workload-provider encrypt workload-provider -o new",
        exit: 3, says: "workload-provider seed add data",
    }
    a_volume_without_any_field {
        given: "edit '/^    seed: /d' env-deployer/env.yaml",
        run: "env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o new",
        exit: 3, says: "env-deployer seed add data",
    }
    a_previous_seed_without_a_seed {
        given: "edit 's/^    seed: /    previousSeed: /' workload-provider/workload.yaml",
        run: "workload-provider check workload-provider",
        exit: 3, says: "volumes.data.previousSeed: `seed` is missing",
    }
    a_seed_that_is_too_short {
        given: "edit 's/canary-of-the-workload-seed/short/' workload-provider/workload.yaml",
        run: CHECK,
        exit: 3, says: "15",
    }
    a_tag_that_names_no_file {
        given: "rm env-deployer/rsyslog/ca.crt",
        run: "env-deployer encrypt env-deployer -o new",
        exit: 3, says: "rsyslog/ca.crt",
    }
    a_syslog_certificate_of_another_key {
        given: "openssl genrsa -out env-deployer/rsyslog/client-key.pem 2048",
        run: "env-deployer check env-deployer",
        exit: 3, says: "do not belong together",
    }
    two_logging_backends {
        given: "edit 's/^logging:/logging:\\n  logRouter: {hostname: h.example.com, iamApiKey: k}/' env-deployer/env.yaml",
        run: "env-deployer check env-deployer",
        exit: 3, says: "logRouter",
    }
    a_variable_behind_a_line_end_of_libyaml {
        given: r"edit $'s/^env:/env: # c\u2028  SMUGGLED: yes\u2028/' workload-provider/workload.yaml",
        run: CHECK,
        exit: 3, says: "U+2028",
    }
    a_container_behind_a_line_end_of_libyaml {
        given: r"edit $'s/^  containers:/  containers: # c\u0085    - name: evil\u0085/' workload-provider/play/pod.yml",
        run: CHECK,
        exit: 3, says: "U+0085",
    }
    a_pod_that_readers_read_differently {
        given: r#"echo 'x: "\/"' >> workload-provider/play/pod.yml"#,
        run: ENCRYPT,
        exit: 3, says: "an escape that not every reader knows",
    }
    a_section_of_many_values {
        given: r"{ echo 'type: workload'; echo 'env:'; seq -f '  k%.0f: x' 300000; } > workload-provider/workload.yaml",
        run: "ulimit -v 600000; workload-provider check workload-provider",
        exit: 3, says: "more than 200000 values",
    }
    an_unknown_field_in_the_persona_file {
        given: "echo 'certficate: x' >> workload-provider/persona.yaml",
        run: ENCRYPT,
        exit: 3, says: "`certificate`",
    }
    the_folder_of_another_persona {
        given: "",
        run: "env-deployer encrypt workload-provider -o new",
        exit: 3, says: "persona.yaml",
    }
}

#[test]
fn a_refused_section_shows_no_secret() {
    let story = story_tests::Story::new();
    for damage in [
        r#"s/^(    seed:) "(.*)"/\1 "\2 + \2"/"#,
        r#"s/^(    seed:) "(.*)"/\1 ["\2"]/"#,
        r#"s/^(    seed:) "(.*)"/\1 "\2/"#,
        r#"s/^(    seed:) "(.*)"/\1 !secret "\2"/"#,
        r#"s/^(    seed:) "(.*)"/    sed: "\2"/"#,
        r#"s/^(    password:) "(.*)"/\1 {x: "\2"}/"#,
        r#"s/^(    password:) "(.*)"/\1 \2: \2/"#,
    ] {
        story.does(&format!(
            "cp workload-provider/workload.yaml good; edit '{damage}' workload-provider/workload.yaml"
        ));
        for run in
            ["check workload-provider", "check workload-provider --json", "encrypt workload-provider -o new"]
        {
            let outcome = story.sh(&format!("workload-provider {run}"));
            assert_eq!(outcome.exit, 3, "{damage}: {outcome:?}");
            let said = format!("{}{}", outcome.text(), outcome.stderr);
            assert!(!said.contains("canary"), "{damage}: {said}");
        }
        story.does("mv good workload-provider/workload.yaml");
    }
}
