//! IBM's schemas, and the independent validator that judges contracts by them: Python's `jsonschema`.
//!
//! The schemas are not ours to pass on: where they are not next to the project, the tests that need them are skipped.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use contract_pki::platform::Platform;
use serde_json::Value;

/// The schema of IBM's tool for this product.
fn schema(platform: Platform) -> Option<PathBuf> {
    let version = match platform {
        Platform::Hpvs | Platform::Ccrt => "1.0.116",
        Platform::Ccrv => "1.0.116-rhel",
        Platform::Ccco => "coco-1.0.93-rhel",
    };
    let next_to_us = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = env::var_os("SHARED_DATA").map_or(next_to_us, PathBuf::from);
    let schema = data.join(format!("schema/hpse-contract-schema-{version}.json"));
    let found = fs::exists(&schema).unwrap_or(false);
    if !found {
        eprintln!("skipped: no {} next to the project; `SHARED_DATA=DIR` names its folder", schema.display());
    }
    found.then_some(schema)
}

/// A Python that has the validator: the user's own may have none.
fn python() -> Option<&'static str> {
    let has_validator = |python: &&str| {
        let import = Command::new(python)
            .args(["-W", "ignore", "-c", "import jsonschema"])
            .stderr(Stdio::null())
            .status();
        import.is_ok_and(|status| status.success())
    };
    let python = ["python3", "/usr/bin/python3"].into_iter().find(has_validator);
    if python.is_none() {
        eprintln!("skipped: python3 has no jsonschema module (Debian package python3-jsonschema)");
    }
    python
}

pub struct Judge {
    process: Child,
    contracts: ChildStdin,
    verdicts: BufReader<ChildStdout>,
}

impl Judge {
    /// `None` if there is no schema or no validator, which is printed.
    pub fn start(platform: Platform) -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/section_schema/judge_contracts.py");
        let mut command = Command::new(python()?);
        command.arg(script).arg(schema(platform)?).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let contracts = process.stdin.take().unwrap();
        let verdicts = BufReader::new(process.stdout.take().unwrap());
        Some(Self { process, contracts, verdicts })
    }

    /// The place in the contract and the rule of the schema that refuse it.
    pub fn judge(&mut self, contract: &Value) -> Result<(), String> {
        writeln!(self.contracts, "{contract}").unwrap();
        let mut verdict = String::new();
        self.verdicts.read_line(&mut verdict).unwrap();
        match verdict.trim_end() {
            "" => panic!("the validator ended"),
            "ok" => Ok(()),
            refusal => Err(refusal.to_owned()),
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
