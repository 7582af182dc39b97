//! `workload-provider check`.

use cli_kit::{Failure, Report};
use contract_core::kind::Workload;

use crate::cli::Check;

pub fn run(arguments: &Check, report: &Report) -> Result<(), Failure> {
    author_kit::check::<Workload>(&arguments.shared, None, report)
}
