//! The contract signer's signing record, checked with what the auditor knows without it: the signer's key, and who may vouch.

use std::path::{Path, PathBuf};

use cli_kit::evidence::{self, RECORD_LIMIT};
use cli_kit::persona::AuditorFolder;
use cli_kit::{Doing as _, ExitCode, Failure, Report, input, received};
use contract_core::contract::record::Record;
use contract_core::user_data::{self, UserDataFacts};
use contract_pki::verifying_key::VerifyingKey;
use jiff::Timestamp;
use ssh_signatures::allowed_signers::AllowedSigners;

use crate::cli::Compare;

/// User data, and the name of the file that it was in.
pub type NamedUserData = (String, UserDataFacts);

/// A signing record, and its file.
pub type SigningRecord = (PathBuf, Record);

/// What the auditor knows of the contract signer.
pub struct KnownSigner {
    key: Option<(PathBuf, VerifyingKey)>,
    allowed: Option<(PathBuf, AllowedSigners)>,
    at: Timestamp,
}

/// What was checked with that.
#[derive(Default)]
pub struct Checked {
    /// The contract signer's key, which the record names.
    pub key: Option<PathBuf>,
    /// The contract's signature, with that key.
    pub contract: bool,
    /// The names of those who vouch.
    pub names: bool,
}

/// Reads a signing record that does not contradict itself.
pub fn read(path: &Path, report: &Report) -> Result<Record, Failure> {
    let name = input::name(path);
    let json = input::read_text(path, RECORD_LIMIT).map_err(|failure| {
        if path.exists() {
            failure
        } else {
            failure
                .hint("get it from the contract signer, or name the lines that you expect: `--expect FILE`")
        }
    })?;
    let record = Record::parse(&json).doing(|| format!("cannot read `{name}`"))?;
    verify_consistency(&name, &record, report)?;
    Ok(record)
}

/// Reads user data in its own file.
pub fn user_data(path: &Path) -> Result<NamedUserData, Failure> {
    let name = input::name(path);
    let facts = user_data::survey(received::user_data(path)?)
        .doing(|| format!("cannot read `{name}` as user data"))?;
    Ok((name, facts))
}

fn verify_consistency(name: &str, record: &Record, report: &Report) -> Result<(), Failure> {
    evidence::verified(record.verify_consistency(), || format!("`{name}` contradicts itself"), report)
}

impl KnownSigner {
    /// From the flags of `compare`, or the auditor's folder.
    pub fn read(arguments: &Compare, persona: &AuditorFolder, report: &Report) -> Result<Self, Failure> {
        let key = arguments.signing_key.as_ref().or(persona.signing_key.as_ref());
        let key = key.map(|path| Ok((path.clone(), evidence::verifying_key(path)?))).transpose()?;
        let allowed = arguments.allowed_signers.as_ref().or(persona.allowed_signers.as_ref());
        let allowed = allowed.map(|path| Ok((path.clone(), evidence::allowed_signers(path, report)?)));
        Ok(Self { key, allowed: allowed.transpose()?, at: arguments.signature.chain.at() })
    }

    /// Whether there is a key that user data could be verified with.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Verifies the user data, if any was given, and checks the record against it. The record then has the verified names.
    pub fn check(
        self,
        user_data: Option<&NamedUserData>,
        signing: &mut Option<SigningRecord>,
        report: &Report,
    ) -> Result<Checked, Failure> {
        if let (Some((_, key)), Some((name, facts))) = (&self.key, user_data) {
            facts.verify(key, self.at).doing(|| format!("cannot verify `{name}`"))?;
        }
        let names = self.allowed.is_some() && signing.is_some();
        if let Some((path, record)) = signing {
            self.check_record(&input::name(path), record, user_data.map(|(_, facts)| facts), report)?;
        }
        let contract = self.key.is_some() && user_data.is_some();
        Ok(Checked { key: self.key.map(|(path, _)| path), contract, names })
    }

    fn check_record(
        &self,
        name: &str,
        record: &mut Record,
        facts: Option<&UserDataFacts>,
        report: &Report,
    ) -> Result<(), Failure> {
        if let Some((path, key)) = &self.key {
            same_key(name, record, &input::name(path), key)?;
            let lifetime = record.lifetime().with_signing_key(key);
            lifetime.check_signing_certificate(self.at).doing(|| format!("cannot verify `{name}`"))?;
        }
        if let Some(facts) = facts {
            let outcome = match &self.key {
                Some((_, key)) => record.verify(facts, key),
                None => record.verify_without_key(facts),
            };
            evidence::verified(outcome, || format!("`{name}`"), report)?;
        }
        if let Some((path, signers)) = &self.allowed {
            record.name_vouchers(signers, self.at).or_else(|(namespace, reason)| {
                let section = namespace.section();
                Err(reason).doing(|| format!("`{name}`: its {section} half, by `{}`", input::name(path)))
            })?;
            verify_consistency(name, record, report)?;
        }
        Ok(())
    }
}

impl Checked {
    /// What only the contract signer states.
    pub fn unchecked(&self, signing: Option<&SigningRecord>) -> Vec<String> {
        let Some((path, _)) = signing else { return Vec::new() };
        let name = input::name(path);
        let mut unchecked = Vec::new();
        match &self.key {
            None => unchecked.push(format!(
                "who signed the contract: only `{name}` states it, and it is not signed (`--signing-key`)"
            )),
            Some(key) if !self.contract => unchecked.push(format!(
                "whether the contract is signed with `{}`: no user data is given (`--user-data` or `--medium`)",
                input::name(key)
            )),
            Some(_) => {}
        }
        if !self.names {
            unchecked.push(format!("whose keys vouch: only `{name}` states the names (`--allowed-signers`)"));
        }
        unchecked
    }
}

fn same_key(name: &str, record: &Record, key_name: &str, key: &VerifyingKey) -> Result<(), Failure> {
    let (stated, known) = (&record.signing_key, key.fingerprint());
    if stated == known {
        return Ok(());
    }
    let message = format!("`{name}` is of a contract signed with {stated}, and `{key_name}` is {known}");
    Err(Failure::new(ExitCode::Refused, message)
        .hint("ask the contract signer directly for their key, and for the signing record of this contract"))
}
