//! Seeds that others keep, spliced into files of any legal shape.

use contract_core::statement::VolumeFacts;
use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use proptest::prelude::*;

use crate::seed::PUNCTUATION;
use crate::tests::*;

const SEED: &str = "canary-{#:*&!},\"@|>?";
const OLD: &str = "canary-of-old-seeds";

/// Before the volumes; `confidential-containers` needs no archive.
const HEAD: &str =
    "type: workload\nconfidential-containers: {regoValidator: {policy: cGFja2FnZSBhZ2VudF9wb2xpY3k=}}\n";

/// A file with one volume, `data`, which the keeper has while it rolls, and the file that becomes of it; `<new>` and
/// `<old>` are the quoted seeds.
fn becomes(text: &str, expected: &str) -> (String, String) {
    let folder = folder(&[]);
    let kept = Kept::default().with("data", SEED, Some(OLD), 2);
    let (section, findings) = read_keeping::<Workload>(folder.path(), text, kept.clone());
    assert_eq!(shown(&findings), Vec::<String>::new(), "{text}");
    let section = section.unwrap();
    let expected =
        expected.replace("<new>", &strict_yaml::quote(SEED)).replace("<old>", &strict_yaml::quote(OLD));
    assert_eq!(bytes(&section), expected);
    let volume = &section.model().volumes[0];
    assert_eq!((volume.seed.expose(), volume.previous_seed.as_ref().unwrap().expose()), (SEED, OLD));
    let fact = VolumeFacts { name: "data".into(), rolling: true, generation: Some(2) };
    assert_eq!(section.facts().volumes, [fact]);
    let shown = section.masked();
    assert!(!shown.contains("canary") && !format!("{section:?}{:?}", section.model()).contains("canary"));
    assert!(shown.contains("seed: <hidden, 20 characters>"), "{shown}");
    assert!(shown.contains("previousSeed: <hidden, 19 characters>"), "{shown}");
    assert!(Section::<Workload>::open(Zeroizing::new(bytes(&section)), now(), &[Platform::Ccco]).0.is_some());
    (text.to_owned(), expected)
}

/// `PyYAML` is the independent judge; the test says so where it can't be had.
fn python(script: &str, cases: &impl serde::Serialize) {
    let has_yaml = Command::new("python3").args(["-c", "import yaml"]).stderr(Stdio::null()).status();
    if !has_yaml.is_ok_and(|status| status.success()) {
        eprintln!("skipped: python3 has no yaml module (Debian package python3-yaml)");
        return;
    }
    let mut python = Command::new("python3").args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(&serde_json::to_vec(cases).unwrap()).unwrap();
    assert!(python.wait().unwrap().success(), "PyYAML reads something else");
}

#[test]
fn every_shape_of_a_volume_takes_its_seeds() {
    let mut cases = Vec::new();
    for (volumes, expected) in [
        (
            "volumes:\n  data:\n    mount: /a\n",
            "volumes:\n  data:\n    seed: <new>\n    previousSeed: <old>\n    mount: /a\n",
        ),
        // one space, a last line without line end
        (
            "volumes:\n data:\n  mount: /a",
            "volumes:\n data:\n  seed: <new>\n  previousSeed: <old>\n  mount: /a",
        ),
        // the key is after a comment, and comments are everywhere
        (
            "volumes: # v\n  data: # d\n  # x\n\n    # y: z\n    mount: /a # m\n# end",
            "volumes: # v\n  data: # d\n  # x\n\n    # y: z\n    seed: <new>\n    previousSeed: <old>\n    mount: /a # m\n# end",
        ),
        (
            "\"volumes\":\n  'data' :\n    \"mount\" : /a\n    filesystem: xfs\n",
            "\"volumes\":\n  'data' :\n    seed: <new>\n    previousSeed: <old>\n    \"mount\" : /a\n    filesystem: xfs\n",
        ),
        (
            "volumes: {data: {mount: /a}}\n",
            "volumes: {data: {seed: <new>, previousSeed: <old>, mount: /a}}\n",
        ),
        ("volumes:\n  data: {mount: /a}", "volumes:\n  data: {seed: <new>, previousSeed: <old>, mount: /a}"),
        (
            "volumes:\n  data: { # c, {\n    \"mount\":/a, # d }\n  }\n",
            "volumes:\n  data: { # c, {\n    seed: <new>, previousSeed: <old>, \"mount\":/a, # d }\n  }\n",
        ),
        ("volumes: {data: {}}", "volumes: {data: {seed: <new>, previousSeed: <old>}}"),
        ("volumes:\n  data: { # c\n }\n", "volumes:\n  data: {seed: <new>, previousSeed: <old> # c\n }\n"),
        // no fields at all
        ("volumes:\n  data:\n", "volumes:\n  data: {seed: <new>, previousSeed: <old>}\n"),
        ("volumes:\n  data:", "volumes:\n  data: {seed: <new>, previousSeed: <old>}"),
        ("volumes:\n  data  :   # c\n\n", "volumes:\n  data  : {seed: <new>, previousSeed: <old>}   # c\n\n"),
        ("volumes:\n  data: ~ # c\n", "volumes:\n  data: {seed: <new>, previousSeed: <old>} # c\n"),
        ("volumes:\n  data: null", "volumes:\n  data: {seed: <new>, previousSeed: <old>}"),
        ("volumes: {data: }", "volumes: {data: {seed: <new>, previousSeed: <old>} }"),
        ("volumes: {\"data\":}", "volumes: {\"data\": {seed: <new>, previousSeed: <old>}}"),
        ("volumes: {data}", "volumes: {data: {seed: <new>, previousSeed: <old>}}"),
        ("volumes: { 'data' }", "volumes: { 'data': {seed: <new>, previousSeed: <old>} }"),
    ] {
        cases.push(becomes(&format!("{HEAD}{volumes}"), &format!("{HEAD}{expected}")));
        let with = |text: &str| format!("{HEAD}{text}").replace('\n', "\r\n");
        cases.push(becomes(&with(volumes), &with(expected)));
    }
    cases.push(becomes(
        "{type: workload, confidential-containers: {regoValidator: {policy: cGFja2FnZSBhZ2VudF9wb2xpY3k=}}, volumes: {data: {}}}",
        "{type: workload, confidential-containers: {regoValidator: {policy: cGFja2FnZSBhZ2VudF9wb2xpY3k=}}, volumes: {data: {seed: <new>, previousSeed: <old>}}}",
    ));
    cases.push(becomes(
        "  volumes:\n    data:\n      mount: /a\n  type: workload\n  confidential-containers: {regoValidator: {policy: cGFja2FnZSBhZ2VudF9wb2xpY3k=}}",
        "  volumes:\n    data:\n      seed: <new>\n      previousSeed: <old>\n      mount: /a\n  type: workload\n  confidential-containers: {regoValidator: {policy: cGFja2FnZSBhZ2VudF9wb2xpY3k=}}",
    ));
    // what it reads before, it reads after, with two fields more; it reads YAML 1.1, which lacks some of the shapes
    let script = "import json, sys, yaml
read = 0
for before, after in json.load(sys.stdin):
    try: expected = yaml.safe_load(before)
    except yaml.YAMLError: continue
    seeds = {'seed': sys.argv[1], 'previousSeed': sys.argv[2]}
    expected['volumes']['data'] = (expected['volumes']['data'] or {}) | seeds
    assert yaml.safe_load(after) == expected, after
    read += 1
assert read >= 35, read
";
    python(
        &script.replace("sys.argv[1]", &python_text(SEED)).replace("sys.argv[2]", &python_text(OLD)),
        &cases,
    );
}

/// JSON's strings are Python's.
fn python_text(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn several_volumes_are_each_in_a_state_of_their_own() {
    let folder = folder(&[("old.seed", "canary-in-a-file\n")]);
    let kept = Kept::default()
        .with("data", SEED, None, 1)
        .with("logs", SEED, Some("abc"), 7)
        .with("gone", SEED, None, 3);
    let text = format!(
        "{HEAD}volumes:\n  data:\n    mount: /a\n  logs:\n  text: {{seed: \"canary-in-the-file\"}}\n  file:\n    seed: !file old.seed\n    previousSeed: \"canary-of-before\"\n"
    );
    let (section, findings) = read_keeping::<Workload>(folder.path(), &text, kept);
    let section = section.unwrap();
    assert_eq!(
        shown(&findings),
        [
            "Warning section.yaml:6 volumes.logs.previousSeed: a previous seed of 3 characters: legal before March 2026, and the schema asks for 15 (keep it until the volume has its new seed, then type `workload-provider seed settle logs`)",
            "Warning section.yaml:7 volumes.text.seed: the seed is in the section, in plain text (move it into the vault: `workload-provider seed import text`; then remove the field)",
            "Warning section.yaml:9 volumes.file.seed: the seed is in the file `old.seed`, in plain text (when `previousSeed` has done its work and is gone, move it into the vault: `workload-provider seed import file --from old.seed`; then remove the field)",
        ]
    );
    let facts: Vec<_> =
        section.facts().volumes.iter().map(|it| (&*it.name, it.rolling, it.generation)).collect();
    assert_eq!(
        facts,
        [("data", false, Some(1)), ("logs", true, Some(7)), ("text", false, None), ("file", true, None)]
    );
    assert!(!section.masked().contains("canary") && !section.masked().contains("abc"));
}

#[test]
fn a_vault_is_contradicted_by_nothing() {
    let folder = folder(&[]);
    let kept = || Kept::default().with("data", SEED, Some(OLD), 2).with("Data", SEED, None, 1);
    for (volumes, expected) in [
        (
            "{data: {previousSeed: \"canary-canary-canary\"}}",
            "Error section.yaml:3 volumes.data.previousSeed: `seed` is missing: a vault that has",
        ),
        ("{data: {seed: }}", "Error section.yaml:3 volumes.data.seed: the value is missing"),
        ("{data: \"\"}", "Error section.yaml:3 volumes.data: expected a mapping, found a string"),
        ("{data: []}", "Error section.yaml:3 volumes.data: expected a mapping, found a list"),
        ("{Data: {}}", "Error section.yaml:3 volumes.Data: `Data` is no name for a volume"),
        ("{other: }", "Error section.yaml:3 volumes.other: no seed is kept (make one: `seed add other`)"),
    ] {
        let (section, findings) =
            read_keeping::<Workload>(folder.path(), &format!("{HEAD}volumes: {volumes}\n"), kept());
        let shown = shown(&findings);
        assert!(
            section.is_none() && shown.len() == 1 && shown[0].starts_with(expected),
            "{volumes}: {shown:#?}"
        );
        assert!(!shown[0].contains("canary"));
    }
}

/// A line that was pasted at night, and stayed.
#[test]
fn a_literal_seed_beats_no_vault() {
    /// Does not open, and is asked for no seed.
    struct Shut;
    impl Seeds for Shut {
        fn seeds_for(&mut self, volume: &str) -> Result<VolumeSeeds, NoSeed> {
            panic!("asked for {volume}")
        }
        fn stored(&mut self, _volume: &str) -> Result<Option<VolumeSeeds>, NoSeed> {
            Err(NoSeed { message: "it does not open".into(), hint: "open it".into() })
        }
    }
    let folder = folder(&[("data.seed", SEED), ("old.seed", OLD)]);
    let settled = || Kept::default().with("data", SEED, None, 2);
    let rolling = || Kept::default().with("data", SEED, Some(OLD), 3);
    let same = strict_yaml::quote(SEED);
    for (volume, kept, level, says) in [
        (
            format!("{{seed: {}}}", *same),
            settled(),
            "Warning",
            "the seed is in the section, in plain text, and in the vault too",
        ),
        (
            "{seed: !file data.seed}".to_owned(),
            settled(),
            "Warning",
            "the seed is in the file `data.seed`, in plain text, and in the vault too",
        ),
        (
            format!("{{seed: {}}}", *same),
            rolling(),
            "Error",
            "the seed is in the section, and the vault is rolling to generation 3",
        ),
        (
            "{seed: !file old.seed}".to_owned(),
            rolling(),
            "Error",
            "the seed is in the file `old.seed`, and the vault is rolling to",
        ),
        (
            format!("{{seed: {OLD}}}"),
            settled(),
            "Error",
            "the seed is in the section, and the vault holds another one, of generation 2 (remove the field: the vault has",
        ),
        (
            format!("{{seed: {OLD}, previousSeed: {OLD}x}}"),
            settled(),
            "Error",
            "the seed is in the section, and the vault holds another one, of generation 2 (remove the field, and `previousSeed`",
        ),
    ] {
        let text = format!("{HEAD}volumes:\n  data: {volume}\n");
        let (section, findings) = read_keeping::<Workload>(folder.path(), &text, kept);
        let shown = shown(&findings);
        let expected = format!("{level} section.yaml:4 volumes.data.seed: {says}");
        assert!(shown.len() == 1 && shown[0].starts_with(&expected), "{volume}: {shown:#?}");
        assert!(!shown[0].contains("canary"), "{shown:#?}");
        assert_eq!(section.is_some(), level == "Warning");
    }
    let text = format!("{HEAD}volumes: {{data: {{seed: {OLD}}}}}\n");
    let source = Source {
        file: "section.yaml",
        text: &text,
        folder: folder.path(),
        at: now(),
        platform: platform_of(&text),
        signing_key: None,
    };
    let (section, findings) = Section::<Workload>::read(&source, &mut Asked(Err("")), &mut Shut);
    let expected = "Warning section.yaml:3 volumes.data.seed: the seed is in the section, and whether the vault holds another one is not known: it does not open (open it)";
    assert_eq!((section.is_some(), shown(&findings)), (true, vec![expected.to_owned()]));
}

#[test]
fn the_ultravisor_the_guest_and_what_is_no_volume_ask_no_vault() {
    struct Never;
    impl Seeds for Never {
        fn seeds_for(&mut self, volume: &str) -> Result<VolumeSeeds, NoSeed> {
            panic!("asked for {volume}")
        }
    }
    let folder = folder(&[]);
    let text = "type: env\nlogging: {logRouter: {hostname: h, iamApiKey: canarycanary}}\nvolumes:\n  data: {uv-secret-id: index-1, uv-previous-secret-id: index-2}\n";
    let source = Source {
        file: "env.yaml",
        text,
        folder: folder.path(),
        at: now(),
        platform: Platform::Hpvs,
        signing_key: None,
    };
    let (section, findings) = Section::<Env>::read(&source, &mut Asked(Err("")), &mut Never);
    assert_eq!(findings.0, []);
    let fact = VolumeFacts { name: "data".into(), rolling: true, generation: None };
    assert_eq!(section.unwrap().facts().volumes, [fact]);
    let text = format!("{HEAD}volumes: {{data: !file null}}\n");
    let source = Source {
        file: "workload.yaml",
        text: &text,
        folder: folder.path(),
        at: now(),
        platform: platform_of(&text),
        signing_key: None,
    };
    assert!(Section::<Workload>::read(&source, &mut Asked(Err("")), &mut Never).0.is_none());
    // a section as the guest reads it: a seed that is missing is missing, an existing one does not matter
    let opened = |volume| {
        let text = Zeroizing::new(format!("{HEAD}volumes: {{data: {volume}}}\n"));
        shown(&Section::<Workload>::open(text, now(), &[Platform::Ccco]).1)
    };
    assert_eq!(opened("{seed: \"canary-canary-canary\"}"), Vec::<String>::new());
    assert!(opened("{}")[0].contains("volumes.data.seed: `seed` is missing"));
    assert!(opened("")[0].contains("volumes.data: expected a mapping, found nothing"));
}

/// Every character that is allowed in a seed, at every place.
fn seeds() -> impl Strategy<Value = String> {
    let alphabet: Vec<char> =
        ('a'..='z').chain('A'..='Z').chain('0'..='9').chain(PUNCTUATION.chars()).collect();
    let hostile: Vec<char> = PUNCTUATION.chars().collect();
    let character = prop_oneof![prop::sample::select(alphabet), prop::sample::select(hostile)];
    prop::collection::vec(character, 15..60).prop_map(String::from_iter)
}

/// A section with this pair in a block, in braces, and in place of nothing; `logs`'s own fields prove that it ends.
fn section_with(seed: &str, previous: &str) -> String {
    let kept = ["data", "logs", "none"]
        .iter()
        .fold(Kept::default(), |kept, name| kept.with(name, seed, Some(previous), 1));
    let text = format!(
        "{HEAD}volumes:\n  data:\n    mount: /a\n  logs: {{mount: /b}} # c\n  none:\nenv: {{A: \"b\"}}\n"
    );
    let (section, findings) = read_keeping::<Workload>(Path::new(""), &text, kept);
    assert_eq!(findings.0, []);
    bytes(&section.unwrap())
}

/// Go's `strconv.Unquote`, JSON and YAML share these escapes alone; other characters are themselves in all three.
fn unquoted_by_all(quoted: &str) -> Option<String> {
    let inside = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut rest = inside.chars();
    while let Some(c) = rest.next() {
        text.push(match c {
            '\\' => rest.next().filter(|c| matches!(c, '"' | '\\'))?,
            '"' | '\0'..='\x1f' | '\x7f'.. => return None,
            c => c,
        });
    }
    Some(text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn hostile_seeds_arrive(seed in seeds(), previous in seeds()) {
        let text = section_with(&seed, &previous);
        let opened = Section::<Workload>::open(Zeroizing::new(text.clone()), now(), &[Platform::Ccco]).0.unwrap();
        for volume in &opened.model().volumes {
            prop_assert_eq!(volume.seed.expose(), &seed);
            prop_assert_eq!(volume.previous_seed.as_ref().map(Seed::expose), Some(&*previous));
        }
        prop_assert_eq!(opened.model().env[0].1.expose(), "b");
        let quoted = strict_yaml::quote(&seed);
        prop_assert_eq!(text.matches(&**quoted).count(), if quoted.contains(&**strict_yaml::quote(&previous)) { 6 } else { 3 });
        prop_assert_eq!(unquoted_by_all(&quoted), Some(seed.clone()));
        prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), seed);
    }
}

#[test]
fn python_reads_hostile_seeds_back() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut drawn = || seeds().new_tree(&mut runner).unwrap().current();
    let mut pairs: Vec<_> = (0..200).map(|_| (drawn(), drawn())).collect();
    // each character of the alphabet first, and alone
    for c in PUNCTUATION.chars().chain("a1".chars()) {
        pairs.push((c.to_string().repeat(15), format!("{c} {PUNCTUATION}").replace(' ', "")));
    }
    let cases: Vec<_> = pairs.iter().map(|(seed, old)| (section_with(seed, old), seed, old)).collect();
    let script = "import json, sys, yaml
for text, seed, old in json.load(sys.stdin):
    section = yaml.safe_load(text)
    assert section['env'] == {'A': 'b'}
    for name, mount in ('data', '/a'), ('logs', '/b'), ('none', None):
        volume = section['volumes'][name]
        assert volume == {'seed': seed, 'previousSeed': old} | ({'mount': mount} if mount else {})
";
    python(script, &cases);
}
