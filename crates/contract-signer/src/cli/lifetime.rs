//! Until when: the flags of `inspect` and `verify`.

use clap::Args;
use cli_kit::clock::{parse_at, parse_within};
use jiff::{SignedDuration, Timestamp};

/// Which day is asked about, and how long everything has to live from then on.
#[derive(Args)]
pub struct LifetimeArguments {
    /// Ask about another time than now: a day, 2027-01-31, or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_at)]
    pub at: Option<Timestamp>,
    /// Exit with 4 if anything ends within this time, as in 30d, 4w or 720h, has ended, or has not begun; and if it is not
    /// stated when something ends
    #[arg(long, value_name = "TIME", value_parser = parse_within)]
    pub fail_within: Option<SignedDuration>,
}
