//! `env-deployer check`.

use cli_kit::{Failure, Report};
use contract_core::kind::Env;

use crate::cli::Check;

pub fn run(arguments: &Check, report: &Report) -> Result<(), Failure> {
    author_kit::check::<Env>(&arguments.shared, arguments.signing_key.signing_key.as_deref(), report)
}
