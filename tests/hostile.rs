//! The hostile table: what goes wrong, which exit code and message it earns, and that nothing is left behind.
//!
//! Each case is a test of its own. `given` is a bash script that must succeed; `run` is the line that must fail, and
//! fail as stated. All run in a fresh folder in which everything is in order: see [`Story::signed`] and
//! `src/prelude.bash` for the words that the scripts use.

use story_tests::{Story, listing};

mod archives;
mod disks;
mod boot_media;
mod files;
mod handoffs;
mod keys;
mod sections;
mod vaults;
mod tokens;
mod trust;
mod user_data;

/// One line of a table.
pub(crate) struct Case {
    pub given: &'static str,
    pub run: &'static str,
    pub exit: i32,
    /// All of it.
    pub says: &'static [&'static str],
}

impl Case {
    pub(crate) fn check(&self) {
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

/// What stands in the columns of a table of disagreements, each without its line breaks.
fn columns(said: &str) -> String {
    let rows: Vec<Vec<char>> =
        said.lines().filter(|line| line.starts_with("  ")).map(|line| line.chars().collect()).collect();
    let column = |from: usize, to: usize| {
        let cell = |row: &Vec<char>| row.iter().take(to).skip(from).collect::<String>().trim().to_owned();
        rows.iter().map(cell).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" ")
    };
    format!("{}\n{}", column(20, 64), column(66, 1000))
}

/// Makes each case of a table a test.
macro_rules! hostile {
    ($($name:ident { given: $given:expr, run: $run:expr, exit: $exit:expr, says: $says:expr $(,)? })*) => {
        $(#[test]
        fn $name() {
            $crate::hostile::Case { given: $given, run: $run, exit: $exit, says: &[$says] }.check();
        })*
    };
}
use hostile;
