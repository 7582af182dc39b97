//! `contract-auditor open`.

use super::{PASSWORD, does, refuses};

const OPEN: &str = "contract-auditor open -o opened.txt";

#[test]
fn what_openssl_encrypted_opens_under_both_prefixes() {
    for prefix in ["hyper-protect-basic", "contract-basic"] {
        let given = format!("seal {PASSWORD} {prefix}");
        let outcome =
            does(&given, OPEN, "cmp opened.txt se-checksums.txt; test $(stat -c %a opened.txt) = 600");
        assert!(!outcome.stderr.contains("warning"), "{outcome:?}");
        // a line end behind the token, and standard output
        does(
            &format!("{given}; echo >> se-checksums.txt.enc"),
            "contract-auditor open -o - > shown",
            "cmp shown se-checksums.txt",
        );
    }
}

#[test]
fn what_has_the_password_trap_opens_and_is_told() {
    for (password, length, consequence) in [
        (r"\nabcdefghijklmnopqrstuvwxyz01234", 0, "anyone can read it"),
        (r"abcde\nfghijklmnopqrstuvwxyz01234", 5, "it can be guessed more easily"),
    ] {
        let given = format!("seal '{password}'");
        let outcome = does(&given, OPEN, "cmp opened.txt se-checksums.txt");
        let says =
            format!("password of {length} bytes instead of 32, cut at a line feed or NUL: {consequence}");
        assert!(outcome.stderr.contains(&says), "{outcome:?}");
        let json = does(&given, &format!("{OPEN} --json"), "").json();
        assert_eq!(json["passwordLength"], length);
        assert_eq!(json["passwordCut"], true);
    }
}

#[test]
fn a_protected_key_opens_with_its_passphrase_alone() {
    let protect = format!(
        "seal {PASSWORD}; echo right > passphrase; echo wrong > other
         openssl pkey -in attestation-key.pem -aes256 -passout file:passphrase -out k; mv k attestation-key.pem"
    );
    does(&protect, &format!("{OPEN} --passphrase-file passphrase"), "cmp opened.txt se-checksums.txt");
    let wrong = format!("{OPEN} --passphrase-file other");
    refuses(&protect, &wrong, 5, "cannot use `attestation-key.pem`: the passphrase does not open the key");
}

#[test]
fn what_does_not_open_is_refused_and_nothing_is_written() {
    let sealed = format!("seal {PASSWORD}");
    for (given, says) in [
        (
            ": > se-checksums.txt.enc",
            "`se-checksums.txt.enc` is not an encrypted attestation record: it ends inside its first part",
        ),
        (
            "echo '<!DOCTYPE html><p>404' > se-checksums.txt.enc",
            "is not an encrypted attestation record: it does not begin with",
        ),
        (
            "{SEAL}; (cat se-checksums.txt.enc; echo; cat se-checksums.txt.enc) > x; mv x se-checksums.txt.enc",
            "it has white space at byte",
        ),
        (
            "{SEAL}; head -c 300 se-checksums.txt.enc > x; mv x se-checksums.txt.enc",
            "it ends inside its second part",
        ),
        ("head -c 2000000 /dev/zero > se-checksums.txt.enc", "larger than the limit of 1048576 bytes"),
        (r"printf '\377\376' > se-checksums.txt.enc", "not UTF-8 text at byte 0"),
        (
            "cp se-checksums.txt se-checksums.txt.enc",
            "is not encrypted: it is an attestation record in plain text",
        ),
        ("{SEAL}; openssl genrsa -out attestation-key.pem 2> /dev/null", "`se-checksums.txt.enc` "),
        (
            "echo 'type: env' > se-checksums.txt; {SEAL}",
            "the content of `se-checksums.txt.enc` is not an attestation record: it has no line",
        ),
        (
            "cat se-checksums.txt se-checksums.txt > x; mv x se-checksums.txt; {SEAL}",
            "is not an attestation record: line 7: a second line `contract:workload`",
        ),
        (
            "{SEAL}; cp attestation-key.pub.pem attestation-key.pem",
            "a PEM `PUBLIC KEY`, where the private key is expected",
        ),
        (
            "{SEAL}; openssl ecparam -name prime256v1 -genkey -noout -out attestation-key.pem",
            "a key of type EC; attestation records are encrypted with RSA only",
        ),
        (
            "{SEAL}; openssl genrsa -out attestation-key.pem 1024 2> /dev/null",
            "an RSA key of 1024 bits, at least 2048 are needed",
        ),
    ] {
        refuses(&given.replace("{SEAL}", &sealed), OPEN, 3, says);
    }
    refuses(&sealed, "contract-auditor open absent", 1, "cannot read `absent`: no such file");
    refuses(&format!("{sealed}; rm attestation-key.pem"), OPEN, 1, "cannot read `attestation-key.pem`");
    refuses(&sealed, "contract-auditor open", 1, "cannot write `se-checksums.txt`: it already exists");
    refuses(&sealed, "contract-auditor open -o attestation-key.pem --force", 2, "attestation-key.pem");
    refuses(&sealed, "contract-auditor open -o - --json", 2, "both need standard output");
}
