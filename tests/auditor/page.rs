//! `contract-auditor compare --report`.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{audit, does, played, refuses};

const COMPARE: &str = "contract-auditor compare --medium ciiso.iso --report page.html";

fn page(given: &str) -> String {
    // tests run side by side
    static PAGES: AtomicUsize = AtomicUsize::new(0);
    let to = audit().path(&format!("page-{}.html", PAGES.fetch_add(1, Ordering::Relaxed)));
    played(given, COMPARE, &format!("cp page.html '{}'", to.display()));
    std::fs::read_to_string(to).unwrap()
}

#[test]
fn the_verdict_stands_on_top_and_nothing_is_loaded() {
    for (given, verdict) in [
        ("true", "✓</span> The guest is the one that was signed</h1>"),
        ("change contract:env; guest_signs", "✕</span> The guest is not the one that was signed</h1>"),
        (
            "openssl genrsa -out attestation.key 2> /dev/null; guest_signs",
            "✕</span> It is not shown that this record is the guest’s</h1>",
        ),
        ("rm se-signature.bin", "!</span> The record is as expected, but not signed</h1>"),
        ("rm user-data.record.json", "!</span> The expected lines are right</h1>"),
    ] {
        let page = page(given);
        assert!(page.contains(verdict), "{given}: {page}");
        assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("href="), "{page}");
    }
}

#[test]
fn it_tells_who_vouched_who_signed_and_what_nobody_looked_at() {
    let page = page("line persona.yaml baseimage >> se-checksums.txt; guest_signs");
    for text in ["alice@example.com", "bob@example.com", "attestation of a story", "baseimage", "not checked"]
    {
        assert!(page.contains(text), "`{text}` is not on {page}");
    }
    assert!(
        page.contains("whether <code>C=US, O=Story tests, CN=attestation of a story</code> was revoked"),
        "{page}"
    );
    assert!(page.contains("<code class=\"short\">baseimage</code>: no file expects it"), "{page}");
}

#[test]
fn hostile_names_stay_text() {
    let page = page("printf '%064d <script>alert(1)</script>\\n' 0 >> se-checksums.txt; guest_signs");
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&lt;script&gt;"), "{page}");
}

#[test]
fn it_replaces_nothing_and_no_input() {
    does("", &format!("{COMPARE} --json"), "test -s page.html");
    refuses(": > page.html", COMPARE, 1, "cannot write `page.html`: it already exists");
    for file in
        ["user-data.record.json", "ciiso.iso", "se-checksums.txt", "persona.yaml", "attestation-key.pem"]
    {
        let run = format!("contract-auditor compare --medium ciiso.iso --report {file} --force");
        let outcome = played("", &run, &format!("cmp {file} ../audit/{file}"));
        assert_eq!(outcome.exit, 2, "{outcome:?}");
    }
    // what is rejected leaves no page
    refuses("echo '{}' > user-data.record.json", COMPARE, 3, "it is no signing record");
}
