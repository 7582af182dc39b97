//! What all binaries share, and the only crate that prints, prompts, reads the clock and creates files.
//!
//! Every binary is `run(program, main)`. `main` gets its arguments and a [`report::Report`] to write messages with, and
//! returns a [`failure::Failure`] if it failed. A failed run leaves no file.

// From `main` to the exit code: hardening, command line, failure.
pub mod run;

// Exit codes, the one table.
pub mod exit;
// What a command returns if it failed.
pub mod failure;
mod closed_stdout;
// Results, notes, warnings, errors, JSON.
pub mod report;

// `identity`: the persona's age recipient.
pub mod identity;
// Files and stdin, read within a limit.
pub mod input;
// Received files, of any tool.
pub mod received;
// Facts about path names.
pub mod names;
// Files that no output may replace.
pub mod protected;
// Files and stdout, written whole or not at all.
pub mod output;
// The owner of a file.
pub mod owner;
// One change at a time.
pub mod lock;
// `persona.yaml`, so that the everyday command needs no flag.
pub mod persona;
// age keys: recipients and identities.
pub mod age_keys;
// A persona's private key: made and opened.
pub mod private_key;
// Passphrases: from a file, a descriptor or the terminal.
pub mod prompt;
// What a verifier reads: public keys, allowed signers, signing records.
pub mod evidence;
// `--expect`: the lines that the attestation record must contain.
pub mod expect;
// Folders to start from.
pub mod starter;

// The time, read in one place.
pub mod clock;
// Keeps secrets out of core dumps.
pub mod hardening;
// What happens if a signal ends the run.
pub mod signals;
// Progress of long work.
pub mod progress;

pub use exit::ExitCode;
pub use failure::{Doing, Failure};
pub use report::Report;
pub use run::{Common, Force, run};
