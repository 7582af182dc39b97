//! `workload-provider check`.

use cli_kit::{Failure, Report, author};
use contract_core::kind::Workload;

use crate::cli::Check;

pub fn run(arguments: &Check, report: &Report) -> Result<(), Failure> {
    author::check::<Workload>(&arguments.shared, None, report)
}
