//! What the built binaries can do at all: shown on their symbols, not by trying alone.

use story_tests::Story;

const PERSONAS: [&str; 3] = ["workload-provider", "env-deployer", "contract-signer"];

/// Whatever unwraps something with an RSA private key: OpenSSL's calls, old and new, raw operations included, and those
/// of Rust's `rsa`.
const UNWRAPS: &str = "RSA_private_decrypt|RSA_private_encrypt|EVP_PKEY_decrypt|EVP_PKEY_decapsulate|EVP_OpenInit\
    |CMS_decrypt|PKCS7_decrypt|PKCS7_dataDecode|[ <]rsa::";

/// The symbols of a binary that match, without their addresses.
fn symbols(binary: &str, pattern: &str) -> Vec<String> {
    let story = Story::new();
    let all = story.does(&format!("nm -C $(command -v {binary})"));
    assert!(all.lines().count() > 1000, "{binary} is stripped: nothing is proven");
    story.write("tmp/symbols", &all);
    let found = story.does(&format!("grep -E '{pattern}' tmp/symbols || true"));
    found.lines().map(|line| line.get(17..).unwrap_or(line).to_owned()).collect()
}

/// No persona's binary can unwrap a token: none knows a way to be given the guest's key, and none links the code.
#[test]
fn only_the_guest_opens_tokens() {
    let story = Story::signed();
    for binary in PERSONAS {
        let help = story.does(&format!(
            "{binary} --help; for c in $({binary} --help | sed -nE '/^Commands:/,/^$/s/^  ([a-z-]+).*/\\1/p' | grep -vx help); do {binary} $c --help; done"
        ));
        assert!(!help.contains("guest-key"), "{help}");
        let outcome = story.sh(&format!("{binary} boot user-data --guest-key $GUEST_KEY"));
        assert_eq!(outcome.exit, 2, "{binary}: {outcome:?}");
        assert_eq!(symbols(binary, UNWRAPS), Vec::<String>::new(), "{binary}");
    }
    assert_ne!(
        symbols("guest-rehearsal", UNWRAPS),
        Vec::<String>::new(),
        "the search must be able to find it"
    );
}

/// Of the module that reads plain sections, the contract signer's binary holds one function, which knows what a volume's
/// name may be; the authors' hold all of it. Drop glue, which the compiler puts everywhere, has names of its own.
#[test]
fn the_contract_signer_reads_no_sections() {
    const READS: &str = "^[0-9a-f]+ [A-Za-z] <?contract_core::(section|archive)::";
    let signers = symbols("contract-signer", READS);
    assert!(signers.iter().all(|name| name.contains("is_volume_name")), "{signers:#?}");
    for author in ["workload-provider", "env-deployer", "guest-rehearsal"] {
        assert!(symbols(author, READS).len() >= 20, "the search must be able to find it in {author}");
    }
}
