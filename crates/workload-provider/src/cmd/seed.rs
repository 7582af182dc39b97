//! `workload-provider seed …`.

use cli_kit::author::seed;
use cli_kit::{Failure, Report};
use contract_core::section::Workload;

use crate::cli::seed::{Seed, Verb};

pub fn run(arguments: &Seed, report: &Report) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::Add(arguments) => seed::add::<Workload>(&arguments.shared, report),
        Verb::List(arguments) => seed::list::<Workload>(&arguments.shared, report),
        Verb::Roll(arguments) => seed::roll::<Workload>(&arguments.shared, report),
        Verb::Settle(arguments) => seed::settle::<Workload>(&arguments.shared, report),
        Verb::Import(arguments) => seed::import::<Workload>(&arguments.shared, report),
        Verb::Rekey(arguments) => seed::rekey::<Workload>(&arguments.shared, report),
    }
}
