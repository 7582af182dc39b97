//! `env-deployer encrypt`.

use cli_kit::{Failure, Report};
use contract_core::kind::Env;

use crate::cli::Encrypt;

pub fn run(arguments: &Encrypt, report: &Report) -> Result<(), Failure> {
    author_kit::encrypt::<Env>(&arguments.shared, arguments.signing_key.signing_key.as_deref(), report)
}
