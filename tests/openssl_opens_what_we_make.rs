//! With `openssl`, `tar`, `gzip` and coreutils alone, none of our code: all that the binaries write can be opened.

use story_tests::Story;

#[test]
fn a_token_is_three_parts_on_one_line() {
    let story = Story::encrypted();
    let token = String::from_utf8(story.read("workload.token")).unwrap();
    let parts: Vec<_> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[0], "hyper-protect-basic");
    assert_eq!(parts[1].len(), 684);
    assert!(parts[2].starts_with("U2FsdGVkX1"), "Salted__");
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=.-".contains(&byte)));
}

#[test]
fn the_prefix_follows_the_platform() {
    let story = Story::new();
    for (platform, prefix) in [
        ("hpvs", "hyper-protect-basic."),
        ("ccrt", "contract-basic."),
        ("ccrv", "contract-basic."),
        ("ccco", "hyper-protect-basic."),
    ] {
        let token = story.does(&format!(
            "env-deployer encrypt env-deployer --platform {platform} --signing-key $PUBLIC_KEY -o a.handoff --token a.token \
                 --force 1>&2
             cat a.token"
        ));
        assert!(token.starts_with(prefix), "{platform}: {token:.30}");
    }
}

#[test]
fn the_password_has_32_bytes_and_none_that_cuts_it() {
    let story = Story::encrypted();
    story.does("for n in workload env; do cut -d. -f2 $n.token | base64 -d | openssl pkeyutl -decrypt -inkey $GUEST_KEY -out $n.pw; done");
    let (workload, env) = (story.read("workload.pw"), story.read("env.pw"));
    for password in [&workload, &env] {
        assert_eq!(password.len(), 32);
        assert!(!password.iter().any(|byte| [0, b'\n', b'\r'].contains(byte)));
    }
    assert_ne!(workload, env);
}

#[test]
fn the_section_is_what_check_showed() {
    let story = Story::encrypted();
    for (persona, token, kind) in
        [("workload-provider", "workload.token", "workload"), ("env-deployer", "env.token", "env")]
    {
        let shown = story.does(&format!("{persona} check {persona} --json")).to_lowercase();
        let section = story
            .does(&format!("open_token {token} | tee section; sha256sum < section | cut -d' ' -f1 > digest"));
        assert!(section.starts_with(&format!("type: {kind}\n")), "{section:.80}");
        if kind == "workload" {
            let digest = String::from_utf8(story.read("digest")).unwrap();
            assert!(shown.contains(digest.trim()), "`check --json` does not show {digest}: {shown}");
        }
    }
}

#[test]
fn the_section_is_yaml_to_another_reader() {
    let story = Story::encrypted();
    if story.sh("python3 -c 'import yaml'").exit != 0 {
        eprintln!("skipped: no python3-yaml");
        return;
    }
    let read = story.does(
        "open_token workload.token > workload; open_token env.token > env
         python3 -c 'import json, yaml; print(json.dumps([yaml.safe_load(open(n)) for n in (\"workload\", \"env\")]))'",
    );
    let sections: serde_json::Value = serde_json::from_str(&read).unwrap();
    assert_eq!(sections[0]["volumes"]["data"]["seed"], "canary-of-the-workload-seed");
    assert_eq!(sections[0]["env"]["COLOR"], "blue");
    assert_eq!(sections[1]["logging"]["syslog"]["port"], 6514);
    let key = sections[1]["logging"]["syslog"]["key"].as_str().unwrap();
    assert!(key.starts_with("-----BEGIN PRIVATE KEY-----\n"), "PKCS#8, whatever the file held");
    story.write("key", key);
    story.does(
        "cmp <(openssl pkey -in key -pubout) <(openssl pkey -in env-deployer/rsyslog/client-key.pem -pubout)",
    );
}

#[test]
fn the_archive_unpacks_with_tar() {
    let story = Story::encrypted();
    story.does(
        "open_token workload.token | sed -nE 's/^  \"?archive\"?: *\"?([A-Za-z0-9+\\/=]+)\"?$/\\1/p' > archive.b64
         test -s archive.b64
         mkdir unpacked; base64 -d archive.b64 | tar xz -C unpacked
         diff -r unpacked workload-provider/play",
    );
}

#[test]
fn the_archive_is_the_one_that_pack_writes() {
    let story = Story::encrypted();
    story.does(
        "workload-provider pack workload-provider/play -o packed.tgz
         open_token workload.token | sed -nE 's/^  \"?archive\"?: *\"?([A-Za-z0-9+\\/=]+)\"?$/\\1/p' | base64 -d | cmp - packed.tgz",
    );
}

#[test]
fn the_signature_verifies_with_dgst() {
    let story = Story::signed();
    story.does(
        "value envWorkloadSignature user-data | base64 -d > signature
         printf '%s%s' \"$(value workload user-data)\" \"$(value env user-data)\" > signed
         openssl dgst -sha256 -verify $PUBLIC_KEY -signature signature signed",
    );
}

#[test]
fn user_data_holds_the_tokens_as_they_were_handed_over() {
    let story = Story::signed();
    story.does(
        "value workload user-data | tr -d '\\n' | cmp - workload.token
         value env user-data | tr -d '\\n' | cmp - env.token
         test \"$(cut -d: -f1 user-data | tr '\\n' ' ')\" = 'workload env envWorkloadSignature '",
    );
}

#[test]
fn a_handoff_opens_with_tar() {
    let story = Story::encrypted();
    let listed = story.does(
        "tar xf workload.handoff -C tmp && cmp tmp/token workload.token && tar tf workload.handoff
         sha256sum < tmp/token | cut -d' ' -f1 > digest",
    );
    assert_eq!(listed, "token\nstatement.json\nstatement.json.sig\n");
    let statement: serde_json::Value = serde_json::from_slice(&story.read("tmp/statement.json")).unwrap();
    let digest = String::from_utf8(story.read("digest")).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["subject"][0]["digest"]["sha256"], digest.trim());
}

#[test]
fn our_signing_key_is_read_by_openssl_and_strong_at_rest() {
    let story = Story::new();
    let parameters = story.does(
        "contract-signer keygen -o new.pem --passphrase-file $PASSPHRASE 1>&2
         openssl pkey -in new.pem -passin file:$PASSPHRASE -pubout | cmp - new.pub.pem
         fails openssl pkey -in new.pem -passin pass:wrong -noout
         openssl rsa -in new.pem -passin file:$PASSPHRASE -check -noout 1>&2
         openssl pkey -pubin -in new.pub.pem -noout -text | head -n 1
         openssl asn1parse -in new.pem
         stat -c %a new.pem",
    );
    assert!(parameters.contains("(4096 bit)"), "{parameters}");
    assert!(parameters.contains("aes-256-cbc"), "{parameters}");
    assert!(parameters.ends_with("600\n"), "{parameters}");
    let rounds = parameters
        .lines()
        .filter_map(|line| line.split("INTEGER           :").nth(1))
        .filter_map(|hex| u64::from_str_radix(hex.trim(), 16).ok())
        .max();
    assert!(parameters.contains("scrypt") || rounds >= Some(600_000), "{parameters}");
}

#[test]
fn the_public_key_is_the_one_of_the_signing_key() {
    let story = Story::new();
    story.does(
        "contract-signer public-key $SIGNING_KEY --passphrase-file $PASSPHRASE -o - | cmp - $PUBLIC_KEY",
    );
}
