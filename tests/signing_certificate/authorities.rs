//! An authority that is there already: its certificate and its key belong together and may issue, or are refused.

use super::{MADE, does, refused};
use story_tests::Story;

/// A command that certifies with the authority of this name.
fn by(name: &str, days: u32) -> String {
    format!("certify --days {days} --ca-cert {name}.crt --ca-key {name}-key.pem")
}

#[test]
fn rsa_ec_and_edwards_authorities_issue() {
    let story = Story::new();
    for (algorithm, signature) in [
        ("rsa2048", "sha256WithRSAEncryption"),
        ("prime256v1", "ecdsa-with-SHA256"),
        ("secp384r1", "ecdsa-with-SHA384"),
        ("secp521r1", "ecdsa-with-SHA512"),
        ("ed25519", "ED25519"),
    ] {
        does(&story, &format!("authority ca {algorithm}; {} --force", by("ca", 9)));
        let text = does(
            &story,
            &format!(
                "openssl verify -x509_strict -purpose any -CAfile ca.crt {MADE} > /dev/null
                 [ ! -e contract-signer/signing-key.ca.crt ]
                 openssl x509 -noout -text -nameopt oneline -in {MADE}"
            ),
        );
        for words in [
            &format!("Signature Algorithm: {signature}"),
            "Issuer: O = Example, CN = authority ca",
            "CA:FALSE",
        ] {
            assert!(text.contains(words), "{algorithm}: {words}: {text}");
        }
    }
    // as some publish it
    does(&story, "openssl x509 -in ca.crt -outform DER -out der.crt; cp ca-key.pem der-key.pem");
    does(&story, &format!("{} --force", by("der", 9)));
}

#[test]
fn a_leaf_begins_and_ends_within_its_authority() {
    let story = Story::new();
    does(&story, "authority ca prime256v1 '-10 minutes' '10 days 1 hour'");
    refused(
        &story,
        &by("ca", 11),
        4,
        &[
            "the authority ends at ",
            "before the signing certificate would",
            "take fewer days, `--days 10` at most",
        ],
    );
    does(&story, &by("ca", 10));
    does(
        &story,
        &format!(
            "[ \"$(openssl x509 -noout -startdate -in ca.crt)\" = \"$(openssl x509 -noout -startdate -in {MADE})\" ]"
        ),
    );
    does(&story, "authority short prime256v1 '-1 day' '1 hour'");
    refused(&story, &format!("{} --force", by("short", 1)), 4, &["less than a day left"]);
}

#[test]
fn what_could_not_issue_is_refused() {
    let story = Story::new();
    does(
        &story,
        "authority ca prime256v1; authority other prime256v1
         authority leaf prime256v1 '-1 day' '9 days' 'basicConstraints=CA:FALSE'
         authority old prime256v1 '-9 days' '-1 day'
         authority young prime256v1 '1 day' '9 days'
         authority silent prime256v1 '-1 day' '9 days' $'basicConstraints=critical,CA:TRUE\\nkeyUsage=cRLSign'
         authority small rsa1024
         cp ca.crt mixed.crt; cp other-key.pem mixed-key.pem
         cat ca.crt other.crt > several.crt; cp ca-key.pem several-key.pem
         cp ca-key.pem swapped.crt; cp ca.crt swapped-key.pem
         sed '5s/^...../!!!!!/' ca.crt > damaged.crt; cp ca-key.pem damaged-key.pem
         openssl pkcs12 -export -passout pass: -in ca.crt -inkey ca-key.pem -out both.crt; cp ca-key.pem both-key.pem
         : > empty.crt; cp ca-key.pem empty-key.pem",
    );
    for (name, exit, words) in [
        ("leaf", 3, "`O=Example, CN=authority leaf` is no certificate authority"),
        ("old", 4, "the authority `O=Example, CN=authority old` expired on"),
        ("young", 4, "the authority `O=Example, CN=authority young` is not valid before"),
        ("silent", 3, "its KeyUsage has no `keyCertSign`"),
        ("small", 3, "has 1024 bits, at least 2048"),
        ("mixed", 4, "cannot use `mixed-key.pem`: the private key is not that of the authority"),
        ("several", 3, "it holds 2 certificates, and one authority is expected"),
        ("swapped", 3, "cannot use `swapped.crt`"),
        ("damaged", 3, "cannot use `damaged.crt`"),
        ("both", 3, "cannot use `both.crt`"),
        ("empty", 3, "cannot use `empty.crt`"),
        ("absent", 1, "no such file"),
    ] {
        refused(&story, &by(name, 3), exit, &[words]);
    }
    refused(&story, "certify --days 3 --ca-cert ca.crt", 2, &["--ca-key"]);
    refused(&story, "certify --days 3 --ca-key ca-key.pem", 2, &["--ca-cert"]);
    refused(
        &story,
        "certify --days 3 --ca-cert ca.crt --ca-key ca-key.pem --force -o ca-key.pem",
        2,
        &["ca-key.pem"],
    );
}

#[test]
fn the_authoritys_key_has_a_passphrase_of_its_own() {
    let story = Story::new();
    does(
        &story,
        "authority ca prime256v1; printf 'of the authority' > ca-passphrase; mv ca-key.pem bare
         openssl pkey -in bare -aes256 -passout file:ca-passphrase -out ca-key.pem; rm bare",
    );
    let by = by("ca", 9);
    does(&story, &format!("{by} --ca-passphrase-file ca-passphrase; openssl verify -CAfile ca.crt {MADE}"));
    does(&story, &format!("{by} --ca-passphrase-fd 3 --force 3< ca-passphrase"));
    refused(
        &story,
        &format!("{by} --force --ca-passphrase-file $PASSPHRASE"),
        5,
        &["cannot use `ca-key.pem`: the passphrase does not open the key"],
    );
    refused(&story, &format!("{by} --force < /dev/null"), 5, &["no terminal", "`--ca-passphrase-file FILE`"]);
    refused(&story, "certify --days 3 --ca-passphrase-file ca-passphrase", 2, &["--ca-key"]);
}
