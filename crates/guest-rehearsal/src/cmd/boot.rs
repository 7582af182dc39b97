//! `guest-rehearsal boot`: read the inputs, boot, write the files, show the log.

mod files;

use std::fs::File;
use std::path::Path;

use cli_kit::failure::Doing;
use cli_kit::names::is_stdout;
use cli_kit::progress::Progress;
use cli_kit::{ExitCode, Failure, Report, clock, input};
use contract_core::boot_media::{Medium, is_medium};
use contract_core::sealed_secret::{self, SealedSecret};
use contract_core::user_data::is_own_form;
use guest_rehearsal::boot::logging::{LoggingProbe, Timeouts};
use guest_rehearsal::boot::luks::Disks;
use guest_rehearsal::boot::sealed_secrets::GivenSecret;
use guest_rehearsal::boot::{Guest, boot};
use guest_rehearsal::keys::GuestKey;
use guest_rehearsal::report::{BootReport, Forecast, Step, Verdict};
use jiff::Timestamp;

use crate::cli::Boot;
use files::Files;

/// The largest user data in the form of `sign`, also on a medium. Platforms accept far less.
const LARGEST_USER_DATA: usize = 1 << 30;
/// For other forms, pipes, and anything else: `LARGEST_YAML`, with room for a medium around it. The rehearsal holds up to five
/// copies, 210 MB.
const LARGEST_OTHER_FORM: usize = 40 << 20;
const LARGEST_KEY: usize = 64 << 10;

pub fn run(arguments: &Boot, report: &Report) -> Result<(), Failure> {
    let disks =
        Disks::new(arguments.luks.clone(), arguments.seed_order)?.protecting(files::protected(arguments));
    let pem = input::read_secret_bytes(&arguments.guest_key, LARGEST_KEY)?;
    let key = GuestKey::from_pem(&pem)
        .doing(|| format!("cannot use `{}` as the guest's key", arguments.guest_key.display()))?;
    let files = Files::open(arguments, report)?;
    let limit = if is_own_form_file(&arguments.user_data) { LARGEST_USER_DATA } else { LARGEST_OTHER_FORM };
    let user_data = input::read_piped_secret_bytes(&arguments.user_data, limit)?;
    let sealed_secrets = arguments.sealed_secret.iter().map(|path| sealed_secret(path));
    let sealed_secrets = sealed_secrets.collect::<Result<Vec<_>, _>>()?;
    let probe_logging = arguments.probe_logging.then(|| logging_probe(arguments));
    // whole seconds, as on the page: the same time with `--at` gives the same page
    let now = clock::now();
    let at = arguments.at.unwrap_or_else(|| Timestamp::from_second(now.as_second()).unwrap_or(now));

    let guest = Guest {
        key: &key,
        at,
        disks: &disks,
        platform: arguments.platform,
        probe_logging: probe_logging.as_ref(),
        sealed_secrets: &sealed_secrets,
    };
    let (mut boot_report, result) = {
        let _progress = Progress::spinner(report, "booting");
        boot(&user_data, &guest)
    };

    // written first: the reader of the log may close the pipe
    let written = files.write(&mut boot_report, result.as_ref().err(), at);

    if arguments.report.as_deref().is_some_and(is_stdout) {
        for line in log(&boot_report) {
            report.note(&line);
        }
    } else {
        report.result(&boot_report, log)?;
    }
    for name in written? {
        report.success(&format!("wrote {name}"));
    }
    result?;
    match (boot_report.refusal(), boot_report.first(Verdict::Unknown)) {
        (Some(step), _) => Err(stopped(arguments, "the guest would not boot from", step)),
        (None, Some(step)) => {
            Err(stopped(arguments, "it is unknown whether the guest would boot from", step))
        }
        (None, None) => Ok(()),
    }
}

/// Whether it is user data in the form of `sign`, or a medium with it. Reads a stream, so that other large files do not get
/// into memory. A pipe is not read, because it cannot be read twice.
fn is_own_form_file(path: &Path) -> bool {
    let holds = || -> Option<bool> {
        // opening a named pipe would wait for its writer
        let mut file = path.is_file().then(|| File::open(path).ok())??;
        if is_medium(&mut file).ok()? {
            let medium = Medium::read(&mut file).ok()?;
            return Some(is_own_form(medium.user_data.open(file).ok()?));
        }
        Some(is_own_form(file))
    };
    holds().unwrap_or(false)
}

fn sealed_secret(path: &Path) -> Result<GivenSecret, Failure> {
    let name = input::name(path);
    let text = input::read_text(path, sealed_secret::LONGEST)?;
    let secret = SealedSecret::parse(&text).doing(|| format!("cannot read `{name}` as a sealed secret"))?;
    Ok(GivenSecret { name, secret })
}

fn logging_probe(arguments: &Boot) -> LoggingProbe {
    LoggingProbe {
        now: clock::now(),
        origin: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        resolve: arguments.resolve.clone(),
        timeouts: Timeouts::default(),
    }
}

fn stopped(arguments: &Boot, what: &str, step: &Step) -> Failure {
    let name = input::name(&arguments.user_data);
    let code = step.code.map(|code| format!(" ({})", code.id)).unwrap_or_default();
    Failure {
        message: format!("{what} `{name}`: {}{code}: {}", step.name, step.detail),
        hints: step.hint.iter().cloned().collect(),
        exit: ExitCode::Refused,
    }
}

/// One line for each step, then the lines of the attestation record, or the message on the console.
fn log(report: &BootReport) -> Vec<String> {
    let mut lines: Vec<_> = report.steps.iter().map(line).collect();
    if let Some(step) = report.refusal() {
        lines.push(match step.code {
            Some(code) => format!("the guest would not boot; {}", code.describe()),
            None => {
                "the guest would not boot as it should; no source states what its console would show".into()
            }
        });
        return lines;
    }
    if report.forecast == Forecast::Failed || !report.attested {
        // the reason follows as an error
        return lines;
    }
    lines.push("the attestation record of this guest must show:".into());
    lines.extend(report.attestation.iter().map(|line| format!("  {} {}", line.sha256, line.name)));
    lines.push(match report.forecast {
        Forecast::Boots => "the guest would boot".into(),
        _ => "it is unknown whether the guest would boot".into(),
    });
    lines
}

fn line(step: &Step) -> String {
    let verdict = match step.verdict {
        Verdict::Ok => "ok",
        Verdict::Warning => "warning",
        Verdict::Skipped => "skipped",
        Verdict::Unknown => "unknown",
        Verdict::Refused => "refused",
    };
    let code = step.code.map(|code| format!("{}: ", code.id)).unwrap_or_default();
    format!("[{verdict:^9}] {:<12}{code}{}", step.name, step.detail)
}
