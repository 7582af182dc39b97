//! Contracts as other tools leave them: contract-cli, Terraform, shell scripts, clouds, the Kubernetes operator.
//!
//! Each form is made by `openssl`, `base64`, `gzip` or Python, and goes through `inspect`, `verify` and `boot`.

use story_tests::{Outcome, Story};

/// Functions of this file's scripts.
const FORMS: &str = r#"
# section workload|env: a plain section, without the key of a signature
section() {
    open_token "$1.token" | sed /^signingKey:/d
}

# plain_contract: both sections as texts
plain_contract() {
    for name in workload env; do echo "$name: |"; section $name | sed 's/^/  /'; done
}

# mapped_contract: both sections as mappings, sorted as Go writes a map
mapped_contract() {
    for name in env workload; do echo "$name:"; section $name | sed 's/^/    /'; done
}

# assembled: two tokens in one file, sorted as Go writes a map
assembled() {
    printf 'env: %s\nworkload: %s\n' "$(cat env.token)" "$(cat workload.token)"
}

# as_json PYTHON-EXPRESSION: of `read`, which gives the text of a file
as_json() {
    python3 -c "import json, sys; read = lambda name: open(name).read(); json.dump($1, sys.stdout, indent=4)"
}

# resource FILE: user data for the Kubernetes operator
resource() {
    printf 'apiVersion: hpse.ibm.com/v1\nkind: HyperProtectContainerRuntimeOnPrem\nmetadata:\n  name: sample\nspec:\n'
    printf '  imageURL: http://images/hpcr.qcow2\n  storagePool: images\n  targetSelector:\n    matchLabels: {app: sample}\n'
    echo '  contract: |'; sed 's/^/    /' "$1"
}

# initdata FILE: user data for a pod of CCCO, as the documentation makes it
initdata() {
    { printf 'algorithm = "sha384"\nversion = "0.1.0"\n[data]\n"contract.yaml" = '"'''"; cat "$1"; printf "'''\n"; } | gzip -n | base64 -w0
}
"#;

/// What a resource of the Kubernetes operator is called.
const RESOURCE: &str =
    "the resource of the Kubernetes operator, with user data in `spec.contract`: user data, signed";

fn run(story: &Story, script: &str) -> Outcome {
    story.sh(&format!("{FORMS}\n{script}"))
}

fn made(story: &Story, script: &str) {
    story.does(&format!("{FORMS}\n{script}"));
}

/// Each form of signed user data: how it is made, and what it is called.
const WRAPPED: [(&str, &str); 12] = [
    ("base64 -w0 user-data", "base64 of user data, signed"),
    ("base64 user-data", "base64 of user data, signed"),
    ("openssl base64 -in user-data", "base64 of user data, signed"),
    ("gzip -c user-data", "gzip of user data, signed"),
    ("gzip -c user-data | base64", "base64 of gzip of user data, signed"),
    ("{ head -n2 user-data | gzip; tail -n1 user-data | gzip; }", "gzip of user data, signed"),
    ("initdata user-data", "initdata with user data, signed"),
    ("initdata user-data | base64 -d", "initdata with user data, signed"),
    ("resource user-data", RESOURCE),
    (
        "as_json '{\"kind\": \"HyperProtectContainerRuntimeVPC\", \"spec\": {\"contract\": read(\"user-data\")}}'",
        RESOURCE,
    ),
    (
        "echo ---; printf 'apiVersion: v1\nkind: ConfigMap\ndata: {USER: root}\n---\n'; resource user-data",
        RESOURCE,
    ),
    ("cat user-data.iso", "a boot medium with user data, signed"),
];

#[test]
fn signed_user_data_is_found_in_whatever_it_is() {
    let story = Story::signed();
    story.does("env-deployer boot-media user-data -C env-deployer --hostname sample -o user-data.iso --signing-key $PUBLIC_KEY");
    for (made_by, name) in WRAPPED {
        made(&story, &format!("{{ {made_by}; }} > wrapped"));
        let inspected = run(&story, "contract-signer inspect wrapped");
        assert_eq!(inspected.exit, 0, "{made_by}: {inspected:?}");
        assert!(
            inspected.text().contains(&format!("what              {name}\n")),
            "{made_by}: {inspected:?}"
        );
        let verified = run(&story, "contract-signer verify wrapped --signing-key $PUBLIC_KEY");
        assert_eq!(verified.exit, 0, "{made_by}: {verified:?}");
        assert!(verified.stderr.contains(&format!("`wrapped` is {name}\n")), "{made_by}: {verified:?}");
        // initdata is for pods, which run no `play`
        let booted = run(&story, "guest-rehearsal boot wrapped --guest-key $GUEST_KEY --platform hpvs");
        assert_eq!(booted.exit, 0, "{made_by}: {booted:?}");
        let step = if made_by.contains("iso") { "] medium" } else { name };
        assert!(booted.text().contains(step), "{made_by}: {booted:?}");
        // the digests are of what the guest reads
        let sha256 = story.does("printf %s $(value workload user-data) | sha256sum | cut -c1-64");
        assert!(booted.text().contains(&format!("{} contract:workload\n", sha256.trim())), "{booted:?}");
        let sha256 = story.does("sha256sum < user-data | cut -c1-64");
        let line = format!("{} cidata/user-data\n", sha256.trim());
        // a pod has no medium
        assert_eq!(booted.text().contains(&line), !name.contains("initdata"), "{booted:?}");
        let json = run(&story, "contract-signer inspect wrapped --json").text();
        assert_eq!(json.contains("cidata/user-data"), !name.contains("initdata"), "{json}");
    }
}

/// Each form of two tokens in one file.
const ASSEMBLED: [&str; 8] = [
    "assembled",
    "echo ---; echo; assembled; echo",
    "printf '# by a script\nworkload: %s\n\nenv: %s\n' $(cat workload.token) $(cat env.token)",
    "printf \"workload: '%s'\nenv: \\\"%s\\\"\n\" $(cat workload.token) $(cat env.token)",
    "printf 'workload: |\n  %s\nenv: |-\n    %s\n' $(cat workload.token) $(cat env.token)",
    "assembled | sed 's/$/\\r/'",
    "as_json '{\"env\": read(\"env.token\"), \"workload\": read(\"workload.token\")}'",
    "assembled | base64",
];

#[test]
fn an_assembled_contract_is_named_signed_and_booted() {
    let story = Story::encrypted();
    for made_by in ASSEMBLED {
        made(&story, &format!("rm -f user-data*; {{ {made_by}; }} > assembled.yaml"));
        let inspected = run(&story, "contract-signer inspect assembled.yaml");
        assert_eq!(inspected.exit, 0, "{made_by}: {inspected:?}");
        assert!(inspected.text().contains("an unsigned contract: two tokens\n"), "{made_by}: {inspected:?}");
        let verified = run(&story, "contract-signer verify assembled.yaml --signing-key $PUBLIC_KEY");
        assert_eq!(verified.exit, 4, "{made_by}: {verified:?}");
        assert!(verified.stderr.contains("it is not signed"), "{made_by}: {verified:?}");
        assert!(
            verified.stderr.contains("`contract-signer sign --assembled FILE"),
            "{made_by}: {verified:?}"
        );
        let signed = run(&story, "contract-signer sign --assembled assembled.yaml $SIGNER");
        assert_eq!(signed.exit, 0, "{made_by}: {signed:?}");
        // the documented check of a signature
        story.does(
            "printf %s%s $(cat workload.token) $(cat env.token) > tmp/signed
             value envWorkloadSignature user-data | base64 -d > tmp/signature
             openssl dgst -sha256 -verify $PUBLIC_KEY -signature tmp/signature tmp/signed
             contract-signer verify user-data --signing-key $PUBLIC_KEY --record user-data.record.json
             boot",
        );
    }
}

/// The record names the flag, as for every danger.
#[test]
fn what_was_accepted_is_on_record() {
    let story = Story::encrypted();
    made(&story, "assembled > assembled.yaml; contract-signer sign --assembled assembled.yaml $SIGNER");
    let record = story.does("cat user-data.record.json");
    for section in ["workload", "env"] {
        let accepted = format!(
            "{section}: nobody vouches for an unsigned token, which another tool assembled (--assembled)"
        );
        assert!(record.contains(&accepted), "{record}");
    }
    story.does("contract-signer inspect user-data.record.json | grep -q 'ACCEPTED .*--assembled'");
    // without a file for the record, nobody would learn of it
    let outcome = run(&story, "contract-signer sign --assembled assembled.yaml $SIGNER -o -");
    assert_eq!(outcome.exit, 2, "{outcome:?}");
    story.does("contract-signer sign --assembled - $SIGNER --force < assembled.yaml");
    let signed = run(&story, "contract-signer sign --assembled user-data $SIGNER -o again");
    assert_eq!(signed.exit, 4, "{signed:?}");
    assert!(signed.stderr.contains("it is signed already"), "{signed:?}");
}

#[test]
fn every_entry_of_an_assembled_contract_is_kept() {
    let story = Story::encrypted();
    let outcome = run(
        &story,
        r"openssl genrsa -out auditor.pem 2048 2>/dev/null; openssl rsa -in auditor.pem -pubout -out auditor.pub.pem 2>/dev/null
           { assembled; echo 'attestationPublicKey: |'; sed 's/^/  /' auditor.pub.pem
             printf 'boot: |\n    sehdr: SUJNU2VjRXh4\nnote: {by: a script, on: [1, 2]}\n'; } > assembled.yaml
           contract-signer sign --assembled assembled.yaml $SIGNER",
    );
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    for key in ["boot", "note"] {
        let named = format!("not checked: `{key}`: kept as it was, and the signature does not cover it");
        assert!(outcome.stderr.contains(&named), "{outcome:?}");
    }
    let kept = story.does(
        r#"python3 - <<'END'
import yaml
before, after = yaml.safe_load(open("assembled.yaml")), yaml.safe_load(open("user-data"))
after.pop("envWorkloadSignature")
key = lambda contract: contract.pop("attestationPublicKey").strip()
assert key(before) == key(after)
assert before == after, after
END
           contract-signer verify user-data --signing-key $PUBLIC_KEY --record user-data.record.json
           contract-signer inspect user-data | grep '^auditor key'"#,
    );
    assert!(kept.contains("a PEM, key sha256:"), "{kept}");
    // the key that is named must be the one that is there
    let same =
        "contract-signer sign --assembled assembled.yaml $SIGNER --auditor-key auditor.pub.pem --force";
    assert_eq!(run(&story, same).exit, 0);
    let other = run(
        &story,
        "contract-signer sign --assembled assembled.yaml $SIGNER --auditor-key $PUBLIC_KEY --danger-allow-one-person --force",
    );
    assert_eq!(other.exit, 4, "{other:?}");
    assert!(other.stderr.contains("another key than the auditor key"), "{other:?}");
}

/// What cannot be kept is refused, and nothing is dropped.
#[test]
fn an_entry_that_cannot_be_kept_is_refused() {
    let story = Story::encrypted();
    for (entry, says) in [
        (r"note: |+\n  x\n\n\n", "line 3: `note` cannot be kept as it is"),
        (r"attestationPublicKey: none\n", "its `attestationPublicKey` is of no use to a guest"),
    ] {
        made(&story, &format!("{{ assembled; printf '{entry}'; }} > assembled.yaml"));
        let signed = run(&story, "contract-signer sign --assembled assembled.yaml $SIGNER");
        assert_eq!(signed.exit, 3, "{signed:?}");
        assert!(signed.stderr.contains(says), "{signed:?}");
        assert!(!story.path("user-data").exists());
    }
}

/// A file with both is user data to a guest.
#[test]
fn user_data_with_the_keys_of_a_resource_is_user_data() {
    let story = Story::encrypted();
    made(
        &story,
        "{ assembled; printf 'kind: HyperProtectContainerRuntimeVPC\nspec: {contract: x}\ntype: env\n'; } > both.yaml
         contract-signer inspect both.yaml | grep '^what  *an unsigned contract: two tokens$'",
    );
}

/// Only the guest can read it, so nobody can compare it.
#[test]
fn an_encrypted_auditor_key_is_kept_and_not_compared() {
    let story = Story::encrypted();
    story.does(
        r"openssl genrsa 2048 2>/dev/null | openssl rsa -pubout -out auditor.pub.pem 2>/dev/null
           printf ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 > password
           documented_token auditor.pub.pem password > key.token",
    );
    made(
        &story,
        r#"{ assembled; echo "attestationPublicKey: $(cat key.token)"; } > assembled.yaml
           contract-signer sign --assembled assembled.yaml $SIGNER 2> notes
           grep -q 'not checked: whose key is in the encrypted' notes
           test "$(value attestationPublicKey user-data)" = "$(cat key.token)"
           contract-signer verify user-data --signing-key $PUBLIC_KEY --record user-data.record.json
           boot > log; grep -q 'the record is encrypted for the auditor key' log"#,
    );
    let named = run(
        &story,
        "contract-signer sign --assembled assembled.yaml $SIGNER --auditor-key auditor.pub.pem --force",
    );
    assert_eq!(named.exit, 4, "{named:?}");
    assert!(named.stderr.contains("cannot be compared"), "{named:?}");
}

/// Each form of a plain contract: how it is made, and what it is called.
const PLAIN: [(&str, &str); 5] = [
    ("plain_contract", "a plain contract: two sections that anyone can read"),
    ("plain_contract | sed 1i---", "a plain contract: two sections that anyone can read"),
    ("plain_contract | gzip -c | base64 -w0", "base64 of gzip of a plain contract"),
    ("mapped_contract", "with mappings where a guest reads text"),
    (
        "printf 'workload: %s\nenv: |\n' $(cat workload.token); section env | sed 's/^/  /'",
        "an unsigned contract: a token and a plain section",
    ),
];

#[test]
fn a_plain_contract_is_named_and_booted_and_shows_no_value() {
    let story = Story::encrypted();
    for (made_by, name) in PLAIN {
        made(&story, &format!("{{ {made_by}; }} > plain.yaml"));
        for json in ["", "--json"] {
            let inspected = run(&story, &format!("contract-signer inspect plain.yaml {json}"));
            assert_eq!(inspected.exit, 0, "{made_by}: {inspected:?}");
            let shown = format!("{}{}", inspected.text(), inspected.stderr);
            assert!(!shown.contains("canary"), "{made_by}: {shown}");
            assert!(shown.contains("volumes.data.seed"), "{made_by}: {shown}");
            assert!(json == "--json" || shown.contains(name), "{made_by}: {shown}");
        }
        let verified = run(&story, "contract-signer verify plain.yaml --signing-key $PUBLIC_KEY");
        assert_eq!(verified.exit, 4, "{made_by}: {verified:?}");
        assert!(verified.stderr.contains("it is not signed"), "{verified:?}");
        assert!(verified.stderr.contains("`env-deployer encrypt`"), "{verified:?}");
        let signed = run(&story, "contract-signer sign --assembled plain.yaml $SIGNER");
        assert_eq!(signed.exit, 4, "{made_by}: {signed:?}");
        assert!(signed.stderr.contains("section is plain text"), "{signed:?}");
        let booted = run(&story, "guest-rehearsal boot plain.yaml --guest-key $GUEST_KEY");
        assert_eq!(booted.exit, 0, "{made_by}: {booted:?}");
        assert!(booted.text().contains(name), "{made_by}: {booted:?}");
        assert_eq!(booted.text().contains("contract:workload"), !name.contains("mappings"), "{booted:?}");
    }
}

/// Alone in a file, or below its key as the documentation prints it.
#[test]
fn a_section_alone_is_named() {
    let story = Story::encrypted();
    for (made_by, name) in [
        ("section workload", "the workload section in plain text: one half of a contract"),
        ("cat workload-provider/workload.yaml", "the workload section in plain text: one half of a contract"),
        ("echo 'env: |'; section env | sed 's/^/  /'", "in plain text, below the key `env` of a contract"),
        (
            "echo workload:; section workload | sed 's/^/  /'",
            "in plain text, below the key `workload` of a contract",
        ),
        ("echo \"workload: $(cat workload.token)\"", "the workload token, below the key `workload`"),
    ] {
        made(&story, &format!("{{ {made_by}; }} > alone.yaml"));
        let inspected = run(&story, "contract-signer inspect alone.yaml");
        assert_eq!(inspected.exit, 0, "{made_by}: {inspected:?}");
        assert!(inspected.text().contains(name), "{made_by}: {inspected:?}");
        assert!(!inspected.text().contains("canary"), "{made_by}: {inspected:?}");
        for (command, exit) in [
            ("contract-signer verify alone.yaml --signing-key $PUBLIC_KEY", 3),
            ("contract-signer sign --assembled alone.yaml $SIGNER", 3),
            ("guest-rehearsal boot alone.yaml --guest-key $GUEST_KEY", 4),
        ] {
            let outcome = run(&story, command);
            assert_eq!(outcome.exit, exit, "{made_by}: {outcome:?}");
            assert!(outcome.stderr.contains("one half of a contract"), "{made_by}: {outcome:?}");
        }
    }
}

#[test]
fn any_token_opens_with_its_own_key() {
    let story = Story::encrypted();
    made(
        &story,
        "section() { open_token \"$1.token\"; }
         openssl req -x509 -newkey rsa:2048 -passout pass:passphrase -keyout own.pem -subj /CN=logs -days 2 -out own.crt 2>/dev/null
         echo passphrase > own.passphrase; chmod 600 own.pem own.passphrase
         printf ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 > password; printf 'a log line\n' > line
         CERTIFICATE=own.crt documented_token line password > line.token
         sed s/hyper-protect-basic/contract-basic/ line.token > line.contract-basic
         for token in line.token line.contract-basic; do
             guest-rehearsal open $token --key own.pem --passphrase-file own.passphrase | cmp - line
             guest-rehearsal open - --key own.pem --passphrase-fd 3 -o - < $token 3< own.passphrase | cmp - line
         done
         guest-rehearsal open workload.token --key $GUEST_KEY -o opened.yaml
         section workload | cmp - opened.yaml
         test $(stat -c %a opened.yaml) = 600",
    );
    for (command, exit, says) in [
        (
            "guest-rehearsal open workload.token --key own.pem --passphrase-file own.passphrase",
            5,
            "does not open with this key",
        ),
        (
            "echo wrong > wrong; chmod 600 wrong; guest-rehearsal open line.token --key own.pem --passphrase-file wrong",
            5,
            "the passphrase does not open the key",
        ),
        (
            "guest-rehearsal open line.token --key own.pem < /dev/null",
            5,
            "no terminal to ask for the passphrase",
        ),
        ("guest-rehearsal open workload.token --key $GUEST_KEY -o opened.yaml", 1, "--force"),
        ("guest-rehearsal open workload.handoff --key $GUEST_KEY -o other", 3, "it is a handoff"),
        ("guest-rehearsal open opened.yaml --key $GUEST_KEY -o other", 3, "not a token"),
        ("guest-rehearsal open line.token --key own.crt -o other", 3, "CERTIFICATE"),
        (
            "cut -c1-900 workload.token > cut; guest-rehearsal open cut --key $GUEST_KEY -o other",
            3,
            "is not a token",
        ),
        (
            "script -qec 'guest-rehearsal open workload.token --key guest/guest-key.pem' /dev/null",
            2,
            "standard output is a terminal",
        ),
    ] {
        let outcome = run(&story, command);
        assert_eq!(outcome.exit, exit, "{command}: {outcome:?}");
        let said = format!("{}{}", outcome.stderr, outcome.text());
        assert!(said.contains(says), "{command}: {outcome:?}");
        assert!(!story.path("other").exists(), "{command}");
    }
}
