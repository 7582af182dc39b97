//! `certificate show`, `list`, `verify` and `fetch`, and the pin: one certificate for each way to fail, all made by `openssl`,
//! which also judges the chains, by IBM's documented commands.

use std::path::Path;
use std::sync::OnceLock;

use story_tests::{Outcome, Story, listing};

mod chains;
mod fetching;
mod foreign;
mod forms;
mod images;
mod impostors;
mod lists;
mod pinning;

const WORDS: &str = include_str!("certificates/pki.bash");

/// The keys and certificates that every case starts from: made once, copied for each.
fn pki() -> &'static Story {
    static PKI: OnceLock<Story> = OnceLock::new();
    PKI.get_or_init(|| {
        let story = Story::new();
        story.does(&format!("{WORDS}\nmkdir pki; cd pki; pki; new_key server; new_key weak 1024\nissue server root server localhost"));
        story
    })
}

/// The words of `pki.bash`, and `$SERVER`.
pub(crate) fn words() -> String {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("certificates/server.py");
    format!("{WORDS}\nSERVER='{}'", server.display())
}

/// The words, and the PKI in the current folder.
pub(crate) fn lay_pki() -> String {
    format!("{}; cp -r '{}/.' .", words(), pki().path("pki").display())
}

/// A fresh folder with the PKI in it; `given` must succeed, `run` may do as it likes, but leave nothing behind.
pub(crate) fn played(given: &str, run: &str) -> Outcome {
    let pki = pki();
    let folder = tempfile::Builder::new().prefix("case-").tempdir_in(pki.folder()).unwrap();
    let here = format!("cd '{}'", folder.path().display());
    pki.does(&format!("{here}; {}; {given}", lay_pki()));
    let before = listing(folder.path());
    let outcome = pki.sh(&format!("{here}; {}; {run}", words()));
    assert_eq!(listing(folder.path()), before, "left behind or changed by {run}: {outcome:?}");
    outcome
}

/// What IBM's documented commands say of the same files. Where they say something else than we do, the reason.
enum Ibm {
    Refuses,
    Accepts(#[expect(dead_code, reason = "for the reader")] &'static str),
    /// There are no files to ask about, or it is not about a chain.
    NotAsked,
}

/// One way to fail: exit code, message, a hint, nothing left; and IBM's verdict beside ours.
struct Case {
    given: &'static str,
    ibm: Ibm,
    run: &'static str,
    exit: i32,
    says: &'static str,
}

impl Case {
    fn check(&self) {
        let asked = if self.run.contains("--crl") { "ibm_says_with_lists" } else { "ibm_says" };
        let ibm = match self.ibm {
            Ibm::Refuses => format!("if {asked} > ibm.log 2>&1; then echo 'IBM accepts it'; false; fi"),
            Ibm::Accepts(_) => format!("{asked} > ibm.log"),
            Ibm::NotAsked => String::new(),
        };
        let outcome = played(&format!("{}\n{ibm}", self.given), self.run);
        let said = &outcome.stderr;
        assert!(said.contains(self.says), "does not say `{}`: {outcome:?}", self.says);
        assert_eq!(outcome.exit, self.exit, "{outcome:?}");
        assert!(!said.contains("panicked"), "{outcome:?}");
        assert!(said.contains("hint: "), "no way on: {outcome:?}");
        assert_eq!(outcome.text(), "", "a result beside a failure");
    }
}

/// Makes each case a test.
macro_rules! cases {
    (@ibm) => { $crate::certificates::Ibm::NotAsked };
    (@ibm $ibm:expr) => { $ibm };
    ($($name:ident {
        given: $given:expr, $(ibm: $ibm:expr,)? run: $run:expr, exit: $exit:expr, says: $says:expr $(,)?
    })*) => {
        $(#[test]
        fn $name() {
            let ibm = $crate::certificates::cases!(@ibm $($ibm)?);
            $crate::certificates::Case { given: $given, ibm, run: $run, exit: $exit, says: $says }.check();
        })*
    };
}
use cases;
