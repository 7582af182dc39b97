//! `contract-signer inspect`: all that can be known of a file without a key.

use std::io;
use std::path::Path;

use cli_kit::cores::workers;
use cli_kit::input::Input;
use cli_kit::looks::Looks;
use cli_kit::persona::{Persona, PersonaFile};
use cli_kit::{Doing as _, ExitCode, Failure, Report, clock, input};
use contract_core::allowed_signers::Vouched;
use contract_core::certificate::day;
use contract_core::contract::record::{Record, Voucher};
use contract_core::contract::{AttestationKeyRecord, BareToken};
use contract_core::handoff::NotVouched;
use contract_core::lifetime::Lifetime;
use contract_core::section::Workload;
use contract_core::statement::Statement;
use contract_core::token::TokenFacts;
use contract_core::user_data::{self, AttestationKeyForm, Form, ValueFacts};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::handoff_file::Opener;
use super::lifetime::{Asked, StatedBy};
use super::{record_file, trust};
use crate::cli::Inspect;

/// What was found: JSON for programs, the same as lines for people, and what is wrong with it.
#[derive(Default)]
struct Seen {
    json: Map<String, Value>,
    lines: Vec<String>,
    weak: Vec<String>,
    /// A signature that is there and does not hold.
    broken: Option<NotVouched>,
    /// Until when it lives, as far as it is stated.
    lifetime: Lifetime,
    stated_by: StatedBy,
}

pub fn run(arguments: &Inspect, report: &Report) -> Result<(), Failure> {
    let name = input::name(&arguments.file);
    let (file, looks) = Looks::open(&arguments.file)?;
    let asked = Asked::by(&arguments.lifetime);
    let mut seen = Seen::default();
    if arguments.record.is_some() && looks != Looks::Other {
        return Err(Failure::usage(format!("`--record` goes with user data, and `{name}` is none"))
            .hint("name the user data: `contract-signer inspect user-data --record FILE`"));
    }
    match looks {
        Looks::Empty => {
            return Err(Failure::new(ExitCode::Rejected, format!("`{name}` is empty"))
                .hint("name a handoff, a token or user data: `contract-signer inspect user-data`"));
        }
        Looks::Token => inspect_token(file, &name, &mut seen)?,
        looks @ (Looks::Tar | Looks::Age) => {
            inspect_handoff(file, looks, arguments, asked.at, &mut seen, report)?;
        }
        Looks::Record => seen.record(&record_file::alone(file, &name, report)?),
        Looks::Other => inspect_user_data(file, arguments, &mut seen, report)?,
    }
    seen.json.insert("weak".into(), json!(seen.weak));
    seen.ends(asked);
    let Seen { json, lines, weak, broken, lifetime, stated_by } = seen;
    report.result(&json, |_| lines)?;
    match (weak.first(), broken) {
        (None, None) => asked.verdict(&name, &lifetime, stated_by),
        (Some(first), _) => Err(Failure::new(ExitCode::Refused, format!("`{name}`: {first}"))
            .hint("the section must count as public: change its secrets, and encrypt it again")),
        (None, Some(broken)) => Err(Failure::from_advice(&format!("`{name}`"), &broken)),
    }
}

fn inspect_token(file: Input, name: &str, seen: &mut Seen) -> Result<(), Failure> {
    let context = || format!("cannot read `{name}` as a token");
    // which section is inside nobody can know: the type parameter promises nothing here
    let mut token =
        BareToken::<Workload, _>::of(file).map_err(|error| Failure::from_io(&context(), &error))?;
    let facts = token.copy_token(&mut io::sink()).doing(context)?;
    seen.say("kind", "what", "token", "a token; which section is inside only the guest can tell");
    seen.token("token", &facts, true);
    seen.stated_by = StatedBy::Token;
    Ok(())
}

fn inspect_handoff(
    file: Input,
    looks: Looks,
    arguments: &Inspect,
    at: Timestamp,
    seen: &mut Seen,
    report: &Report,
) -> Result<(), Failure> {
    let context = || format!("cannot read `{}` as a handoff", input::name(&arguments.file));
    let sealed = looks == Looks::Age;
    let persona = PersonaFile::read(Path::new("."), Persona::ContractSigner)?;
    let of_identity = arguments.identity_passphrase.source_or(&arguments.passphrase);
    let opener = Opener::new(&arguments.identities, &persona.identity, &of_identity);
    let signers = arguments.allowed_signers.as_deref().unwrap_or(&persona.allowed_signers);
    let signers = trust::allowed_signers(signers, report)?;
    let mut handoff = opener.handoff(file, looks, context)?;
    let facts = handoff.copy_token(&mut io::sink()).doing(context)?;
    let vouched = handoff.vouched(&signers, clock::now());
    let statement = handoff.statement();
    let section = statement.predicate.section.as_str();
    let encrypted = if sealed { ", encrypted to you" } else { "" };
    seen.say("kind", "what", "handoff", &format!("a handoff of the {section} section{encrypted}"));
    seen.json.insert("encrypted".into(), json!(sealed));
    let ours = vouched.is_ok() && statement.predicate.tool.is_ours();
    seen.vouched(vouched);
    seen.statement(statement, at);
    seen.token(section, &facts, !ours);
    seen.lifetime = Lifetime::of_one(statement);
    Ok(())
}

fn inspect_user_data(
    file: Input,
    arguments: &Inspect,
    seen: &mut Seen,
    report: &Report,
) -> Result<(), Failure> {
    let name = input::name(&arguments.file);
    let facts = user_data::survey(file)
        .doing(|| format!("cannot read `{name}`: it is no token and no handoff, and as user data"))?;
    let signed = if facts.signature.is_some() { "signed" } else { "not signed" };
    seen.say("kind", "what", "user data", &format!("user data, {signed}"));
    seen.json.insert("signed".into(), json!(facts.signature.is_some()));
    seen.say("sha256", "sha256", &facts.sha256, &facts.sha256);
    for (section, value) in [("workload", &facts.workload), ("env", &facts.env)] {
        seen.value(section, value);
    }
    if let Some(key) = &facts.attestation_public_key {
        seen.attestation_key(key, report);
    }
    for key in &facts.unknown {
        seen.lines.push(format!("{key:<18}not known to this version"));
    }
    seen.json.insert("unknown".into(), json!(facts.unknown));
    seen.json.insert("attestationRecord".into(), facts.attestation_lines().into_iter().collect());
    let record = {
        let verify = |record: &Record| record.verify_without_key(&facts);
        record_file::of(&arguments.file, arguments.record.as_deref(), verify, report)?
    };
    seen.json.insert("record".into(), json!(record.as_ref().map(|(path, _)| input::name(path))));
    if let Some((path, record)) = record {
        seen.lines.push(format!("{:<18}{}, signed at {}", "record", input::name(&path), record.time));
        seen.lifetime = record.lifetime();
    } else {
        seen.stated_by = StatedBy::NoRecord;
    }
    Ok(())
}

impl Seen {
    fn say(&mut self, key: &str, label: &str, value: &str, line: &str) {
        self.json.insert(key.to_owned(), json!(value));
        self.lines.push(format!("{label:<18}{line}"));
    }

    fn vouched(&mut self, vouched: Result<Vouched, NotVouched>) {
        match vouched {
            Ok(vouched) => {
                self.json.insert("vouchedBy".into(), json!(Voucher::from(&vouched)));
                self.lines.push(format!("{:<18}{}", "vouched for by", vouched.principals()));
                self.lines.push(format!("{:<18}{}", "  key", vouched.key().fingerprint()));
            }
            Err(reason) => {
                self.json.insert("vouchedBy".into(), Value::Null);
                self.json.insert("notVouched".into(), json!(reason.to_string()));
                self.lines.push(format!("{:<18}{reason}", "vouched for by"));
                let broken = matches!(reason, NotVouched::NotText | NotVouched::Signature(_));
                self.broken = broken.then_some(reason);
            }
        }
    }

    fn attestation_key(&mut self, value: &str, report: &Report) {
        let form = AttestationKeyForm::of(value);
        super::warn_of_attestation_key(&form, report);
        let line = format!("{form}; the signature does not cover it");
        self.say("attestationPublicKey", "attestation key", value, &line);
        self.json.insert(
            "attestationKey".into(),
            json!({ "form": form.name(), "fingerprint": form.fingerprint() }),
        );
    }

    fn value(&mut self, section: &str, value: &ValueFacts) {
        match &value.form {
            Form::Token(facts) => self.token(section, facts, true),
            Form::Plain => {
                self.json.insert(section.to_owned(), json!({ "form": "plain", "sha256": value.sha256 }));
                self.lines.push(format!("{section:<18}plain text: not encrypted; sha256 {}", value.sha256));
            }
        }
    }

    fn token(&mut self, section: &str, facts: &TokenFacts, try_one_byte: bool) {
        let one_byte = || if try_one_byte { facts.opens_with_one_byte(workers()) } else { None };
        let weakness = facts.opens_with_empty_password().or_else(one_byte);
        let (prefix, bits) = (facts.prefix.as_str(), facts.wrapped_bytes * 8);
        self.json.insert(
            section.to_owned(),
            json!({
                "form": "token",
                "prefix": prefix,
                "bytes": facts.bytes,
                "sectionBytesAtMost": facts.ciphertext_bytes.saturating_sub(1),
                "rsaBits": bits,
                "sha256": facts.sha256,
                "weakness": weakness.map(|it| it.to_string()),
            }),
        );
        self.lines.push(format!(
            "{section:<18}{prefix}, RSA-{bits}, a section of {} to {} bytes",
            facts.ciphertext_bytes.saturating_sub(16),
            facts.ciphertext_bytes.saturating_sub(1)
        ));
        self.lines.push(format!("{:<18}{}", "  sha256", facts.sha256));
        if let Some(weakness) = weakness {
            self.lines.push(format!("{:<18}{weakness}", "  weak"));
            let which = if section == "token" { String::new() } else { format!("{section} ") };
            self.weak.push(format!("the {which}token is weak: {weakness}"));
        }
    }

    fn record(&mut self, record: &Record) {
        self.say("kind", "what", "record", "the record of a signing; it is not signed itself");
        self.say("time", "signed at", &record.time.to_string(), &record.time.to_string());
        self.say("signingKey", "  with key", &record.signing_key, &record.signing_key);
        self.say("userData", "user data", &record.user_data.sha256, &record.user_data.sha256);
        for (section, half) in [("workload", &record.workload), ("env", &record.env)] {
            let who = half.vouched_by.as_ref().map_or("nobody", |voucher| &voucher.principals);
            self.lines.push(format!("{section:<18}{}, vouched for by {who}", half.token.sha256));
            self.json
                .insert(section.into(), json!({ "sha256": half.token.sha256, "vouchedBy": half.vouched_by }));
        }
        if let Some(AttestationKeyRecord { fingerprint, encrypted }) = &record.attestation_key {
            let how = if *encrypted { "encrypted for the guest" } else { "for everybody to see" };
            self.lines.push(format!("{:<18}{fingerprint}, {how}", "attestation key"));
        }
        self.json.insert("attestationKey".into(), json!(record.attestation_key));
        for (label, key, all) in
            [("not checked", "unchecked", &record.unchecked), ("ACCEPTED", "accepted", &record.accepted)]
        {
            self.lines.extend(all.iter().map(|it| format!("{label:<18}{it}")));
            self.json.insert(key.into(), json!(all));
        }
        self.lifetime = record.lifetime();
    }

    fn ends(&mut self, asked: Asked) {
        self.json.extend(asked.json(&self.lifetime));
        let lines = asked.lines(&self.lifetime);
        self.lines.extend(lines.into_iter().map(|(label, line)| format!("{label:<18}{line}")));
    }

    fn statement(&mut self, statement: &Statement, at: Timestamp) {
        let it = &statement.predicate;
        let certificate = &it.encryption_certificate;
        let expired = if certificate.not_after < at { ", EXPIRED" } else { "" };
        let names = |names: Vec<&String>| {
            if names.is_empty() {
                "none".to_owned()
            } else {
                names.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(" ")
            }
        };
        let volumes: Vec<_> = it.volumes.iter().map(|(name, volume)| format!("{name}: {volume}")).collect();
        let volumes = if volumes.is_empty() { "none".to_owned() } else { volumes.join(", ") };
        self.json.insert("statement".into(), json!(statement));
        let mut line = |label: &str, text: String| self.lines.push(format!("{label:<18}{text}"));
        line("made by", format!("{} {} at {}", it.tool.name, it.tool.version, it.time));
        line("platform", it.platform.to_string());
        line("certificate", certificate.subject.clone());
        line("  serial", certificate.serial.clone());
        line("  key", certificate.key_fingerprint.clone());
        line("  valid until", format!("{}{expired}", day(certificate.not_after)));
        line("volumes", volumes);
        line("needs variables", names(it.required_variables.iter().collect()));
        line("gives variables", names(it.provided_variables.iter().collect()));
        if let Some(key) = &it.signing_key {
            line("signing key", key.clone());
        }
        if let Some(archive) = &it.archive {
            line("archive", format!("sha256 {}", archive.sha256));
            if let Some(tar) = &archive.tar_sha256 {
                line("  its tar", format!("sha256 {tar}"));
            }
        }
    }
}
