//! Signs a statement from standard input, for the tests of what only a whole process shows.

use std::path::{Path, PathBuf};

use author_kit::vouch::VouchKey;
use clap::Parser;
use cli_kit::prompt::PassphraseSource;
use cli_kit::{Common, Report, input, run};
use ssh_signatures::sshsig::Namespace;

/// Vouches for the statement on standard input
#[derive(Parser)]
struct Vouch {
    #[command(flatten)]
    _common: Common,
    key: PathBuf,
    #[command(flatten)]
    source: PassphraseSource,
}

fn main() -> std::process::ExitCode {
    run("vouch", |arguments: Vouch, report: &Report| {
        let statement = input::read_bytes(Path::new("-"), 1 << 20)?;
        let key = VouchKey::open(&arguments.key, &arguments.source)?;
        let vouching = key.vouch(&statement, Namespace::Workload)?;
        report.note(&format!("{:?} {}", vouching.signer, vouching.key.fingerprint()));
        report.result(&vouching.armored, |armored| armored.lines().map(str::to_owned).collect())
    })
}
