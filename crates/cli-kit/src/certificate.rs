//! `certificate show`, `verify` and `fetch`: is this the right encryption certificate? One command for every persona.

mod address;
mod arguments;
mod fetch;
mod show;
mod verify;

use std::path::{Path, PathBuf};

use contract_core::advice::Advice;
use contract_core::certificate::authority::{Authority, AuthorityError};
use contract_core::certificate::chain::Authorities;
use contract_core::certificate::revocation::RevocationList;

use crate::failure::{Doing as _, Failure};
use crate::input;
use crate::persona::Persona;
use crate::report::Report;
use arguments::{ChainArguments, Verb};

pub use arguments::Certificate;

/// Bytes of a file with certificates.
const CERTIFICATES: usize = 1 << 20;
/// Bytes of a revocation list; those of large authorities have some megabytes.
const LIST: usize = 64 << 20;

/// The command.
pub fn certificate(arguments: &Certificate, persona: Persona, report: &Report) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::Show(arguments) => show::show(arguments, persona, report),
        Verb::Verify(arguments) => verify::verify(arguments, persona, report),
        Verb::Fetch(arguments) => fetch::fetch(arguments, persona, report),
    }
}

impl ChainArguments {
    fn read(&self) -> Result<Authorities, Failure> {
        Ok(Authorities {
            intermediates: authorities(&self.intermediates, Authority::parse_all)?,
            roots: authorities(&self.roots, Authority::parse_roots)?,
            lists: self.lists.iter().map(|path| list(path)).collect::<Result<_, _>>()?,
        })
    }
}

fn authorities(
    paths: &[PathBuf],
    parse: impl Fn(&[u8]) -> Result<Vec<Authority>, AuthorityError>,
) -> Result<Vec<Authority>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let bytes = input::read_bytes(path, CERTIFICATES)?;
        all.extend(parse(&bytes).doing(|| format!("cannot use `{}`", input::name(path)))?);
    }
    Ok(all)
}

fn list(path: &Path) -> Result<RevocationList, Failure> {
    let name = input::name(path);
    RevocationList::parse(&input::read_bytes(path, LIST)?, &name).doing(|| format!("cannot use `{name}`"))
}

/// ``cannot trust `encrypt.crt`: …``
fn refused(name: &str, error: &(impl Advice + 'static)) -> Failure {
    Failure::from_advice(&format!("cannot trust `{name}`"), error)
}
