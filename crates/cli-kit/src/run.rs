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

/// What every command takes; flattened at the top, so that it may stand before and after the command's name.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Common {
    /// Print one JSON object on standard output, and nothing but warnings and errors besides
    #[arg(long, global = true)]
    pub json: bool,
}

/// What every command takes that writes files.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Force {
    /// Replace files that exist
    #[arg(long)]
    pub force: bool,
}

/// Hardens the process, reads the command line, runs `main` and tells how it ended. The whole of each binary's `main`.
pub fn run<C: Parser>(
    program: &'static str,
    main: impl FnOnce(C, &Report) -> Result<(), Failure>,
) -> std::process::ExitCode {
    harden();
    prepare(program);
    // the failure below says it, but for the place
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

/// Where clap can't say, the flag is looked for where it would be.
fn json_typed() -> bool {
    std::env::args_os().take_while(|argument| argument != "--").any(|it| it == "--json")
}

/// A library of others gave up: no thread, no randomness, no memory, or a mistake in it or in ours. Everything that was not finished was
/// removed on the way here.
fn broken(panic: &(dyn Any + Send)) -> Failure {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
    Failure::new(ExitCode::CouldNot, format!("the program failed where it should not: {text}")).hint(
        "see whether the machine lacks something: `ulimit -a`, `dmesg`; else report it, with the command",
    )
}

/// Commands that several binaries share write `{program}` into the examples of their help, and `{certificate}` where their
/// field of that name is meant.
fn named(command: Command, program: &str) -> Command {
    let command = command.mut_args(|argument| match argument.get_help().map(ToString::to_string) {
        Some(help) if help.contains("{certificate}") => {
            let field = certificate_field(program);
            argument.help(help.replace("{certificate}", field))
        }
        _ => argument,
    });
    let help = command.get_after_help().map(|help| help.to_string().replace("{program}", program));
    let command = if let Some(help) = help { command.after_help(help) } else { command };
    command.mut_subcommands(|verb| named(verb, program))
}

fn certificate_field(program: &str) -> &'static str {
    if program == Persona::ContractAuditor.name() { "attestation-certificate" } else { "certificate" }
}

/// `--help` and `--version` are results; a command without its verb is shown the help and has failed.
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

/// clap's words in our form: what is wrong, then what can be typed.
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
mod tests {
    use super::*;

    #[derive(Debug, Parser)]
    #[command(name = "tool", arg_required_else_help = true)]
    struct Tool {
        #[command(flatten)]
        _common: Common,
        #[command(subcommand)]
        _verb: Verb,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Verb {
        Sign {
            #[arg(long)]
            _key: String,
            #[command(flatten)]
            _force: Force,
        },
    }

    fn failure(arguments: &[&str]) -> Failure {
        misused("tool", &Tool::try_parse_from(arguments).unwrap_err())
    }

    #[test]
    fn a_wrong_command_line_is_told_in_our_form() {
        let wrong = failure(&["tool", "sing"]);
        assert_eq!(wrong.message, "unrecognized subcommand 'sing'");
        assert_eq!(wrong.exit, ExitCode::Usage);
        assert!(wrong.hints[0].contains("'sign'"), "{wrong:?}");
        let missing = failure(&["tool", "sign"]);
        assert_eq!(missing.message, "the following required arguments were not provided: --key <KEY>");
        assert_eq!(missing.hints, ["usage: tool sign --key <KEY>", "see `tool --help`"]);
        assert_eq!(failure(&["tool"]).message, "a command is missing");
    }

    #[test]
    fn shared_examples_name_the_binary_that_shows_them() {
        let verb = Command::new("verb").after_help("{program} verb one\n{program} verb two");
        let command = named(Command::new("tool").subcommand(Command::new("group").subcommand(verb)), "tool");
        let verb = command.find_subcommand("group").and_then(|it| it.find_subcommand("verb")).unwrap();
        assert_eq!(verb.get_after_help().unwrap().to_string(), "tool verb one\ntool verb two");
    }

    #[test]
    fn json_is_heard_before_and_after_the_verb() {
        for arguments in [["tool", "--json", "sign", "--key=k"], ["tool", "sign", "--key=k", "--json"]] {
            assert!(json_asked(&<Tool as clap::CommandFactory>::command().get_matches_from(arguments)));
        }
    }
}
