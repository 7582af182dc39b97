//! Revocation lists, beside a chain that holds.

use super::Ibm::{Accepts, Refuses};
use super::{cases, played};

const VERIFY: &str = "workload-provider certificate verify encrypt.crt $CHAIN";
const LISTS: &str = "workload-provider certificate verify encrypt.crt $CHAIN --crl intermediate.crl --crl ca.crl --crl root.crl";

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

/// A list says nothing by its silence about a certificate that it is not about.
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
    // the authority is no user, the intermediate is no authority, and neither is an attribute
    for (extensions, issuer, place, checked) in [
        ("part", "root", 2, false),
        ("authorities", "root", 2, true),
        ("part", "ca", 1, true),
        ("authorities", "ca", 1, false),
        ("attributes", "root", 2, false),
        ("attributes", "ca", 1, false),
        ("attributes", "intermediate", 0, false),
    ] {
        let given = format!("EXTENSIONS={extensions} revocations {issuer} x.crl");
        let json =
            played(&given, "workload-provider certificate verify encrypt.crt $CHAIN --crl x.crl --json");
        let verdict = if checked { "not-listed" } else { "not-checked" };
        let found = &json.json()["chain"][place]["revocation"]["verdict"];
        assert_eq!(found, verdict, "{extensions} of {issuer}: {json:?}");
    }
    // the same rule by `openssl`, where it can be asked
    let given = "EXTENSIONS=authorities revocations ca ca.crl";
    let openssl = played(
        given,
        "openssl verify -crl_check -CRLfile ca.crl -CAfile root.crt -untrusted ca.crt intermediate.crt 2>&1",
    );
    assert!(openssl.text().contains("different CRL scope"), "{openssl:?}");
}

/// A certificate is anybody's word: what it names must not become another command in somebody's shell.
#[test]
fn the_commands_that_get_list_and_issuer_are_harmless() {
    let shown = |given: &str| played(given, "workload-provider certificate show encrypt.crt").text();
    assert!(shown("").contains("curl -fL -o intermediate.crl 'https://crl.example.com/encrypt-crl-1'\n"));
    let both = shown("POINT=http://ibm.example.com/x-1 issue encrypt intermediate pointed x");
    for file in ["intermediate.crt", "intermediate.crl"] {
        assert!(both.contains(&format!("curl -fL -o {file} 'http://ibm.example.com/x-1'\n")), "{both}");
    }
    for address in [
        "https://crl.example.com/x';touch here;'",
        "https://crl.example.com/x y",
        "file:///etc/passwd",
        "ldap://x",
    ] {
        let given = format!("POINT=\"{address}\" issue encrypt intermediate pointed x");
        let text = shown(&given);
        assert!(text.contains("revocation list") && text.contains("issuer's own"), "{text}");
        assert!(!text.contains("curl"), "{text}");
    }
    let run = "workload-provider certificate verify encrypt.crt $CHAIN";
    assert!(
        played("", run)
            .text()
            .contains("its list        curl -fL -o 1.crl 'https://crl.example.com/encrypt-crl-1'\n")
    );
}

cases! {
    a_revoked_certificate {
        given: "revocations intermediate intermediate.crl encrypt; openssl crl -in intermediate.crl -noout -text | grep -q \"$(openssl x509 -in encrypt.crt -noout -serial | cut -d= -f2)\"",
        ibm: Refuses,
        run: LISTS,
        exit: 4, says: "CN=Hyper Protect Container Runtime Contract Encryption` was revoked on 20",
    }
    a_certificate_that_a_list_of_another_scope_names {
        given: "EXTENSIONS=authorities revocations intermediate intermediate.crl encrypt",
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
        exit: 4, says: "the revocation list `ca.crl` is outdated: a newer one was expected on 2026-03-03",
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
