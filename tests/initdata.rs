//! Initdata, judged by those who read it: Python's `tomllib`, `base64` and `gunzip`; and the Secure Execution header in it.

use story_tests::{Outcome, Story};

/// `python3` may be one without `PyYAML`.
const WORDS: &str = r#"
    make() { env-deployer initdata user-data --signing-key $PUBLIC_KEY "$@"; }
    header() { printf 'IBMSecEx\0\1and more' > se-hdr.bin; }
    python() { for p in python3 /usr/bin/python3; do if $p -c 'import tomllib, yaml' 2> /dev/null; then $p "$@"; return; fi; done; false; }
    # contract FILE: the user data in initdata, byte for byte
    contract() { base64 -d "$1" | gunzip | python -c '
import sys, tomllib
initdata = tomllib.load(sys.stdin.buffer)
assert initdata.keys() == {"algorithm", "version", "data"} and initdata["data"].keys() == {"contract.yaml"}, initdata.keys()
assert (initdata["algorithm"], initdata["version"]) == ("sha384", "0.1.0")
sys.stdout.buffer.write(initdata["data"]["contract.yaml"].encode())'; }
"#;

fn does(story: &Story, script: &str) -> String {
    story.does(&format!("{WORDS}{script}"))
}

fn sh(story: &Story, script: &str) -> Outcome {
    story.sh(&format!("{WORDS}{script}"))
}

#[test]
fn python_reads_the_very_user_data() {
    let story = Story::signed();
    does(&story, "make; contract initdata.txt | cmp - user-data; test $(wc -l < initdata.txt) = 0");
    let annotations = does(&story, "make --force");
    let value = String::from_utf8(story.read("initdata.txt")).unwrap();
    assert_eq!(
        annotations,
        format!(
            "# peer pod\nio.katacontainers.config.runtime.cc_init_data: \"{value}\"\n\
             # bare metal\nio.katacontainers.config.hypervisor.cc_init_data: \"{value}\"\n"
        )
    );
    let json = sh(&story, "make --force --json").json();
    let annotation = &json["annotations"]["peerPod"];
    assert_eq!(annotation["name"], "io.katacontainers.config.runtime.cc_init_data");
    assert_eq!(annotation["value"], value);
    assert_eq!(json["seHeader"], serde_json::Value::Null);
}

/// Whatever a plain section contains, with which other tools write something that is no TOML.
#[test]
fn any_text_of_a_section_survives() {
    let story = Story::signed();
    does(
        &story,
        r#"section() { { printf 'workload: |\n  type: workload\n'; printf "$1"; grep '^env:' user-data; } > plain
               env-deployer initdata plain -o plain.txt --force --danger-accept-plain-sections --danger-accept-unsigned
               contract plain.txt | cmp - plain; test $(stat -c %a plain.txt) = 600; }
           section "  x: \"'''\"\n"
           section "  x: \"''''''\\\\\\\\ \\\\t ''\"\n"
           section "  x: 'é'\r\n"
           section "  # end of '''\n  y: \"\\\\\\\"\\\\\\\"\\\\\\\"\"\n""#,
    );
}

#[test]
fn the_machine_and_the_day_do_not_count() {
    let story = Story::signed();
    does(
        &story,
        "make; make -o - | cmp - initdata.txt; touch -d 2001-01-01 user-data
         (export TZ=Asia/Tokyo LC_ALL=tr_TR.UTF-8; umask 077; make -o other.txt); cmp initdata.txt other.txt
         env-deployer initdata - --signing-key $PUBLIC_KEY -o third.txt < user-data; cmp initdata.txt third.txt",
    );
}

#[test]
fn the_header_is_the_last_key_and_nothing_else_changes() {
    let story = Story::signed();
    let outcome =
        sh(&story, "set -e; header; make --se-header se-hdr.bin; contract initdata.txt > with-header");
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    does(
        &story,
        r#"head -c $(stat -c %s user-data) with-header | cmp - user-data
           python -c '
import base64, yaml
contract = yaml.safe_load(open("with-header"))
assert list(contract)[-1] == "boot"
assert base64.b64decode(yaml.safe_load(contract["boot"])["sehdr"]) == open("se-hdr.bin", "rb").read()'"#,
    );
    // the user data itself is as it was signed
    assert!(!String::from_utf8(story.read("user-data")).unwrap().contains("boot"));
}

/// `boot` is a key of a contract: named, with the remark that nobody signed it.
#[test]
fn everybody_knows_boot_and_shows_that_it_is_not_signed() {
    let story = Story::signed();
    does(&story, "header; make --se-header se-hdr.bin; contract initdata.txt > with-header");
    let header = does(&story, "echo of 18 bytes, sha256 $(sha256sum < se-hdr.bin | cut -d' ' -f1)");
    let header = header.trim();
    for (command, says) in [
        (
            "contract-signer inspect with-header",
            format!("boot              a Secure Execution header {header}; the signature does not cover it"),
        ),
        (
            "contract-signer verify with-header --signing-key $PUBLIC_KEY",
            format!("not covered by the signature: `boot`, a Secure Execution header {header}"),
        ),
        (
            "guest-rehearsal boot with-header --guest-key $GUEST_KEY --platform hpvs",
            format!("`boot` with a Secure Execution header {header}, which is not signed"),
        ),
        (
            "env-deployer boot-media with-header --hostname paynow --signing-key $PUBLIC_KEY",
            format!("not covered by the signature: `boot`, a Secure Execution header {header}"),
        ),
    ] {
        let outcome = sh(&story, command);
        assert_eq!(outcome.exit, 0, "{command}: {outcome:?}");
        let shown = outcome.text() + &outcome.stderr;
        assert!(shown.contains(&says), "{command}: {outcome:?}");
        assert!(!shown.contains("is not a k"), "{command}: {outcome:?}");
    }
    let json = sh(&story, "contract-signer verify with-header --signing-key $PUBLIC_KEY --json").json();
    assert_eq!(json["notCovered"], serde_json::json!(["boot"]));
    assert_eq!(json["boot"]["seHeader"]["bytes"], 18);
}

#[test]
fn a_damaged_header_is_a_warning_for_everybody() {
    let story = Story::signed();
    does(&story, r"{ cat user-data; printf 'boot: |\n  sehdr: AAAA\n'; } > damaged");
    for command in [
        "contract-signer inspect damaged",
        "contract-signer verify damaged --signing-key $PUBLIC_KEY",
        "guest-rehearsal boot damaged --guest-key $GUEST_KEY --platform hpvs",
        "env-deployer boot-media damaged --hostname paynow --signing-key $PUBLIC_KEY",
        "env-deployer initdata damaged --signing-key $PUBLIC_KEY",
    ] {
        let outcome = sh(&story, command);
        assert_eq!(outcome.exit, 0, "{command}: {outcome:?}");
        let shown = outcome.text() + &outcome.stderr;
        assert!(shown.contains("it does not begin with `IBMSecEx`"), "{command}: {outcome:?}");
    }
}

/// The header is added after signing, so the file has another digest than the one on record.
#[test]
fn a_record_belongs_to_user_data_with_a_header() {
    let story = Story::signed();
    does(&story, "header; make --se-header se-hdr.bin; contract initdata.txt > with-header");
    let verify =
        "contract-signer verify with-header --signing-key $PUBLIC_KEY --record user-data.record.json";
    does(&story, verify);
    does(&story, "contract-signer inspect with-header --record user-data.record.json");
    // but every other difference still counts
    let outcome = sh(&story, &format!("echo 'attestationPublicKey: x' >> with-header; {verify}"));
    assert_eq!(outcome.exit, 4, "{outcome:?}");
}

#[test]
fn what_is_no_contract_for_ccco_leaves_no_initdata() {
    let story = Story::signed();
    does(
        &story,
        "sed -i 's/platform: hpvs/platform: ccrt/' */persona.yaml
         workload-provider encrypt workload-provider -o ccrt.workload
         env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o ccrt.env
         contract-signer sign --workload ccrt.workload --env ccrt.env $SIGNER -o ccrt-user-data
         openssl genrsa 2048 2> /dev/null | openssl rsa -pubout -out other.pem 2> /dev/null
         grep -v ^envW user-data > unsigned; header; make --se-header se-hdr.bin -o with; contract with > with-header
         { printf 'workload: |\\n  type: workload\\n'; grep ^env: user-data; } > plain
         printf '{%s, %s, %s}' \"$(sed -n 1p user-data)\" \"$(sed -n 2p user-data)\" \"$(sed -n 3p user-data)\" > braces",
    );
    let trust = "--signing-key $PUBLIC_KEY";
    for (arguments, exit, says) in [
        (format!("ccrt-user-data {trust}"), 3, "begins with `contract-basic`, so it is for another product"),
        ("user-data --signing-key other.pem".to_owned(), 4, "the signature does not verify"),
        (format!("unsigned {trust}"), 4, "no `envWorkloadSignature`"),
        (format!("plain {trust}"), 4, "the `workload` section is not encrypted"),
        (format!("workload.token {trust}"), 3, "it is a token, one half of a contract"),
        (format!("user-data {trust} --se-header $PUBLIC_KEY"), 3, "it does not begin with `IBMSecEx`"),
        (format!("user-data {trust} --se-header absent"), 1, "absent"),
        (format!("with-header {trust} --se-header se-hdr.bin"), 3, "it has a `boot` already"),
        (format!("braces {trust} --se-header se-hdr.bin"), 3, "a form that nothing can be added to"),
        (format!("- {trust} --se-header -"), 2, "standard input can be read once"),
        (format!("user-data {trust} -o se-hdr.bin --se-header se-hdr.bin --force"), 2, "se-hdr.bin"),
    ] {
        let outcome = sh(&story, &format!("env-deployer initdata {arguments} < user-data"));
        assert_eq!(outcome.exit, exit, "{arguments}: {outcome:?}");
        assert!(outcome.stderr.contains(says), "{arguments}: {outcome:?}");
        assert!(outcome.stderr.contains("hint: "), "{arguments}: {outcome:?}");
        assert!(!story.path("initdata.txt").exists(), "{arguments}");
    }
}

/// Little text becomes many values.
#[test]
fn a_bomb_takes_little_memory() {
    let story = Story::signed();
    for (given, says) in [
        ("b'a=[' + b'1,' * 1000000 + b']'", "it has no `version`"),
        ("b''.join(b'%x=1\\n' % i for i in range(200000))", "it has no `version`"),
        ("b'a=' + b'[' * 1900000", "it is no TOML"),
    ] {
        let outcome = sh(
            &story,
            &format!(
                "python3 -c \"import base64, gzip, sys
toml = b'algorithm=\\'sha384\\'\\n' + {given}
sys.stdout.buffer.write(base64.b64encode(gzip.compress(toml)))\" > bomb.txt
                 ulimit -v 500000; contract-signer inspect bomb.txt"
            ),
        );
        assert_eq!(outcome.exit, 3, "{given}: {outcome:?}");
        assert!(outcome.stderr.contains(says), "{given}: {outcome:?}");
    }
}
