//! The certificate of the signing key, with which a contract ends: issued, requested, received, put into a contract.
//! `openssl` judges what we make, and makes what we judge.

use story_tests::{Story, listing};

mod authorities;
mod in_a_contract;
mod names;
mod on_the_spot;
mod received;
mod requests;

/// Words for the scripts of these tests.
const WORDS: &str = r#"
# certify ARGS…: of the signing key, with its passphrase
certify() {
    contract-signer certify $SIGNING_KEY --passphrase-file $PASSPHRASE "$@"
}

# request ARGS…: for the signing key
request() {
    contract-signer csr $SIGNING_KEY --passphrase-file $PASSPHRASE "$@"
}

# bare_key FILE: the signing key without its passphrase, for openssl
bare_key() {
    openssl pkey -in $SIGNING_KEY -passin "file:$PASSPHRASE" -out "$1"
}

# from_now TIME: as `openssl ca` takes it
from_now() {
    date -u -d "$1" +%Y%m%d%H%M%SZ
}

AUTHORITY=$'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash'
LEAF=$'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid'

# company NAME EXTENSIONS ARGS…: `openssl ca` of the company NAME, whose key is NAME-key.pem
company() {
    local name=$1 extensions=$2
    shift 2
    rm -rf tmp/ca && mkdir tmp/ca && : > tmp/ca/index
    printf '[ca]\ndefault_ca=c\n[c]\ndatabase=tmp/ca/index\nnew_certs_dir=tmp/ca\ndefault_md=%s\npolicy=p\n' "${MD-sha256}" > tmp/ca/config
    printf 'rand_serial=yes\nx509_extensions=v\nunique_subject=no\n[p]\norganizationName=optional\ncommonName=supplied\n[v]\n%s\n' "$extensions" >> tmp/ca/config
    openssl ca -config tmp/ca/config -batch -notext -keyfile "$name-key.pem" "$@" 2> /dev/null
    rm -r tmp/ca
}

# authority NAME ALGORITHM [START [END [EXTENSIONS]]]: NAME.crt and NAME-key.pem, by openssl alone
authority() {
    case $2 in
    rsa*) openssl genrsa -out "$1-key.pem" "${2#rsa}" ;;
    ed25519) openssl genpkey -algorithm ed25519 -out "$1-key.pem" ;;
    *) openssl ecparam -genkey -name "$2" -out "$1-key.pem" ;;
    esac 2> /dev/null
    openssl req -new -key "$1-key.pem" -subj "/O=Example/CN=authority $1" -out tmp/request.csr
    MD=default company "$1" "${5-$AUTHORITY}" -selfsign -in tmp/request.csr -out "$1.crt" \
        -startdate "$(from_now "${3--1 day}")" -enddate "$(from_now "${4-100 days}")"
    rm tmp/request.csr
}
"#;

const MADE: &str = "contract-signer/signing-key.crt";

fn does(story: &Story, script: &str) -> String {
    story.does(&format!("{WORDS}\n{script}"))
}

/// What a script says, and how it exits.
fn says(story: &Story, script: &str) -> (i32, String) {
    let outcome = story.sh(&format!("{WORDS}\n{script}"));
    (outcome.exit, format!("{}{}", outcome.text(), outcome.stderr))
}

/// Refused with this exit code and these words, with something to type, and nothing is written or changed.
fn refused(story: &Story, script: &str, exit: i32, words: &[&str]) {
    let before = listing(story.folder());
    let (found, said) = says(story, script);
    assert_eq!(found, exit, "{script}: {said}");
    for words in words.iter().chain(&["error: ", "hint: "]) {
        assert!(said.contains(words), "{script}: {words}: {said}");
    }
    assert!(!said.contains("PRIVATE KEY-----\n"), "{said}");
    assert_eq!(listing(story.folder()), before, "{script}");
}
