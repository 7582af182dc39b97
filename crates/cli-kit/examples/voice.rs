//! A binary as small as can be, for the tests of what only a whole process shows.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use cli_kit::output::{Output, Visibility};
use cli_kit::prompt::{PassphraseSource, WeakPassphrase};
use cli_kit::vouch::VouchKey;
use cli_kit::{Common, ExitCode, Failure, Report, input, run};
use ssh_signatures::sshsig::Namespace;

/// Says what it is told
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
    /// Tells a passphrase's length
    Ask {
        #[command(flatten)]
        source: PassphraseSource,
        #[arg(long)]
        new: bool,
    },
    /// Vouches for what stands on stdin
    Vouch {
        key: PathBuf,
        #[command(flatten)]
        source: PassphraseSource,
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
            let mut output = Output::create(&to, false, Visibility::Public)?;
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
        Verb::Vouch { key, source } => {
            let statement = input::read_bytes(Path::new("-"), 1 << 20)?;
            let vouching = VouchKey::open(&key, &source)?.vouch(&statement, Namespace::Workload)?;
            report.note(&format!("{:?} {}", vouching.signer, vouching.key.fingerprint()));
            report.result(&vouching.armored, |armored| armored.lines().map(str::to_owned).collect())
        }
    })
}
