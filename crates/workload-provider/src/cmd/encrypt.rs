//! `workload-provider encrypt`.

use cli_kit::{Failure, Report};
use contract_core::kind::Workload;

use crate::cli::Encrypt;

pub fn run(arguments: &Encrypt, report: &Report) -> Result<(), Failure> {
    author_kit::encrypt::<Workload>(&arguments.shared, None, report)
}
