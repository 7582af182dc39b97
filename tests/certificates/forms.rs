//! Files that hold no certificate that can be used, each with its own message; `encrypt` says the same of them.

use super::Ibm::{Accepts, Refuses};
use super::{cases, played};

const SHOW: &str = "workload-provider certificate show encrypt.crt";
const VERIFY: &str = "contract-signer certificate verify encrypt.crt $CHAIN";

/// Forms that are read, and mean the same.
#[test]
fn line_ends_and_text_around_the_block_change_nothing() {
    let plain = played("", SHOW).text();
    for given in ["sed -i 's/$/\\r/' encrypt.crt", "openssl x509 -in encrypt.crt -text > x; mv x encrypt.crt"]
    {
        assert_eq!(played(given, SHOW).text(), plain, "{given}");
    }
    assert_eq!(played("", "workload-provider certificate show - < encrypt.crt").text(), plain);
}

/// `99991231235959Z` means no end at all (RFC 5280, section 4.1.2.5), and is no day of its own.
#[test]
fn a_certificate_without_an_end_is_shown_as_one() {
    let endless = "TO=99991231235959Z issue encrypt intermediate encryption x";
    let shown = played(endless, SHOW).text();
    assert!(shown.lines().any(|line| line == "valid until       no end"), "{shown}");
    let verified = played(endless, VERIFY).text();
    assert!(verified.lines().any(|line| line == "  valid until     no end"), "{verified}");
    for at in ["9999-12-31T23:59:59Z", "9999-12-31", "9999-12-31T00:00:00+01:00"] {
        let outcome = played(endless, &format!("{VERIFY} --at {at}"));
        assert_eq!(outcome.exit, 2, "{outcome:?}");
        assert!(outcome.stderr.contains("that is too late"), "{outcome:?}");
        assert!(outcome.stderr.contains("9999-12-30T22:00:00Z"), "{outcome:?}");
    }
}

cases! {
    a_file_that_is_not_there {
        given: "rm encrypt.crt", run: SHOW,
        exit: 1, says: "cannot read `encrypt.crt`: no such file or directory",
    }
    no_file_named {
        given: "", run: "contract-signer certificate show",
        exit: 2, says: "no encryption certificate is named",
    }
    an_empty_file {
        given: ": > encrypt.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 3, says: "cannot use `encrypt.crt`: not a certificate: it is empty",
    }
    a_weak_key {
        given: "issue weak intermediate encryption x; mv weak.crt encrypt.crt",
        ibm: Accepts("nothing looks at the key"),
        run: VERIFY,
        exit: 3, says: "RSA key has 1024 bits, at least 2048 are needed",
    }
    an_ec_key {
        given: "openssl ecparam -name prime256v1 -genkey -noout -out ec.key; issue ec intermediate encryption x; mv ec.crt encrypt.crt",
        ibm: Accepts("the same; a token could not be made"),
        run: VERIFY,
        exit: 3, says: "holds a key of type EC, and RSA is needed",
    }
    bytes_behind_the_certificate {
        given: "(der encrypt.crt; printf abc) | in_pem CERTIFICATE > x; mv x encrypt.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 3, says: "the certificate has 3 bytes behind its end",
    }
    a_certificate_that_is_cut {
        given: "der encrypt.crt | head -c 500 | in_pem CERTIFICATE > x; mv x encrypt.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 3, says: "the certificate is damaged",
    }
    two_certificates_in_one_file {
        given: "cat intermediate.crt >> encrypt.crt",
        ibm: Accepts("they take the first"),
        run: VERIFY,
        exit: 3, says: "it holds 2 PEM blocks where one is expected",
    }
    a_byte_order_mark {
        given: "sed -i '1s/^/\\xEF\\xBB\\xBF/' encrypt.crt",
        ibm: Accepts("OpenSSL passes over it; other readers of PEM do not"),
        run: VERIFY,
        exit: 3, says: "it begins with a byte order mark",
    }
    utf_16 {
        given: "iconv -f ASCII -t UTF-16 encrypt.crt > x; mv x encrypt.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 3, says: "the file is UTF-16",
    }
    utf_16_without_a_mark {
        given: "iconv -f ASCII -t UTF-16BE encrypt.crt > x; mv x encrypt.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 3, says: "the file is UTF-16",
    }
    der {
        given: "der encrypt.crt > x; mv x encrypt.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 3, says: "the certificate is in DER form, and PEM is expected",
    }
    a_web_page {
        given: "echo '<!DOCTYPE html><html>404</html>' > encrypt.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 3, says: "the file is a web page (HTML or XML), not a certificate",
    }
    something_else {
        given: "head -c 3000 /dev/zero | tr '\\0' '\\377' > encrypt.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 3, says: "not a certificate",
    }
    a_request_for_a_certificate {
        given: "openssl req -new -key encrypt.key -subj /CN=x -out encrypt.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 3, says: "a PEM `CERTIFICATE REQUEST`, expected `CERTIFICATE`",
    }
    what_the_hint_says_about_the_mark_helps {
        given: "sed -i '1s/^/\\xEF\\xBB\\xBF/' encrypt.crt; sed -i '1s/^\\xEF\\xBB\\xBF//' encrypt.crt; workload-provider certificate show encrypt.crt; rm encrypt.crt",
        run: SHOW,
        exit: 1, says: "encrypt.crt",
    }
}
