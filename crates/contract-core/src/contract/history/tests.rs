use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A volume's statement: generation and rolling.
type Stated = (Option<u64>, bool);

/// Of the workload section; `day` of November.
fn statement(day: u8, volumes: &[(&str, Stated)]) -> Statement {
    stated("workload", day, volumes)
}

fn stated(section: &str, day: u8, volumes: &[(&str, Stated)]) -> Statement {
    let volumes: serde_json::Map<_, _> = volumes
        .iter()
        .map(|(name, (generation, rolling))| {
            let volume = match generation {
                Some(generation) => json!({"rolling": rolling, "generation": generation}),
                // what the first version wrote
                None => json!({"rolling": rolling}),
            };
            ((*name).to_owned(), volume)
        })
        .collect();
    let json = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": section, "digest": {"sha256": "0".repeat(64)}}],
        "predicateType": "urn:hyper-protect-contract:handoff:v1",
        "predicate": {
            "section": section,
            "platform": "hpvs",
            "encryptionCertificate": {
                "subject": "CN=x", "serial": "1", "keyFingerprint": format!("sha256:{}", "0".repeat(64)),
                "notBefore": "2026-01-01T00:00:00Z", "notAfter": "2027-01-01T00:00:00Z",
            },
            "volumes": volumes,
            "requiredVariables": [],
            "providedVariables": [],
            "time": format!("2026-11-{day:02}T12:00:00Z"),
            "tool": {"name": "workload-provider", "version": "0.1.0"},
        },
    });
    let json = serde_json::to_vec(&json).unwrap();
    Statement::parse(&json).unwrap_or_else(|error| panic!("{error}"))
}

fn earlier(day: u8, volumes: &[(&str, Stated)]) -> Earlier {
    Earlier { source: format!("{day}.handoff"), statement: statement(day, volumes) }
}

fn events(now: &Statement, earlier: &[Earlier]) -> Vec<(Event, Weight)> {
    changes(now, earlier).iter().map(|change| (change.event, change.weight)).collect()
}

/// Every step of one volume's generation, and what the disk makes of it.
#[test]
fn a_disk_opens_with_the_seed_that_closed_it_or_the_next() {
    let settled = |generation| (Some(generation), false);
    let rolling = |generation| (Some(generation), true);
    let unstated = (None, false);
    for (before, now, due) in [
        (settled(3), settled(3), None),
        (settled(3), rolling(4), None),
        (rolling(3), settled(3), None),
        (rolling(3), rolling(4), None),
        (settled(3), settled(2), Some(Event::WentBack)),
        (rolling(3), settled(2), Some(Event::WentBack)),
        (settled(3), rolling(2), Some(Event::WentBack)),
        (settled(3), settled(4), Some(Event::SettledUnseen)),
        (rolling(3), settled(4), Some(Event::SettledUnseen)),
        (settled(3), rolling(5), Some(Event::Skipped)),
        (settled(3), settled(5), Some(Event::Skipped)),
        (settled(1), settled(u64::MAX), Some(Event::Skipped)),
        (settled(u64::MAX), settled(1), Some(Event::WentBack)),
        (settled(3), unstated, Some(Event::NoLongerStated)),
        (settled(3), (None, true), Some(Event::NoLongerStated)),
        (unstated, unstated, None),
    ] {
        let found = events(&statement(2, &[("data", now)]), &[earlier(1, &[("data", before)])]);
        let due: Vec<_> = due.into_iter().map(|event| (event, Weight::Warning)).collect();
        assert_eq!(found, due, "{before:?} {now:?}");
    }
}

#[test]
fn what_comes_and_goes_is_noted() {
    let one = (Some(1), false);
    let now = statement(2, &[("data", one), ("logs", one)]);
    assert_eq!(events(&now, &[earlier(1, &[("data", one)])]), [(Event::Added, Weight::Note)]);
    let now = statement(2, &[("data", one)]);
    assert_eq!(
        events(&now, &[earlier(1, &[("data", (None, false)), ("logs", one)])]),
        [(Event::FirstStated, Weight::Note), (Event::Retired, Weight::Note)]
    );
}

#[test]
fn contracts_in_between_count_and_others_do_not() {
    let now = statement(5, &[("data", (Some(3), true))]);
    let (first, second) =
        (earlier(1, &[("data", (Some(1), false))]), earlier(3, &[("data", (Some(2), true))]));
    assert_eq!(events(&now, std::slice::from_ref(&first)), [(Event::Skipped, Weight::Warning)]);
    // in any order
    assert_eq!(events(&now, &[second.clone(), first.clone()]), []);
    // the highest counts, not the last: the last one may have been the mistake
    let restored = earlier(4, &[("data", (Some(1), false))]);
    assert_eq!(events(&now, &[first, second, restored]), []);
    let other = Earlier { source: "env".into(), statement: stated("env", 1, &[("data", (Some(9), false))]) };
    assert_eq!(events(&now, &[other]), []);
    assert_eq!(events(&now, &[]), []);
    // exchanged: what is called previous is the newer one
    let newer = earlier(6, &[("data", (Some(4), true))]);
    assert_eq!(
        events(&now, &[newer]),
        [(Event::OldStatement, Weight::Warning), (Event::WentBack, Weight::Warning)]
    );
}

#[test]
fn a_roll_waits_until_the_other_side_has_settled() {
    let (one, two, three) = ((Some(1), false), (Some(2), true), (Some(2), false));
    let overlapping = |before: [Stated; 2], now: [Stated; 2]| {
        let half = |section: &str, day, it| stated(section, day, &[("data", it)]);
        let earlier = |section: &str, it| Earlier { source: section.into(), statement: half(section, 1, it) };
        let earlier = [earlier("workload", before[0]), earlier("env", before[1])];
        let changes = overlaps([&half("workload", 2, now[0]), &half("env", 2, now[1])], &earlier);
        changes.iter().map(|it| (it.event, it.section)).collect::<Vec<_>>()
    };
    let due = |section| vec![(Event::Overlapping, section)];
    assert_eq!(overlapping([two, one], [two, two]), due(SectionName::Workload));
    assert_eq!(overlapping([one, two], [two, two]), due(SectionName::Env));
    for (before, now) in [
        // both at once, one after the other, and one alone for longer
        ([one, one], [two, two]),
        ([two, one], [three, two]),
        ([two, one], [two, one]),
        ([two, two], [two, two]),
        ([two, (None, false)], [two, two]),
    ] {
        assert_eq!(overlapping(before, now), [], "{before:?} {now:?}");
    }
}

#[test]
fn a_warning_says_who_what_when_and_what_to_do() {
    let now = statement(9, &[("data", (Some(2), true))]);
    let [change] = &changes(&now, &[earlier(8, &[("data", (Some(3), false))])])[..] else { panic!("one") };
    assert_eq!(
        change.message,
        "volume `data`, workload: generation 3 in `8.handoff` of 2026-11-08T12:00:00Z, generation 2 (rolling) at 2026-11-09T12:00:00Z: it went back, and a disk that generation 3 closed stays locked"
    );
    assert_eq!(
        change.hint,
        "ask the workload-provider for the newer vault: `workload-provider seed list` shows generation 3 or more there"
    );
    let json = serde_json::to_value(change).unwrap();
    assert_eq!(
        (&json["event"], &json["weight"], &json["section"]),
        (&json!("went-back"), &json!("warning"), &json!("workload"))
    );
}

/// What may happen to one side's vault and its contracts.
#[derive(Clone, Copy, Debug)]
enum Step {
    Roll,
    Settle,
    /// An old copy of the vault comes back; it is not rolled again, which nobody could see.
    Restore,
    /// A contract is signed, compared with all that booted before, and booted.
    Boot,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever a vault went through: `sign` warns if, and only if, the disk stays locked.
    #[test]
    fn a_warning_means_a_locked_disk(
        steps in prop::collection::vec(prop::sample::select(vec![Step::Roll, Step::Settle, Step::Boot, Step::Boot, Step::Restore]), 1..20)
    ) {
        let (mut generation, mut rolling, mut copy) = (1, false, (1, false));
        let (mut disk, mut booted) = (None, Vec::new());
        for (day, step) in (1..).zip(steps) {
            match step {
                Step::Roll if !rolling => {
                    copy = (generation, rolling);
                    (generation, rolling) = (generation + 1, true);
                }
                Step::Settle => rolling = false,
                Step::Restore => (generation, rolling) = copy,
                Step::Roll => {}
                Step::Boot => {
                    let contract = [("data", (Some(generation), rolling))];
                    let warned = !events(&statement(day, &contract), &booted).is_empty();
                    let opens = disk.is_none_or(|disk| disk == generation || (rolling && disk + 1 == generation));
                    prop_assert_eq!(opens, !warned);
                    if opens {
                        disk = Some(generation);
                        booted.push(earlier(day, &contract));
                    }
                }
            }
        }
    }
}
