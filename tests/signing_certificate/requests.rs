//! A request asks for a certificate, and proves that whoever asks has the key; the private key is not needed any more.

use super::{MADE, does, refused, says};
use story_tests::Story;

const CSR: &str = "contract-signer/signing-key.csr";

#[test]
fn openssl_verifies_a_request_and_reads_what_it_asks_for() {
    let story = Story::new();
    let said = does(&story, "request --name 'paynow 2026' 2>&1");
    assert!(said.contains("a request for `CN=paynow 2026`, key sha256:"), "{said}");
    let text = does(
        &story,
        &format!(
            "openssl req -verify -noout -text -in {CSR} 2>&1
             cmp <(openssl req -noout -pubkey -in {CSR}) $PUBLIC_KEY"
        ),
    );
    for words in [
        "self-signature verify OK",
        "Version: 1 (0x0)",
        "sha256WithRSAEncryption",
        "CA:FALSE",
        "Digital Signature",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    refused(&story, "request", 1, &["already exists"]);
    let json = story.sh(&format!("{}\nrequest --force --json", super::WORDS)).json();
    assert_eq!(json["request"], CSR);
}

#[test]
fn whoever_holds_the_authority_needs_no_private_key() {
    let story = Story::new();
    does(
        &story,
        "authority ca prime256v1; request --subject 'O=Example,CN=paynow'; cp contract-signer/signing-key.csr asked.csr",
    );
    // in another folder, where no key lies
    let said = does(
        &story,
        "contract-signer certify --days 9 --csr asked.csr --ca-cert ca.crt --ca-key ca-key.pem -o out.crt 2>&1",
    );
    assert!(!said.contains("the key in it is that of"), "{said}");
    does(
        &story,
        "openssl verify -x509_strict -purpose any -CAfile ca.crt out.crt
         [ \"$(openssl x509 -noout -subject -nameopt oneline -in out.crt)\" = 'subject=O = Example, CN = paynow' ]
         cmp <(openssl x509 -noout -pubkey -in out.crt) $PUBLIC_KEY",
    );
    // the public half is compared, and no passphrase is asked for; the same where the private key is named and its half is beside it
    for key in ["$PUBLIC_KEY", "$SIGNING_KEY"] {
        let said = does(
            &story,
            &format!(
                "contract-signer certify {key} --days 9 --csr asked.csr --ca-cert ca.crt --ca-key ca-key.pem -o out.crt --force 2>&1 < /dev/null"
            ),
        );
        assert!(said.contains("its key is the key of `contract-signer/signing-key.pub.pem`"), "{said}");
    }
    // the openssl command's own request, for our key
    does(
        &story,
        "bare_key tmp/bare; openssl req -new -key tmp/bare -subj '/O=by openssl/CN=x' -out theirs.csr; rm tmp/bare
         contract-signer certify --days 9 --csr theirs.csr --ca-cert ca.crt --ca-key ca-key.pem --name mine -o out.crt --force
         [ \"$(openssl x509 -noout -subject -nameopt oneline -in out.crt)\" = 'subject=CN = mine' ]",
    );
}

#[test]
fn requests_that_do_not_hold_are_refused() {
    let story = Story::new();
    does(
        &story,
        r#"authority ca prime256v1; request; cp contract-signer/signing-key.csr good.csr
           openssl genrsa -out other.pem 2048 2> /dev/null; openssl req -new -key other.pem -subj /CN=other -out other.csr
           openssl genrsa -out small.pem 1024 2> /dev/null; openssl req -new -key small.pem -subj /CN=small -out small.csr
           openssl req -new -key ca-key.pem -subj /CN=ec -out ec.csr
           openssl req -new -key other.pem -subj / -out nameless.csr
           openssl req -in good.csr -outform DER -out good.der
           python3 -c "
der = bytearray(open('good.der', 'rb').read())
der[-1] ^= 1
open('broken.csr', 'wb').write(der)
der = bytearray(open('good.der', 'rb').read())
at = der.index(b'signing key')
der[at] ^= 1
open('renamed.csr', 'wb').write(der)"
           head -c 300 good.csr > cut.csr; cat good.csr other.csr > two.csr; : > empty.csr"#,
    );
    let by = |file: &str, key: &str| {
        format!(
            "contract-signer certify {key} --days 3 --csr {file} --ca-cert ca.crt --ca-key ca-key.pem -o out.crt"
        )
    };
    for (file, key, exit, words) in [
        (
            "broken.csr",
            "",
            4,
            "cannot use `broken.csr`: the request's signature was not made with the key in it",
        ),
        ("renamed.csr", "", 4, "the request's signature was not made"),
        ("ec.csr", "", 3, "the request holds a key of type EC; contracts are signed with RSA only"),
        ("small.csr", "", 3, "an RSA key of 1024 bits"),
        ("other.csr", "$PUBLIC_KEY", 4, "and `contract-signer/signing-key.pub.pem` is sha256:"),
        ("good.csr", "other.pem", 2, "the public half of `other.pem` is missing"),
        ("nameless.csr", "", 3, "the subject is empty"),
        ("cut.csr", "", 3, "not a certificate request"),
        ("two.csr", "", 3, "2 PEM blocks"),
        ("empty.csr", "", 3, "it is empty"),
        ("$PUBLIC_KEY", "", 3, "a PEM `PUBLIC KEY`, expected `CERTIFICATE REQUEST`"),
        ("absent.csr", "", 1, "no such file"),
    ] {
        refused(&story, &by(file, key), exit, &[words]);
    }
    let (exit, said) = says(&story, &format!("{} ; ls {MADE}", by("good.der", "$PUBLIC_KEY")));
    assert!(exit == 2 && said.contains("wrote `out.crt`"), "DER is read: {said}");
}
