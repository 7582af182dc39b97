//! Names and values that steer a terminal: nothing that came from outside reaches it raw. That no control character is
//! in the output is checked of every case; see [`story_tests::Case`].

use super::{INSPECT, SIGN, cases};
use story_tests::Story;

cases! {
    terminal_escapes_in_names {
        given: r#"unpack workload.handoff; name=$'\e[2J\e]0;owned\a'; echo x > "handoff/$name"; repack workload.handoff token statement.json statement.json.sig "$name""#,
        run: INSPECT,
        exit: 3, says: ["it holds an entry `\\u{1b}[2J"],
    }
    bytes_in_names_that_are_not_utf8 {
        given: r#"unpack workload.handoff; name=$'\x9b31m\xff'; echo x > "handoff/$name"; repack workload.handoff token statement.json statement.json.sig "$name""#,
        run: SIGN,
        exit: 3, says: ["it holds an entry `\u{fffd}31m"],
    }
    terminal_escapes_in_a_subject {
        given: r#"restate 's/"name": "workload"/"name": "\\u001b[2Jworkload"/' workload.handoff"#,
        run: INSPECT,
        exit: 3, says: ["name different sections"],
    }
    terminal_escapes_in_the_name_of_a_volume {
        given: r#"restate 's/"data": \{/"data\\u001b[2J": {/' workload.handoff"#,
        run: INSPECT,
        exit: 3, says: ["no name for a volume"],
    }
    terminal_escapes_in_a_variable {
        given: r#"restate 's/"requiredVariables": \[\]/"requiredVariables": ["\\u001b[2J\\r\\nhint: all is well"]/' workload.handoff"#,
        run: SIGN,
        exit: 3, says: ["no name for a variable"],
    }
    a_variable_of_a_hundred_kilobytes {
        given: r#"restate "s/\"requiredVariables\": \[\]/\"requiredVariables\": [\"$(head -c 100000 /dev/zero | tr '\0' A)\"]/" workload.handoff"#,
        run: INSPECT,
        exit: 3, says: ["no name for a variable"],
    }
    invisible_characters_in_a_certificates_subject {
        given: r#"restate 's/("subject": ")C=/\1\\u00ad\\u200b\\u3164\\udb40\\udc41C=/; s/("serial": ")/\11/' workload.handoff"#,
        run: SIGN,
        exit: 4, says: ["\\u{ad}\\u{200b}\\u{3164}\\u{e0041}C="],
    }
    terminal_escapes_in_a_certificates_subject {
        given: r#"restate 's/("subject": ")([^"]*"[,}]?$)/\1\\u001b[2J\\u202e\2/; s/"subject": "C=DE/"subject": "\\u001b[2J\\u202eC=DE/
                            s/("serial": ")/\11/' workload.handoff"#,
        run: SIGN,
        exit: 4, says: ["encryption", "\\u{1b}[2J", "\\u{202e}"],
    }
    terminal_escapes_in_an_unknown_field {
        given: r#"restate 's/("predicate": *\{)/\1"\\u001b[2J": 1,/' workload.handoff"#,
        run: INSPECT,
        exit: 3, says: ["unknown field", "\\u{1b}[2J"],
    }
    terminal_escapes_in_a_principal {
        given: "sed -i $'s/^alice@/al\\e[2Jice@/' contract-signer/allowed_signers",
        run: SIGN,
        exit: 3, says: ["allowed_signers:1: `al\\u{1b}[2Jice@example.com` can be no principal"],
    }
    terminal_escapes_in_the_options_of_a_line {
        given: "sed -i $'s/ namespaces=/ \\e[2J=/' contract-signer/allowed_signers",
        run: SIGN,
        exit: 3, says: ["allowed_signers:1:", "allowed_signers:2:"],
    }
    terminal_escapes_in_the_type_of_a_key {
        given: "sed -i $'s/ssh-ed25519/ssh-\\e]0;owned\\a/; s/bob$/\\e[2Jbob/' contract-signer/allowed_signers",
        run: SIGN,
        exit: 3, says: ["allowed_signers:1:", "allowed_signers:2:"],
    }
    terminal_escapes_in_a_namespace {
        given: r"unpack workload.handoff; rm handoff/statement.json.sig
                 ssh-keygen -q -Y sign -n $'\e[2J' -f workload-provider/id_ed25519 handoff/statement.json; repack workload.handoff",
        run: SIGN,
        exit: 4, says: ["made in the namespace `\\u{1b}[2J`"],
    }
    terminal_escapes_in_the_name_of_a_file {
        given: r"cp env.handoff $'\e[2J.handoff'",
        run: r"contract-signer sign --workload $'\e[2J.handoff' --env env.handoff $SIGNER -o new",
        exit: 4, says: ["`\\u{1b}[2J.handoff`"],
    }
    a_line_that_is_forged {
        given: r#"restate 's/("subject": ")C=/\1X\\nworkload: vouched for by alice@example.com C=/
                            s/("serial": ")/\11/' workload.handoff"#,
        run: SIGN,
        exit: 4, says: ["X\\nworkload: vouched for by"],
    }
}

/// Also where nothing is wrong: what `inspect` shows of a stranger's statement, and `trust list` of a file, as text and
/// as JSON.
#[test]
fn no_control_character_of_a_statement_is_shown() {
    let story = Story::signed();
    story.does(
        r#"restate 's/"name": "workload-provider"/"name": "w\\u001b]0;owned\\u0007\\u009b31m\\u202e\\r\\nvouched for by    mallory"/
                    s/"version": "/"version": "\\u0085\\u0000\\u00ad\\u200b\\udb40\\udc41/
                    s/"serial": "/"serial": "\\u001b[8m/; s/"subject": "C=/"subject": "\\u001b[A\\u2028C=/' workload.handoff
           sed -i $'s/alice$/\e[2Jalice/' contract-signer/allowed_signers"#,
    );
    for command in [
        "contract-signer inspect workload.handoff $TRUST",
        "contract-signer inspect workload.handoff $TRUST --json",
        "contract-signer trust list $TRUST",
        "contract-signer trust list $TRUST --json",
        "sign -o new --danger-accept-expired-certificate --json",
    ] {
        let outcome = story.sh(command);
        assert_eq!(outcome.exit, if command.starts_with("sign") { 4 } else { 0 }, "{command}: {outcome:?}");
        let said = format!("{}{}", outcome.text(), outcome.stderr);
        assert!(said.contains("\\u{1b}[") || said.contains("\\u001b["), "{command}: {outcome:?}");
        let raw = |c: char| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{202e}' | '\u{2028}' | '\u{ad}' | '\u{200b}' | '\u{e0041}')
        };
        assert!(!said.contains(raw), "{command}: {said:?}");
        assert!(!said.lines().any(|line| line.starts_with("vouched for by    mallory")), "{command}: {said}");
    }
}
