//! `contract-signer sign`: both halves checked against each other, signed, verified, written, and put on record.

use std::collections::BTreeMap;
use std::io::{Read, Seek, Write as _};
use std::path::{Path, PathBuf};

use cli_kit::author::certificate;
use cli_kit::cores::workers;
use cli_kit::looks::Looks;
use cli_kit::output::{Output, Visibility, commit_all, same_target};
use cli_kit::persona::{Persona, PersonaFile};
use cli_kit::progress::Progress;
use cli_kit::{Doing as _, Failure, Report, clock, expect, input, kept};
use contract_core::allowed_signers::AllowedSigners;
use contract_core::certificate::{Expiry, Foreign, Pin};
use contract_core::contract::record::{Record, Voucher};
use contract_core::contract::{
    self, Accept, AttestationKeyRecord, BareToken, Change, Contract, Half, Signed,
};
use contract_core::lifetime::{Lifetime, State, What};
use contract_core::random::SystemRandomness;
use contract_core::section::{Env, Kind, Workload};
use contract_core::statement::{Tool, Volume};
use contract_core::user_data::{self, UserDataFacts};
use contract_core::verifying_key::VerifyingKey;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::handoff_file::{Opener, Source};
use super::lifetime::Asked;
use super::{auditor, previous, record_file, side_by_side, trust};
use crate::cli::Sign;

/// What was done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    user_data: String,
    /// None where the user data go to standard output, and no record is named.
    record: Option<String>,
    key_fingerprint: String,
    /// None where the contract has no attestation key.
    attestation_key: Option<AttestationKeyRecord>,
    /// Lines of the attestation record, name to SHA-256.
    attestation_record: BTreeMap<String, String>,
    vouched_by: Vouchers,
    checked: Vec<String>,
    unchecked: Vec<String>,
    accepted: Vec<String>,
    /// Of both halves, where both state them.
    volumes: BTreeMap<String, Sides>,
    /// Since the contracts that `--previous` names.
    changes: Vec<Change>,
    /// What ends, and when.
    #[serde(flatten)]
    lifetime: Map<String, Value>,
}

/// Who vouches for which half.
#[derive(Serialize)]
struct Vouchers {
    workload: Option<Voucher>,
    env: Option<Voucher>,
}

/// One volume, as each side states it.
#[derive(Clone, Serialize)]
struct Sides {
    workload: Volume,
    env: Volume,
}

pub fn run(arguments: &Sign, report: &Report) -> Result<(), Failure> {
    for target in [Some(&arguments.output), arguments.record.as_ref()].into_iter().flatten() {
        report.shares_stdout_with(target)?;
    }
    let persona = PersonaFile::read(Path::new("."), Persona::ContractSigner)?;
    let paths = Paths::of(arguments, &persona, report)?;
    let (mut output, mut record_output) = outputs(arguments, &paths)?;
    let mut expect = expected(arguments, &paths, report)?;
    let at = clock::now();
    let pin = persona.certificate_pin.as_ref();
    let auditor =
        paths.auditor.as_ref().map(|it| it.read(pin, at, arguments.accept(), report)).transpose()?;
    let signers = trust::allowed_signers(&paths.allowed_signers, report)?;
    // the general one is the signing key's
    let of_identity = arguments.identity_passphrase.source();
    let opener = Opener::new(&arguments.identities, &persona.identity, &of_identity);
    let halves = Halves { arguments, opener: &opener, signers: &signers, at, pin };
    let workload = halves.read::<Workload>(&paths.workload)?;
    let env = halves.read::<Env>(&paths.env)?;
    let earlier = previous::read(&arguments.previous, &opener)?;
    let key = super::signing_key(&paths.key, &arguments.passphrase)?;
    if !key.is_protected() {
        let hint = "protect it: `openssl pkcs8 -topk8 -scrypt -in OLD.pem -out signing-key.pem`".to_owned();
        report.warning(&format!("the key `{}` has no passphrase", paths.key.display()), &[hint]);
    }

    let contract = Contract::combine(workload, env, &key, at, arguments.accept())
        .map_err(|error| disagree(&error, report))?;
    let contract = match auditor {
        Some(auditor) => contract.attested_to(auditor, at).doing(|| CANNOT.to_owned())?,
        None => contract,
    };
    let changes = contract.changes_since(&earlier);
    let volumes = volumes(&contract);
    let (asked, lifetime) = (Asked::now(at), contract.lifetime());
    previous::show(&changes, report);
    warn_of_test_images(&contract, report);
    let progress = Progress::spinner(report, "signing");
    let mut signed =
        contract.sign(workers(), &mut SystemRandomness, &mut output).doing(|| CANNOT.to_owned())?;
    let facts = verified(&mut output, key.public())?;
    drop(progress);

    if pin.is_some() {
        pinned(&mut signed);
    }
    if !earlier.is_empty() {
        signed.unchecked.push("who made what `--previous` names".into());
    }
    let tool = Tool { name: "contract-signer".into(), version: env!("CARGO_PKG_VERSION").into() };
    let record = Record::new(signed, &facts, key.public(), at, tool);
    if let Some(record_output) = &mut record_output {
        let json = record.to_json().map_err(std::io::Error::from);
        json.and_then(|json| record_output.write_all(&json))
            .map_err(|error| Failure::from_io("cannot write the record", &error))?;
    }
    let (user_data, written) = (output.name(), output.quoted());
    let recorded = record_output.as_ref().map(|it| (it.name(), it.quoted()));
    // what is refused without the record must not be left without it
    expect::write(&mut expect, record.attestation_record.clone())?;
    commit_all([record_output, expect, Some(output)].into_iter().flatten())?;
    let done = Done {
        user_data,
        record: recorded.as_ref().map(|(name, _)| name.clone()),
        key_fingerprint: key.public().fingerprint().to_owned(),
        attestation_key: record.attestation_key,
        attestation_record: record.attestation_record,
        vouched_by: Vouchers { workload: record.workload.vouched_by, env: record.env.vouched_by },
        checked: record.checked,
        unchecked: record.unchecked,
        accepted: record.accepted,
        volumes,
        changes,
        lifetime: asked.json(&lifetime),
    };
    warn_of_ends(asked, &lifetime, report);
    let written = recorded.map_or(written.clone(), |(_, record)| format!("{written} and {record}"));
    show(&done, &asked.first(&lifetime), &written, report)
}

/// The same for both halves, where it is the same certificate.
fn warn_of_test_images<R: Read + Seek>(contract: &Contract<R>, report: &Report) {
    let (workload, env) = contract.statements();
    let stated = [workload, env].into_iter().flatten();
    let mut said: Vec<_> =
        stated.filter_map(|it| certificate::of_test_image(&it.predicate.encryption_certificate)).collect();
    said.dedup();
    for message in said {
        report.warning(&message, &[certificate::TAKE_A_PRODUCT_S.to_owned()]);
    }
}

/// What was accepted although it has expired is told with all that was accepted.
fn warn_of_ends(asked: Asked, lifetime: &Lifetime, report: &Report) {
    for (what, state, said) in asked.due(lifetime) {
        let accepted = what == What::EncryptionCertificate && !matches!(state, State::EndsIn(_));
        if !accepted {
            report.warning(&said, &[what.renewal().to_owned()]);
        }
    }
}

const CANNOT: &str = "cannot sign";

/// Everything that disagrees is shown as a table; programs get all of it in the message.
fn disagree(error: &contract::Error, report: &Report) -> Failure {
    let failure = Failure::from_advice(CANNOT, error);
    let contract::Error::Disagreement(disagreements) = error else { return failure };
    if report.json() {
        return failure;
    }
    for line in side_by_side::lines(disagreements) {
        report.note(&line);
    }
    let what: Vec<_> = disagreements.iter().map(|it| it.what).collect();
    Failure { message: format!("{CANNOT}: the handoffs do not agree: {}", what.join(", ")), ..failure }
}

/// The user data and the record, which lies beside them unless it is named.
fn outputs(arguments: &Sign, paths: &Paths) -> Result<(Output, Option<Output>), Failure> {
    let mut read: Vec<&Path> = vec![&paths.workload, &paths.env, &paths.key, &paths.allowed_signers];
    read.extend(paths.auditor.iter().flat_map(auditor::Named::files));
    read.extend(arguments.identities.iter().map(PathBuf::as_path));
    let earlier: Vec<&Path> = arguments.previous.iter().map(PathBuf::as_path).collect();
    let (output, force) = (&arguments.output, arguments.force.force);
    // before anything is read and asked for
    read.iter().chain(&earlier).for_each(|file| kept::read_elsewhere(file));
    let user_data = Output::create(output, force, Visibility::Public)?;
    let beside = || user_data.is_file().then(|| record_file::beside(output));
    let Some(record) = arguments.record.clone().or_else(beside) else {
        return if arguments.accept() == Accept::NOTHING { Ok((user_data, None)) } else { Err(unrecorded()) };
    };
    if same_target(output, &record) {
        return Err(Failure::usage(format!("`{}` cannot be both user data and record", record.display()))
            .hint("name another file with `--record`"));
    }
    // the record of the contract before gives way to this one's: it is read whole before anything is written
    let follows = earlier.iter().any(|earlier| same_target(earlier, &record));
    let create = if follows { Output::rewrite } else { Output::create };
    Ok((user_data, Some(create(&record, force, Visibility::Public)?)))
}

/// The lines for the auditor, beside both, where they are asked for.
fn expected(arguments: &Sign, paths: &Paths, report: &Report) -> Result<Option<Output>, Failure> {
    let output = &arguments.output;
    let beside = record_file::beside(output);
    let others =
        [output, arguments.record.as_ref().unwrap_or(&beside), &paths.workload, &paths.env, &paths.key];
    arguments.expect.create(&others.map(PathBuf::as_path), arguments.force.force, report)
}

/// What somebody takes at their own risk is nowhere else.
fn unrecorded() -> Failure {
    Failure::usage("what `--danger-…` accepts stands in the record, and none is written beside user data that are no file")
        .hint("name one: `--record user-data.record.json`")
}

fn volumes<R: Read + Seek>(contract: &Contract<R>) -> BTreeMap<String, Sides> {
    let (Some(workload), Some(env)) = contract.statements() else { return BTreeMap::new() };
    let sides = |(name, workload): (&String, &Volume)| {
        let env = env.predicate.volumes.get(name)?.clone();
        Some((name.clone(), Sides { workload: workload.clone(), env }))
    };
    workload.predicate.volumes.iter().filter_map(sides).collect()
}

fn show(done: &Done, ends_first: &str, written: &str, report: &Report) -> Result<(), Failure> {
    for (section, voucher) in [(Workload::NAME, &done.vouched_by.workload), (Env::NAME, &done.vouched_by.env)]
    {
        if let Some(Voucher { principals, key, .. }) = voucher {
            report.note(&format!("{section}: vouched for by {principals}, key {key}"));
        }
    }
    for (name, Sides { workload, env }) in &done.volumes {
        report.note(&format!("volume `{name}`: workload {workload}, env {env}"));
    }
    if let Some(AttestationKeyRecord { fingerprint, encrypted }) = &done.attestation_key {
        let how = if *encrypted { "encrypted for the guest" } else { "for everybody to see" };
        report.note(&format!("attestation key: {fingerprint}, {how}"));
    }
    for it in &done.unchecked {
        report.note(&format!("not checked: {it}"));
    }
    for it in &done.accepted {
        report.warning(&format!("accepted at your risk: {it}"), &[]);
    }
    report.note(&format!("ends first: {ends_first}"));
    report.note("the attestation record of the running guest must show:");
    for (line, sha256) in &done.attestation_record {
        report.note(&format!("  {sha256} {line}"));
    }
    report.success(&format!("wrote {written}, signed with key {}", done.key_fingerprint));
    report.result(done, |_| Vec::<String>::new())
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

/// Typed flags, or what the signer's folder says.
struct Paths {
    workload: PathBuf,
    env: PathBuf,
    key: PathBuf,
    allowed_signers: PathBuf,
    auditor: Option<auditor::Named>,
}

impl Paths {
    fn of(arguments: &Sign, persona: &PersonaFile, report: &Report) -> Result<Self, Failure> {
        let or = |flag: &Option<PathBuf>, default: PathBuf| flag.clone().unwrap_or(default);
        let handoff = |flag: &Option<PathBuf>, section| {
            if let Some(named) = flag {
                return Ok(named.clone());
            }
            let found = of_folder(&persona.name, section, report);
            input::refuse_special_file(&found).map(|()| found)
        };
        let workload = handoff(&arguments.workload, Workload::NAME)?;
        let env = handoff(&arguments.env, Env::NAME)?;
        if workload == Path::new("-") && env == Path::new("-") {
            return Err(Failure::usage("only one of `--workload` and `--env` can be standard input")
                .hint("name a file for the other"));
        }
        Ok(Self {
            workload,
            env,
            key: or(&arguments.key, persona.key.clone()),
            allowed_signers: or(&arguments.allowed_signers, persona.allowed_signers.clone()),
            auditor: auditor::Named::of(&arguments.auditor, persona)?,
        })
    }
}

/// The handoff that is in the signer's folder, encrypted or not; a message names the encrypted one. Of two, one may be an
/// old one, and only its owner knows which.
fn of_folder(name: &str, section: &str, report: &Report) -> PathBuf {
    let name = format!("{name}.{section}.handoff");
    let (encrypted, plain) = (PathBuf::from(format!("{name}.age")), PathBuf::from(name));
    match (encrypted.exists(), plain.exists()) {
        (true, true) => {
            let (encrypted_name, plain_name) = (encrypted.display(), plain.display());
            let message = format!("`{plain_name}` is next to `{encrypted_name}`, which is taken");
            let hint = format!("remove the older one, or name the one that you mean: `--{section} FILE`");
            report.warning(&message, &[hint]);
            encrypted
        }
        (false, true) => plain,
        _ => encrypted,
    }
}

/// What the halves are read with.
struct Halves<'a> {
    arguments: &'a Sign,
    opener: &'a Opener<'a>,
    signers: &'a AllowedSigners,
    at: Timestamp,
    /// The key that both halves must be encrypted under.
    pin: Option<&'a Pin>,
}

impl Halves<'_> {
    fn read<K: Kind>(&self, path: &Path) -> Result<Half<K, Box<dyn Source>>, Failure> {
        let name = input::name(path);
        let context = || format!("cannot take `{name}` as the {} half", K::NAME);
        let (file, looks) = Looks::open(path)?;
        if looks == Looks::Token {
            if !self.arguments.danger_accept_unsigned_tokens {
                return Err(Failure::new(
                    cli_kit::ExitCode::Refused,
                    format!("{}: it is a bare token, and nobody says what it holds", context()),
                )
                .hint("ask for the handoff that `encrypt` wrote")
                .hint("or take the risk with `--danger-accept-unsigned-tokens`"));
            }
            let source: Box<dyn Source> = Box::new(file);
            return BareToken::of(source)
                .map(Half::BareToken)
                .map_err(|error| Failure::from_io(&context(), &error));
        }
        let handoff = self.opener.handoff(file, looks, context)?.of_section::<K>().doing(context)?;
        let half = Half::of(handoff, self.signers, self.at);
        if let (Some(pin), Some(statement)) = (self.pin, half.statement()) {
            pin.check(&statement.predicate.encryption_certificate).doing(context)?;
        }
        Ok(half)
    }
}

/// Goes on record: a statement says which key a half is encrypted under, a bare token does not.
fn pinned(signed: &mut Signed) {
    let what = "that both halves are encrypted under the pinned key";
    let both = signed.workload.statement().is_some() && signed.env.statement().is_some();
    let list = if both { &mut signed.checked } else { &mut signed.unchecked };
    list.push(what.to_owned());
}

/// What was written, read back and verified with the public key before it gets its name.
fn verified(output: &mut Output, key: &VerifyingKey) -> Result<UserDataFacts, Failure> {
    let facts = user_data::survey(output).doing(|| "the user data does not read back".into())?;
    facts.verify(key, clock::now()).doing(|| "the user data does not verify".into())?;
    Ok(facts)
}
