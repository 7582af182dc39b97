//! What `contract-signer trust add` writes, `ssh-keygen` reads; and what stood there, stands there.

use story_tests::Story;

#[test]
fn ssh_keygen_reads_what_trust_add_writes() {
    let story = Story::new();
    story.does(
        "echo '{}' > statement.json
         for k in alice bob; do ssh-keygen -q -t ed25519 -N '' -C $k -f $k; done
         contract-signer trust add alice@example.com alice.pub --workload --valid-before 20371231Z
         contract-signer trust add bob@example.com - --env --comment 'bob of infrastructure' < bob.pub
         for k in alice bob; do for n in hpcr-workload hpcr-env; do
             ssh-keygen -q -Y sign -n $n -f $k < statement.json > $k.$n
         done; done",
    );
    let verify = |principal: &str, key: &str, namespace: &str| {
        let line = format!(
            "ssh-keygen -Y verify -f allowed_signers -I {principal} -n {namespace} -s {key}.{namespace} < statement.json"
        );
        story.sh(&line).exit == 0
    };
    assert!(verify("alice@example.com", "alice", "hpcr-workload"));
    assert!(verify("bob@example.com", "bob", "hpcr-env"));
    assert!(!verify("alice@example.com", "alice", "hpcr-env"));
    assert!(!verify("bob@example.com", "bob", "hpcr-workload"));
    assert!(!verify("bob@example.com", "alice", "hpcr-workload"));
    for (key, comment) in [("alice", "alice"), ("bob", "bob of infrastructure")] {
        let listed = story.does("contract-signer trust list");
        let judge =
            story.does(&format!("ssh-keygen -l -f {key}.pub")).replace(" bob (", &format!(" {comment} ("));
        assert!(listed.contains(judge.trim_end()), "{listed}{judge}");
    }
}

/// Names of people are not all ASCII; and one person may have two keys.
#[test]
fn names_in_any_one_script_are_taken_and_one_name_twice() {
    let story = Story::new();
    story.does(
        "for k in 1 2 3 4; do ssh-keygen -q -t ed25519 -N '' -C '' -f $k; done
         contract-signer trust add jürgen@firma.example 1.pub --workload
         contract-signer trust add jürgen@firma.example 2.pub --workload
         contract-signer trust add иван@firma.example 3.pub --env
         contract-signer trust add 田中@firma.example 4.pub --env
         echo '{}' > statement.json; ssh-keygen -q -Y sign -n hpcr-workload -f 2 < statement.json > signature",
    );
    let found = story.does("ssh-keygen -Y find-principals -f allowed_signers -s signature");
    assert_eq!(found, "jürgen@firma.example\n");
}

#[test]
fn the_lines_that_stand_there_stay_byte_for_byte() {
    for (before, between) in [
        ("", ""),
        ("# who may vouch\n\n", ""),
        ("# no line end", "\n"),
        ("# CRLF\r\n\t\r\n", ""),
        ("GIT namespaces=\"git\"   KEY  with  blanks \n", ""),
        ("*@ca cert-authority KEY\n", ""),
    ] {
        let story = Story::new();
        story.does("for k in alice git; do ssh-keygen -q -t ed25519 -N '' -C $k -f $k; done");
        let git = String::from_utf8(story.read("git.pub")).unwrap();
        let before = before.replace("KEY", git.trim_end());
        story.write("allowed_signers", &before);
        story.does("contract-signer trust add alice@example.com alice.pub --workload");
        let after = String::from_utf8(story.read("allowed_signers")).unwrap();
        let added = after.strip_prefix(&format!("{before}{between}")).unwrap_or_else(|| panic!("{after}"));
        let alice = String::from_utf8(story.read("alice.pub")).unwrap();
        assert_eq!(added, format!("alice@example.com namespaces=\"hpcr-workload\" {alice}"));
    }
}

#[test]
fn who_adds_at_once_loses_no_line_and_the_file_stays_whose_it_is() {
    let story = Story::new();
    story.does(
        "for k in 1 2 3 4 5 6 7 8; do ssh-keygen -q -t ed25519 -N '' -C $k -f $k; done
         mkdir signer && echo 'allowed-signers: keys/who' > signer/persona.yaml && mkdir signer/keys
         touch signer/keys/who && chmod 640 signer/keys/who
         [ $(id -u) != 0 ] || chown 65534:65534 signer/keys/who
         stat -c '%a %u %g' signer/keys/who > before
         for k in 1 2 3 4 5 6 7 8; do contract-signer trust add $k@example.com $k.pub --workload -C signer & done; wait
         [ $(grep -c hpcr-workload signer/keys/who) = 8 ]
         stat -c '%a %u %g' signer/keys/who | diff before -
         [ ! -e signer/allowed_signers ] && contract-signer trust list -C signer | grep -q 8@example.com",
    );
}

#[test]
fn a_list_tells_sections_and_validity_and_warns_of_one_key_for_both() {
    let story = Story::new();
    story.does(
        "for k in a b c; do ssh-keygen -q -t ed25519 -N '' -C $k -f $k; done
         contract-signer trust add a@example.com a.pub --workload
         contract-signer trust add b@example.com b.pub --env --valid-after 20200101 --valid-before 202102030405
         echo \"c@example.com $(cat c.pub)\" >> allowed_signers",
    );
    let outcome = story.sh("contract-signer trust list --json");
    let json = outcome.json();
    let signer = |at: usize| json["signers"][at].clone();
    assert_eq!(signer(0)["sections"], serde_json::json!(["workload"]));
    assert_eq!(
        (&signer(1)["validBefore"], &signer(1)["validNow"]),
        (&"2021-02-03T04:05:00Z".into(), &false.into())
    );
    assert_eq!(signer(2)["sections"], serde_json::json!(["workload", "env"]));
    assert_eq!((&signer(2)["line"], &signer(2)["type"]), (&3.into(), &"ED25519".into()));
    assert!(outcome.stderr.contains("of `c@example.com` may vouch for both halves"), "{outcome:?}");
    assert_eq!(outcome.stderr.matches("warning").count(), 1, "{outcome:?}");
    let shown = story.does("contract-signer trust list");
    assert!(shown.lines().nth(1).unwrap().contains("NOT VALID NOW"), "{shown}");
}

#[test]
fn one_person_for_both_halves_earns_a_warning() {
    let story = Story::new();
    story.does("for k in a b; do ssh-keygen -q -t ed25519 -N '' -f $k; done");
    story.does("contract-signer trust add alice@example.com a.pub --workload");
    let outcome = story.sh("contract-signer trust add alice@example.com b.pub --env");
    assert_eq!(outcome.exit, 0);
    assert!(
        outcome.stderr.contains("warning: `alice@example.com` may already vouch for the workload section"),
        "{outcome:?}"
    );
}
