//! The files that become part of a section: shown before it leaves the machine.

use clap::Args;
use cli_kit::report::{count, size};
use contract_core::packed::{Packed, PackedFile};
use contract_section::IncludedFile;

/// How much is shown of an archive.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct Verbose {
    /// List the files of the archive
    #[arg(short, long)]
    pub verbose: bool,
}

/// One line for each file that `!file` names, and the lines of the archive.
pub(crate) fn lines(files: &[IncludedFile], archive: Option<&Packed>, verbose: Verbose) -> Vec<String> {
    let file = |IncludedFile { field, path, bytes }: &IncludedFile| {
        format!("file: {}, {}, in {field}", path.display(), size(*bytes))
    };
    let archive = archive.map(|packed| archive_lines(&packed.files, verbose));
    files.iter().map(file).chain(archive.into_iter().flatten()).collect()
}

/// `archive: 3 files, 12 kB`, and with `--verbose` the files.
pub fn archive_lines(files: &[PackedFile], verbose: Verbose) -> Vec<String> {
    let bytes = files.iter().map(|file| file.bytes).sum();
    let mut lines = vec![format!("archive: {}, {}", count(files.len(), "file"), size(bytes))];
    if verbose.verbose {
        lines.extend(files.iter().map(|file| format!("  {}, {}", file.name, size(file.bytes))));
    }
    lines
}
