//! Chains. `ibm_says` runs the documented commands, and so does `ibm:` in a case.

use super::Ibm::{Accepts, Refuses};
use super::{cases, played};

const VERIFY: &str = "workload-provider certificate verify encrypt.crt $CHAIN";

/// What is accepted, by `openssl` too, and what is said of it.
#[test]
fn chains_that_lead_to_a_root_are_accepted() {
    for (given, run) in [
        ("ibm_says", VERIFY),
        (
            "",
            "workload-provider certificate verify encrypt.crt --intermediate ca.crt --root root.crt --intermediate intermediate.crt",
        ),
        (
            "cat root.crt ca.crt intermediate.crt > bundle",
            "env-deployer certificate verify encrypt.crt --intermediate bundle --root root.crt",
        ),
        (
            "der ca.crt > ca.der; der root.crt > root.der",
            "contract-signer certificate verify encrypt.crt --intermediate intermediate.crt --intermediate ca.der --root root.der",
        ),
        (
            "issue other other root Other; cat other.crt root.crt > roots; ibm_says",
            "workload-provider certificate verify encrypt.crt --intermediate intermediate.crt --intermediate ca.crt --root roots",
        ),
        ("sed -i 's/$/\\r/' encrypt.crt intermediate.crt ca.crt root.crt; ibm_says", VERIFY),
        // text before the block, which PEM allows: `openssl asn1parse` reads it since version 3.2
        ("openssl x509 -in encrypt.crt -text > with-text; mv with-text encrypt.crt", VERIFY),
        // the documented command names SHA-512; the certificate says which hash it is
        ("MD=sha256 issue encrypt intermediate encryption Anybody; ibm_refuses", VERIFY),
        (
            "FROM=20200101000000Z TO=20210101000000Z issue encrypt intermediate encryption Old
          FROM=20190101000000Z issue root root root 'Story root'
          FROM=20190101000000Z issue ca root authority 'Story code signing authority'
          FROM=20190101000000Z issue intermediate ca signing 'Story platform signing service'; ibm_refuses",
            "workload-provider certificate verify encrypt.crt $CHAIN --at 2020-06-01T00:00:00Z",
        ),
    ] {
        let outcome = played(given, run);
        assert_eq!(outcome.exit, 0, "{given}: {run}: {outcome:?}");
        assert!(outcome.text().contains("NOT CHECKED"), "{outcome:?}");
        assert!(outcome.stderr.contains("  certificate-pin: sha256:"), "{outcome:?}");
    }
}

/// Why there is a procedure of IBM's at all: as a path, the chain is refused by whoever looks at it strictly.
#[test]
fn strict_path_validation_refuses_what_is_accepted_here() {
    let path = "openssl verify -CAfile root.crt -untrusted ca.crt -untrusted intermediate.crt encrypt.crt 2>&1; exit 0";
    let openssl = played("ibm_says", path).text();
    assert!(openssl.contains("Story platform signing service"), "{openssl}");
    assert!(openssl.contains("invalid CA certificate"), "{openssl}");
    assert_eq!(played("", VERIFY).exit, 0);
}

/// The page's own commands: they say yes to the chain, and no to one changed byte.
#[test]
fn the_page_s_openssl_commands_judge_alike() {
    let page = std::fs::read_to_string(story_tests::repository().join("docs/certificates.md")).unwrap();
    let block = page.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let clean = "rm -f signature body intermediate.pub";
    let good = played(
        "cp encrypt.crt hpcr-encrypt.crt",
        &format!("(set -euo pipefail\n{block}); exit=$?; {clean}; exit $exit"),
    );
    assert_eq!(good.exit, 0, "{good:?}");
    let lines = good.text();
    let names: Vec<_> = lines.lines().rev().take(2).collect();
    assert_eq!(names[0], names[1], "{lines}");
    let changed =
        "der encrypt.crt | sed 's/Hyper Protect/Hyper Prodect/' | in_pem CERTIFICATE > hpcr-encrypt.crt";
    let bad = played(changed, &format!("(set -euo pipefail\n{block}); exit=$?; {clean}; exit $exit"));
    assert_ne!(bad.exit, 0, "{bad:?}");
}

/// Serial, dates and fingerprint as `openssl` says them.
#[test]
fn show_agrees_with_openssl() {
    let json = played("", "workload-provider certificate show encrypt.crt --platform ccrt --json").json();
    let openssl = played(
        "",
        "openssl x509 -in encrypt.crt -noout -serial | cut -d= -f2
         openssl x509 -in encrypt.crt -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1",
    )
    .text();
    let mut lines = openssl.lines();
    assert_eq!(json["serial"], lines.next().unwrap());
    assert_eq!(json["keyFingerprint"], format!("sha256:{}", lines.next().unwrap()));
    assert_eq!(json["notAfter"], "2095-12-31T23:59:59Z");
    assert_eq!(json["keyBits"], 2048);
    assert_eq!(json["signatureAlgorithm"], "sha512WithRSAEncryption");
    assert_eq!(json["crlDistributionPoints"][0], "https://crl.example.com/encrypt-crl-1");
    assert_eq!(json["selfSigned"], false);
    assert_eq!(json["validNow"], true);
}

cases! {
    an_expired_certificate {
        given: "FROM=20250101000000Z TO=20260102000000Z issue encrypt intermediate encryption Old",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "CN=Old` expired on 2026-01-02",
    }
    a_certificate_of_the_future {
        given: "FROM=20900101000000Z issue encrypt intermediate encryption New",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "CN=New` is not valid before 2090-01-01",
    }
    another_issuer {
        given: "issue other ca signing 'Another signing service'; issue encrypt other encryption x",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "its issuer is none of the intermediates: it names `C=US, O=Story tests, CN=Another signing service`",
    }
    another_signer_under_the_issuer_s_name {
        given: "issue other ca signing 'Story platform signing service'; issue encrypt other encryption x",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "its signature was not made with the key of the intermediate `C=US, O=Story tests, CN=Story platform signing service`",
    }
    one_changed_byte {
        given: "der encrypt.crt | sed 's/Hyper Protect/Hyper Prodect/' | in_pem CERTIFICATE > x; mv x encrypt.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "its signature was not made with the key of the intermediate",
    }
    a_self_signed_certificate {
        given: "issue encrypt encrypt encryption Stand-in",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "it is its own issuer, so nobody vouches for it",
    }
    a_signature_over_sha_1 {
        given: "MD=sha1 issue encrypt intermediate encryption x",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "is signed with sha1WithRSAEncryption: SHA-256, -384 or -512 is needed",
    }
    a_signature_over_md5 {
        given: "MD=md5 issue encrypt intermediate encryption x",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "is signed with md5WithRSAEncryption",
    }
    an_intermediate_signed_over_sha_1 {
        given: "MD=sha1 issue intermediate ca signing 'Story platform signing service'",
        ibm: Accepts("`openssl verify` sets no level by itself; ours is 2"),
        run: VERIFY,
        exit: 4, says: "CN=Story platform signing service` is signed with sha1WithRSAEncryption",
    }
    an_intermediate_with_a_weak_key {
        given: "issue weak ca signing Weak; issue encrypt weak encryption x; mv weak.crt intermediate.crt",
        ibm: Accepts("the same"),
        run: VERIFY,
        exit: 4, says: "the key of `C=US, O=Story tests, CN=Weak` is too weak",
    }
    an_expired_intermediate {
        given: "TO=20260202000000Z issue intermediate ca signing 'Story platform signing service'",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "CN=Story platform signing service` expired on 2026-02-02",
    }
    an_expired_authority {
        given: "TO=20260202000000Z issue ca root authority 'Story code signing authority'",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "CN=Story code signing authority` expired on 2026-02-02",
    }
    an_expired_root {
        given: "TO=20260202000000Z issue root root root 'Story root'",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "CN=Story root` expired on 2026-02-02",
    }
    an_authority_that_is_none {
        given: "issue ca root signing 'Story code signing authority'",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "CN=Story code signing authority` vouches for others, and is no certificate authority",
    }
    an_authority_below_one_that_may_have_none {
        given: "issue other ca authority 'Story lower authority'; issue intermediate other signing 'Story platform signing service'
                issue encrypt intermediate encryption x; cat other.crt ca.crt > both; mv both ca.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "path length constraint exceeded",
    }
    another_authority_under_the_same_name {
        given: "issue other root authority 'Story code signing authority'; mv other.crt ca.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "CN=Story platform signing service` was not made with the key of the given `C=US, O=Story tests, CN=Story code signing authority`",
    }
    a_missing_authority {
        given: "cp root.crt ca.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "its issuer is not among what was given: `C=US, O=Story tests, CN=Story code signing authority`",
    }
    another_root {
        given: "issue other other root 'Another root'; mv other.crt root.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "its issuer is not among what was given: `C=US, O=Story tests, CN=Story root`",
    }
    a_root_that_nobody_trusts {
        given: "issue other other root 'Another root'; cat root.crt >> ca.crt; mv other.crt root.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "the chain ends in `C=US, O=Story tests, CN=Story root`, which is none of the given roots",
    }
    a_root_that_signed_itself_not {
        given: "cp ca.crt root.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 3, says: "cannot use `root.crt`: `C=US, O=Story tests, CN=Story code signing authority` is no root",
    }
    no_root {
        given: "",
        run: "workload-provider certificate verify encrypt.crt --intermediate intermediate.crt",
        exit: 2, says: "`--root` is missing",
    }
    no_intermediate {
        given: "",
        run: "workload-provider certificate verify encrypt.crt --root root.crt",
        exit: 2, says: "`--intermediate` is missing",
    }
    an_intermediate_that_is_a_key {
        given: "cp intermediate.key intermediate.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 3, says: "cannot use `intermediate.crt`: 0 of its 1 PEM blocks can be read as certificates",
    }
}
