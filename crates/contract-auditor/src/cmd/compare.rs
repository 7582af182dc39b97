//! `contract-auditor compare`: is the guest that runs the one that was signed?

use std::io::Write as _;
use std::path::{Path, PathBuf};

use cli_kit::failure::DoingIo as _;
use cli_kit::output::{Output, Visibility, is_stdout, refuse_inputs};
use cli_kit::persona::{Persona, PersonaFile};
use cli_kit::report::Tone;
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::attestation::comparison::{Comparison, Line, Status};
use contract_core::contract::record::HalfRecord;
use serde_json::{Value, json};

use super::foretold;
use super::guest_record::{self, GuestRecord};
use super::guest_signature;
use crate::audit::{Audit, Signed};
use crate::cli::Compare;
use crate::page::AuditPage;

const NOT_VERIFIED: &str = "not verified: nobody says that this record is the guest's";

pub fn run(arguments: &Compare, report: &Report) -> Result<(), Failure> {
    let persona = PersonaFile::read(Path::new("."), Persona::ContractAuditor)?;
    input::refuse_two_from_stdin(arguments.inputs())?;
    let expectations = foretold::read(arguments, &persona, report)?;
    let guest = guest_record::read(&arguments.record, &persona, report)?;
    let page = arguments.report.as_deref().map(|target| page(target, arguments, report)).transpose()?;
    let name = input::name(&guest.path);
    let comparison =
        Comparison::of(&guest.record, &expectations.foretold).doing(|| format!("cannot compare `{name}`"))?;
    let signature = signature(arguments, &persona, &guest)?;
    let danger_accept_unsigned = arguments.danger_accept_unsigned_record;
    let audit = Audit { guest, expectations, comparison, signature, danger_accept_unsigned };

    if let Some((mut output, target)) = page {
        let page = AuditPage {
            audit: &audit,
            subject: &persona.name,
            at: arguments.signature.chain.at(),
            at_given: arguments.signature.chain.at_is_given(),
        };
        output.write_all(page.to_html().as_bytes()).doing_io("write", target)?;
        let written = output.quoted();
        output.commit()?;
        if !is_stdout(target) {
            report.success(&format!("wrote {written}"));
        }
    }
    if arguments.report.as_deref().is_none_or(|target| !is_stdout(target)) {
        report.judged(&audit.json(), |_| audit.lines())?;
    }
    audit.warn(report);
    audit.verdict()?;
    report.success(&format!("`{name}` is as foretold: {}", audit.counts()));
    Ok(())
}

/// The way to the page, tried before the rest.
fn page<'a>(target: &'a Path, arguments: &Compare, report: &Report) -> Result<(Output, &'a Path), Failure> {
    report.shares_stdout_with(target)?;
    refuse_inputs(target, &arguments.inputs().map(PathBuf::as_path).collect::<Vec<_>>())?;
    Ok((Output::create(target, arguments.force.force, Visibility::Public)?, target))
}

fn signature(arguments: &Compare, persona: &PersonaFile, guest: &GuestRecord) -> Result<Signed, Failure> {
    let named = arguments.signature.signature.is_some();
    if !named && !guest_signature::path(&arguments.signature, &guest.path).exists() {
        return Ok(Signed::Unknown);
    }
    match guest_signature::verify(&arguments.signature, persona, guest) {
        Ok(verified) => Ok(Signed::By(Box::new(verified))),
        // the lines are worth a look all the same
        Err(failure) if failure.exit == ExitCode::Refused => Ok(Signed::Refused(failure)),
        Err(failure) => Err(failure),
    }
}

impl Compare {
    /// All that it names of what is compared.
    fn inputs(&self) -> impl Iterator<Item = &PathBuf> {
        let named =
            self.expect.iter().chain(&self.medium).chain(&self.record.record).chain(&self.signing_record);
        let named = named.chain(&self.user_data).chain(&self.signing_key).chain(&self.allowed_signers);
        named.chain(&self.signature.signature).chain(&self.signature.attestation_certificate)
    }
}

impl Audit {
    fn json(&self) -> Value {
        let number = |status| self.comparison.having(status).count();
        let (verified, signature, certificate) = match &self.signature {
            Signed::By(verified) => (verified.is_vouched_for(), "holds", Some(verified.stands_on())),
            Signed::Refused(_) => (false, "refused", None),
            Signed::Unknown => (false, "none", None),
        };
        let mut json = json!({
            "file": input::name(&self.guest.path),
            "encrypted": self.guest.opened.is_some(),
            "asForetold": self.comparison.wrong().next().is_none(),
            "verified": verified,
            "signature": signature,
            "certificate": certificate,
            "lines": self.comparison.lines(),
            "equal": number(Status::Equal),
            "different": number(Status::Different),
            "missing": number(Status::Missing),
            "unexpected": number(Status::Unexpected),
            "unknown": number(Status::Unknown),
            "remarks": self.guest.record.remarks(),
            "foretoldBy": self.expectations.foretold.iter().map(|it| &it.by).collect::<Vec<_>>(),
            "unchecked": self.unchecked(),
            "accepted": self.accepted(),
            "signing": self.signing().map(|record| json!({
                "time": record.time,
                "signingKey": record.signing_key,
                "signingKeyKnown": self.expectations.checked.key.is_some(),
                "contractVerified": self.expectations.checked.contract,
                "workload": self.voucher(&record.workload),
                "env": self.voucher(&record.env),
                "unchecked": record.unchecked,
                "accepted": record.accepted,
            })),
        });
        let more = match &self.signature {
            Signed::By(verified) => json!({ "attestation": verified.json() }),
            Signed::Refused(failure) => json!({ "refused": failure.message }),
            Signed::Unknown => json!({}),
        };
        if let (Some(json), Value::Object(more)) = (json.as_object_mut(), more) {
            json.extend(more);
        }
        json
    }

    /// Who vouches, and whether the name is more than the record's word.
    fn voucher(&self, half: &HalfRecord) -> Value {
        half.vouched_by.as_ref().map_or(Value::Null, |voucher| {
            json!({
                "principals": voucher.principals,
                "key": voucher.key,
                "namespace": voucher.namespace,
                "nameChecked": self.expectations.checked.names,
            })
        })
    }

    fn lines(&self) -> Vec<(Tone, String, String)> {
        let width = self.comparison.lines().iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
        self.comparison.lines().iter().flat_map(|line| told(line, width.min(40))).collect()
    }

    fn warn(&self, report: &Report) {
        for remark in self.guest.record.remarks() {
            report.note(&format!("no line of a checksum: {remark}"));
        }
        match &self.signature {
            Signed::By(verified) => {
                verified.warn(report);
                let name = input::name(&verified.certificate);
                report.note(&format!("signed with the key of `{name}`: {}", verified.facts.subject));
                report.note(&format!("the certificate {}", verified.because()));
            }
            Signed::Refused(_) => {}
            Signed::Unknown if !self.danger_accept_unsigned => {}
            Signed::Unknown => report.warning(
                NOT_VERIFIED,
                &["get its signature from the guest: `--signature se-signature.bin`".to_owned()],
            ),
        }
        for it in self.expectations.unchecked() {
            report.note(&format!("not checked: {it}"));
        }
        for it in self.signing().iter().flat_map(|record| &record.accepted) {
            report.warning(&format!("accepted by the contract signer at his risk: {it}"), &[]);
        }
    }
}

fn told(line: &Line, width: usize) -> Vec<(Tone, String, String)> {
    let tone = match line.status {
        Status::Equal => Tone::Plain,
        Status::Unknown => Tone::Warning,
        Status::Different | Status::Missing | Status::Unexpected => Tone::Error,
    };
    let by = line.foretold_by.join(", ");
    let remark = match line.status {
        Status::Unknown => "nobody foretold it".to_owned(),
        Status::Unexpected => "the signed contract has no such line".to_owned(),
        _ => format!("foretold by {by}"),
    };
    let mut told =
        vec![(tone, format!("{:<11}", line.status.as_str()), format!("{:<width$}  {remark}", line.name))];
    let mut digest = |label: &str, sha256: &Option<String>| {
        if let Some(sha256) = sha256 {
            told.push((Tone::Plain, String::new(), format!("  {label:<9}{sha256}")));
        }
    };
    if line.status != Status::Equal {
        digest("expected", &line.expected);
        digest("found", &line.found);
    }
    told
}
