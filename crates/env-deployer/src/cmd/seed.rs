//! `env-deployer seed …`.

use cli_kit::author::seed;
use cli_kit::{Failure, Report};
use contract_core::section::Env;

use crate::cli::seed::{Seed, Verb};

pub fn run(arguments: &Seed, report: &Report) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::Add(arguments) => seed::add::<Env>(&arguments.shared, report),
        Verb::List(arguments) => seed::list::<Env>(&arguments.shared, report),
        Verb::Roll(arguments) => seed::roll::<Env>(&arguments.shared, report),
        Verb::Settle(arguments) => seed::settle::<Env>(&arguments.shared, report),
        Verb::Import(arguments) => seed::import::<Env>(&arguments.shared, report),
        Verb::Rekey(arguments) => seed::rekey::<Env>(&arguments.shared, report),
    }
}
