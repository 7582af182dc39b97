//! `contract-signer sign`: both halves checked against each other, signed, verified, written.

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use cli_kit::cores::workers;
use cli_kit::input::Input;
use cli_kit::output::{Output, Visibility, refuse_inputs};
use cli_kit::persona::{Persona, PersonaFile};
use cli_kit::progress::Progress;
use cli_kit::{Doing as _, Failure, Report, clock, input};
use contract_core::certificate::Expiry;
use contract_core::contract::{BareToken, Change, Contract, Half};
use contract_core::handoff::Unsorted;
use contract_core::platform::Prefix;
use contract_core::section::{Env, Kind, Workload};
use contract_core::statement::Volume;
use contract_core::user_data::{self, UserDataFacts};
use contract_core::verifying_key::VerifyingKey;
use serde::Serialize;

use super::previous;
use crate::cli::Sign;

/// What was done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    user_data: String,
    key_fingerprint: String,
    /// Lines of the attestation record, name to SHA-256.
    attestation_record: BTreeMap<&'static str, String>,
    unchecked: Vec<String>,
    /// Of both halves, where both state them.
    volumes: BTreeMap<String, Sides>,
    /// Since the contracts that `--previous` names.
    changes: Vec<Change>,
}

/// One volume, as each side states it.
#[derive(Clone, Serialize)]
struct Sides {
    workload: Volume,
    env: Volume,
}

pub fn run(arguments: &Sign, report: &Report) -> Result<(), Failure> {
    report.shares_stdout_with(&arguments.output)?;
    let paths = Paths::of(arguments)?;
    let read =
        [Some(&paths.workload), Some(&paths.env), Some(&paths.key), arguments.attestation_key.as_ref()];
    let read: Vec<&Path> =
        read.into_iter().flatten().chain(&arguments.previous).map(PathBuf::as_path).collect();
    refuse_inputs(&arguments.output, &read)?;
    let mut output = Output::create(&arguments.output, arguments.force.force, Visibility::Public)?;
    let attestation_key = arguments.attestation_key.as_deref().map(attestation_key).transpose()?;
    let workload = half::<Workload>(&paths.workload, arguments)?;
    let env = half::<Env>(&paths.env, arguments)?;
    let earlier = previous::read(&arguments.previous)?;
    let key = super::signing_key(&paths.key, &arguments.passphrase)?;
    if !key.is_protected() {
        let hint = "protect it: `openssl pkcs8 -topk8 -scrypt -in OLD.pem -out signing-key.pem`".to_owned();
        report.warning(&format!("the key `{}` has no passphrase", paths.key.display()), &[hint]);
    }

    let expiry =
        if arguments.danger_accept_expired_certificate { Expiry::DangerAccept } else { Expiry::Refuse };
    let cannot = || "cannot sign".to_owned();
    let contract = Contract::combine(workload, env, &key, clock::now(), expiry).doing(cannot)?;
    let mut unchecked = contract.unchecked().to_vec();
    let changes = contract.changes_since(&earlier);
    if !earlier.is_empty() {
        unchecked.push("who made what `--previous` names: it is not signed in this version".into());
    }
    let volumes = volumes(&contract);
    previous::show(&changes, report);
    let progress = Progress::spinner(report, "signing");
    contract.sign(attestation_key.as_deref(), workers(), &mut output).doing(cannot)?;
    let facts = verified(&mut output, key.public())?;
    drop(progress);

    let (user_data, written) = (output.name(), output.quoted());
    output.commit()?;
    let done = Done {
        user_data,
        key_fingerprint: key.public().fingerprint().to_owned(),
        attestation_record: facts.attestation_lines().into_iter().collect(),
        unchecked,
        volumes,
        changes,
    };
    show(&done, &written, report)
}

fn volumes<R: Read + Seek>(contract: &Contract<R>) -> BTreeMap<String, Sides> {
    let (Some(workload), Some(env)) = contract.statements() else { return BTreeMap::new() };
    let sides = |(name, workload): (&String, &Volume)| {
        let env = env.predicate.volumes.get(name)?.clone();
        Some((name.clone(), Sides { workload: workload.clone(), env }))
    };
    workload.predicate.volumes.iter().filter_map(sides).collect()
}

fn show(done: &Done, written: &str, report: &Report) -> Result<(), Failure> {
    for (name, Sides { workload, env }) in &done.volumes {
        report.note(&format!("volume `{name}`: workload {workload}, env {env}"));
    }
    for it in &done.unchecked {
        report.note(&format!("not checked: {it}"));
    }
    report.note("the attestation record of the running guest must show:");
    for (line, sha256) in &done.attestation_record {
        report.note(&format!("  {sha256} {line}"));
    }
    report.success(&format!("wrote {written}, signed with key {}", done.key_fingerprint));
    report.result(done, |_| Vec::<String>::new())
}

/// Typed flags, or what the signer's folder says.
struct Paths {
    workload: PathBuf,
    env: PathBuf,
    key: PathBuf,
}

impl Paths {
    fn of(arguments: &Sign) -> Result<Self, Failure> {
        let persona = PersonaFile::read(Path::new("."), Persona::ContractSigner)?;
        let or = |flag: &Option<PathBuf>, default: PathBuf| flag.clone().unwrap_or(default);
        let handoff = |section| PathBuf::from(format!("{}.{section}.handoff", persona.name));
        let workload = or(&arguments.workload, handoff(Workload::NAME));
        let env = or(&arguments.env, handoff(Env::NAME));
        if workload == Path::new("-") && env == Path::new("-") {
            return Err(Failure::usage("only one of `--workload` and `--env` can be standard input")
                .hint("name a file for the other"));
        }
        Ok(Self { workload, env, key: or(&arguments.key, persona.key) })
    }
}

fn half<K: Kind>(path: &Path, arguments: &Sign) -> Result<Half<K, Input>, Failure> {
    let name = input::name(path);
    let context = || format!("cannot take `{name}` as the {} half", K::NAME);
    let mut file = Input::open(path)?;
    if begins_as_token(&mut file) {
        if !arguments.danger_accept_unsigned_tokens {
            return Err(Failure::new(
                cli_kit::ExitCode::Refused,
                format!("{}: it is a bare token, and nobody says what it holds", context()),
            )
            .hint("ask for the handoff that `encrypt` wrote")
            .hint("or take the risk with `--danger-accept-unsigned-tokens`"));
        }
        return BareToken::of(file)
            .map(Half::BareToken)
            .map_err(|error| Failure::from_io(&context(), &error));
    }
    let handoff = Unsorted::read(file).and_then(Unsorted::of_section).doing(context)?;
    Ok(Half::Handoff(Box::new(handoff)))
}

/// Whether the file begins with a token's prefix; leaves it at its beginning.
pub(super) fn begins_as_token(file: &mut Input) -> bool {
    let mut begin = Vec::new();
    let read = file.by_ref().take(20).read_to_end(&mut begin);
    let rewound = file.rewind();
    read.is_ok()
        && rewound.is_ok()
        && Prefix::ALL.iter().any(|prefix| begin.starts_with(prefix.as_str().as_bytes()))
}

fn attestation_key(path: &Path) -> Result<String, Failure> {
    let key = super::verifying_key(path).map_err(|failure| Failure {
        hints: vec!["ask the auditor for the public half of an RSA key, as PEM `PUBLIC KEY`".into()],
        ..failure
    })?;
    key.to_pem().doing(|| format!("cannot use `{}`", input::name(path)))
}

/// What was written, read back and verified with the public key before it gets its name.
fn verified(output: &mut Output, key: &VerifyingKey) -> Result<UserDataFacts, Failure> {
    let facts = user_data::survey(output).doing(|| "the user data does not read back".into())?;
    facts.verify(key, clock::now()).doing(|| "the user data does not verify".into())?;
    Ok(facts)
}
