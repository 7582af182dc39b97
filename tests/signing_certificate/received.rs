//! What a company's authority sends back: the signing key's own certificate is found in it, checked, and written alone.

use super::{MADE, does, refused};
use story_tests::Story;

const TAKE: &str = "contract-signer certify $PUBLIC_KEY -o signing.crt --certificate";

/// A story in which an `openssl` authority answered our request in `answer.crt`.
fn answered(algorithm: &str) -> Story {
    let story = Story::new();
    does(
        &story,
        &format!(
            "authority ca {algorithm}; request; cp contract-signer/signing-key.csr asked.csr
             company ca \"$LEAF\" -cert ca.crt -in asked.csr -out answer.crt -days 30"
        ),
    );
    story
}

#[test]
fn answers_of_rsa_and_ec_authorities_are_taken() {
    for algorithm in ["rsa2048", "prime256v1"] {
        let story = answered(algorithm);
        let said = does(&story, &format!("{TAKE} answer.crt 2>&1 < /dev/null"));
        assert!(said.contains("its key is the key of `contract-signer/signing-key.pub.pem`"), "{said}");
        assert!(!said.contains("and is gone"), "{said}");
        does(
            &story,
            "cmp signing.crt answer.crt; [ ! -e signing.ca.crt ]; openssl verify -CAfile ca.crt signing.crt",
        );
        // the other command for it, which copies no extension
        does(
            &story,
            &format!(
                "openssl x509 -req -in asked.csr -CA ca.crt -CAkey ca-key.pem -set_serial 7 -days 30 -out plain.crt 2> /dev/null
                 {TAKE} plain.crt --force; cmp signing.crt plain.crt"
            ),
        );
    }
}

#[test]
fn what_stands_around_it_is_left_out() {
    let story = answered("prime256v1");
    does(
        &story,
        "openssl x509 -text -in answer.crt -out text.crt
         openssl x509 -in answer.crt -outform DER -out der.crt
         sed 's/$/\\r/' answer.crt > crlf.crt
         cat answer.crt ca.crt > chain.crt; { echo Bag Attributes; cat ca.crt; echo; cat text.crt; } > reversed.crt",
    );
    for file in ["text.crt", "der.crt", "crlf.crt", "chain.crt", "reversed.crt"] {
        does(&story, &format!("{TAKE} {file} --force; cmp signing.crt answer.crt"));
    }
    does(&story, &format!("{TAKE} - --force < chain.crt; cmp signing.crt answer.crt"));
    // beside the request, or in the signer's folder, no key has to be named
    does(
        &story,
        &format!(
            "contract-signer certify --csr asked.csr --certificate chain.crt -o signing.crt --force; cmp signing.crt answer.crt
             (cd contract-signer; contract-signer certify --certificate ../text.crt < /dev/null); cmp {MADE} answer.crt"
        ),
    );
}

#[test]
fn answers_that_give_no_contract_a_life_are_refused() {
    let story = answered("prime256v1");
    does(
        &story,
        "answer() { company ca \"$2\" -cert ca.crt -in asked.csr -out $1.crt -startdate $(from_now \"${3--1 day}\") -enddate $(from_now \"${4-9 days}\"); }
         answer authority \"$AUTHORITY\"
         answer old \"$LEAF\" '-9 days' '-1 day'
         answer young \"$LEAF\" '1 day' '9 days'
         answer encrypts $'basicConstraints=CA:FALSE\\nkeyUsage=critical,keyEncipherment'
         MD=sha1 answer sha1 \"$LEAF\"
         openssl genrsa -out other.pem 2048 2> /dev/null; openssl req -new -key other.pem -subj /CN=other -out other.csr
         company ca \"$LEAF\" -cert ca.crt -in other.csr -out other.crt -days 9
         cat answer.crt old.crt > twice.crt
         openssl crl2pkcs7 -nocrl -certfile answer.crt -out answer.p7b
         head -c 700 answer.crt > cut.crt; cp asked.csr request.crt; printf '<!doctype html>' > page.crt; : > empty.crt",
    );
    for (file, exit, words) in [
        ("authority.crt", 3, "is an authority's certificate (`CA:TRUE`)"),
        ("old.crt", 4, "the signing certificate expired on"),
        ("young.crt", 4, "the signing certificate is not valid before"),
        ("encrypts.crt", 3, "its KeyUsage has no `digitalSignature`"),
        ("sha1.crt", 3, "it is signed with SHA1, for which"),
        ("other.crt", 4, "and `contract-signer/signing-key.pub.pem` is sha256:"),
        ("ca.crt", 4, "it is for the key sha256:"),
        ("twice.crt", 3, "2 of its certificates are for the signing key"),
        ("answer.p7b", 3, "wrapped in PKCS#7"),
        ("cut.crt", 3, "cannot take `cut.crt`"),
        ("request.crt", 3, "cannot take `request.crt`"),
        ("page.crt", 3, "cannot take `page.crt`"),
        ("empty.crt", 3, "it is empty"),
        ("absent.crt", 1, "no such file"),
    ] {
        refused(&story, &format!("{TAKE} {file}"), exit, &[words]);
    }
    does(&story, "openssl pkcs7 -print_certs -in answer.p7b -out from-ca.pem");
    does(&story, &format!("{TAKE} from-ca.pem; cmp signing.crt answer.crt"));
    refused(&story, &format!("{TAKE} answer.crt"), 1, &["already exists"]);
    refused(&story, &format!("{TAKE} answer.crt --force --days 3"), 2, &["--days"]);
    // nothing to compare it with
    refused(
        &story,
        "contract-signer certify --certificate answer.crt -o new.crt",
        2,
        &["there is no public key", "--csr", "public-key"],
    );
    refused(
        &story,
        "contract-signer certify $PUBLIC_KEY --csr other.csr --certificate answer.crt -o new.crt",
        4,
        &["cannot use `other.csr`"],
    );
}
