//! `contract-auditor keygen`: makes the auditor key, protected, and its public half next to it.

use cli_kit::persona::Persona;
use cli_kit::private_key::{self, NewPair};
use cli_kit::{Failure, Report};
use contract_pki::private_key::Auditing;

use crate::cli::Keygen;

pub fn run(arguments: &Keygen, report: &Report) -> Result<(), Failure> {
    let pair = NewPair {
        persona: Persona::ContractAuditor,
        path: &arguments.output,
        passphrase: &arguments.passphrase,
        weak: arguments.weak,
        force: arguments.force.force,
        reader: "the contract signer",
    };
    private_key::keygen::<Auditing>(&pair, report)
}
