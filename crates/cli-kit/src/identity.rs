//! `identity`: the persona's age recipient, for those who encrypt to it.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::age_keys::NewIdentity;
use crate::clock;
use crate::failure::{DoingIo as _, Failure};
use crate::output::{Output, Visibility};
use crate::persona::{Persona, SharedSettings};
use crate::report::Report;

/// Show your age recipient, for those who encrypt to you; make your identity if there is none
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
EXAMPLES
  {program} identity
  {program} identity -C . --json")]
pub struct IdentityArguments {
    /// Your folder, with persona.yaml
    #[arg(short = 'C', value_name = "DIR", default_value = ".", help_heading = "Input")]
    folder: PathBuf,
    #[command(flatten)]
    identity: NewIdentity,
}

#[derive(Serialize)]
struct Shown {
    identity: String,
    recipient: String,
    made: bool,
}

/// Shows the recipient of the folder's identity, and makes a missing identity. An existing one is never replaced: a vault
/// may be encrypted to it.
pub fn identity(arguments: &IdentityArguments, persona: Persona, report: &Report) -> Result<(), Failure> {
    let SharedSettings { identity, protected, .. } = SharedSettings::read(&arguments.folder, persona)?;
    let path = identity.ok_or_else(|| Failure::usage(format!("the {} has no identity", persona.name())))?;
    let made = path.symlink_metadata().is_err();
    let recipient = if made {
        let (file, recipient) = arguments.identity.make(&path.display().to_string(), clock::now())?;
        let mut output = Output::create(&path, false, Visibility::Secret, &protected)?;
        output.write_all(&file).doing_io("write", &path)?;
        output.commit()?;
        recipient
    } else {
        arguments.identity.read_recipient(&path)?
    };
    let shown = Shown { identity: path.display().to_string(), recipient, made };
    report.result(&shown, |shown| vec![shown.recipient.clone()])?;
    if made {
        report.success(&format!("wrote `{}`; keep a copy elsewhere", shown.identity));
    }
    Ok(())
}
