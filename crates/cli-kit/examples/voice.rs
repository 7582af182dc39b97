//! A binary as small as can be, for the tests of what only a whole process shows.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use cli_kit::output::{Output, Visibility};
use cli_kit::prompt::{PassphraseSource, WeakPassphrase};
use cli_kit::protected::Protected;
use cli_kit::{Common, ExitCode, Failure, Report, input, run};

/// Writes messages for the tests
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Voice {
    #[command(flatten)]
    _common: Common,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Results, notes and warnings
    Say { text: String, times: Option<usize> },
    /// A failure
    Fail { text: String },
    /// Gives up, as a library does
    Break { text: String },
    /// Copies what can be sought
    Copy { from: PathBuf, to: PathBuf },
    /// Shows a passphrase's length
    Ask {
        #[command(flatten)]
        source: PassphraseSource,
        #[arg(long)]
        new: bool,
    },
}

fn main() -> std::process::ExitCode {
    run("voice", |voice: Voice, report: &Report| match voice.verb {
        Verb::Say { text, times } => {
            report.note("a note");
            report.warning(&text, &["a hint".into()]);
            report.result(&text, |text| vec![text.clone(); times.unwrap_or(1)])
        }
        Verb::Fail { text } => Err(Failure::new(ExitCode::Refused, text).hint("a hint")),
        Verb::Break { text } => panic!("{text}"),
        Verb::Copy { from, to } => {
            let mut output =
                Output::create(&to, false, Visibility::Public, Protected::default().add_inputs([&from]))?;
            let bytes = input::read_bytes(&from, 1 << 20)?;
            output.write_all(&bytes).map_err(|error| Failure::from_io("cannot copy", &error))?;
            output.commit()
        }
        Verb::Ask { source, new } => {
            let of = "the key `k.pem`";
            let passphrase = if new {
                source.new_passphrase(of, WeakPassphrase::default())
            } else {
                source.passphrase(of)
            }?;
            report.result(&passphrase.len(), |length| vec![format!("{length} bytes")])
        }
    })
}
