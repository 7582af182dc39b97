//! Exit codes: the one table, explained in docs/exit-codes.md.

use findings::Blame;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Everything asked for was done.
    Done = 0,
    /// The machine failed: file, network, memory.
    CouldNot = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The input was read and rejected.
    Rejected = 3,
    /// Verification refused: signature, provenance, disagreement, expiry.
    Refused = 4,
    /// A secret is missing: passphrase, identity.
    NoSecret = 5,
}

impl ExitCode {
    /// All exit codes, in order.
    pub const ALL: [Self; 6] =
        [Self::Done, Self::CouldNot, Self::Usage, Self::Rejected, Self::Refused, Self::NoSecret];

    /// The number that the shell gets.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Its meaning, worded as in docs/exit-codes.md.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::CouldNot => "could not: file, network, machine",
            Self::Usage => "wrong usage",
            Self::Rejected => "input read and rejected",
            Self::Refused => "verification refused: signature, provenance, disagreement, expiry",
            Self::NoSecret => "a secret is missing: passphrase, identity",
        }
    }
}

impl From<Blame> for ExitCode {
    fn from(blame: Blame) -> Self {
        match blame {
            Blame::Machine => Self::CouldNot,
            Blame::Input => Self::Rejected,
            Blame::Refusal => Self::Refused,
            Blame::Secret => Self::NoSecret,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(exit: ExitCode) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_table_is_the_enum() {
        let page = include_str!("../../../docs/exit-codes.md");
        let rows: Vec<(&str, &str)> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
            .filter(|(code, _)| code.parse::<u8>().is_ok())
            .map(|(code, rest)| (code, rest.split(" | ").next().unwrap()))
            .collect();
        let table: Vec<(String, &str)> =
            ExitCode::ALL.iter().map(|exit| (exit.code().to_string(), exit.meaning())).collect();
        assert_eq!(rows, table.iter().map(|(code, meaning)| (code.as_str(), *meaning)).collect::<Vec<_>>());
    }
}
