//! Received files, of any tool: opened, and refused at once if they are nothing that is read here.

use std::path::Path;

use contract_core::received::{Error, FileKind, UserDataFile};

use crate::failure::{Doing as _, Failure};
use crate::input::{self, Input};

/// Opens a part of a contract, and determines what it is. What cannot be one is refused before a pipe, which may be endless, is
/// read.
pub fn open(path: &Path) -> Result<(Input, FileKind), Failure> {
    Input::open_if(path, |beginning| {
        let kind = FileKind::from_beginning(beginning);
        let known = if kind == FileKind::Binary { Err(Error::NotUserData(kind)) } else { Ok(kind) };
        known.doing(|| format!("cannot read `{}`", input::name(path)))
    })
}

/// Opens user data, in whatever it is.
pub fn user_data(path: &Path) -> Result<UserDataFile<Input>, Failure> {
    let (file, _) = open(path)?;
    UserDataFile::read(file).doing(|| format!("cannot read `{}` as user data", input::name(path)))
}
