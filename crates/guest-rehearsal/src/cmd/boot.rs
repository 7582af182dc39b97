//! `guest-rehearsal boot`: decides in the library, presents here.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use cli_kit::failure::{Doing, DoingIo as _};
use cli_kit::output::{Output, Visibility, is_stdout, refuse_inputs};
use cli_kit::progress::Progress;
use cli_kit::{ExitCode, Failure, Report, clock, input};
use contract_core::contract::record::{self, Record};
use guest_rehearsal::boot::luks::Disks;
use guest_rehearsal::boot::{Guest, boot, medium};
use guest_rehearsal::guest_key::GuestKey;
use guest_rehearsal::logging_probe::{Limits, LoggingProbe};
use guest_rehearsal::page::BootPage;
use guest_rehearsal::provenance::Provenance;
use guest_rehearsal::report::{BootReport, Step, Verdict};
use jiff::Timestamp;

use crate::cli::Boot;

/// A platform takes far less; the pipeline itself has no limit.
const LARGEST_USER_DATA: usize = 1 << 30;
const LARGEST_KEY: usize = 64 << 10;

pub fn run(arguments: &Boot, report: &Report) -> Result<(), Failure> {
    let disks = Disks::new(arguments.luks.clone(), arguments.seed_order)?;
    let pem = input::read_secret_bytes(&arguments.guest_key, LARGEST_KEY)?;
    let key = GuestKey::from_pem(&pem)
        .doing(|| format!("cannot use `{}` as the guest's key", arguments.guest_key.display()))?;
    let record = arguments.record.as_deref().map(recorded).transpose()?;
    let page = arguments.report.as_deref().map(|target| page_file(arguments, target, report)).transpose()?;
    let user_data = input::read_secret_bytes(&arguments.user_data, LARGEST_USER_DATA)?;
    let probe = arguments.probe_logging.then(|| probe(arguments));
    // to the second, as the page shows it: given as `--at`, that time brings the same page again
    let now = clock::now();
    let at = arguments.at.unwrap_or_else(|| Timestamp::from_second(now.as_second()).unwrap_or(now));
    let guest = Guest { key: &key, at, disks: &disks, probe_logging: probe.as_ref() };
    let (booted, ended) = {
        let _progress = Progress::spinner(report, "booting");
        medium::boot_from(&user_data, |user_data| boot(user_data, &guest))
    };
    // the log first: a record of other user data is no reason to keep silent on what was found
    if arguments.report.as_deref().is_some_and(is_stdout) {
        for line in log(&booted) {
            report.note(&line);
        }
    } else {
        report.result(&booted, log)?;
    }
    if let (Some(output), Some(target)) = (page, &arguments.report) {
        let record_name = arguments.record.as_deref().map(input::name).unwrap_or_default();
        let provenance = Provenance::of(record, &booted).doing(|| format!("`{record_name}`"))?;
        let page = BootPage {
            report: &booted,
            ended: ended.as_ref().err(),
            provenance: &provenance,
            subject: &input::name(&arguments.user_data),
            at,
            at_given: arguments.at.is_some(),
            command: &command_line(),
            version: env!("CARGO_PKG_VERSION"),
        };
        write(output, target, &page.to_html(), report)?;
    }
    ended?;
    booted.refusal().map_or(Ok(()), |step| Err(refused(arguments, step)))
}

/// The way to the page is tried before the boot, which may take a while.
fn page_file(arguments: &Boot, target: &Path, report: &Report) -> Result<Output, Failure> {
    report.shares_stdout_with(target)?;
    let read = [&arguments.user_data, &arguments.guest_key].into_iter().chain(&arguments.record);
    refuse_inputs(target, &read.map(PathBuf::as_path).collect::<Vec<_>>())?;
    Output::create(target, arguments.force.force, Visibility::Public)
}

fn write(mut output: Output, target: &Path, html: &str, report: &Report) -> Result<(), Failure> {
    output.write_all(html.as_bytes()).doing_io("write", target)?;
    let quoted = output.quoted();
    output.commit()?;
    report.success(&format!("wrote {quoted}"));
    Ok(())
}

fn recorded(path: &Path) -> Result<Record, Failure> {
    let json = input::read_text(path, record::LONGEST)?;
    Record::parse(&json).doing(|| format!("cannot read `{}`", input::name(path)))
}

/// As it was typed, so far as a program can know: words that a shell would take apart are quoted. No argument of this
/// command is a secret.
fn command_line() -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    let word = |word: std::ffi::OsString| {
        let word = word.to_string_lossy().into_owned();
        if !word.is_empty() && word.chars().all(plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    let words = std::env::args_os().skip(1).map(word);
    std::iter::once("guest-rehearsal".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

fn probe(arguments: &Boot) -> LoggingProbe {
    LoggingProbe {
        now: clock::now(),
        origin: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        resolve: arguments.resolve.clone(),
        limits: Limits::default(),
    }
}

fn refused(arguments: &Boot, step: &Step) -> Failure {
    let name = input::name(&arguments.user_data);
    let code = step.code.map(|code| format!(" ({})", code.id)).unwrap_or_default();
    Failure {
        message: format!("the guest would not boot from `{name}`: {}{code}: {}", step.name, step.detail),
        hints: step.hint.iter().cloned().collect(),
        exit: ExitCode::Refused,
    }
}

/// One line for each step; then what the attestation record must show, or what the console of the real guest would.
fn log(report: &BootReport) -> Vec<String> {
    let mut lines: Vec<_> = report.steps.iter().map(line).collect();
    if let Some(step) = report.refusal() {
        lines.push(match step.code {
            Some(code) => {
                format!("the guest would not boot; its console would show {}: {}", code.id, code.meaning)
            }
            None => {
                "the guest would not boot as it should; no source says what its console would show".into()
            }
        });
        return lines;
    }
    if !report.booted {
        // what stopped the rehearsal is told as an error
        return lines;
    }
    lines.push("the attestation record of this guest must show:".into());
    lines.extend(report.attestation.iter().map(|digest| format!("  {} {}", digest.sha256, digest.name)));
    lines.push("the guest would boot".into());
    lines
}

fn line(step: &Step) -> String {
    let verdict = match step.verdict {
        Verdict::Ok => "ok",
        Verdict::Warning => "warning",
        Verdict::Skipped => "skipped",
        Verdict::Refused => "refused",
    };
    let code = step.code.map(|code| format!("{}: ", code.id)).unwrap_or_default();
    format!("[{verdict:^9}] {:<12}{code}{}", step.name, step.detail)
}
