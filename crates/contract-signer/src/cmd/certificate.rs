//! `contract-signer certificate …`.

use cli_kit::persona::Persona;
use cli_kit::{Failure, Report, certificate};

use crate::cli::certificate::{Certificate, Verb};

pub fn run(arguments: &Certificate, report: &Report) -> Result<(), Failure> {
    let persona = Persona::ContractSigner;
    match &arguments.verb {
        Verb::Show(arguments) => certificate::show(&arguments.shared, persona, report),
        Verb::Verify(arguments) => certificate::verify(&arguments.shared, persona, report),
        Verb::Fetch(arguments) => certificate::fetch(&arguments.shared, persona, report),
    }
}
