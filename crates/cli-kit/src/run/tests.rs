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
fn a_wrong_command_line_is_reported_in_our_form() {
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
    let verb = command.find_subcommand("group").and_then(|group| group.find_subcommand("verb")).unwrap();
    assert_eq!(verb.get_after_help().unwrap().to_string(), "tool verb one\ntool verb two");
}

#[test]
fn json_is_heard_before_and_after_the_verb() {
    for arguments in [["tool", "--json", "sign", "--key=k"], ["tool", "sign", "--key=k", "--json"]] {
        assert!(json_asked(&<Tool as clap::CommandFactory>::command().get_matches_from(arguments)));
    }
}
