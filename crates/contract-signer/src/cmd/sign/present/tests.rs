//! What disagrees, in columns.

use super::*;

#[test]
fn long_values_stay_in_their_columns() {
    let long = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let one = |what, workload: &str, env: &str| Disagreement {
        what,
        workload: workload.into(),
        env: env.into(),
        hints: Vec::new(),
    };
    let shown = table(&[one("platform", "hpvs", "ccrt"), one("given signing key", "none", &long)]);
    assert_eq!(shown[1], format!("  {:<16}  {:<44}  ccrt", "platform", "hpvs"));
    assert!(shown.iter().all(|line| line.chars().count() <= 2 + 16 + 2 + 44 + 2 + 44), "{shown:#?}");
    let right: String = shown[2..].iter().map(|line| line.get(66..).unwrap_or_default()).collect();
    assert_eq!(right, long);
    let left: Vec<_> = shown[2..].iter().map(|line| line.get(2..18).unwrap_or(&line[2..]).trim()).collect();
    assert_eq!(left, ["given signing", "key"]);
}

#[test]
fn what_steers_a_terminal_shifts_no_column() {
    let hostile = row("volumes", &"\u{1b}[2J".repeat(6), "data");
    assert_eq!(hostile.len(), 2);
    assert_eq!(hostile[0].find("data"), Some(66));
    assert!(hostile.concat().is_ascii() && !hostile.concat().contains(char::is_control), "{hostile:?}");
    assert_eq!(row("volumes", "a\nb", "c").len(), 1);
}

#[test]
fn nothing_is_no_line_and_no_loop() {
    assert_eq!(wrapped("", 5), [""]);
    assert_eq!(wrapped("abcdefghijkl", 5), ["abcde", "fghij", "kl"]);
    assert_eq!(wrapped("ab abcdefgh", 5), ["ab", "abcde", "fgh"]);
}
