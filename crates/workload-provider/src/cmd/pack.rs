//! `workload-provider pack`.

use std::path::PathBuf;

use author_kit::archive_lines;
use cli_kit::failure::Doing;
use cli_kit::output::{Output, Visibility};
use cli_kit::persona::{Persona, protected_around};
use cli_kit::progress::{Progress, workers};
use cli_kit::{Failure, Report};
use container_descriptors::unintended_files_in;
use contract_archive::Archive;
use contract_core::packed::Packed;
use serde::Serialize;

use crate::cli::Pack;

#[derive(Serialize)]
struct Done {
    archive: String,
    entries: usize,
    #[serde(flatten)]
    packed: Packed,
}

pub fn run(arguments: &Pack, report: &Report) -> Result<(), Failure> {
    let folder = &arguments.folder;
    let cannot = || format!("cannot pack `{}`", folder.display());
    let archive = Archive::of(folder).doing(cannot)?;
    let shown = folder.display().to_string();
    report.findings(&shown, &unintended_files_in(folder, &shown))?;
    let target = target(arguments, report)?;
    let mut protected = protected_around(Persona::WorkloadProvider, &target);
    protected.add_packed(folder);
    // the archive may contain what only the guest should read
    let mut output = Output::create(&target, arguments.force.force, Visibility::Secret, &protected)?;
    let packed = {
        let progress = Progress::bytes(report, "packing", Some(archive.size()));
        archive.write_to(&mut output, workers(), &|done| progress.reached(done)).doing(cannot)?
    };
    let written = output.quoted();
    let done = Done { archive: output.name(), entries: archive.entries(), packed };
    output.commit()?;
    let Packed { bytes, sha256, tar_sha256, files } = &done.packed;
    for line in archive_lines(files, arguments.verbose) {
        report.note(&line);
    }
    report.note(&format!("tar inside: sha256 {tar_sha256}"));
    report.success(&format!("wrote {written}: {bytes} bytes, sha256 {sha256}"));
    report.result(&done, |_| Vec::<String>::new())
}

fn target(arguments: &Pack, report: &Report) -> Result<PathBuf, Failure> {
    let folder = arguments.folder.canonicalize().unwrap_or_else(|_| arguments.folder.clone());
    let name = folder.file_name().map_or_else(|| "folder".into(), |name| name.to_string_lossy());
    let target = arguments.output.clone().unwrap_or_else(|| format!("{name}.tar.gz").into());
    report.shares_stdout_with(&target)?;
    Ok(target)
}
