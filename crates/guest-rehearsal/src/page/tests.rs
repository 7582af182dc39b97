//! The page of boots that are hard to reach in story tests, which check the rest.

use contract_core::kind::{Env, Workload};
use contract_pki::platform::Platform;
use contract_section::Section;
use zeroize::Zeroizing;

use super::*;
use crate::boot::luks::Disks;
use crate::boot::{Guest, boot};
use crate::contents::PublicContents;
use crate::hpl::{HPL07013E, HPL12007E};
use crate::report::{Log, Step};
use crate::testing::{API_KEY, Case, ENV_SEED, WORKLOAD_SEED, guest_key, quoted, signing_certificate};

fn page(report: &BootReport, failure: Option<&Failure>, at: Timestamp) -> String {
    let (provenance, subject) = (&Provenance::NotGiven, "user-data");
    let (command, version) = ("guest-rehearsal boot user-data", "1.2.3");
    BootPage { report, failure, provenance, subject, at, at_given: true, command, version }.to_html()
}

/// The page of a case, booted in so many days.
fn page_of(case: &Case, days: i64) -> String {
    let at = Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    let disks = Disks::default();
    let guest = Guest::new(guest_key(), at, &disks);
    let (report, result) = boot(case.user_data().as_bytes(), &guest);
    page(&report, result.as_ref().err(), at)
}

fn holds(page: &str, all: &[&str]) {
    for expected in all {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
}

#[test]
fn public_facts_are_shown_and_no_secret() {
    let page = page_of(&Case::sound(), 0);
    holds(
        &page,
        &["<h1><span", "The guest would boot</h1>", "data", "not rolling", "/mnt/data", "a bare key"],
    );
    holds(&page, &["given with <code class=\"short\">--at</code>", "guest-rehearsal 1.2.3"]);
    for secret in [WORKLOAD_SEED, ENV_SEED, API_KEY] {
        assert!(!page.contains(secret));
    }
}

#[test]
fn a_contract_that_ends_soon_says_when_and_one_that_ended_why() {
    let mut case = Case::sound();
    let lines = case.env.split_inclusive('\n').filter(|line| !line.starts_with("signingKey"));
    case.env = lines.chain([format!("signingKey: {}\n", quoted(signing_certificate(40))).as_str()]).collect();
    holds(
        &page_of(&case, 5),
        &["<span class=\"mark good\">", "34 days", "CN=signer", "The guest would boot</h1>"],
    );
    holds(&page_of(&case, 15), &["The guest would boot, with 1 warning", "only 24 days"]);
    let ended = page_of(&case, 42);
    holds(
        &ended,
        &[
            "The guest would not boot",
            HPL12007E.id,
            HPL12007E.meaning,
            "What to do: sign with",
            "expired 2 days before",
        ],
    );
}

#[test]
fn a_rolling_seed_and_an_unopened_section_are_shown() {
    let mut case = Case::sound();
    case.env = case.env.replace("    seed:", "    previousSeed: \"canary-previous-seed\"\n    seed:");
    let page = page_of(&case, 0);
    holds(&page, &["<strong>rolling</strong>", "generation not stated, not rolling"]);
    assert!(!page.contains("canary-previous-seed"));
    case.env = "type: nothing\n".into();
    holds(&page_of(&case, 0), &["Not known: the sections were not opened", "before it was read"]);
}

#[test]
fn other_keepers_of_a_seed_are_named() {
    let case = Case::sound();
    let env = case.env.replace(&format!("seed: \"{ENV_SEED}\""), "uv-secret-id: \"index-3\"");
    let open = |text: &str| Zeroizing::new(text.to_owned());
    let now = Timestamp::UNIX_EPOCH;
    let workload = Section::<Workload>::open(open(&case.workload), now, &Platform::ALL).0.unwrap();
    let env = Section::<Env>::open(open(&env), now, &Platform::ALL).0.unwrap();
    let contents = PublicContents::new(Some(workload.model()), env.model());
    let report = BootReport { forecast: Forecast::Boots, contents: Some(contents), ..BootReport::default() };
    holds(&page(&report, None, now), &["the ultravisor keeps it as <code class=\"short\">index-3</code>"]);
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let hostile = "</td><script>\"'`<b>`\u{202e}\u{7}\n";
    let step = |verdict| Step {
        name: "seeds",
        verdict,
        detail: hostile.to_owned(),
        code: Some(HPL07013E),
        shown: Some(HPL07013E.shown),
        hint: Some(hostile.to_owned()),
    };
    let steps =
        [Verdict::Ok, Verdict::Warning, Verdict::Skipped, Verdict::Unknown, Verdict::Refused].map(step);
    let line = RecordLine { name: "cidata/user-data", sha256: hostile.to_owned() };
    let report = BootReport { steps: Log(steps.into()), attestation: vec![line], ..BootReport::default() };
    let failure = Failure::usage(hostile).hint(hostile);
    let page = BootPage {
        report: &report,
        failure: Some(&failure),
        provenance: &Provenance::NotCompared,
        subject: hostile,
        at: Timestamp::UNIX_EPOCH,
        at_given: false,
        command: hostile,
        version: hostile,
    };
    let html = page.to_html();
    let markup = html.split("</style>").nth(1).unwrap();
    for wrong in ["<script", "<b>", "\u{202e}", "\u{7}"] {
        assert!(!markup.contains(wrong), "{wrong:?}\n{html}");
    }
    holds(
        markup,
        &[
            "The rehearsal failed",
            "ok</span>",
            "warning</span>",
            "skipped</span>",
            "unknown</span>",
            "refused</span>",
        ],
    );
    assert_eq!(markup.matches("\\u{202e}\\u{7}\\n").count(), 18);
    assert_eq!(page.to_html(), html);
}
