//! What disagrees, side by side: workload left, env right.

use cli_kit::report::visible;
use contract_core::contract::Disagreement;

/// Columns of each side.
const WIDTH: usize = 44;
/// Columns of the names.
const NAME: usize = 16;

/// A table of lines.
pub fn lines(disagreements: &[Disagreement]) -> Vec<String> {
    let mut lines = row("", "workload", "env");
    for it in disagreements {
        lines.extend(row(it.what, &it.workload, &it.env));
    }
    lines
}

fn row(name: &str, left: &str, right: &str) -> Vec<String> {
    // made visible before it is measured, or what comes from outside could shift the columns
    let wrapped = |text: &str, width: usize| wrapped(&visible(text), width);
    let columns = [wrapped(name, NAME), wrapped(left, WIDTH), wrapped(right, WIDTH)];
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |column: &Vec<String>, line: usize| column.get(line).cloned().unwrap_or_default();
    let [names, left, right] = &columns;
    (0..height)
        .map(|line| {
            let (name, left, right) = (cell(names, line), cell(left, line), cell(right, line));
            format!("  {name:<NAME$}  {left:<WIDTH$}  {right}").trim_end().to_owned()
        })
        .collect()
}

/// Breaks between words, and within a word that is longer than a line: a fingerprint, say.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut letters: Vec<char> = word.chars().collect();
        loop {
            let Some(line) = lines.last_mut() else { return lines };
            let used = line.chars().count();
            let gap = usize::from(used > 0);
            if used + gap + letters.len() <= width {
                line.extend(std::iter::repeat_n(' ', gap).chain(letters));
                break;
            }
            if used == 0 {
                line.extend(letters.drain(..width));
            }
            lines.push(String::new());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
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
        let shown = lines(&[one("platform", "hpvs", "ccrt"), one("signing key at hand", "none", &long)]);
        assert_eq!(shown[1], format!("  {:<16}  {:<44}  ccrt", "platform", "hpvs"));
        assert!(shown.iter().all(|line| line.chars().count() <= 2 + 16 + 2 + 44 + 2 + 44), "{shown:#?}");
        let right: String = shown[2..].iter().map(|line| line.get(66..).unwrap_or_default()).collect();
        assert_eq!(right, long);
        let left: Vec<_> =
            shown[2..].iter().map(|line| line.get(2..18).unwrap_or(&line[2..]).trim()).collect();
        assert_eq!(left, ["signing key at", "hand"]);
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
}
