//! `guest-rehearsal ceremony`: shows each act as it happens, then the boot log.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use cli_kit::failure::DoingIo;
use cli_kit::progress::Progress;
use cli_kit::{Failure, Report, clock};
use contract_pki::random::SystemRandomness;
use guest_rehearsal::ceremony::folders::Folders;
use guest_rehearsal::ceremony::tools::Tools;
use guest_rehearsal::ceremony::{Act, Ceremony};
use serde::Serialize;

use crate::cli;

#[derive(Serialize)]
struct Played {
    folder: PathBuf,
    /// Always true: a ceremony without a boot is a failure.
    booted: bool,
    acts: Vec<Act>,
    #[serde(skip)]
    boot_log: String,
}

pub fn run(arguments: &cli::Ceremony, report: &Report) -> Result<(), Failure> {
    let own = std::env::current_exe().doing_io("find", Path::new("guest-rehearsal"))?;
    let tools = Tools::beside(&own)?;
    let folder = match &arguments.output {
        Some(folder) => folder.clone(),
        None => temporary()?,
    };
    let folders = Folders::make(&arguments.personas, &folder, arguments.force)?;

    let progress: RefCell<Option<Progress>> = RefCell::default();
    let mut acts = Vec::new();
    let boot_log = Ceremony {
        folders: &folders,
        tools: &tools,
        now: clock::now(),
        random: &mut SystemRandomness,
        before: &mut |who, command| {
            progress.replace(Some(Progress::spinner(report, &format!("{who}: {command}"))));
        },
        after: &mut |act| {
            progress.take();
            report.note(&format!("{}$ {}", act.who, act.command));
            report.note(&format!("  {}", act.outcome));
            acts.push(act.clone());
        },
    }
    .play();
    progress.take();
    let played = Played { folder: folders.path().to_owned(), booted: true, acts, boot_log: boot_log? };
    report.result(&played, |played| {
        let mut lines: Vec<_> = played.boot_log.lines().map(str::to_owned).collect();
        lines.push(format!(
            "all files are in `{}`; any command above can be run again there",
            played.folder.display()
        ));
        lines
    })
}

/// Not removed, since the folders are the result.
fn temporary() -> Result<PathBuf, Failure> {
    use std::os::unix::fs::PermissionsExt;
    let parent = std::env::temp_dir();
    tempfile::Builder::new()
        .prefix("ceremony-")
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir_in(&parent)
        .map(tempfile::TempDir::keep)
        .doing_io("make a folder in", &parent)
}
