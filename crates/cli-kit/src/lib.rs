//! What all binaries share, and the only crate that prints, prompts, reads the clock and creates files.
//!
//! Every binary is `run(program, main)`; `main` gets its arguments and a [`report::Report`] to speak through, and
//! returns a [`failure::Failure`] when it could not do its work. A failed run leaves no file.

// From `main` to the exit code: hardening, command line, failure.
pub mod run;

// Exit codes, the one table.
pub mod exit;
// What a command returns when it could not do its work.
pub mod failure;
mod closed_stdout;
// How things are said: notes, warnings, findings, results, JSON.
pub mod report;

// `identity`: who a persona is to age.
pub mod identity;
// Files and stdin, read within a limit.
pub mod input;
// What a file that came in is, by its first bytes.
pub mod looks;
// Facts about path names.
pub mod names;
// Files that no output may replace.
pub mod protected;
// Files and stdout, written whole or not at all.
pub mod output;
// To whom a file belongs.
pub mod owner;
// One change at a time.
pub mod lock;
// `persona.yaml`, so that the everyday command needs no flag.
pub mod persona;
// age keys: who may open what, and who opens it.
pub mod age_keys;
// A private key of a persona: made, and opened.
pub mod private_key;
// Passphrases: from a file, a descriptor or the terminal.
pub mod prompt;
// What a verifier reads: public keys, allowed signers, signing records.
pub mod evidence;
// What the auditor will look for.
pub mod expect;
// Folders to start from.
pub mod starter;

// The time, read in one place.
pub mod clock;
// How many threads work at once.
pub mod cores;
// What keeps secrets out of core dumps.
pub mod hardening;
// What a run that a signal ends leaves behind.
pub mod signals;
// Signs of life during long work.
pub mod progress;

pub use exit::ExitCode;
pub use failure::{Doing, Failure};
pub use report::Report;
pub use run::{Common, Force, run};
