//! Benchmarks against shell procedures, printed as ratios: see README.md of this crate.

mod archive;
mod ceremony;
mod floor;
mod folder;
mod options;
mod run;

use std::process::ExitCode;

use options::{Options, What};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let Some(("peak", command)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return run::print_peak(command);
    }
    let options = match Options::parse(&arguments) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("benches: error: {message}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    if cfg!(debug_assertions) {
        eprintln!(
            "benches: error: a debug build gives no useful times\n  hint: `cargo run --release -p benches`"
        );
        return ExitCode::from(2);
    }
    run::build_binaries();
    if options.what != What::Archive {
        ceremony::measure(&options);
    }
    if options.what != What::Ceremony {
        archive::measure(&options);
    }
    ExitCode::SUCCESS
}
