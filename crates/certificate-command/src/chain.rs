//! The files between a certificate and a root: named by flags or by `persona.yaml`, read and verified.

use std::path::{Path, PathBuf};

use cli_kit::persona::ChainFiles;
use cli_kit::{Doing as _, Failure, clock, input};
use contract_pki::certificate::Role;
use contract_pki::certificate::authority::{Authority, AuthorityError};
use contract_pki::certificate::chain::{Authorities, VerifiedChain};
use contract_pki::certificate::revocation::RevocationList;
use jiff::Timestamp;

use crate::arguments::ChainArguments;
use crate::{read, refused};

/// Bytes of a file with certificates.
const CERTIFICATES: usize = 1 << 20;
/// Bytes of a revocation list; those of large authorities have some megabytes.
const LIST: usize = 64 << 20;

impl ChainArguments {
    /// Verifies the certificate in a file up to a root; intermediates and roots must be named.
    pub fn verify<R: Role>(&self, path: &Path) -> Result<VerifiedChain<R>, Failure> {
        for (files, flag, what) in [
            (&self.intermediates, "--intermediate", "the certificate that signed it"),
            (&self.roots, "--root", "the root that you trust"),
        ] {
            if files.is_empty() {
                return Err(Failure::usage(format!("`{flag}` is missing: {what}"))
                    .hint("fetch the intermediate: `certificate fetch --version NN --with intermediate`")
                    .hint("take DigiCert's certificates from DigiCert, see docs/certificates.md"));
            }
        }
        let certificate = read(path)?;
        let chain = self.read()?.verify(certificate, self.at());
        chain.map_err(|refusal| refused(&input::name(path), &refusal))
    }

    /// The flags, completed by the persona's settings.
    #[must_use]
    pub fn or(&self, settings: &ChainFiles) -> Self {
        let or = |flags: &Vec<PathBuf>, file: &Vec<PathBuf>| {
            if flags.is_empty() { file.clone() } else { flags.clone() }
        };
        Self {
            intermediates: or(&self.intermediates, &settings.intermediates),
            roots: or(&self.roots, &settings.roots),
            lists: or(&self.lists, &settings.lists),
            at: self.at,
        }
    }

    /// All files that are named.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.intermediates.iter().chain(&self.roots).chain(&self.lists)
    }

    /// Whether anything is named that a certificate is checked with; then the whole chain is checked.
    pub fn name_anything(&self) -> bool {
        self.files().next().is_some()
    }

    /// The time that dates are checked at: the given one, or now.
    pub fn at(&self) -> Timestamp {
        self.at.unwrap_or_else(clock::now)
    }

    /// Whether that time was given.
    pub fn at_is_given(&self) -> bool {
        self.at.is_some()
    }

    /// Reads all files that are named.
    pub fn read(&self) -> Result<Authorities, Failure> {
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
