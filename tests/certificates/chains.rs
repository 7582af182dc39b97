//! Chains and revocation lists. `ibm_says` runs the documented commands, and so does `ibm:` in a case.

use super::Ibm::{Accepts, Refuses};
use super::{cases, played};

const VERIFY: &str = "workload-provider certificate verify encrypt.crt $CHAIN";
const LISTS: &str = "workload-provider certificate verify encrypt.crt $CHAIN --crl intermediate.crl --crl ca.crl --crl root.crl";

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
        // `openssl asn1parse` stumbles over the text, which PEM allows
        ("openssl x509 -in encrypt.crt -text > with-text; mv with-text encrypt.crt; ibm_refuses", VERIFY),
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
    assert!(openssl.contains("CN = Story platform signing service"), "{openssl}");
    assert!(openssl.contains("invalid CA certificate"), "{openssl}");
    assert_eq!(played("", LISTS).exit, 0);
}

#[test]
fn what_was_checked_is_said() {
    let outcome = played("", &format!("{LISTS} --json"));
    let json = outcome.json();
    assert_eq!(json["revocationChecked"], true, "{json}");
    assert_eq!(json["chain"].as_array().unwrap().len(), 4);
    assert_eq!(json["chain"][0]["revocation"]["verdict"], "not-listed");
    assert_eq!(json["chain"][0]["revocation"]["file"], "intermediate.crl");
    assert_eq!(json["chain"][3]["revocation"]["verdict"], "root");
    assert_eq!(json["chain"][0]["keyFingerprint"], json["certificatePin"]);
    // lists in DER, one of them with a part of its issuer's certificates
    let outcome = played(
        "EXTENSIONS=part revocations intermediate part.crl; openssl crl -in part.crl -outform DER -out part.der",
        "workload-provider certificate verify encrypt.crt $CHAIN --crl part.der",
    );
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    assert!(outcome.text().contains("the list covers a part of its issuer's certificates"), "{outcome:?}");
    let json = played("ibm_says_with_lists", &format!("{VERIFY} --json")).json();
    assert_eq!(json["revocationChecked"], false, "{json}");
}

/// What a list says about certificates that it is not about, it says about nothing.
#[test]
fn a_list_of_another_scope_is_no_list() {
    for (extensions, checked) in
        [("part", true), ("here_alone", true), ("authorities", false), ("elsewhere", false)]
    {
        let given = format!("EXTENSIONS={extensions} revocations intermediate x.crl");
        let json =
            played(&given, "workload-provider certificate verify encrypt.crt $CHAIN --crl x.crl --json");
        let verdict = if checked { "not-listed" } else { "not-checked" };
        assert_eq!(json.json()["chain"][0]["revocation"]["verdict"], verdict, "{extensions}: {json:?}");
    }
    // the same rule by `openssl`, where it can be asked
    let given = "EXTENSIONS=authorities revocations ca ca.crl";
    let openssl = played(
        given,
        "openssl verify -crl_check -CRLfile ca.crl -CAfile root.crt -untrusted ca.crt intermediate.crt 2>&1",
    );
    assert!(openssl.text().contains("different CRL scope"), "{openssl:?}");
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

/// A certificate is anybody's word: what it names must not become another command in somebody's shell.
#[test]
fn the_command_that_gets_the_list_is_harmless() {
    let shown = |given: &str| played(given, "workload-provider certificate show encrypt.crt").text();
    assert!(shown("").contains("curl -fL -o intermediate.crl 'https://crl.example.com/encrypt-crl-1'\n"));
    for address in [
        "https://crl.example.com/x';touch here;'",
        "https://crl.example.com/x y",
        "file:///etc/passwd",
        "ldap://x",
    ] {
        let given = format!("POINT=\"{address}\" issue encrypt intermediate pointed x");
        let text = shown(&given);
        assert!(text.contains("revocation list"), "{text}");
        assert!(!text.contains("curl"), "{text}");
    }
    let run = "workload-provider certificate verify encrypt.crt $CHAIN";
    assert!(
        played("", run)
            .text()
            .contains("its list        curl -fL -o 1.crl 'https://crl.example.com/encrypt-crl-1'\n")
    );
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
    assert!(json["contradiction"].as_str().unwrap().contains("seen with hpvs"), "{json}");
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
    a_revoked_certificate {
        given: "revocations intermediate intermediate.crl encrypt; openssl crl -in intermediate.crl -noout -text | grep -q \"$(openssl x509 -in encrypt.crt -noout -serial | cut -d= -f2)\"",
        ibm: Refuses,
        run: LISTS,
        exit: 4, says: "CN=Hyper Protect Container Runtime Contract Encryption` was revoked on 20",
    }
    a_revoked_intermediate {
        given: "revocations ca ca.crl intermediate",
        ibm: Refuses,
        run: LISTS,
        exit: 4, says: "CN=Story platform signing service` was revoked on 20",
    }
    a_revoked_authority {
        given: "revocations root root.crl ca",
        ibm: Refuses,
        run: LISTS,
        exit: 4, says: "CN=Story code signing authority` was revoked on 20",
    }
    a_list_that_is_outdated {
        given: "TO=20260303000000Z revocations ca ca.crl",
        ibm: Refuses,
        run: LISTS,
        exit: 4, says: "the revocation list `ca.crl` is outdated: a newer one was due on 2026-03-03",
    }
    a_list_of_the_future {
        given: "FROM=20900101000000Z revocations intermediate intermediate.crl",
        ibm: Refuses,
        run: LISTS,
        exit: 4, says: "the revocation list `intermediate.crl` is not valid before 2090-01-01",
    }
    a_list_that_another_signed {
        given: "issue other ca signing 'Story platform signing service'; revocations other intermediate.crl",
        ibm: Refuses,
        run: LISTS,
        exit: 4, says: "the revocation list `intermediate.crl` was not signed by its issuer, `C=US, O=Story tests, CN=Story platform signing service`",
    }
    a_list_for_nobody {
        given: "issue other other root 'Another root'; revocations other intermediate.crl",
        ibm: Refuses,
        run: LISTS,
        exit: 4, says: "the revocation list `intermediate.crl` is for nobody here: its issuer is `C=US, O=Story tests, CN=Another root`",
    }
    a_list_signed_over_sha_1 {
        given: "MD=sha1 revocations ca ca.crl",
        ibm: Accepts("the same"),
        run: LISTS,
        exit: 4, says: "the revocation list `ca.crl` is signed with sha1WithRSAEncryption: SHA-256, -384 or -512 is needed",
    }
    a_list_signed_over_md5 {
        given: "MD=md5 revocations intermediate intermediate.crl",
        ibm: Accepts("`openssl crl` takes any hash that it knows"),
        run: LISTS,
        exit: 4, says: "the revocation list `intermediate.crl` is signed with md5WithRSAEncryption",
    }
    a_list_that_takes_back {
        given: "REASON=removeFromCRL revocations intermediate intermediate.crl encrypt",
        ibm: Refuses,
        run: LISTS,
        exit: 4, says: "the revocation list `intermediate.crl` takes back that `C=US, O=Story tests, CN=Hyper Protect Container Runtime Contract Encryption` was revoked",
    }
    a_list_with_an_unknown_critical_extension {
        given: "EXTENSIONS=unknown revocations ca ca.crl",
        ibm: Refuses,
        run: LISTS,
        exit: 3, says: "cannot use `ca.crl`: a revocation list with a critical extension that is not known here: 1.3.6.1.4.1.2.99",
    }
    a_list_that_speaks_for_others {
        given: "EXTENSIONS=indirect revocations ca ca.crl",
        ibm: Refuses,
        run: LISTS,
        exit: 3, says: "cannot use `ca.crl`: an indirect revocation list",
    }
    two_lists_in_one_file {
        given: "cat root.crl >> ca.crl",
        ibm: Accepts("`-CRLfile` takes a bundle"),
        run: LISTS,
        exit: 3, says: "cannot use `ca.crl`: not a revocation list: it holds 2 PEM blocks where one is expected",
    }
    bytes_behind_a_list {
        given: "openssl crl -in ca.crl -outform DER -out x; printf abc >> x; mv x ca.crl",
        ibm: Refuses,
        run: LISTS,
        exit: 3, says: "cannot use `ca.crl`: not a revocation list",
    }
    a_list_that_is_a_web_page {
        given: "echo '<!DOCTYPE html><html>404</html>' > ca.crl",
        ibm: Refuses,
        run: LISTS,
        exit: 3, says: "cannot use `ca.crl`: not a revocation list",
    }
    a_list_of_changes {
        given: "EXTENSIONS=delta revocations ca ca.crl",
        ibm: Accepts("`openssl verify` takes it for a whole one"),
        run: LISTS,
        exit: 3, says: "cannot use `ca.crl`: a delta revocation list",
    }
    a_list_that_is_a_certificate {
        given: "cp ca.crt ca.crl",
        ibm: Refuses,
        run: LISTS,
        exit: 3, says: "cannot use `ca.crl`: not a revocation list",
    }
}
