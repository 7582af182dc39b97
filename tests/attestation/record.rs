//! `guest-rehearsal boot --attest`.

use story_tests::{Outcome, Story, listing};

use super::WORDS;

fn does(story: &Story, script: &str) -> String {
    story.does(&format!("{WORDS}{script}"))
}

fn sh(story: &Story, script: &str) -> Outcome {
    story.sh(&format!("{WORDS}{script}"))
}

#[test]
fn the_record_is_what_sha256sum_says_and_openssl_verifies_it() {
    let story = Story::signed();
    does(
        &story,
        "attest; signed attested/se-checksums.txt
         is cidata/user-data user-data
         is contract:workload workload.token; is contract:env env.token
         test $(wc -l < attested/se-checksums.txt) = 3
         ! grep -vE '^[0-9a-f]{64} [^ ]+$' attested/se-checksums.txt
         test $(stat -c %a attested/* | sort -u) = 644
         openssl genrsa -out other.pem; openssl pkey -in other.pem -pubout -out tmp/attestation.pub
         fails openssl dgst -sha256 -verify tmp/attestation.pub -signature attested/se-signature.bin attested/se-checksums.txt",
    );
}

#[test]
fn from_a_medium_the_record_tells_of_all_that_is_on_it() {
    let story = Story::signed();
    does(
        &story,
        "env-deployer boot-media user-data --hostname paynow --signing-key $PUBLIC_KEY
         guest-rehearsal boot ciiso.iso --guest-key $GUEST_KEY --attest attested; signed attested/se-checksums.txt
         for file in user-data meta-data vendor-data; do
             isoinfo -R -i ciiso.iso -x /$file > $file.read; is cidata/$file $file.read
         done
         is /dev/disk/by-label/cidata ciiso.iso
         test $(wc -l < attested/se-checksums.txt) = 6",
    );
}

#[test]
fn what_was_written_is_told() {
    let story = Story::signed();
    let outcome = sh(
        &story,
        "boot --attest attested --report page.html --json; auditor; asks \"$(one_line auditor.pub.pem)\"",
    );
    let written = &outcome.json()["written"];
    assert_eq!(written["record"], "attested/se-checksums.txt");
    assert_eq!(written["signature"], "attested/se-signature.bin");
    assert_eq!(written["encrypted"], false);
    assert!(sh(&story, "boot --json").json()["written"].is_null());
    let page = String::from_utf8(story.read("page.html")).unwrap();
    assert!(page.contains(">attested/se-checksums.txt<"), "{page}");

    let outcome = sh(&story, "boot --attest other --report page.html --force");
    assert!(
        outcome.stderr.contains("wrote `other/se-checksums.txt.enc` and `other/se-signature.bin`\n"),
        "{outcome:?}"
    );
    let fingerprint =
        does(&story, "openssl pkey -pubin -in auditor.pub.pem -outform DER | sha256sum | cut -d' ' -f1");
    let said = format!(
        "[   ok    ] attestation the record is encrypted for the auditor key (sha256:{})",
        fingerprint.trim()
    );
    assert!(outcome.text().contains(&said), "{outcome:?}");
    let page = String::from_utf8(story.read("page.html")).unwrap();
    assert!(page.contains(fingerprint.trim()), "{page}");
    assert_eq!(sh(&story, "boot --attest third --json").json()["written"]["encrypted"], true);
}

/// Each form that the contract's documentation names, and what the record must say of it.
#[test]
fn for_an_auditor_the_record_opens_with_openssl_alone() {
    let story = Story::signed();
    does(&story, "auditor; cp user-data signed-user-data");
    for value in [
        "\"$(one_line auditor.pub.pem)\"",
        "$(base64 -w0 auditor.pub.pem)",
        "$(printf ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 > tmp/p; documented_token auditor.pub.pem tmp/p)",
        "$(printf ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 > tmp/p; base64 -w0 auditor.pub.pem > tmp/b; documented_token tmp/b tmp/p)",
    ] {
        does(
            &story,
            &format!(
                "cp signed-user-data user-data; asks {value}; attest | grep 'ok.*attestation the record is encrypted'
                 test \"$(ls attested)\" = $'se-checksums.txt.enc\\nse-signature.bin'
                 test $(cut -d. -f1 attested/se-checksums.txt.enc) = hyper-protect-basic
                 ! grep -q '[[:space:]]' attested/se-checksums.txt.enc
                 GUEST_KEY=auditor.pem open_token attested/se-checksums.txt.enc > opened
                 signed opened; RECORD=opened; is cidata/user-data user-data; is contract:workload workload.token
                 python3 -c 'import sys, yaml; sys.stdout.write(yaml.safe_load(open(\"user-data\"))[\"attestationPublicKey\"].rstrip())' > value
                 is contract:attestationPublicKey value
                 rm -r attested"
            ),
        );
    }
}

#[test]
fn a_key_as_a_block_of_yaml_is_hashed_without_its_last_line_end() {
    let story = Story::signed();
    does(
        &story,
        "auditor; { echo 'attestationPublicKey: |'; sed 's/^/  /' auditor.pub.pem; } >> user-data; attest
         GUEST_KEY=auditor.pem open_token attested/se-checksums.txt.enc > opened; signed opened
         printf %s \"$(cat auditor.pub.pem)\" > value; RECORD=opened; is contract:attestationPublicKey value",
    );
}

#[test]
fn the_token_of_the_record_is_of_the_contract_s_platform() {
    let story = Story::new();
    does(
        &story,
        "sed -i 's/platform: hpvs/platform: ccrt/' workload-provider/persona.yaml env-deployer/persona.yaml
         workload-provider encrypt workload-provider -o workload.handoff
         env-deployer encrypt env-deployer --signing-key $PUBLIC_KEY -o env.handoff
         auditor; sign -o user-data --attestation-key auditor.pub.pem; attest
         test $(cut -d. -f1 attested/se-checksums.txt.enc) = contract-basic",
    );
}

#[test]
fn a_weak_password_around_the_key_is_told() {
    let story = Story::signed();
    let log = does(
        &story,
        "auditor; printf '\\n23456789012345678901234567890123' > tmp/p; asks \"$(documented_token auditor.pub.pem tmp/p)\"; attest",
    );
    let said = "[ warning ] attestation opens with a password of 0 bytes instead of 32, cut at a line feed or NUL: anybody";
    assert!(log.contains(said), "{log}");
}

/// Step and reason, and the guest's message where IBM has one.
#[test]
fn a_key_that_the_guest_cannot_use_refuses_the_boot() {
    let story = Story::signed();
    does(&story, "auditor; cp user-data signed-user-data");
    for (value, said) in [
        (
            "QUJD",
            "attestation (HPL11002E): cannot use `attestationPublicKey`: neither PEM nor base64 of a PEM",
        ),
        (
            "''",
            "attestation (HPL11002E): cannot use `attestationPublicKey`: not a public key or certificate: it is empty",
        ),
        (
            "$(base64 -w0 auditor.pub.pem | base64 -w0)",
            "attestation (HPL11002E): cannot use `attestationPublicKey`: base64 of base64: it is encoded twice",
        ),
        (
            "$(openssl ecparam -name prime256v1 -genkey | openssl pkey -pubout | base64 -w0)",
            "attestation (HPL11002E): cannot use `attestationPublicKey`: a key of type EC, and a token needs RSA",
        ),
        (
            "$(openssl genrsa 1024 | openssl pkey -pubout | base64 -w0)",
            "attestation (HPL11002E): cannot use `attestationPublicKey`: an RSA key of 1024 bits, at least 2048 are needed",
        ),
        (
            "$(base64 -w0 auditor.pem)",
            "attestation (HPL11002E): cannot use `attestationPublicKey`: a private key",
        ),
        (
            "$(sed 3d auditor.pub.pem | base64 -w0)",
            "attestation (HPL11002E): cannot use `attestationPublicKey`: the body of its `PUBLIC KEY` block is damaged",
        ),
        ("hyper-protect-basic.QUJD.QUJD", "attestation (HPL11001E): a damaged token: "),
        (
            "$(CERTIFICATE=guest/guest-attestation.crt; printf password-password-password-passwo > tmp/p; documented_token auditor.pub.pem tmp/p)",
            "attestation (HPL11001E): does not open with this key",
        ),
        (
            "$(printf password-password-password-passwo > tmp/p; documented_token workload-provider/persona.yaml tmp/p)",
            "attestation (HPL11002E): cannot use `attestationPublicKey`: inside the token, neither PEM nor base64 of a PEM",
        ),
    ] {
        let outcome = sh(&story, &format!("cp signed-user-data user-data; asks \"{value}\"; attest"));
        assert_eq!(outcome.exit, 4, "{value}: {outcome:?}");
        assert!(outcome.stderr.contains(said), "{value}: {outcome:?}");
        assert!(outcome.stderr.contains("\n  hint: "), "{value}: {outcome:?}");
        assert!(!story.path("attested").exists(), "a guest that does not come up attests nothing");
    }
}

#[test]
fn a_refused_boot_writes_nothing() {
    let story = Story::signed();
    does(&story, "cp user-data sound; flip 3 user-data");
    let before = listing(story.folder());
    assert_eq!(sh(&story, "attest").exit, 4);
    // the record is of other user data: neither page nor attestation
    let outcome = sh(
        &story,
        "cp sound user-data; echo >> user-data; boot --attest attested --report page.html --record user-data.record.json; cp sound user-data",
    );
    assert!(outcome.stderr.contains("it is not the signing record of this user data"), "{outcome:?}");
    assert!(!story.path("page.html").exists());
    assert_eq!(does(&story, "ls attested 2>/dev/null || true"), "");
    does(&story, "rm -r attested; flip 3 user-data");
    assert_eq!(listing(story.folder()).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
}

#[test]
fn what_is_there_is_replaced_by_force_alone_and_no_record_of_another_form_stays_beside_it() {
    let story = Story::signed();
    for file in ["se-checksums.txt", "se-checksums.txt.enc", "se-signature.bin"] {
        let outcome = sh(&story, &format!("mkdir attested; echo mine > attested/{file}; attest"));
        assert_eq!(outcome.exit, 1, "{outcome:?}");
        assert!(
            outcome.stderr.contains(&format!("cannot write `attested/{file}`: it already exists")),
            "{outcome:?}"
        );
        assert_eq!(outcome.text(), "", "that is seen before the boot");
        assert_eq!(does(&story, "cat attested/*; rm -r attested"), "mine\n");
    }
    does(
        &story,
        "attest; echo >> user-data; boot --attest attested --force; is cidata/user-data user-data; signed attested/se-checksums.txt",
    );
    let outcome =
        sh(&story, "auditor; asks \"$(base64 -w0 auditor.pub.pem)\"; boot --attest attested --force");
    assert_eq!(outcome.exit, 1, "{outcome:?}");
    assert!(
        outcome
            .stderr
            .contains("`attested/se-checksums.txt`, the record of another boot, is in the same folder"),
        "{outcome:?}"
    );
    assert!(outcome.stderr.contains("hint: or remove it: `rm 'attested/se-checksums.txt'`"), "{outcome:?}");
    does(
        &story,
        "signed attested/se-checksums.txt; rm attested/se-checksums.txt; boot --attest attested --force",
    );
}

#[test]
fn the_key_that_signs_lies_beside_the_guest_s_or_is_named() {
    let story = Story::signed();
    let outcome = sh(&story, "mv guest/guest-attestation-key.pem key.pem; attest");
    assert_eq!(outcome.exit, 1, "{outcome:?}");
    assert!(outcome.stderr.contains("`guest/guest-attestation-key.pem`"), "{outcome:?}");
    assert!(outcome.stderr.contains("--attestation-key"), "{outcome:?}");
    does(&story, "boot --attest attested --attestation-key key.pem; signed attested/se-checksums.txt");
    for (given, exit, said) in [
        ("--attestation-key key.pem", 2, "--attest <DIR>"),
        (
            "--attest other --attestation-key guest/guest-attestation.crt",
            3,
            "as the image attestation key: not an unencrypted RSA private key",
        ),
        ("--attest user-data --attestation-key key.pem", 1, "`user-data/se-checksums.txt`: not a directory"),
    ] {
        let outcome = sh(&story, &format!("boot {given}"));
        assert_eq!(outcome.exit, exit, "{outcome:?}");
        assert!(outcome.stderr.contains(said), "{outcome:?}");
    }
}

#[test]
fn a_key_of_another_certificate_attests_nothing() {
    let story = Story::signed();
    for (run, exit, says) in [
        (
            "boot --attest attested --attestation-key other.pem",
            3,
            "`other.pem` is not the key of `guest/guest-attestation.crt`",
        ),
        ("cp other.pem guest/guest-attestation-key.pem; boot --attest attested", 3, "is not the key of"),
        ("echo x > guest/guest-attestation.crt; boot --attest attested", 3, "not a certificate in PEM form"),
        ("boot --attest -", 2, "`--attest` takes a folder"),
    ] {
        let outcome = sh(&story, &format!("openssl genrsa -out other.pem 2> tmp/said; {run}"));
        assert_eq!(outcome.exit, exit, "{run}: {outcome:?}");
        assert!(outcome.stderr.contains(says) && outcome.stderr.contains("hint: "), "{run}: {outcome:?}");
        assert!(!story.path("attested").exists() && !story.path("-").exists());
    }
    // no certificate at hand: whoever reads the record knows which
    does(&story, "rm guest/guest-attestation.crt; boot --attest attested --attestation-key other.pem");
}
