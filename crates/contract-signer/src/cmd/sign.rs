//! `contract-signer sign`: reads both halves, combines them, writes the user data with its signing record, and presents
//! what was done.

mod present;
mod sources;

use std::io::{Read, Seek, Write as _};
use std::path::Path;

use cli_kit::names::same_target;
use cli_kit::output::{Output, Visibility, commit_all, quoted_list};
use cli_kit::progress::{Progress, workers};
use cli_kit::{Doing as _, Failure, Report, clock, expect};
use contract_core::contract::record::Record;
use contract_core::contract::{Accept, Contract};
use contract_core::statement::Tool;
use contract_core::user_data::{self, UserDataFacts};
use contract_pki::certificate::{Expiry, Foreign};
use contract_pki::private_key::SigningKey;
use contract_pki::random::SystemRandomness;
use contract_pki::verifying_key::VerifyingKey;
use jiff::Timestamp;

use super::signing_record;
use crate::cli::Sign;
use present::Presented;
use sources::{Inputs, Sources};

const CANNOT: &str = "cannot sign";

pub fn run(arguments: &Sign, report: &Report) -> Result<(), Failure> {
    // find inputs, create outputs, then read
    let sources = Sources::resolve(arguments, report)?;
    let outputs = Outputs::create(arguments, &sources, report)?;
    let at = clock::now();
    let Inputs { workload, env, auditor_key, other_entries, earlier, key } = sources.read(at, report)?;

    // combine
    let mut contract = Contract::combine(workload, env, &key, at, arguments.accept())
        .map_err(|error| present::disagreement(CANNOT, &error, report))?;
    if let Some(auditor_key) = auditor_key {
        contract = contract.with_auditor_key(auditor_key, at).doing(|| CANNOT.to_owned())?;
    }
    let contract = contract.with_entries(other_entries);
    let changes = contract.changes_since(&earlier);
    present::warn_before_signing(&contract, &changes, report);

    // write
    let (record, written) = outputs.write(contract, &key, &sources, at, report)?;

    // present
    Presented { record, written, changes, at }.show(report)
}

/// The files that are written, all of them or none.
struct Outputs {
    user_data: Output,
    record: Option<Output>,
    expected_lines: Option<Output>,
}

/// Names of what was written; `record` is `None` if the user data goes to standard output and no record is named.
struct Written {
    user_data: String,
    record: Option<String>,
    /// For people: `` `user-data` and `user-data.record.json` ``.
    quoted: String,
}

impl Outputs {
    fn create(arguments: &Sign, sources: &Sources<'_>, report: &Report) -> Result<Self, Failure> {
        let (target, force) = (arguments.output.as_path(), arguments.force.force);
        for target in [Some(target), arguments.record.as_deref()].into_iter().flatten() {
            report.shares_stdout_with(target)?;
        }
        let protected = sources.protected();
        let user_data = Output::create(target, force, Visibility::Public, &protected)?;

        let default = signing_record::default_path(target);
        let path = arguments.record.as_deref().or_else(|| user_data.is_file().then_some(default.as_path()));
        if path.is_none() && (arguments.accept() != Accept::NOTHING || arguments.assembled.is_some()) {
            let message = "`--danger-…` and `--assembled` need a signing record of what was accepted, and none is written if the user data is not a file";
            return Err(Failure::usage(message).hint("name one: `--record user-data.record.json`"));
        }
        let record = path.map(|path| {
            if same_target(target, path) {
                let message = format!("`{}` cannot be both user data and signing record", path.display());
                return Err(Failure::usage(message).hint("name another file with `--record`"));
            }
            // the previous contract's record may be replaced: it is read before anything is written
            let is_previous = arguments.previous.iter().any(|previous| same_target(previous, path));
            if is_previous {
                Output::create_unprotected(path, force, Visibility::Public)
            } else {
                Output::create(path, force, Visibility::Public, &protected)
            }
        });
        let record = record.transpose()?;

        let others: Vec<&Path> = [Some(target), path].into_iter().flatten().collect();
        let expected_lines = arguments.expect.create(&others, force, &protected, report)?;
        Ok(Self { user_data, record, expected_lines })
    }

    /// Signs and writes everything, and reads the user data back before it gets its name.
    fn write<R: Read + Seek>(
        mut self,
        contract: Contract<'_, R>,
        key: &SigningKey,
        sources: &Sources<'_>,
        at: Timestamp,
        report: &Report,
    ) -> Result<(Record, Written), Failure> {
        let progress = Progress::spinner(report, "signing");
        let signed = contract.sign(workers(), &mut SystemRandomness, &mut self.user_data);
        let mut signed = signed.doing(|| CANNOT.to_owned())?;
        let facts = read_back(&mut self.user_data, key.public())?;
        drop(progress);

        sources.add_checks(&mut signed);
        let tool = Tool { name: "contract-signer".into(), version: env!("CARGO_PKG_VERSION").into() };
        let record = Record::new(signed, &facts, key.public(), at, tool);
        if let Some(output) = &mut self.record {
            let json = record.to_json().map_err(std::io::Error::from);
            json.and_then(|json| output.write_all(&json))
                .map_err(|error| Failure::from_io("cannot write the signing record", &error))?;
        }
        expect::write(&mut self.expected_lines, record.attestation_record.clone())?;

        let outputs = [Some(&self.user_data), self.record.as_ref(), self.expected_lines.as_ref()];
        let written = Written {
            user_data: self.user_data.name(),
            record: self.record.as_ref().map(Output::name),
            quoted: quoted_list(outputs.into_iter().flatten()),
        };
        // the user data comes last: it must not exist without its record
        commit_all([self.record, self.expected_lines, Some(self.user_data)].into_iter().flatten())?;
        Ok((record, written))
    }
}

/// Reads what was written, and verifies it with the public key, before it gets its name.
fn read_back(output: &mut Output, key: &VerifyingKey) -> Result<UserDataFacts, Failure> {
    let facts = user_data::survey(output).doing(|| "the user data does not read back".into())?;
    // not `at`: signing may have taken long
    facts.verify(key, clock::now()).doing(|| "the user data does not verify".into())?;
    Ok(facts)
}

impl Sign {
    fn accept(&self) -> Accept {
        let expired = self.danger_accept_expired_certificate;
        let foreign = self.danger_accept_foreign_certificate;
        Accept {
            expiry: if expired { Expiry::DangerAccept } else { Expiry::Refuse },
            foreign: if foreign { Foreign::DangerAccept } else { Foreign::Refuse },
            unvouched: self.danger_accept_unsigned_tokens,
            one_person: self.danger_allow_one_person,
        }
    }
}
