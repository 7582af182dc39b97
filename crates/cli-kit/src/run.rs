//! From `main` to the exit code.

use std::any::Any;
use std::io::IsTerminal as _;
use std::panic::{self, AssertUnwindSafe};

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, Parser};

use crate::closed_stdout::check_stdout;
use crate::exit::ExitCode;
use crate::failure::{Failure, stdout_failure};
use crate::hardening::harden;
use crate::persona::Persona;
use crate::report::Report;
use crate::signals::{prepare, wait_if_ending};

/// What every command takes, before or after the command's name.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Common {
    /// Print one JSON object on standard output; only warnings and errors on standard error
    #[arg(long, global = true)]
    pub json: bool,
}

/// What every command takes that writes files.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct Force {
    /// Replace existing files
    #[arg(long)]
    pub force: bool,
}

/// The whole of a binary's `main`: hardens the process, reads the command line, runs `main` and reports how it ended.
pub fn run<C: Parser>(
    program: &'static str,
    main: impl FnOnce(C, &Report) -> Result<(), Failure>,
) -> std::process::ExitCode {
    harden();
    prepare(program);
    // the failure below reports a panic
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|wanted| wanted == "0") {
        panic::set_hook(Box::new(|_| {}));
    }
    let ran = panic::catch_unwind(AssertUnwindSafe(|| ran(program, main)));
    let (report, ended) =
        ran.unwrap_or_else(|panic| (Report::new(program, json_typed()), Err(broken(&*panic))));
    wait_if_ending();
    let exit = ended.map_or_else(
        |failure| {
            report.failure(&failure);
            failure.exit
        },
        |()| ExitCode::Done,
    );
    exit.into()
}

fn ran<C: Parser>(
    program: &'static str,
    main: impl FnOnce(C, &Report) -> Result<(), Failure>,
) -> (Report, Result<(), Failure>) {
    match named(C::command(), program).try_get_matches() {
        Ok(mut matches) => {
            let report = Report::new(program, json_asked(&matches));
            let ended = C::from_arg_matches_mut(&mut matches)
                .map_err(|error| misused(program, &error))
                .and_then(|arguments| main(arguments, &report));
            (report, ended)
        }
        Err(error) => (Report::new(program, json_typed()), answered_by_clap(program, &error)),
    }
}

/// Whether `--json` was typed, if clap could not parse the command line.
fn json_typed() -> bool {
    std::env::args_os().take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

/// A panic: no thread, no randomness, no memory, or a mistake in a library or in ours. Unfinished files are removed already.
fn broken(panic: &(dyn Any + Send)) -> Failure {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
    Failure::new(ExitCode::CouldNot, format!("the program failed where it should not: {text}")).hint(
        "check whether the machine lacks something: `ulimit -a`, `dmesg`; otherwise report it, with the command",
    )
}

/// Fills in the help of shared commands: `{program}`, `{certificate}` for the field of the certificate, `{key}` and
/// `{key-file}`.
fn named(command: Command, program: &str) -> Command {
    let is_auditor = program == Persona::ContractAuditor.name();
    let persona = if is_auditor { Persona::ContractAuditor } else { Persona::ContractSigner };
    let certificate = if is_auditor { "attestation-certificate" } else { "certificate" };
    let [key, _] = persona.key_names();
    let fill = |help: &dyn ToString| {
        let words = [
            ("program", program),
            ("certificate", certificate),
            ("key", key),
            ("key-file", persona.key_file()),
        ];
        words.iter().fold(help.to_string(), |help, (name, word)| help.replace(&format!("{{{name}}}"), word))
    };
    let mut command = command.mut_args(|argument| match argument.get_help().map(|help| fill(help)) {
        Some(help) => argument.help(help),
        None => argument,
    });
    if let Some(about) = command.get_about().map(|about| fill(about)) {
        command = command.about(about);
    }
    if let Some(help) = command.get_after_help().map(|help| fill(help)) {
        command = command.after_help(help);
    }
    command.mut_subcommands(|verb| named(verb, program))
}

/// `--help` and `--version` are results; a missing verb shows the help and fails.
fn answered_by_clap(program: &str, error: &clap::Error) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            check_stdout()?;
            error.print().map_err(|error| stdout_failure(&error))
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if std::io::stderr().is_terminal() => {
            let _ = error.print();
            Err(Failure::usage(""))
        }
        _ => Err(misused(program, error)),
    }
}

/// clap's message in our form: what is wrong, then hints.
fn misused(program: &str, error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut hints = Vec::new();
    let mut message = String::new();
    for line in text.lines().take_while(|line| !line.starts_with("For more information")).map(str::trim) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            hints.push(tip.to_owned());
        } else if let Some(usage) = line.strip_prefix("Usage: ") {
            hints.push(format!("usage: {usage}"));
        } else if hints.is_empty() && !line.is_empty() {
            message += if message.is_empty() { "" } else { " " };
            message += line.strip_prefix("error: ").unwrap_or(line);
        }
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        (message, hints) = ("a command is missing".into(), Vec::new());
    }
    hints.push(format!("see `{program} --help`"));
    Failure { message, hints, exit: ExitCode::Usage }
}

fn json_asked(matches: &ArgMatches) -> bool {
    matches!(matches.try_get_one::<bool>("json"), Ok(Some(true)))
        || matches.subcommand().is_some_and(|(_, matches)| json_asked(matches))
}

#[cfg(test)]
mod tests;
