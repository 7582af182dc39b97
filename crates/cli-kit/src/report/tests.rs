use super::*;
use findings::Place;

#[test]
fn nothing_from_outside_steers_the_terminal() {
    assert_eq!(visible("a\u{1b}[31mb"), "a\\u{1b}[31mb");
    assert_eq!(visible("x\nerror: forged\r\t"), "x\\nerror: forged\\r\\t");
    assert_eq!(visible("\u{7f}\u{9b}\u{202e}\u{2066}\u{2028}"), "\\u{7f}\\u{9b}\\u{202e}\\u{2066}\\u{2028}");
    assert_eq!(visible("a\u{ad}b\u{e0041}\u{a0}"), "a\\u{ad}b\\u{e0041}\\u{a0}");
    for char in ('\0'..' ').chain('\u{7f}'..='\u{9f}') {
        assert!(visible(&char.to_string()).chars().all(|char| !char.is_control()), "{char:?}");
    }
}

#[test]
fn ordinary_text_stays_as_it_is_and_escaping_twice_changes_nothing() {
    assert!(matches!(visible("größe `x` \\ 漢字 🔑"), Cow::Borrowed(_)));
    let once = visible("\u{1b}").into_owned();
    assert_eq!(visible(&once), once);
}

#[test]
fn sizes_are_short() {
    for (bytes, expected) in [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (12_345, "12 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (3_400_000_000, "3.4 GB"),
        (u64::MAX / 2, "9223372037 GB"),
    ] {
        assert_eq!(size(bytes), expected);
    }
}

#[test]
fn json_shows_what_is_invisible_and_means_the_same() {
    let text = "a\u{7f}b\u{ad}c\u{2028}d\u{e0041}e\u{1f511}";
    let line = json_line(&text).unwrap();
    assert_eq!(line, "\"a\\u007fb\\u00adc\\u2028d\\udb40\\udc41e\u{1f511}\"\n");
    assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
}

#[test]
fn a_finding_names_its_place_and_what_to_do() {
    let place = |file: &str, line, field: &str| Place { file: file.into(), line, field: field.into() };
    let mut findings = Findings::default();
    findings.error(place("workload.yaml", Some(12), "volumes.data.seed"), "too short", "use 15 characters");
    findings.warning(place("play/pod.yml", None, ""), "no image", "");
    let text: String = findings.0.iter().map(shown).collect();
    assert_eq!(
        anstream::adapter::strip_str(&text).to_string(),
        "error: workload.yaml:12: volumes.data.seed: too short\n  hint: use 15 characters\n\
         warning: play/pod.yml: no image\n"
    );
    let failure = verdict("workload.yaml", &findings).unwrap_err();
    assert_eq!(failure.message, "`workload.yaml` is rejected: 1 error, 1 warning");
    assert_eq!(failure.exit, ExitCode::Rejected);
}
