//! `persona.yaml`, as each persona reads it: read or refused.
#![cfg_attr(fuzzing, no_main)]

use std::path::Path;

use cli_kit::persona::{self, Persona};

contract_fuzz::target!(persona_file);

fn persona_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for persona in
        [Persona::WorkloadProvider, Persona::EnvDeployer, Persona::ContractSigner, Persona::ContractAuditor]
    {
        let _ = persona::parse(text, Path::new("folder"), persona);
    }
}
