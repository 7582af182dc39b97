//! `workload-provider encrypt`.

use cli_kit::{Failure, Report, author};
use contract_core::kind::Workload;

use crate::cli::Encrypt;

pub fn run(arguments: &Encrypt, report: &Report) -> Result<(), Failure> {
    author::encrypt::<Workload>(&arguments.shared, None, report)
}
