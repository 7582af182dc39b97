//! Seeds that somebody else has made.

use super::{opened, values, with_vault};

/// Each refused with the rule that it breaks, and never shown.
#[test]
fn what_is_no_seed_is_refused_by_its_rule() {
    let story = with_vault();
    let before = opened(&story);
    let long = "x".repeat(10_001);
    for (seed, says) in [
        (&b"canary-of-14ch"[..], "a seed of 14 characters, at least 15 are required"),
        (b"canary with a space", "character 7 of 19 is not allowed in a seed"),
        (b"canary+with+a+plus", "character 7 of 18 is not allowed in a seed"),
        (b"canary-in-latin-1-\xe9", "byte 19 is not UTF-8"),
        (long.as_bytes(), "a seed of more than 10000 characters"),
        (b"canary-on-two-lines\ncanary-on-two-lines\n", "character 20 of 39"),
        (b"canary-with-two-line-ends\n\n", "character 26 of 26"),
        (b"", "a seed of 0 characters"),
        (b"\n", "a seed of 0 characters"),
    ] {
        story.write("given", seed);
        for source in ["--from given", "--from - < given", "--fd 3 3< given"] {
            let outcome =
                story.sh(&format!("workload-provider seed import other -C workload-provider {source}"));
            assert_eq!(outcome.exit, 3, "{outcome:?}");
            assert!(outcome.stderr.contains(says) && outcome.stderr.contains("hint: "), "{outcome:?}");
            assert!(!outcome.stderr.contains("canary"), "{outcome:?}");
        }
    }
    let short = story.sh("printf ab | seed import data --previous --from -");
    assert_eq!(short.exit, 3, "{short:?}");
    assert!(short.stderr.contains("a seed of 2 characters, at least 3 are required"), "{short:?}");
    let endless = story.sh("seed import other --from /dev/zero");
    assert_eq!(endless.exit, 3, "{endless:?}");
    assert_eq!(opened(&story), before);
}

#[test]
fn a_seed_comes_in_as_it_stands() {
    let story = with_vault();
    let hostile = r#"#!@$%^&*(),.?":{}|<>_-0123"#;
    story.write("given", format!("{hostile}\r\n"));
    story.does("seed import from-file --from given; seed import from-stdin --from - < given; seed import from-fd --fd 3 3< given");
    // at a terminal, typed twice, and not shown
    let shown = story.does(
        "typed() { for i in 1 2; do sleep 0.4; cat given; done; sleep 0.4; }
         typed | script -qec 'workload-provider seed import typed -C workload-provider' /dev/null",
    );
    assert!(!shown.contains(hostile) && shown.contains("the imported seed"), "{shown}");
    let text = opened(&story);
    let quoted = format!("\"{}\"", hostile.replace('"', "\\\""));
    assert_eq!(values(&text, "seed").iter().filter(|seed| **seed == quoted).count(), 4, "{text}");
}

/// Somebody who made up short seeds by hand, years ago.
#[test]
fn an_old_short_seed_is_rolled_away_from() {
    let story = with_vault();
    let outcome = story.sh("printf abc | seed import data --previous --from -");
    assert_eq!(outcome.exit, 0, "{outcome:?}");
    assert!(outcome.stderr.contains("warning: a previous seed of less than 15 characters"), "{outcome:?}");
    assert_eq!(values(&opened(&story), "previousSeed"), ["\"abc\""]);
    story.does("seed settle data");
    let text = opened(&story);
    assert_eq!((values(&text, "previousSeed").len(), values(&text, "generation")), (0, vec!["1"]));
}

#[test]
fn generated_seeds_are_legal_and_differ() {
    let story = with_vault();
    story.does("for i in $(seq 20); do seed add v$i; done; for i in $(seq 20); do seed roll v$i; done");
    let text = opened(&story);
    let mut seeds: Vec<_> = values(&text, "seed").into_iter().chain(values(&text, "previousSeed")).collect();
    assert_eq!(seeds.len(), 41);
    for seed in &seeds {
        // 43 characters of base64url are 256 bits
        let inner = seed.trim_matches('"');
        assert!(
            inner.len() == 43 && inner.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)),
            "{seed}"
        );
    }
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 41);
}
