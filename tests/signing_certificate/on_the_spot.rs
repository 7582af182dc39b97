//! Without an authority at hand one is made for this certificate, and its key is gone afterwards.

use super::{MADE, does, refused};
use story_tests::{Story, listing};

const AUTHORITY: &str = "contract-signer/signing-key.ca.crt";

#[test]
fn openssl_reads_a_leaf_and_its_authority() {
    let story = Story::new();
    does(&story, "certify --days 30 --name 'paynow 2026'");
    let text = does(&story, &format!("openssl x509 -noout -text -nameopt oneline -in {MADE}"));
    for words in [
        "Version: 3 (0x2)",
        "sha256WithRSAEncryption",
        "Issuer: O = contract-signer, CN = authority of a single certificate",
        "Subject: CN = paynow 2026",
        "Public-Key: (4096 bit)",
        "X509v3 Basic Constraints: critical\n                CA:FALSE",
        "X509v3 Key Usage: critical\n                Digital Signature\n",
        "X509v3 Subject Key Identifier",
        "X509v3 Authority Key Identifier",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let text = does(&story, &format!("openssl x509 -noout -text -nameopt oneline -in {AUTHORITY}"));
    for words in [
        "Version: 3 (0x2)",
        "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0",
        "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign\n",
        "X509v3 Subject Key Identifier",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    does(
        &story,
        &format!(
            "openssl verify -x509_strict -purpose any -CAfile {AUTHORITY} {MADE}
             fails openssl verify -CAfile $CERTIFICATE {MADE}
             identifier() {{ openssl x509 -noout -ext $1KeyIdentifier -in $2 | sed -n '$s/^ *\\(keyid:\\)\\{{0,1\\}}//p'; }}
             [ \"$(identifier authority {MADE})\" = \"$(identifier subject {AUTHORITY})\" ]
             cmp <(openssl x509 -noout -pubkey -in {MADE}) $PUBLIC_KEY"
        ),
    );
}

#[test]
fn it_begins_an_hour_ago_and_ends_days_from_now_to_the_second() {
    let story = Story::new();
    does(
        &story,
        &format!(
            "certify --days 30
             began=$(date -d \"$(openssl x509 -noout -startdate -in {MADE} | cut -d= -f2)\" +%s)
             ago=$(($(date +%s) - began)); [ $ago -ge 3600 ] && [ $ago -lt 3900 ]
             for file in {MADE} {AUTHORITY}; do
                 ended=$(date -d \"$(openssl x509 -noout -enddate -in $file | cut -d= -f2)\" +%s)
                 [ $((ended - began)) = $((30 * 86400 + 3600)) ]
                 openssl x509 -noout -checkend $((30 * 86400 - 300)) -in $file
                 fails openssl x509 -noout -checkend $((30 * 86400 + 1)) -in $file
             done"
        ),
    );
}

#[test]
fn no_private_key_is_left_and_no_two_certificates_are_alike() {
    let story = Story::new();
    let before = listing(story.folder());
    let said = does(&story, "certify --days 1 2>&1");
    assert!(
        said.contains("the authority's private key signed only this certificate, and is wiped"),
        "{said}"
    );
    assert!(
        said.contains("wrote `contract-signer/signing-key.crt` and `contract-signer/signing-key.ca.crt`")
    );
    let new: Vec<_> = listing(story.folder()).into_keys().filter(|path| !before.contains_key(path)).collect();
    assert_eq!(new, [story.path(AUTHORITY), story.path(MADE)]);
    for file in [AUTHORITY, MADE] {
        let text = String::from_utf8(story.read(file)).unwrap();
        assert!(text.starts_with("-----BEGIN CERTIFICATE-----\n"), "{text}");
        assert!(text.ends_with("\n-----END CERTIFICATE-----\n"), "{text}");
        assert_eq!(text.matches("-----BEGIN").count(), 1, "{text}");
    }
    does(
        &story,
        &format!(
            "cp {MADE} first.crt; cp {AUTHORITY} first.ca.crt; certify --days 1 --force
             for pair in 'first.crt {MADE}' 'first.ca.crt {AUTHORITY}' 'first.crt first.ca.crt'; do
                 set -- $pair
                 [ \"$(openssl x509 -noout -serial -in $1)\" != \"$(openssl x509 -noout -serial -in $2)\" ]
             done
             fails cmp -s <(openssl x509 -noout -pubkey -in first.ca.crt) <(openssl x509 -noout -pubkey -in {AUTHORITY})
             fails openssl verify -CAfile first.ca.crt {MADE}"
        ),
    );
}

#[test]
fn days_that_are_none_are_wrong_usage() {
    let story = Story::new();
    for days in ["0", "-1", "3651", "x", "1.5", "''", "99999999999"] {
        refused(&story, &format!("certify --days {days}"), 2, &["'--days <N>'"]);
    }
    refused(&story, "certify --days 0", 2, &["a contract of 0 days never boots"]);
    refused(&story, "certify", 2, &["--days <N>"]);
    does(&story, "certify --days 3650");
}

#[test]
fn nothing_is_replaced_without_force_and_the_key_never() {
    let story = Story::new();
    story.write(AUTHORITY, "somebody's");
    refused(&story, "certify --days 3", 1, &["already exists", "--force"]);
    does(&story, &format!("rm {AUTHORITY}"));
    story.write(MADE, "somebody's");
    refused(&story, "certify --days 3", 1, &["already exists", "--force"]);
    for command in ["certify --days 3", "request"] {
        refused(&story, &format!("{command} --force -o $SIGNING_KEY"), 2, &["name another file with `-o`"]);
    }
    does(&story, "openssl pkey -in $SIGNING_KEY -passin file:$PASSPHRASE -noout");
}

#[test]
fn to_standard_output_goes_the_certificate_alone() {
    let story = Story::new();
    let before = listing(story.folder());
    let outcome = story.sh(&format!("{}\ncertify --days 3 -o -", super::WORDS));
    let (text, said) = (outcome.text(), &outcome.stderr);
    assert!(text.starts_with("-----BEGIN CERTIFICATE-----") && text.matches("BEGIN").count() == 1, "{text}");
    assert!(said.contains("wrote standard output") && !said.contains("give `standard output`"), "{said}");
    assert_eq!(listing(story.folder()), before);
    refused(&story, "certify --days 3 -o - --json", 2, &["standard output"]);
    let json = story.sh(&format!("{}\ncertify --days 3 --json", super::WORDS)).json();
    assert_eq!(json["certificate"], MADE);
    assert_eq!(json["authorityCertificate"], AUTHORITY);
    for key in ["subject", "serial", "keyFingerprint", "notBefore", "notAfter", "issuer"] {
        assert!(json[key].is_string(), "{key}: {json}");
    }
}

#[test]
fn a_wrong_passphrase_makes_nothing() {
    let story = Story::new();
    refused(
        &story,
        "contract-signer certify $SIGNING_KEY --days 3 --passphrase-fd 3 3<<< wrong",
        5,
        &["the passphrase does not open the key"],
    );
    refused(&story, "contract-signer csr $SIGNING_KEY < /dev/null", 5, &["no terminal", "--passphrase-file"]);
}
