//! The ceremony's contract: until when it boots, and what the auditor makes of what booted.

use story_tests::{Outcome, Story};

/// Everybody's folder, and acts that are not in the ceremony: what the guest boots and attests goes to the auditor.
const WORDS: &str = r#"
P=played G=played/guest A=played/contract-auditor
# in_folder PERSONA COMMAND…
in_folder() { (cd played/$1; shift; "$@"); }
# audit ARGS…: what the auditor has received, against what he foretells
audit() { [ ! -e $A/se-checksums.txt.enc ] || rm -f $A/se-checksums.txt; in_folder contract-auditor contract-auditor compare --medium ciiso.iso --passphrase-file passphrase "$@"; }
# attests MEDIUM: another boot
attests() { rm -rf again; guest-rehearsal boot "$1" --guest-key $G/guest-key.pem --attest again && rm -f $A/se-* && cp again/* $A; }
# sign_again: whatever handoffs there are, and a medium of it
sign_again() {
    cp $P/*/paynow.*.handoff.age $P/contract-signer 2> tmp/same || true
    in_folder contract-signer contract-signer sign --passphrase-file passphrase --force
    cp $P/contract-signer/user-data $P/env-deployer
    medium
}
medium() { in_folder env-deployer env-deployer boot-media user-data --hostname paynow -o ciiso.iso --force; }
# opened: the record that the auditor has received, by openssl alone
opened() {
    cut -d. -f2 $A/se-checksums.txt.enc | base64 -d |
        openssl pkeyutl -decrypt -inkey $A/attestation-key.pem -passin file:$A/passphrase -out tmp/password
    cut -d. -f3 $A/se-checksums.txt.enc | base64 -d | openssl enc -d -aes-256-cbc -pbkdf2 -pass file:tmp/password
}
# attested RECORD: as if the guest had said so: signed and encrypted by openssl alone
attested() {
    openssl dgst -sha256 -sign $G/guest-attestation-key.pem -out $A/se-signature.bin $1
    printf ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 > tmp/password
    printf 'hyper-protect-basic.%s.%s' \
        "$(openssl pkeyutl -encrypt -pubin -inkey $A/attestation-key.pub.pem -in tmp/password | base64 -w0)" \
        "$(openssl enc -aes-256-cbc -pbkdf2 -pass file:tmp/password -in $1 | base64 -w0)" > $A/se-checksums.txt.enc
}
"#;

fn does(story: &Story, script: &str) -> String {
    story.does(&format!("{WORDS}{script}"))
}

fn sh(story: &Story, script: &str) -> Outcome {
    story.sh(&format!("{WORDS}set -eu -o pipefail\n{script}"))
}

#[test]
fn the_contract_boots_until_its_certificate_ends() {
    let story = Story::played();
    let boot = "end=$(openssl x509 -in $P/contract-signer/signing-key.crt -noout -enddate | cut -d= -f2)
        at() { date -ud \"$end $1\" +%FT%TZ; }
        guest-rehearsal boot $G/ciiso.iso --guest-key $G/guest-key.pem";
    for (at, exit, said) in [
        ("", 0, "[   ok    ] expiry      the contract expires at"),
        ("--at $(at '- 1 day')", 0, "[ warning ] expiry      HPL12006E: the contract expires at"),
        ("--at $(at '+ 1 day')", 4, "[ refused ] expiry      HPL12007E: the contract expired at"),
    ] {
        let outcome = sh(&story, &format!("{boot} {at}"));
        assert_eq!(outcome.exit, exit, "{at}: {outcome:?}");
        assert!(outcome.text().contains(said), "{at}: {outcome:?}");
    }
    let outcome = sh(&story, &format!("{boot} --at $(at '+ 1 day') --attest late"));
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    // a record proves what was put in, not that the contract was valid
    assert!(outcome.stderr.contains("wrote `late/se-checksums.txt.enc`"), "{outcome:?}");
}

#[test]
fn what_booted_is_what_was_signed() {
    let story = Story::played();
    let outcome = sh(&story, "audit --json");
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    let audit = outcome.json();
    for (what, value) in [("equal", 7), ("different", 0), ("missing", 0), ("unknown", 0)] {
        assert_eq!(audit[what], value, "{audit:#}");
    }
    for what in ["asForetold", "verified", "encrypted"] {
        assert_eq!(audit[what], true, "{audit:#}");
    }
    story.does("grep -q contract:attestationPublicKey played/contract-auditor/report.html");
}

#[test]
fn the_ceremony_s_record_opens_and_verifies_with_openssl_alone() {
    does(
        &Story::played(),
        "opened > record; test $(wc -l < record) = 7
         openssl x509 -in $A/hpcr-attestation.crt -noout -pubkey > key
         openssl dgst -sha256 -verify key -signature $A/se-signature.bin record
         openssl verify -CAfile $A/root.crt $A/hpcr-intermediate.crt
         value() { sed -n \"s/^$1: //p\" $P/contract-signer/user-data | tr -d '\\n\"' | sha256sum | cut -d' ' -f1; }
         for key in workload env attestationPublicKey; do grep -x \"$(value $key) contract:$key\" record; done
         for file in cidata/user-data:contract-signer/user-data /dev/disk/by-label/cidata:env-deployer/ciiso.iso; do
             grep -x \"$(sha256sum < $P/${file#*:} | cut -d' ' -f1) ${file%:*}\" record
         done",
    );
}

/// What each change looks like to the auditor, who has the record of the signing and the medium of before.
#[test]
fn what_else_booted_the_auditor_s_comparison_names() {
    const MEDIUM: &str = "`/dev/disk/by-label/cidata` is different";
    // a token of the same key, and another one each time
    const KEY: &str = "`contract:attestationPublicKey` is different";
    const USER_DATA: &str = "`cidata/user-data` is different";
    for (given, named) in [
        (
            "in_folder workload-provider workload-provider encrypt --force; sign_again; attests $P/env-deployer/ciiso.iso",
            &["`contract:workload` is different", KEY, USER_DATA, MEDIUM][..],
        ),
        (
            "in_folder env-deployer env-deployer encrypt --force; sign_again; attests $P/env-deployer/ciiso.iso",
            &["`contract:env` is different", KEY, USER_DATA, MEDIUM],
        ),
        ("echo >> $P/env-deployer/user-data; medium; attests $P/env-deployer/ciiso.iso", &[USER_DATA, MEDIUM]),
        (
            "edit /^attestationPublicKey/d $P/env-deployer/user-data; medium; attests $P/env-deployer/ciiso.iso",
            &["`contract:attestationPublicKey` is missing", USER_DATA, MEDIUM],
        ),
        (
            "in_folder env-deployer env-deployer boot-media user-data --hostname other -o ciiso.iso --force
             attests $P/env-deployer/ciiso.iso",
            &["`cidata/meta-data` is different", MEDIUM],
        ),
        (
            "printf x | dd of=$G/ciiso.iso bs=1 seek=$(($(stat -c %s $G/ciiso.iso) - 1)) conv=notrunc status=none
             attests $G/ciiso.iso",
            &[MEDIUM],
        ),
    ] {
        let story = Story::played();
        does(&story, given);
        let outcome = sh(&story, "audit");
        assert_eq!(outcome.exit, 4, "{given}: {outcome:?}");
        let all = outcome.stderr.lines().find(|line| line.contains("is not as expected")).unwrap();
        assert_eq!(all.matches(" is different").count() + all.matches(" is missing").count(), named.len(), "{all}");
        for line in named {
            assert!(all.contains(line), "{given}: {all}");
        }
    }
}

/// Where a changed byte keeps the guest from coming up, its record is made by hand.
#[test]
fn one_changed_byte_is_named_by_its_line() {
    let story = Story::played();
    does(&story, "opened > record; cp -a $A kept");
    for part in [1, 2] {
        let outcome = sh(
            &story,
            &format!(
                "cp $P/contract-signer/user-data changed
                 line=$(sed -n {part}p changed); printf %s \"${{line#*: }}\" > token; flip 3 token
                 {{ sed -n '1,{part}p' changed | head -n -1; printf '%s: ' \"${{line%%:*}}\"; cat token; echo; sed '1,{part}d' changed; }} > flipped
                 test $(wc -c < flipped) = $(wc -c < changed)
                 sum=$(sha256sum < token | cut -d' ' -f1) whole=$(sha256sum < flipped | cut -d' ' -f1)
                 sed -E \"s/^[0-9a-f]+ contract:${{line%%:*}}$/$sum contract:${{line%%:*}}/; s|^[0-9a-f]+ cidata/user-data|$whole cidata/user-data|\" record > forged
                 attested forged; ! guest-rehearsal boot flipped --guest-key $G/guest-key.pem > log; audit"
            ),
        );
        assert_eq!(outcome.exit, 4, "{outcome:?}");
        let section = ["workload", "env"][part - 1];
        let said = format!("`cidata/user-data` is different, `contract:{section}` is different\n");
        assert!(outcome.stderr.contains(&said), "{outcome:?}");
    }
    let lines = does(&story, "cut -d' ' -f2 record");
    for line in lines.lines() {
        let outcome = sh(
            &story,
            &format!(
                "sed -E '\\|{line}$| {{ s/^[^0]/0/; t; s/^./1/ }}' record > forged; attested forged; audit"
            ),
        );
        assert_eq!(outcome.exit, 4, "{line}: {outcome:?}");
        assert!(
            outcome.stderr.contains(&format!("is not as expected: `{line}` is different\n")),
            "{line}: {outcome:?}"
        );
    }
    assert_eq!(lines.lines().count(), 7);
    // what nobody signed is nobody's word, whatever it says
    let outcome = sh(
        &story,
        "attested record; cp kept/se-signature.bin other; attested forged; cp other $A/se-signature.bin; audit",
    );
    assert_eq!(outcome.exit, 4, "{outcome:?}");
    assert!(outcome.stderr.contains("signature"), "{outcome:?}");
    does(&story, "attested record; audit");
}
