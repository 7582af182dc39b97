//! `contract-signer inspect`: everything about a file that needs no key.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use certificate_command::{Contradiction, contradiction, images};
use cli_kit::input::Input;
use cli_kit::persona::SignerFolder;
use cli_kit::progress::workers;
use cli_kit::{Doing as _, ExitCode, Failure, Report, clock, input, received};
use contract_core::contract::BareToken;
use contract_core::contract::record::{Record, Voucher};
use contract_core::handoff::NotVouched;
use contract_core::kind::SectionName;
use contract_core::kind::Workload;
use contract_core::lifetime::Lifetime;
use contract_core::received::{FileKind, LoneSection, Received, UserDataFile};
use contract_core::statement::Statement;
use contract_core::token::TokenFacts;
use contract_core::user_data::{AuditorKeyForm, Boot, Form, SeHeader, State, UserDataFacts, ValueFacts};
use contract_pki::x509::day;
use jiff::Timestamp;
use serde_json::{Value, json};
use ssh_signatures::allowed_signers::Vouched;

use super::handoff_file::HandoffOpener;
use super::lifetime::{LifetimeCheck, Source};
use super::{signing_record, trust};
use crate::cli::Inspect;

/// Fields of a plain section that are listed for people.
const MOST_FIELDS: usize = 60;

/// What was found: an object for `--json`, the same in lines for people, and what is wrong.
#[derive(Default)]
struct Inspection {
    json: Value,
    lines: Vec<String>,
    weak: Vec<String>,
    /// A known key of another platform.
    contradiction: Option<Contradiction>,
    /// A signature that exists and does not verify.
    broken: Option<NotVouched>,
    lifetime: Lifetime,
    dates_from: Source,
}

pub fn run(arguments: &Inspect, report: &Report) -> Result<(), Failure> {
    let name = input::name(&arguments.file);
    let (file, kind) = received::open(&arguments.file)?;
    let check = LifetimeCheck::new(&arguments.lifetime);
    let is_part = matches!(
        kind,
        FileKind::Token | FileKind::Handoff | FileKind::EncryptedHandoff | FileKind::Record | FileKind::Empty
    );
    if arguments.record.is_some() && is_part {
        return Err(Failure::usage(format!("`--record` is for user data, and `{name}` is something else"))
            .hint("name the user data: `contract-signer inspect user-data --record FILE`"));
    }
    let mut found = Inspection::default();
    match kind {
        FileKind::Empty => {
            return Err(Failure::new(ExitCode::Rejected, format!("`{name}` is empty"))
                .hint("name a handoff, a token or user data: `contract-signer inspect user-data`"));
        }
        FileKind::Token => inspect_token(file, &name, &mut found)?,
        FileKind::Handoff | FileKind::EncryptedHandoff => {
            inspect_handoff(file, kind, arguments, check.at, &mut found, report)?;
        }
        FileKind::Record => found.record(&signing_record::read_alone(file, &name, report)?),
        _ => inspect_contract(file, arguments, &mut found, report)?,
    }
    found.json["weak"] = json!(found.weak);
    check.add_to(&mut found.json, &found.lifetime);
    for (label, line) in check.lines(&found.lifetime) {
        found.line(label, &line);
    }
    if let Some(Contradiction { message, hint }) = &found.contradiction {
        report.warning(message, std::slice::from_ref(hint));
    }
    report.result(&found.json, |_| found.lines.clone())?;
    found.verdict(&name, check)
}

fn inspect_token(file: Input, name: &str, found: &mut Inspection) -> Result<(), Failure> {
    let context = || format!("cannot read `{name}` as a token");
    // the section inside is unknown: the type parameter means nothing here
    let mut token =
        BareToken::<Workload, _>::new(file).map_err(|error| Failure::from_io(&context(), &error))?;
    let facts = token.copy_token(&mut io::sink()).doing(context)?;
    found.say(
        "kind",
        "what",
        "token",
        "a token; only the guest can open it and see which section it contains",
    );
    found.token(None, &facts, true);
    found.dates_from = Source::BareToken;
    Ok(())
}

fn inspect_handoff(
    file: Input,
    kind: FileKind,
    arguments: &Inspect,
    at: Timestamp,
    found: &mut Inspection,
    report: &Report,
) -> Result<(), Failure> {
    let context = || format!("cannot read `{}` as a handoff", input::name(&arguments.file));
    let sealed = kind == FileKind::EncryptedHandoff;
    let persona = SignerFolder::read(Path::new("."))?;
    let passphrase = arguments.identity_passphrase.source_or(&arguments.passphrase);
    let opener = HandoffOpener::new(&arguments.identities, &persona.identity, &passphrase);
    let signers = arguments.allowed_signers.as_deref().unwrap_or(&persona.allowed_signers);
    let signers = trust::allowed_signers(signers, report)?;
    let mut handoff = opener.handoff(file, kind, context)?;
    let facts = handoff.copy_token(&mut io::sink()).doing(context)?;
    let vouched = handoff.vouched(&signers, clock::now());
    let statement = handoff.statement();
    let section = statement.predicate.section;
    let encrypted = if sealed { ", encrypted to you" } else { "" };
    found.say("kind", "what", "handoff", &format!("a handoff of the {section} section{encrypted}"));
    found.json["encrypted"] = json!(sealed);
    let ours = vouched.is_ok() && statement.predicate.tool.is_ours();
    found.vouched(vouched);
    found.statement(statement, at);
    found.token(Some(section), &facts, !ours);
    found.lifetime = Lifetime::from_one_half(statement);
    Ok(())
}

fn inspect_contract(
    file: Input,
    arguments: &Inspect,
    found: &mut Inspection,
    report: &Report,
) -> Result<(), Failure> {
    let name = input::name(&arguments.file);
    match Received::read(file).doing(|| format!("cannot read `{name}`"))? {
        Received::Section(section) => found.lone_section(&section),
        Received::UserData(mut file) => {
            let facts = super::survey(&mut file, &name, report)?;
            inspect_user_data(&file, &facts, arguments, found, report)?;
        }
    }
    Ok(())
}

fn inspect_user_data(
    file: &UserDataFile<Input>,
    facts: &UserDataFacts,
    arguments: &Inspect,
    found: &mut Inspection,
    report: &Report,
) -> Result<(), Failure> {
    let state = facts.state();
    found.say("kind", "what", "user data", &file.describe(state));
    found.json["inside"] = file.wrappers.iter().map(|wrapper| wrapper.name()).collect();
    found.json["state"] = json!(state.name());
    found.json["signed"] = json!(state == State::Signed);
    found.say("sha256", "sha256", &facts.sha256, &facts.sha256);
    for (section, value) in [(SectionName::Workload, &facts.workload), (SectionName::Env, &facts.env)] {
        found.value(section, value);
    }
    if let Some(key) = &facts.attestation_public_key {
        found.auditor_key(key, report);
    }
    if let Some(boot) = &facts.boot {
        found.boot(boot, report);
    }
    for key in &facts.unknown {
        found.line(key, "not known to this version");
    }
    found.json["unknown"] = json!(facts.unknown);
    found.json["attestationRecord"] = file.attestation_lines(facts).into_iter().collect();
    let verify = |record: &Record| record.verify_without_key(facts);
    let record = signing_record::find(&arguments.file, arguments.record.as_deref(), verify, report)?;
    found.json["record"] = json!(record.as_ref().map(|(path, _)| input::name(path)));
    if let Some((path, record)) = record {
        found.line("record", &format!("{}, signed at {}", input::name(&path), record.time));
        found.lifetime = record.lifetime();
    } else {
        found.dates_from = Source::NoRecord;
    }
    Ok(())
}

impl Inspection {
    /// Refused for a weak token, a signature that does not verify, or with `--fail-within` an end.
    fn verdict(&self, name: &str, check: LifetimeCheck) -> Result<(), Failure> {
        if let Some(first) = self.weak.first() {
            return Err(Failure::new(ExitCode::Refused, format!("`{name}`: {first}"))
                .hint("treat the section as public: change its secrets, and encrypt it again"));
        }
        if let Some(broken) = &self.broken {
            return Err(Failure::from_advice(&format!("`{name}`"), broken));
        }
        check.verdict(name, &self.lifetime, self.dates_from)
    }

    fn line(&mut self, label: &str, text: &str) {
        self.lines.push(format!("{label:<18}{text}"));
    }

    fn say(&mut self, key: &str, label: &str, value: &str, line: &str) {
        self.json[key] = json!(value);
        self.line(label, line);
    }

    fn vouched(&mut self, vouched: Result<Vouched, NotVouched>) {
        match vouched {
            Ok(vouched) => {
                self.json["vouchedBy"] = json!(Voucher::from(&vouched));
                self.line("vouched for by", &vouched.principals().to_string());
                self.line("  key", &vouched.key().fingerprint());
            }
            Err(reason) => {
                self.json["vouchedBy"] = Value::Null;
                self.json["notVouched"] = json!(reason.to_string());
                self.line("vouched for by", &reason.to_string());
                let broken = matches!(reason, NotVouched::NotText | NotVouched::Signature(_));
                self.broken = broken.then_some(reason);
            }
        }
    }

    fn auditor_key(&mut self, value: &str, report: &Report) {
        let form = AuditorKeyForm::new(value);
        super::warn_of_auditor_key(&form, report);
        let line = format!("{form}; the signature does not cover it");
        self.say("attestationPublicKey", "auditor key", value, &line);
        self.json["attestationKey"] = json!({ "form": form.name(), "fingerprint": form.fingerprint() });
    }

    fn boot(&mut self, boot: &Boot, report: &Report) {
        super::warn_of_boot(boot, report);
        self.json["boot"] = super::boot_json(boot);
        let header = boot
            .header
            .as_ref()
            .map_or_else(|_| "no Secure Execution header".to_owned(), SeHeader::to_string);
        self.line("boot", &format!("{header}; the signature does not cover it"));
    }

    fn value(&mut self, section: SectionName, value: &ValueFacts) {
        match &value.form {
            Form::Token(facts) => self.token(Some(section), facts, true),
            Form::Plain(fields) => {
                self.plain(section, fields);
                self.json[section.as_str()]["sha256"] = json!(value.sha256);
                self.line("  sha256", &value.sha256);
            }
        }
    }

    /// Names of fields, never values: they may be secrets.
    fn plain(&mut self, section: SectionName, fields: &[String]) {
        self.json[section.as_str()] = json!({ "form": "plain", "fields": fields });
        self.line(section.as_str(), "plain text: anyone who gets the file can read it");
        for field in fields.iter().take(MOST_FIELDS) {
            self.line("  field", field);
        }
        if let Some(more) = fields.len().checked_sub(MOST_FIELDS).filter(|more| *more > 0) {
            self.line("", &format!("and {more} more: see `--json`"));
        }
    }

    fn lone_section(&mut self, lone: &LoneSection) {
        self.say("kind", "what", "section", &format!("{lone}: one half of a contract"));
        self.json["belowKey"] = json!(lone.has_key);
        match &lone.form {
            Form::Token(facts) => self.token(Some(lone.section), facts, true),
            Form::Plain(fields) => self.plain(lone.section, fields),
        }
        self.line("next", &lone.next());
        self.dates_from = Source::BareToken;
    }

    /// `section` is `None` for a bare token.
    fn token(&mut self, section: Option<SectionName>, facts: &TokenFacts, try_one_byte: bool) {
        let one_byte = || if try_one_byte { facts.opens_with_one_byte(workers()) } else { None };
        let weakness = facts.opens_with_empty_password().or_else(one_byte);
        let (prefix, bits) = (facts.prefix.as_str(), facts.wrapped_bytes * 8);
        let name = section.map_or("token", SectionName::as_str);
        // 1 to 16 bytes of the ciphertext are padding
        let [least, most] = [16, 1].map(|padding| facts.ciphertext_bytes.saturating_sub(padding));
        self.json[name] = json!({
            "form": "token",
            "prefix": prefix,
            "bytes": facts.bytes,
            "sectionBytesAtMost": most,
            "rsaBits": bits,
            "sha256": facts.sha256,
            "weakness": weakness.map(|it| it.to_string()),
        });
        self.line(name, &format!("{prefix}, RSA-{bits}, a section of {least} to {most} bytes"));
        self.line("  sha256", &facts.sha256);
        if let Some(weakness) = weakness {
            self.line("  weak", &weakness.to_string());
            let which = section.map_or_else(String::new, |section| format!("{section} "));
            self.weak.push(format!("the {which}token is weak: {weakness}"));
        }
    }

    fn record(&mut self, record: &Record) {
        self.say("kind", "what", "record", "a signing record; it is not signed itself");
        self.say("time", "signed at", &record.time.to_string(), &record.time.to_string());
        self.say("signingKey", "  with key", &record.signing_key, &record.signing_key);
        self.say("userData", "user data", &record.user_data.sha256, &record.user_data.sha256);
        for (section, half) in [("workload", &record.workload), ("env", &record.env)] {
            let (sha256, voucher) = (&half.token.sha256, &half.vouched_by);
            let who = voucher.as_ref().map_or("nobody", |voucher| &voucher.principals);
            self.line(section, &format!("{sha256}, vouched for by {who}"));
            self.json[section] = json!({ "sha256": sha256, "vouchedBy": voucher });
        }
        if let Some(key) = &record.attestation_key {
            self.line("auditor key", &signing_record::auditor_key(key));
        }
        self.json["attestationKey"] = json!(record.attestation_key);
        for (label, key, all) in [
            ("not checked", "unchecked", &record.unchecked),
            ("ACCEPTED", "accepted", &record.accepted_texts()),
        ] {
            for text in all {
                self.line(label, text);
            }
            self.json[key] = json!(all);
        }
        self.lifetime = record.lifetime();
    }

    fn statement(&mut self, statement: &Statement, at: Timestamp) {
        let stated = &statement.predicate;
        let certificate = &stated.encryption_certificate;
        let expired = if certificate.validity().has_ended(at) { ", EXPIRED" } else { "" };
        let listed =
            |all: Vec<String>, separator| if all.is_empty() { "none".into() } else { all.join(separator) };
        let names = |names: &BTreeSet<String>| listed(names.iter().cloned().collect(), " ");
        let volumes = stated.volumes.iter().map(|(name, volume)| format!("{name}: {volume}"));
        self.json["statement"] = json!(statement);
        self.json["images"] = json!(images(certificate));
        self.contradiction = contradiction(certificate, stated.platform);
        let mut line = |label: &str, text: String| self.line(label, &text);
        line("made by", format!("{} {} at {}", stated.tool.name, stated.tool.version, stated.time));
        line("platform", stated.platform.to_string());
        line("certificate", certificate.subject.clone());
        line("  serial", certificate.serial.clone());
        line("  key", certificate.key_fingerprint.clone());
        line("  valid until", format!("{}{expired}", day(certificate.not_after)));
        for images in images(certificate) {
            line("  image", images);
        }
        line("volumes", listed(volumes.collect(), ", "));
        line("needs variables", names(&stated.required_variables));
        if let Some(optional) = stated.optional_variables.as_ref().filter(|names| !names.is_empty()) {
            line("uses variables", names(optional));
        }
        line("gives variables", names(&stated.provided_variables));
        if let Some(key) = &stated.signing_key {
            line("signing key", key.clone());
        }
        if let Some(archive) = &stated.archive {
            line("archive", format!("sha256 {}", archive.sha256));
            if let Some(tar) = &archive.tar_sha256 {
                line("  its tar", format!("sha256 {tar}"));
            }
        }
    }
}
