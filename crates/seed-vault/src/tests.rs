use std::io::Write as _;
use std::process::{Command, Stdio};

use age::x25519;
use proptest::prelude::*;

use crate::*;
use contract_core::kind::{Env, Workload};
use contract_pki::random::SystemRandomness;
use contract_section::seed::PUNCTUATION;

/// Each call another byte.
struct Counted(u8);

impl Randomness for Counted {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError> {
        self.0 += 1;
        buffer.fill(self.0);
        Ok(())
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn seed(text: &str) -> Seed {
    Seed::parse_previous(text).unwrap()
}

/// `data` has rolled, settled and is rolling again; `no` has an imported seed.
fn lived() -> Vault<Workload> {
    let (mut vault, mut random) = (Vault::default(), Counted(0));
    vault.recipients = vec!["age1example".into()];
    vault.add("data", at(0), &mut random).unwrap();
    vault.roll("data", at(1), &mut random).unwrap();
    vault.settle("data", at(2)).unwrap();
    vault.roll("data", at(3), &mut random).unwrap();
    vault.import("no", seed(r#"a"b{c}:!@#%^&*|<>"#), at(4)).unwrap();
    vault
}

#[test]
fn the_text_is_this() {
    let expected = r#"# Seed vault of the workload section: secret, and the only way to its disks.
# `seed` and `previousSeed` go under `volumes` of workload.yaml as they are here.
format: 1
section: workload
recipients:
  - "age1example"
volumes:
  data:
    seed: "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM"
    previousSeed: "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI"
    generation: 3
    created: "2027-01-15T08:00:00Z"
    rolled: "2027-01-15T08:00:03Z"
    settled: "2027-01-15T08:00:02Z"
  "no":
    seed: "a\"b{c}:!@#%^&*|<>"
    generation: 1
    created: "2027-01-15T08:00:04Z"
"#;
    let text = lived().to_yaml();
    assert_eq!(&**text, expected);
    assert!(text.capacity() > text.len(), "the buffer has moved");
    assert_eq!(Vault::parse(&text).unwrap(), lived());
    let empty = Vault::<Workload>::default();
    assert_eq!(Vault::parse(&empty.to_yaml()).unwrap(), empty);
}

#[test]
fn an_old_seed_is_kept_until_it_is_given_up_and_none_is_lost_on_the_way() {
    let (mut vault, mut random) = (Vault::<Env>::default(), Counted(0));
    let first = vault.add("data", at(0), &mut random).unwrap().seeds.clone();
    assert_eq!((first.generation, &first.previous), (1, &None));
    let rolled = vault.roll("data", at(1), &mut random).unwrap().clone();
    assert_eq!((rolled.seeds.generation, &rolled.seeds.previous), (2, &Some(first.seed)));
    let refused = vault.roll("data", at(2), &mut random).unwrap_err();
    assert_eq!(refused, Refused::Rolling { volume: "data".into(), since: at(1) });
    assert_eq!(refused.instead(), Some(("settle", "data")));
    assert_eq!(vault.volume("data"), Some(&rolled));
    let settled = vault.settle("data", at(3)).unwrap().clone();
    assert_eq!((settled.seeds.seed, settled.seeds.previous), (rolled.seeds.seed, None));
    assert!(matches!(vault.settle("data", at(4)), Err(Refused::NotRolling { .. })));
}

#[test]
fn what_is_there_is_not_replaced_and_what_is_not_is_not_made_up() {
    let (mut vault, mut random) = (Vault::<Env>::default(), Counted(0));
    let old = seed("0123456789abcdef");
    vault.import("data", old.clone(), at(0)).unwrap();
    let before = vault.clone();
    assert!(matches!(vault.add("data", at(1), &mut random), Err(Refused::Exists { generation: 1, .. })));
    assert!(matches!(
        vault.import("data", seed("another seed".replace(' ', "-").as_str()), at(1)),
        Err(Refused::Exists { .. })
    ));
    assert!(matches!(vault.import_previous("data", old, at(1)), Err(Refused::SameSeed { .. })));
    for absent in ["other", "Data", ""] {
        assert!(matches!(vault.roll(absent, at(1), &mut random), Err(Refused::Absent { .. })));
        assert!(matches!(vault.settle(absent, at(1)), Err(Refused::Absent { .. })));
        assert!(matches!(vault.import_previous(absent, seed("abc"), at(1)), Err(Refused::Absent { .. })));
    }
    for name in ["Data", "", "1st", "a b", "-a", "a\n"] {
        assert!(matches!(vault.add(name, at(1), &mut random), Err(Refused::Name { .. })), "{name}");
    }
    assert_eq!(vault, before);
    assert_eq!(vault.volume("data").unwrap().seeds.generation, 1);
}

#[test]
fn a_generation_never_stands_still() {
    let (mut vault, mut random) = (Vault::<Workload>::default(), Counted(0));
    vault.add("data", at(0), &mut random).unwrap();
    vault.volumes.get_mut("data").unwrap().seeds.generation = u64::MAX;
    let before = vault.clone();
    assert!(matches!(vault.roll("data", at(1), &mut random), Err(Refused::LastGeneration { .. })));
    assert_eq!(vault, before);
}

#[test]
fn who_made_up_short_seeds_can_roll_away_from_them() {
    let (mut vault, mut random) = (Vault::<Env>::default(), Counted(0));
    vault.add("data", at(0), &mut random).unwrap();
    let entry = vault.import_previous("data", seed("abc"), at(1)).unwrap();
    assert!(entry.is_rolling());
    assert!(matches!(vault.import_previous("data", seed("abd"), at(2)), Err(Refused::Rolling { .. })));
    assert_eq!(Vault::<Env>::parse(&vault.to_yaml()).unwrap(), vault);
}

#[test]
fn every_recipient_opens_and_nobody_else_nor_the_other_persona() {
    let [own, escrow, stranger] = [(); 3].map(|()| x25519::Identity::generate());
    let mut file = Vec::new();
    lived().seal(&[&own.to_public(), &escrow.to_public()], &mut file).unwrap();
    assert!(file.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----\n"));
    for identity in [&own, &escrow] {
        assert_eq!(Vault::<Workload>::open(&file, &[identity]).unwrap(), lived());
    }
    let refused = Vault::<Workload>::open(&file, &[&stranger]).unwrap_err();
    assert!(matches!(refused, VaultError::Age(contract_core::age_file::AgeError::NoIdentity)));
    assert_eq!(refused.blame(), Blame::Secret);
    let refused = Vault::<Env>::open(&file, &[&own]).unwrap_err();
    assert!(refused.to_string().contains("vault of the workload section"), "{refused}");
}

#[test]
fn what_is_no_vault_is_refused_with_its_line_and_no_word_of_it() {
    let good = lived().to_yaml();
    for (old, new, line, says) in [
        ("format: 1", "format: 2", 3, "format"),
        ("section: workload", "section: tcanary", 4, "section: expected"),
        ("section: workload\n", "", 3, "section: expected"),
        ("recipients:\n  - \"age1example\"", "recipients: tcanary", 5, "recipients"),
        ("    generation: 3", "    generation: tcanary", 11, "volumes.data.generation"),
        ("    generation: 3", "    generation: 03", 11, "volumes.data.generation"),
        ("    generation: 3", "    generation: 0", 11, "volumes.data.generation"),
        ("    generation: 3", "    generation: 99999999999999999999", 11, "volumes.data.generation"),
        ("    generation: 3\n", "", 9, "volumes.data.generation: missing"),
        ("created: \"2027-01-15T08:00:00Z\"", "created: tcanary", 12, "volumes.data.created"),
        ("    generation: 3", "    tcanary: x", 11, "volumes.data.unknown field"),
        ("seed: \"AwMD", "seed: \"tcanary AwMD", 9, "volumes.data.seed: character 8 of"),
        ("\"no\":", "\"No\":", 15, "not a name"),
        (
            "    previousSeed: \"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\"",
            "    previousSeed:",
            10,
            "previousSeed",
        ),
    ] {
        let bad = good.replacen(old, new, 1);
        assert_ne!(bad, **good, "{old}");
        let refused = Vault::<Workload>::parse(&bad).unwrap_err().to_string();
        assert!(refused.contains(&format!("line {line}: ")) && refused.contains(says), "{new}: {refused}");
        assert!(!refused.contains("tcanary") && !refused.contains("AwMD"), "{refused}");
    }
    for bad in ["", "- a", "seed", "format: 1\nformat: 1\n", "a: &b c", "!file x"] {
        assert!(Vault::<Workload>::parse(bad).is_err(), "{bad}");
    }
    let error = Vault::<Workload>::parse("!!tcanary x").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("tcanary"));
}

#[test]
fn a_vault_shows_no_seed() {
    let shown = format!("{:?}", lived());
    assert!(shown.contains("data") && !shown.contains("AwMD") && !shown.contains("a\\\"b"), "{shown}");
}

#[test]
fn what_could_not_be_opened_again_is_not_sealed() {
    let mut vault = Vault::<Env>::default();
    let long = Seed::parse(&"\"".repeat(contract_section::seed::LONGEST)).unwrap();
    for number in 0..220 {
        vault.import(&format!("data-{number}"), long.clone(), at(0)).unwrap();
    }
    let own = x25519::Identity::generate();
    let refused = vault.seal(&[&own.to_public()], &mut Vec::new()).unwrap_err();
    assert!(matches!(refused, VaultError::TooLarge));
    for number in 0..220 {
        vault.volumes.remove(&format!("data-{}", number + 200));
    }
    let mut file = Vec::new();
    vault.seal(&[&own.to_public()], &mut file).unwrap();
    assert!(file.len() < SEALED_LIMIT);
    assert_eq!(Vault::open(&file, &[&own]).unwrap(), vault);
}

/// Seeds of the whole alphabet, those that look like something else in YAML among them.
fn hostile_seeds() -> impl Strategy<Value = String> {
    let alphabet: Vec<char> =
        ('a'..='z').chain('A'..='Z').chain('0'..='9').chain(PUNCTUATION.chars()).collect();
    let any = proptest::collection::vec(proptest::sample::select(alphabet), 15..80);
    let lead = proptest::sample::select(vec![
        "",
        "#",
        "!",
        "&",
        "*",
        "{",
        "|",
        ">",
        "\"",
        "%",
        "@",
        "?",
        "-",
        ":",
        "---",
        "{{",
        "<<",
        "0x",
        "1e3",
        "!file",
        ".inf",
        "null",
        "2024-01-01",
        "12:30:45",
        "\":",
        "\"\"",
        "...",
        "&a",
    ]);
    (lead, any).prop_map(|(lead, rest)| lead.chars().chain(rest).collect())
}

proptest! {
    #[test]
    fn hostile_seeds_survive(seeds in proptest::collection::vec(hostile_seeds(), 2)) {
        let mut vault = Vault::<Workload>::default();
        vault.import("null", Seed::parse(&seeds[0]).unwrap(), at(0)).unwrap();
        vault.import_previous("null", Seed::parse(&format!("{}x", seeds[1])).unwrap(), at(1)).unwrap();
        let text = vault.to_yaml();
        prop_assert_eq!(Vault::<Workload>::parse(&text).unwrap(), vault);
    }

    #[test]
    fn what_we_make_is_a_seed_of_256_bits(_ in 0..1) {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..500 {
            let seed = Seed::generate(&mut SystemRandomness).unwrap();
            let text = seed.expose();
            prop_assert!(text.len() == 43 && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)));
            prop_assert!(seen.insert(text.to_owned()));
        }
    }
}

/// `PyYAML` is the independent judge; the test says so where it can't be had.
#[test]
fn python_reads_the_same_seeds() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let (mut vault, mut runner) = (Vault::<Workload>::default(), TestRunner::deterministic());
    for name in ["y", "n", "null", "on", "true", "nan", "e", "_", "a-"]
        .map(str::to_owned)
        .into_iter()
        .chain((0..300).map(|n| format!("v{n}")))
    {
        let seed = hostile_seeds().new_tree(&mut runner).unwrap().current();
        vault.import(&name, Seed::parse(&seed).unwrap(), at(0)).unwrap();
    }
    let expected: String =
        vault.volumes().map(|(name, entry)| [name, " ", entry.seeds.seed.expose(), "\n"].concat()).collect();
    let script = "import sys, yaml
v = yaml.safe_load(sys.stdin.buffer.read())['volumes']
assert all(type(x['generation']) is int and type(x['created']) is str for x in v.values())
for k in v: print(k, v[k]['seed'])";
    let mut python = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // a python without the yaml module ends before it has read all: that is no fault of ours
    let _ = python.stdin.take().unwrap().write_all(vault.to_yaml().as_bytes());
    let output = python.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("No module named 'yaml'") {
        eprintln!("skipped: python3 has no yaml module (Debian: python3-yaml)");
    } else {
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{stderr}");
    }
}
