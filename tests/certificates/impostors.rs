//! Certificates that the same authority, or the intermediate itself, did issue, and that are no image's.

use super::Ibm::{Accepts, Refuses};
use super::{cases, played};

const VERIFY: &str = "workload-provider certificate verify encrypt.crt $CHAIN";
const CA_ALONE: &str =
    "workload-provider certificate verify encrypt.crt --intermediate ca.crt --root root.crt";

/// Who is the lowest of those given does not depend on how they are given.
#[test]
fn no_order_of_the_intermediates_lets_the_authority_above_issue_an_image() {
    let bundles = "cat intermediate.crt ca.crt > one; cat root.crt ca.crt intermediate.crt ca.crt > two";
    for flags in [
        "--intermediate ca.crt --intermediate intermediate.crt",
        "--intermediate one",
        "--intermediate two",
        "--intermediate ca.crt --intermediate one --intermediate root.crt",
    ] {
        let run = format!("workload-provider certificate verify encrypt.crt {flags} --root root.crt");
        let outcome = played(&format!("{bundles}; issue encrypt ca encryption Evil"), &run);
        assert_eq!(outcome.exit, 4, "{flags}: {outcome:?}");
        assert!(outcome.stderr.contains("is above"), "{flags}: {outcome:?}");
        assert_eq!(played(bundles, &run).exit, 0, "{flags}");
    }
}

/// Of the same issuer, and for the auditor's own program the right one.
#[test]
fn an_attestation_certificate_is_verified_by_the_auditor() {
    let given = "issue encrypt intermediate encryption 'Hyper Protect Container Runtime Attestation'";
    let outcome = played(given, "contract-auditor certificate verify encrypt.crt $CHAIN");
    assert_eq!(outcome.exit, 0, "{outcome:?}");
}

/// Whatever else lies in the bundle: intermediates of two image versions, the root, the images' certificates themselves.
#[test]
fn the_image_s_own_issuer_is_found_among_all_that_is_given() {
    for given in [
        "issue other ca signing 'Story platform signing service'; cat other.crt >> ca.crt",
        "issue intermediate+1 ca signing 'Story platform signing service'; cat intermediate+1.crt >> ca.crt",
        "cat root.crt >> ca.crt",
        "cat encrypt.crt >> ca.crt",
        "issue other intermediate encryption Attestation; cat other.crt encrypt.crt >> ca.crt",
        // what images do not say, and could
        "issue encrypt intermediate no_authority x",
        "issue encrypt intermediate plainly_no_authority x",
        "issue encrypt intermediate harmless x",
    ] {
        let outcome = played(given, VERIFY);
        assert_eq!(outcome.exit, 0, "{given}: {outcome:?}");
    }
}

cases! {
    a_certificate_of_the_authority_above_the_intermediate {
        given: "issue encrypt ca encryption Evil",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "its issuer `C=US, O=Story tests, CN=Story code signing authority` is above `C=US, O=Story tests, CN=Story platform signing service`",
    }
    a_code_signing_certificate_that_anybody_can_buy {
        given: "issue encrypt ca signing Evil",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "CN=Evil` is for Code Signing, and an image's is for nothing of that kind",
    }
    a_code_signing_certificate_and_the_authority_alone {
        given: "issue encrypt ca signing Evil",
        ibm: Refuses,
        run: CA_ALONE,
        exit: 4, says: "CN=Evil` is for Code Signing",
    }
    the_intermediate_as_an_image_s {
        given: "cp intermediate.crt encrypt.crt",
        ibm: Refuses,
        run: VERIFY,
        exit: 4, says: "CN=Story platform signing service` is for Code Signing",
    }
    the_intermediate_as_an_image_s_and_the_authority_alone {
        given: "cp intermediate.crt encrypt.crt",
        ibm: Refuses,
        run: CA_ALONE,
        exit: 4, says: "CN=Story platform signing service` is for Code Signing",
    }
    a_certificate_that_signs_code {
        given: "issue encrypt intermediate code_signing x",
        ibm: Accepts("it does not look at extensions"),
        run: VERIFY,
        exit: 4, says: "is for Code Signing",
    }
    a_web_server_s_certificate {
        given: "issue encrypt intermediate web_server x",
        ibm: Accepts("the same"),
        run: VERIFY,
        exit: 4, says: "is for TLS Web Server Authentication",
    }
    a_certificate_that_may_only_sign {
        given: "issue encrypt intermediate signs_alone x",
        ibm: Accepts("the same"),
        run: VERIFY,
        exit: 4, says: "the key of `C=US, O=Story tests, CN=x` is not for encryption (KeyUsage)",
    }
    an_attestation_certificate_as_an_encryption_certificate {
        given: "issue encrypt intermediate encryption 'Hyper Protect Container Runtime Attestation'",
        ibm: Accepts("it does not look at names"),
        run: VERIFY,
        exit: 4, says: "CN=Hyper Protect Container Runtime Attestation` is an attestation certificate by its name",
    }
    an_authority_s_certificate {
        given: "issue encrypt intermediate root x",
        ibm: Accepts("the same"),
        run: VERIFY,
        exit: 4, says: "CN=x` is an authority's (CA:TRUE), and no image's is",
    }
    an_authority_s_certificate_in_sloppy_der {
        given: "issue encrypt intermediate sloppy_authority x",
        ibm: Accepts("the same"),
        run: VERIFY,
        exit: 4, says: "CN=x` is an authority's (CA:TRUE)",
    }
    a_number_where_it_says_whether_it_is_an_authority {
        given: "issue encrypt intermediate number_for_authority x",
        ibm: Accepts("the same"),
        run: VERIFY,
        exit: 4, says: "CN=x` is an authority's (CA:TRUE)",
    }
    a_key_that_may_sign_certificates {
        given: "issue encrypt intermediate certifier x",
        ibm: Accepts("the same"),
        run: VERIFY,
        exit: 4, says: "the key of `C=US, O=Story tests, CN=x` may sign certificates or revocation lists (KeyUsage), and no image's may",
    }
    a_key_that_may_sign_revocation_lists {
        given: "issue encrypt intermediate lister x",
        ibm: Accepts("the same"),
        run: VERIFY,
        exit: 4, says: "may sign certificates or revocation lists",
    }
    a_critical_extension_that_nobody_knows {
        given: "issue encrypt intermediate unknown x",
        ibm: Accepts("the same"),
        run: VERIFY,
        exit: 4, says: "has a critical extension that is not known here: 1.3.6.1.4.1.2.99",
    }
    a_certificate_without_a_subject {
        given: "openssl req -new -key encrypt.key -subj / -out request
                openssl x509 -req -in request -CA intermediate.crt -CAkey intermediate.key -sha512 -days 30 -set_serial 99 -out encrypt.crt 2> /dev/null",
        ibm: Accepts("the same"),
        run: VERIFY,
        exit: 4, says: "its subject is empty: it names no owner",
    }
}
