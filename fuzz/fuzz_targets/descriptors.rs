//! Compose files and descriptors of Pods: one file, and with it, separated by NUL, a `.env` and a second file. No panic,
//! with and without an environment.
#![cfg_attr(fuzzing, no_main)]

use container_descriptors::{Environment, TopLevel, compose, play};
use strict_yaml::{Limits, Tags};

contract_fuzz::target!(descriptors);

fn descriptors(data: &[u8]) {
    let pieces: Vec<_> = data.splitn(3, |byte| *byte == 0).collect();
    let env =
        strict_yaml::parse("type: env\nenv:\n  A: \"1\"\n  B: \"${A}\"\n", &Limits::default(), Tags::Refused);
    let known = Environment::merged(&env.expect("an env section").root, &[]);
    for environment in [&Environment::default(), &known] {
        let _ = compose(&folder("docker-compose.yaml", &pieces), environment).all_findings();
        let _ = play(&folder("pod.yaml", &pieces), &[], environment).all_findings();
    }
}

fn folder(name: &str, contents: &[&[u8]]) -> TopLevel {
    let mut top = TopLevel::new("folder");
    for (name, content) in [name, ".env", "second.yaml"].into_iter().zip(contents) {
        top.add_file(name, || Ok(*content)).expect("memory reads");
    }
    top
}
