//! The hostile table: what goes wrong, which exit code and message it earns, and that nothing is left behind.
//!
//! Each case is a test of its own. `given` is a bash script that must succeed; `run` is the line that must fail, and
//! fail as told. All run in a fresh folder in which everything is in order: see [`Story::signed`] and
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

/// One line of the table.
struct Case {
    given: &'static str,
    run: &'static str,
    exit: i32,
    says: &'static str,
}

impl Case {
    fn check(&self) {
        let story = Story::signed();
        story.does(self.given);
        let before = listing(story.folder());
        let outcome = story.sh(self.run);
        let said = format!("{}{}", outcome.text(), outcome.stderr);
        let shown = said.get(..2000).unwrap_or(&said);
        assert!(said.contains(self.says), "does not say `{}`, exit {}:\n{shown}", self.says, outcome.exit);
        assert_eq!(outcome.exit, self.exit, "{shown}");
        assert!(!said.contains("panicked"), "{shown}");
        assert!(said.len() < 20_000, "a wall of {} bytes:\n{shown}", said.len());
        assert!(self.exit < 3 || said.contains("hint:") || said.contains("HPL"), "no way on:\n{shown}");
        assert_eq!(listing(story.folder()), before, "something was left behind or changed");
    }
}

/// Makes each case of a table a test.
macro_rules! hostile {
    ($($name:ident { given: $given:expr, run: $run:expr, exit: $exit:expr, says: $says:expr $(,)? })*) => {
        $(#[test]
        fn $name() {
            $crate::hostile::Case { given: $given, run: $run, exit: $exit, says: $says }.check();
        })*
    };
}
use hostile;
