//! `certificate show`, `list`, `verify` and `fetch`: is this the right certificate? One command for every persona: the auditor's
//! is about the attestation certificate, the others' about the encryption certificate.

// The command line.
mod arguments;
// The files between a certificate and a root.
mod chain;
// Certificates as lines of text.
mod lines;
// Which images a certificate belongs to.
mod images;

// Where certificates are published.
mod address;
// One small file over HTTPS: the only way into the network.
mod https;

mod fetch;
mod list;
mod show;
mod verify;

use std::path::Path;

use cli_kit::persona::Persona;
use cli_kit::{Doing as _, Failure, Report, input};
use contract_pki::certificate::{ImageCertificate, Role};
use findings::Advice;

use arguments::Verb;

pub use arguments::{Certificate, ChainArguments};
pub use images::{Contradiction, contradiction, images};
pub use lines::{chain_lines, encryption_lines};

/// The command.
pub fn certificate<R: Role>(
    arguments: &Certificate,
    persona: Persona,
    report: &Report,
) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::Show(arguments) => show::show::<R>(arguments, persona, report),
        Verb::List(arguments) => list::list(arguments, report),
        Verb::Verify(arguments) => verify::verify::<R>(arguments, persona, report),
        Verb::Fetch(arguments) => fetch::fetch::<R>(arguments, persona, report),
    }
}

/// Reads a certificate; its dates are not checked.
pub fn read<R: Role>(path: &Path) -> Result<ImageCertificate<R>, Failure> {
    let bytes = input::read_bytes(path, input::LARGEST_KEY_FILE)?;
    ImageCertificate::from_bytes(&bytes).doing(|| format!("cannot use `{}`", input::name(path)))
}

/// ``cannot trust `encrypt.crt`: …``
pub fn refused(name: &str, error: &(impl Advice + 'static)) -> Failure {
    Failure::from_advice(&format!("cannot trust `{name}`"), error)
}
