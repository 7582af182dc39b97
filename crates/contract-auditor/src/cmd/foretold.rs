//! Who foretells which lines of the guest's record: the record of the signing, the medium, and whoever else.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use cli_kit::failure::DoingIo as _;
use cli_kit::input::Input;
use cli_kit::persona::PersonaFile;
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::attestation::comparison::Foretold;
use contract_core::attestation::{AttestationRecord, LONGEST};
use contract_core::boot_media::Medium;
use contract_core::contract::record::{self, Record};
use contract_core::user_data::{UserDataFacts, survey};

use super::signer::{self, Checked, Signer};
use crate::cli::Compare;

/// All that is held against the guest's record.
pub struct Expectations {
    /// Of the signing, and where it stands.
    pub signing: Option<(PathBuf, Record)>,
    pub foretold: Vec<Foretold>,
    /// What of the signing was checked here.
    pub checked: Checked,
}

impl Expectations {
    /// What of the signing nobody looked at.
    pub fn unchecked(&self) -> Vec<String> {
        self.checked.unchecked(self.signing.as_ref())
    }
}

/// Reads them all. Who has somebody else's lines may do without the record of the signing.
pub fn read(arguments: &Compare, persona: &PersonaFile, report: &Report) -> Result<Expectations, Failure> {
    let signer = Signer::read(arguments, persona, report)?;
    let mut user_data = arguments.user_data.as_deref().map(signer::user_data).transpose()?;
    let path = arguments.signing_record.as_ref().unwrap_or(&persona.audit.record);
    let others = arguments.medium.is_some() || !arguments.expect.is_empty();
    let absent = arguments.signing_record.is_none() && !path.exists();
    let mut foretold = Vec::new();
    let mut signing = if absent && others {
        None
    } else {
        let record = signing_record(path, report)?;
        foretold.push(of_signing(path, &record));
        Some((path.clone(), record))
    };
    if let Some(path) = &arguments.medium {
        let (lines, inside) = medium(path, signer.has_key() && user_data.is_none())?;
        foretold.push(lines);
        user_data = user_data.or(inside);
    }
    for path in &arguments.expect {
        foretold.push(lines(path)?);
    }
    let checked = signer.check(user_data.as_ref(), &mut signing, report)?;
    Ok(Expectations { signing, foretold, checked })
}

fn signing_record(path: &Path, report: &Report) -> Result<Record, Failure> {
    let name = input::name(path);
    let json = input::read_text(path, record::LONGEST).map_err(|failure| {
        if path.exists() {
            failure
        } else {
            failure.hint("get it from the contract signer, or foretell lines yourself: `--expect FILE`")
        }
    })?;
    let record = Record::parse(&json).doing(|| format!("cannot read `{name}`"))?;
    let verdict = record.verify_itself();
    signer::tell(&verdict, report);
    verdict.doing(|| format!("`{name}` contradicts itself"))?;
    Ok(record)
}

/// IBM's own example of a record shows a line for the signature, too; contract-format, section 8, does not name it.
fn of_signing(path: &Path, record: &Record) -> Foretold {
    let signature = ("contract:envWorkloadSignature".to_owned(), record.signature.sha256.clone());
    Foretold {
        by: input::name(path),
        lines: record.attestation_record.clone(),
        if_shown: BTreeMap::from([signature]),
        whole_contract: true,
    }
}

/// With the user data on it, if they are wanted.
fn medium(path: &Path, wanted: bool) -> Result<(Foretold, Option<(String, UserDataFacts)>), Failure> {
    let cannot_read = || format!("cannot read `{}` as a boot medium", input::name(path));
    let mut file = Input::open(path)?;
    let medium = Medium::read(&mut file).doing(cannot_read)?;
    let lines = medium.attestation_lines(&mut file).doing(cannot_read)?;
    let lines = lines.into_iter().map(|(name, sha256)| (name.to_owned(), sha256)).collect();
    let by = input::name(path);
    let user_data = wanted.then(|| {
        let mut bytes = Vec::new();
        let mut inside = medium.user_data.open(&mut file).doing_io("read", path)?;
        inside.read_to_end(&mut bytes).doing_io("read", path)?;
        let facts = survey(Cursor::new(bytes)).doing(|| format!("cannot use the user data on `{by}`"))?;
        Ok::<_, Failure>((by.clone(), facts))
    });
    let user_data = user_data.transpose()?;
    Ok((Foretold { by, lines, if_shown: BTreeMap::new(), whole_contract: false }, user_data))
}

fn lines(path: &Path) -> Result<Foretold, Failure> {
    let by = input::name(path);
    let limit = usize::try_from(LONGEST).unwrap_or(usize::MAX);
    let cannot_read = |cause: &str| {
        Failure::new(ExitCode::Rejected, format!("cannot read `{by}`: {cause}"))
            .hint("write one line for each that you foretell: `<sha256> <name>`")
    };
    let read = AttestationRecord::parse(&input::read_text(path, limit)?)
        .map_err(|error| cannot_read(&error.to_string()))?;
    // one that is no checksum would not be compared, and nobody would know
    let remark = read.remarks().iter().find(|line| !line.trim_start().starts_with('#'));
    if let Some(remark) = remark {
        return Err(cannot_read(&format!("no line `<sha256> <name>`: {remark}")));
    }
    Ok(Foretold { lines: read.lines().clone(), by, if_shown: BTreeMap::new(), whole_contract: false })
}
