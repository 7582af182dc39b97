//! What the guest's attestation record must show, by the signing record, the boot medium and other files.

use std::collections::BTreeMap;
use std::path::Path;

use cli_kit::failure::DoingIo as _;
use cli_kit::input::Input;
use cli_kit::persona::AuditorFolder;
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::attestation::comparison::Expectation;
use contract_core::attestation::{AttestationRecord, LONGEST};
use contract_core::boot_media::Medium;
use contract_core::contract::record::Record;
use contract_core::user_data::survey;

use crate::cli::Compare;
use crate::signing_record::{self, Checked, KnownSigner, NamedUserData, SigningRecord};

/// All that the guest's record is compared with.
pub struct Expectations {
    pub signing: Option<SigningRecord>,
    pub sources: Vec<Expectation>,
    /// What of the signing record was checked.
    pub checked: Checked,
}

impl Expectations {
    /// Reads all of them. The signing record may be missing if there are others.
    pub fn read(arguments: &Compare, persona: &AuditorFolder, report: &Report) -> Result<Self, Failure> {
        let signer = KnownSigner::read(arguments, persona, report)?;
        let mut user_data = arguments.user_data.as_deref().map(signing_record::user_data).transpose()?;
        let path = arguments.signing_record.as_ref().unwrap_or(&persona.record);
        let others = arguments.medium.is_some() || !arguments.expect.is_empty();
        let absent = arguments.signing_record.is_none() && !path.exists();
        let mut sources = Vec::new();
        let mut signing = None;
        if !(absent && others) {
            let record = signing_record::read(path, report)?;
            sources.push(from_signing_record(path, &record));
            signing = Some((path.clone(), record));
        }
        if let Some(path) = &arguments.medium {
            let (lines, inside) = from_medium(path)?;
            sources.push(lines);
            match inside {
                // without a key, a record of other user data contradicts these lines
                Ok(inside) if signer.has_key() => drop(user_data.get_or_insert(inside)),
                Ok(_) => {}
                Err(failure)
                    if failure.exit != ExitCode::Rejected || signer.has_key() && user_data.is_none() =>
                {
                    return Err(failure);
                }
                // a guest writes its record before it reads the contract
                Err(Failure { message, hints, .. }) => {
                    report.warning(&format!("{message}: no line of a contract is expected by it"), &hints);
                }
            }
        }
        for path in &arguments.expect {
            sources.push(from_file(path)?);
        }
        let checked = signer.check(user_data.as_ref(), &mut signing, report)?;
        Ok(Self { signing, sources, checked })
    }

    /// What of the signing record was not checked.
    pub fn unchecked(&self) -> Vec<String> {
        self.checked.unchecked(self.signing.as_ref())
    }
}

fn from_signing_record(path: &Path, record: &Record) -> Expectation {
    Expectation {
        by: input::name(path),
        lines: record.attestation_record.clone(),
        if_shown: signature_line(record.signature.sha256.clone()),
        whole_contract: true,
    }
}

/// The contract's signature: images before 24.11 have no line for it, and of newer ones no source promises it.
fn signature_line(sha256: String) -> BTreeMap<String, String> {
    BTreeMap::from([("contract:envWorkloadSignature".to_owned(), sha256)])
}

/// The lines of a boot medium and of the contract on it, and the facts of its user data, if that can be read.
fn from_medium(path: &Path) -> Result<(Expectation, Result<NamedUserData, Failure>), Failure> {
    let cannot_read = || format!("cannot read `{}` as a boot medium", input::name(path));
    let mut file = Input::open(path)?;
    let medium = Medium::read(&mut file).doing(cannot_read)?;
    let mut lines = medium.attestation_lines(&mut file).doing(cannot_read)?;
    let by = input::name(path);
    let user_data = medium.user_data.open(&mut file).doing_io("read", path)?;
    let facts = survey(user_data).doing(|| format!("cannot use the user data on `{by}`"));
    let mut if_shown = BTreeMap::new();
    if let Ok(facts) = &facts {
        lines.extend(facts.attestation_lines());
        if_shown.extend(facts.signature.iter().flat_map(|_| signature_line(facts.signature_sha256())));
    }
    let expectation = Expectation {
        by: by.clone(),
        lines: lines.into_iter().map(|(name, sha256)| (name.to_owned(), sha256)).collect(),
        if_shown,
        whole_contract: facts.is_ok(),
    };
    Ok((expectation, facts.map(|facts| (by, facts))))
}

fn from_file(path: &Path) -> Result<Expectation, Failure> {
    let by = input::name(path);
    let limit = usize::try_from(LONGEST).unwrap_or(usize::MAX);
    let cannot_read = |cause: &str| {
        Failure::new(ExitCode::Rejected, format!("cannot read `{by}`: {cause}"))
            .hint("write each expected line as `<sha256> <name>`")
    };
    let read = AttestationRecord::parse(&input::read_text(path, limit)?)
        .map_err(|error| cannot_read(&error.to_string()))?;
    // a line that is no checksum would not be compared, and nobody would notice
    let remark = read.remarks().iter().find(|line| !line.trim_start().starts_with('#'));
    if let Some(remark) = remark {
        return Err(cannot_read(&format!("not a line `<sha256> <name>`: {remark}")));
    }
    Ok(Expectation { lines: read.lines().clone(), by, if_shown: BTreeMap::new(), whole_contract: false })
}
