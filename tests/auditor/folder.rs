//! `contract-auditor init` and `keygen`, and the whole way with the rehearsed guest.

use story_tests::Story;

use super::{does, played, refuses};

#[test]
fn a_folder_to_start_from_and_a_key_that_openssl_reads() {
    let story = Story::new();
    story.does(
        "contract-auditor init auditor; cd auditor; echo 'two words' > passphrase
         contract-auditor keygen --passphrase-file passphrase
         test $(stat -c %a attestation-key.pem) = 600
         grep -q 'BEGIN ENCRYPTED PRIVATE KEY' attestation-key.pem
         openssl pkey -in attestation-key.pem -passin file:passphrase -pubout | cmp - attestation-key.pub.pem
         openssl pkey -pubin -in attestation-key.pub.pem -noout -text | grep -q '4096 bit'
         git init -q .; git add .; test -z \"$(git ls-files | grep -e '^attestation-key.pem' -e passphrase)\"",
    );
    let again = story.sh("cd auditor; contract-auditor keygen --passphrase-file passphrase");
    assert_eq!(again.exit, 1, "{again:?}");
    assert!(again.stderr.contains("already exists"), "{again:?}");
    let stdout = story.sh("contract-auditor keygen -o - --passphrase-file auditor/passphrase");
    assert_eq!(stdout.exit, 2, "{stdout:?}");
    assert!(stdout.stderr.contains("contract-auditor keygen -o attestation-key.pem"), "{stdout:?}");
    let init = story.sh("contract-auditor init auditor");
    assert_eq!(init.exit, 1, "{init:?}");
}

#[test]
fn the_persona_file_knows_its_fields() {
    for (line, says) in [
        ("signing-kex: x", "signing-kex: unknown field"),
        ("intermediates: {a: b}", "intermediates: expected a text"),
        ("roots:", "roots: expected a text"),
        ("certificate-pin: abc", "`abc` is no fingerprint"),
    ] {
        refuses(&format!("echo '{line}' > persona.yaml"), "contract-auditor verify", 3, says);
    }
    refuses(
        "echo 'persona: contract-signer' > persona.yaml",
        "contract-auditor verify",
        3,
        "this folder belongs to the contract-signer",
    );
    does("", "contract-auditor certificate show", "");
}

#[test]
fn the_rehearsed_guest_s_record_is_all_equal() {
    let story = Story::signed();
    story.does(
        "env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY -o ciiso.iso
         guest-rehearsal keygen -o stand-in
         guest-rehearsal boot ciiso.iso --guest-key $GUEST_KEY --attest auditor \
             --attestation-key stand-in/guest-attestation-key.pem
         cp user-data.record.json auditor; cd auditor
         contract-auditor compare --medium ../ciiso.iso --attestation-certificate ../stand-in/guest-attestation.crt \
             --intermediate ../stand-in/guest-intermediate.crt --root ../stand-in/guest-root.crt",
    );
}

#[test]
fn a_new_key_replaces_an_old_one_and_nothing_else_that_the_folder_names() {
    let keygen = "openssl rand -hex 8 > new-passphrase; contract-auditor keygen --force --passphrase-file new-passphrase -o";
    for (file, says) in [
        ("user-data.record.json", "is your signing record"),
        ("attestation.crt", "is your attestation certificate"),
        ("ca.crt", "is your intermediate certificate"),
        ("root.crt", "is your root certificate"),
        ("persona.yaml", "is read by this command"),
    ] {
        let outcome = played("", &format!("{keygen} {file}"), "");
        assert_eq!(outcome.exit, 2, "{outcome:?}");
        assert!(outcome.stderr.contains(says), "{file}: {outcome:?}");
    }
    let page = "contract-auditor compare --force --report";
    for file in [
        "attestation-key.pem",
        "attestation-key.pub.pem",
        "attestation.crt",
        "root.crt",
        "user-data.record.json",
    ] {
        refuses("rm se-signature.bin", &format!("{page} {file}"), 2, "`");
    }
    does("", &format!("{keygen} attestation-key.pem"), "");
}

#[test]
fn the_public_half_has_one_name_by_one_rule() {
    for (private, public) in
        [("bar", "bar.pub.pem"), ("nk.pem", "nk.pub.pem"), ("foo.json", "foo.json.pub.pem")]
    {
        let keygen = format!("contract-auditor keygen --passphrase-file passphrase -o {private}");
        let given = "echo 'two words' > passphrase";
        does(given, &keygen, &format!("grep -q 'BEGIN PUBLIC KEY' {public}"));
    }
    for persona in ["contract-auditor", "contract-signer"] {
        let keygen = format!("{persona} keygen --passphrase-file passphrase -o x.pub.pem");
        let given = "rm persona.yaml; echo 'two words' > passphrase";
        refuses(given, &keygen, 2, "`x.pub.pem` is the name of a public key");
    }
}
