//! Whose word the record of the signing is: the contract signer's key, and who may vouch, as the auditor knows them.

use std::path::{Path, PathBuf};

use cli_kit::looks::Looks;
use cli_kit::persona::PersonaFile;
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::allowed_signers::{self, AllowedSigners};
use contract_core::contract::record::{Difference, Record, RecordError};
use contract_core::user_data::{self, UserDataFacts};
use contract_core::verifying_key::VerifyingKey;
use jiff::Timestamp;

use crate::cli::Compare;

/// Larger than any key or certificate.
const KEY_LIMIT: usize = 256 << 10;

/// What the auditor himself knows of the contract signer.
pub struct Signer {
    key: Option<(PathBuf, VerifyingKey)>,
    allowed: Option<(PathBuf, AllowedSigners)>,
    at: Timestamp,
}

/// What was held against that.
#[derive(Default)]
pub struct Checked {
    /// The contract signer's key.
    pub key: Option<PathBuf>,
    /// The contract's signature, with that key.
    pub contract: bool,
    /// The names of those who vouch.
    pub names: bool,
}

impl Signer {
    /// As `compare` names it, or the folder.
    pub fn read(arguments: &Compare, persona: &PersonaFile, report: &Report) -> Result<Self, Failure> {
        let key = arguments.signing_key.clone().or_else(|| persona.signing_key.clone());
        let allowed = arguments.allowed_signers.clone().or_else(|| persona.audit.allowed_signers.clone());
        Ok(Self {
            key: key.map(verifying_key).transpose()?,
            allowed: allowed.map(|path| allowed_signers(path, report)).transpose()?,
            at: arguments.signature.chain.at(),
        })
    }

    /// Whether there is a key that user data could be verified with.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Holds the user data, if they are at hand, and the record against it. The record's names are the verified ones then.
    pub fn check(
        self,
        user_data: Option<&(String, UserDataFacts)>,
        signing: &mut Option<(PathBuf, Record)>,
        report: &Report,
    ) -> Result<Checked, Failure> {
        if let (Some((_, key)), Some((name, facts))) = (&self.key, user_data) {
            facts.verify(key, self.at).doing(|| format!("`{name}` does not hold"))?;
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
            lifetime.signing_certificate_holds(self.at).doing(|| format!("`{name}` does not hold"))?;
        }
        if let Some(facts) = facts {
            let compared = match &self.key {
                Some((_, key)) => record.verify(facts, key),
                None => record.verify_without_key(facts),
            };
            tell(&compared, report);
            compared.doing(|| format!("`{name}`"))?;
        }
        if let Some((path, signers)) = &self.allowed {
            record
                .name_vouchers(signers, self.at)
                .map_err(|(namespace, reason)| (namespace.section(), reason))
                .or_else(|(section, reason)| {
                    Err(reason).doing(|| format!("`{name}`: its {section} half, by `{}`", input::name(path)))
                })?;
            let verdict = record.verify_itself();
            tell(&verdict, report);
            verdict.doing(|| format!("`{name}` contradicts itself"))?;
        }
        Ok(())
    }
}

impl Checked {
    /// What is the contract signer's word alone.
    pub fn unchecked(&self, signing: Option<&(PathBuf, Record)>) -> Vec<String> {
        let Some((path, _)) = signing else { return Vec::new() };
        let name = input::name(path);
        let mut unchecked = Vec::new();
        match &self.key {
            None => unchecked.push(format!(
                "who signed the contract: `{name}` is the signer's word, and not signed (`--signing-key`)"
            )),
            Some(key) if !self.contract => unchecked.push(format!(
                "whether the contract is signed with `{}`: no user data are at hand (`--user-data` or `--medium`)",
                input::name(key)
            )),
            Some(_) => {}
        }
        if !self.names {
            unchecked.push(format!(
                "whose keys vouch: the names in `{name}` are the signer's word (`--allowed-signers`)"
            ));
        }
        unchecked
    }
}

/// The user data in a file of their own.
pub fn user_data(path: &Path) -> Result<(String, UserDataFacts), Failure> {
    let name = input::name(path);
    let facts =
        user_data::survey(Looks::open(path)?.0).doing(|| format!("cannot read `{name}` as user data"))?;
    Ok((name, facts))
}

/// In what a record contradicts itself or its user data.
pub fn tell(compared: &Result<(), RecordError>, report: &Report) {
    if let Err(RecordError::Changed(differences) | RecordError::Differs(differences)) = compared {
        for Difference { what, record, found } in differences {
            report.note(&format!("  {what}: {record} in one place, {found} in another"));
        }
    }
}

fn same_key(name: &str, record: &Record, key_name: &str, key: &VerifyingKey) -> Result<(), Failure> {
    let (said, known) = (&record.signing_key, key.fingerprint());
    if said == known {
        return Ok(());
    }
    let message = format!("`{name}` is of a contract signed with {said}, and `{key_name}` is {known}");
    Err(Failure::new(ExitCode::Refused, message).hint(
        "ask the contract signer, on a way of your own, for his key and for the record of this contract",
    ))
}

fn verifying_key(path: PathBuf) -> Result<(PathBuf, VerifyingKey), Failure> {
    let text = input::read_text(&path, KEY_LIMIT)?;
    let key = VerifyingKey::parse(&text).doing(|| format!("cannot use `{}`", input::name(&path)))?;
    Ok((path, key))
}

fn allowed_signers(path: PathBuf, report: &Report) -> Result<(PathBuf, AllowedSigners), Failure> {
    let name = input::name(&path);
    let (read, findings) = AllowedSigners::parse(&input::read_text(&path, allowed_signers::LIMIT)?, &name);
    let told = report.findings(&name, &findings);
    let signers = read.doing(|| format!("cannot read `{name}`")).map_err(|failure| match told {
        Err(verdict) => Failure { hints: failure.hints, ..verdict },
        Ok(()) => failure,
    })?;
    Ok((path, signers))
}
