//! `contract-auditor compare`: is the running guest the one that was signed?

use std::io::Write as _;
use std::path::{Path, PathBuf};

use cli_kit::failure::DoingIo as _;
use cli_kit::names::is_stdout;
use cli_kit::output::{Output, Visibility};
use cli_kit::persona::AuditorFolder;
use cli_kit::protected::Protected;
use cli_kit::report::Tone;
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::attestation::comparison::{Comparison, Line, Status};
use contract_core::contract::record::HalfRecord;
use serde_json::{Value, json};

use crate::attestation_record::{self, GuestRecord};
use crate::audit::{Audit, RecordSignature};
use crate::cli::Compare;
use crate::expectations::Expectations;
use crate::page::AuditPage;
use crate::record_signature;

pub fn run(arguments: &Compare, report: &Report) -> Result<(), Failure> {
    // read
    let persona = AuditorFolder::read(Path::new("."))?;
    input::refuse_two_from_stdin(arguments.inputs())?;
    let expectations = Expectations::read(arguments, &persona, report)?;
    let guest = attestation_record::read(&arguments.record, &persona, report)?;
    let protected = protected(arguments, &persona, &guest);
    let page = arguments.report.as_deref().map(|target| page_output(target, arguments, &protected, report));
    let page = page.transpose()?;

    // compare
    let comparison = Comparison::new(&guest.record, &expectations.sources)
        .doing(|| format!("cannot compare `{}`", guest.name()))?;
    let signature = signature(arguments, &persona, &guest)?;
    let danger_accept_unsigned = arguments.danger_accept_unsigned_record;
    let audit = Audit { guest, expectations, comparison, signature, danger_accept_unsigned };

    // write
    if let Some((output, target)) = page {
        write_page(output, target, &audit, arguments, &persona, report)?;
    }

    // present
    if arguments.report.as_deref().is_none_or(|target| !is_stdout(target)) {
        report.judged(&audit.json(), |_| audit.lines())?;
    }
    audit.warn(report);
    audit.verdict()?;
    report.success(&format!("`{}` is as expected: {}", audit.guest.name(), audit.counts()));
    Ok(())
}

fn signature(
    arguments: &Compare,
    persona: &AuditorFolder,
    guest: &GuestRecord,
) -> Result<RecordSignature, Failure> {
    let named = arguments.signature.signature.is_some();
    if !named && !record_signature::path(&arguments.signature, &guest.path).exists() {
        return Ok(RecordSignature::Missing);
    }
    match record_signature::verify(&arguments.signature, persona, guest) {
        Ok(verified) => Ok(RecordSignature::Verified(Box::new(verified))),
        // the lines are compared in any case
        Err(failure) if failure.exit == ExitCode::Refused => Ok(RecordSignature::Refused(failure)),
        Err(failure) => Err(failure),
    }
}

/// What the page may not replace: all that is read, and what the auditor owns.
fn protected(arguments: &Compare, persona: &AuditorFolder, guest: &GuestRecord) -> Protected {
    let mut protected = persona.protected();
    protected
        .add_inputs(arguments.inputs())
        .add_inputs([&guest.path, &record_signature::path(&arguments.signature, &guest.path)])
        .add_inputs(arguments.signature.chain.files())
        .add_inputs(&arguments.record.key.key)
        .add_inputs(arguments.record.key.passphrase.file());
    protected
}

/// Created before anything is compared, so that a page that cannot be written fails early.
fn page_output<'a>(
    target: &'a Path,
    arguments: &Compare,
    protected: &Protected,
    report: &Report,
) -> Result<(Output, &'a Path), Failure> {
    report.shares_stdout_with(target)?;
    Ok((Output::create(target, arguments.force.force, Visibility::Public, protected)?, target))
}

fn write_page(
    mut output: Output,
    target: &Path,
    audit: &Audit,
    arguments: &Compare,
    persona: &AuditorFolder,
    report: &Report,
) -> Result<(), Failure> {
    let chain = &arguments.signature.chain;
    let page = AuditPage { audit, subject: &persona.name, at: chain.at(), at_given: chain.at_is_given() };
    output.write_all(page.to_html().as_bytes()).doing_io("write", target)?;
    let written = output.quoted();
    output.commit()?;
    if !is_stdout(target) {
        report.success(&format!("wrote {written}"));
    }
    Ok(())
}

impl Compare {
    /// All files that it names to be read.
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
            RecordSignature::Verified(verified) => {
                (verified.is_trusted(), "holds", Some(verified.trusted_by()))
            }
            RecordSignature::Refused(_) => (false, "refused", None),
            RecordSignature::Missing => (false, "none", None),
        };
        let mut json = json!({
            "file": self.guest.name(),
            "encrypted": self.guest.opened.is_some(),
            "asForetold": self.comparison.wrong().next().is_none(),
            "verified": verified,
            "signature": signature,
            "certificate": certificate,
            "lines": self.comparison.lines(),
            "equal": number(Status::Equal),
            "different": number(Status::Different),
            "missing": number(Status::Missing),
            "absent": number(Status::Absent),
            "unexpected": number(Status::Unexpected),
            "unknown": number(Status::Unknown),
            "imageVersion": self.guest.record.image_version(),
            "remarks": self.guest.record.remarks(),
            "foretoldBy": self.expectations.sources.iter().map(|it| &it.by).collect::<Vec<_>>(),
            "unchecked": self.unchecked(),
            "accepted": self.accepted(),
            "signing": self.signing_record().map(|record| json!({
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
        match &self.signature {
            RecordSignature::Verified(verified) => json["attestation"] = verified.json(),
            RecordSignature::Refused(failure) => json["refused"] = json!(failure.message),
            RecordSignature::Missing => {}
        }
        json
    }

    /// Who vouches, and whether the name was checked.
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
        self.comparison.lines().iter().flat_map(|line| shown(line, width.min(40))).collect()
    }

    fn warn(&self, report: &Report) {
        for remark in self.guest.record.remarks() {
            report.note(&format!("not a checksum line: {remark}"));
        }
        match &self.signature {
            RecordSignature::Verified(verified) => {
                verified.warn(report);
                let name = input::name(&verified.certificate);
                report.note(&format!("signed with the key of `{name}`: {}", verified.facts.subject));
                report.note(&format!("the certificate {}", verified.reason()));
            }
            RecordSignature::Refused(_) => {}
            RecordSignature::Missing if !self.danger_accept_unsigned => {}
            RecordSignature::Missing => report.warning(
                "not verified: no signature shows that this record is the guest's",
                &["get its signature from the guest: `--signature se-signature.bin`".to_owned()],
            ),
        }
        for text in self.expectations.unchecked() {
            report.note(&format!("not checked: {text}"));
        }
        for text in self.signing_record().iter().flat_map(|record| &record.accepted) {
            report.warning(&format!("accepted by the contract signer at their own risk: {text}"), &[]);
        }
    }
}

fn shown(line: &Line, width: usize) -> Vec<(Tone, String, String)> {
    let tone = match line.status {
        Status::Equal => Tone::Plain,
        Status::Unknown | Status::Absent => Tone::Warning,
        Status::Different | Status::Missing | Status::Unexpected => Tone::Error,
    };
    let by = line.expected_by.join(", ");
    let remark = match line.status {
        Status::Unknown => "no file expects it".to_owned(),
        Status::Unexpected => "the signed contract has no such line".to_owned(),
        Status::Absent => format!("not in this layout; expected by {by}"),
        _ => format!("expected by {by}"),
    };
    let mut lines =
        vec![(tone, format!("{:<11}", line.status.as_str()), format!("{:<width$}  {remark}", line.name))];
    let mut digest = |label: &str, sha256: &Option<String>| {
        if let Some(sha256) = sha256 {
            lines.push((Tone::Plain, String::new(), format!("  {label:<9}{sha256}")));
        }
    };
    if line.status != Status::Equal {
        digest("expected", &line.expected);
        digest("found", &line.found);
    }
    lines
}
