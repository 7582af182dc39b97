//! `contract-signer trust`: who may vouch for which half, in OpenSSH's own file.

pub mod add;
pub mod list;

use std::path::{Path, PathBuf};

use cli_kit::persona::{Persona, PersonaFile};
use cli_kit::{Doing as _, ExitCode, Failure, Report, input};
use contract_core::allowed_signers::{AllowedSigners, LIMIT};

use crate::cli::AllowedSignersFile;

impl AllowedSignersFile {
    /// The flag's, else the folder's.
    fn path(&self) -> Result<PathBuf, Failure> {
        let of_folder = || Ok(PersonaFile::read(&self.dir, Persona::ContractSigner)?.allowed_signers);
        self.allowed_signers.clone().map_or_else(of_folder, Ok)
    }
}

/// Tells every bad line; only a file without one is used.
fn parse(text: &str, path: &Path, report: &Report) -> Result<AllowedSigners, Failure> {
    let name = input::name(path);
    let (read, findings) = AllowedSigners::parse(text, &name);
    let told = report.findings(&name, &findings);
    read.doing(|| format!("cannot read `{name}`")).map_err(|failure| match told {
        Err(verdict) => Failure { hints: failure.hints, ..verdict },
        Ok(()) => failure,
    })
}

/// For `sign`: a file that is not there allows nobody.
pub fn allowed_signers(path: &Path, report: &Report) -> Result<AllowedSigners, Failure> {
    parse(&read_or_begin(path)?, path, report)
}

fn read(path: &Path) -> Result<String, Failure> {
    input::read_text(path, LIMIT)
}

/// The file must end in whole lines before one is added; a folder or an unreadable file is not an absent one.
fn read_or_begin(path: &Path) -> Result<String, Failure> {
    if path == Path::new("-") {
        return Err(Failure::new(ExitCode::Usage, "allowed signers are kept in a file")
            .hint("name it: `--allowed-signers allowed_signers`"));
    }
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        _ => read(path),
    }
}
