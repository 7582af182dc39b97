//! The table of what must fail: which exit code and message it gives, and that nothing is left behind.

use crate::{Story, listing};

/// One way to fail.
pub struct Case {
    /// A bash script that must succeed, in a fresh folder in which everything is in order: see [`Story::signed`], and
    /// `prelude.bash` for the words that it may use.
    pub given: &'static str,
    /// The line that must fail.
    pub run: &'static str,
    /// Its exit code.
    pub exit: i32,
    /// All of this is in its output.
    pub says: &'static [&'static str],
}

impl Case {
    /// Runs it.
    pub fn check(&self) {
        let story = Story::signed();
        story.does(self.given);
        let before = listing(story.folder());
        let outcome = story.sh(self.run);
        let said = format!("{}{}", outcome.text(), outcome.stderr);
        let shown = said.get(..2000).unwrap_or(&said);
        let columns = columns(&outcome.stderr);
        for says in self.says {
            assert!(
                said.contains(says) || columns.contains(says),
                "does not say `{says}`, exit {}:\n{shown}",
                outcome.exit
            );
        }
        assert_eq!(outcome.exit, self.exit, "{shown}");
        assert!(!said.contains("panicked"), "{shown}");
        let steers = |c: char| c.is_control() && c != '\n';
        assert!(!said.contains(steers), "a control character reached the terminal: {shown:?}");
        assert!(said.len() < 20_000, "a wall of {} bytes:\n{shown}", said.len());
        assert!(self.exit < 3 || said.contains("hint:") || said.contains("HPL"), "no way on:\n{shown}");
        assert_eq!(listing(story.folder()), before, "something was left behind or changed");
    }
}

/// The text in the columns of a table of disagreements, each without its line breaks.
fn columns(said: &str) -> String {
    let rows: Vec<Vec<char>> =
        said.lines().filter(|line| line.starts_with("  ")).map(|line| line.chars().collect()).collect();
    let column = |from: usize, to: usize| {
        let cell = |row: &Vec<char>| row.iter().take(to).skip(from).collect::<String>().trim().to_owned();
        rows.iter().map(cell).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" ")
    };
    format!("{}\n{}", column(20, 64), column(66, 1000))
}

/// Makes each case of a table a test. `says` is one text or a list of texts, all of which must be in the output.
#[macro_export]
macro_rules! cases {
    ($($name:ident { given: $given:expr, run: $run:expr, exit: $exit:expr, says: $says:tt $(,)? })*) => {
        $(#[test]
        fn $name() {
            $crate::Case { given: $given, run: $run, exit: $exit, says: $crate::cases!(@says $says) }.check();
        })*
    };
    (@says [$($says:expr),+ $(,)?]) => { &[$($says),+] };
    (@says $says:expr) => { &[$says] };
}
