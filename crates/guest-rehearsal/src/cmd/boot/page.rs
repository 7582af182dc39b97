//! `--report` and `--record`: the page's file, and what only the command line knows of it.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;

use cli_kit::failure::{Doing as _, DoingIo as _};
use cli_kit::output::{Output, Visibility, same_target};
use cli_kit::{Failure, Report, input, kept};
use contract_core::contract::record::{self, Record};
use guest_rehearsal::page::BootPage;
use guest_rehearsal::page::provenance::Provenance;
use guest_rehearsal::report::BootReport;
use jiff::Timestamp;

use crate::cli::Boot;

/// A page that is going to be written.
pub struct PageFile<'a> {
    arguments: &'a Boot,
    target: &'a Path,
    output: Output,
    record: Option<Record>,
}

impl<'a> PageFile<'a> {
    /// Tries the way to it before the boot, which may take a while.
    pub fn open(arguments: &'a Boot, target: &'a Path, report: &Report) -> Result<Self, Failure> {
        report.shares_stdout_with(target)?;
        let record = arguments.record.as_deref().map(recorded).transpose()?;
        let read = [&arguments.user_data, &arguments.guest_key].into_iter().chain(&arguments.record);
        read.for_each(|file| kept::read_elsewhere(file));
        // a disk may not be there yet
        if let Some(disk) = arguments.luks.iter().find(|disk| same_target(disk.path(), target)) {
            let message = format!("`{}` is a disk and can't be the page", disk.path().display());
            return Err(Failure::usage(message).hint("name another file with `--report`"));
        }
        let output = Output::create(target, arguments.force.force, Visibility::Public)?;
        Ok(Self { arguments, target, output, record })
    }

    /// Writes it, complete and without its name yet, unless the record is one of other user data.
    pub fn write(
        mut self,
        report: &BootReport,
        ended: Option<&Failure>,
        at: Timestamp,
    ) -> Result<Output, Failure> {
        let record = self.arguments.record.as_deref().map(input::name).unwrap_or_default();
        let provenance = Provenance::of(self.record, report).doing(|| format!("`{record}`"))?;
        let page = BootPage {
            report,
            ended,
            provenance: &provenance,
            subject: &input::name(&self.arguments.user_data),
            at,
            at_given: self.arguments.at.is_some(),
            command: &command_line(),
            version: env!("CARGO_PKG_VERSION"),
        };
        self.output.write_all(page.to_html().as_bytes()).doing_io("write", self.target)?;
        Ok(self.output)
    }
}

fn recorded(path: &Path) -> Result<Record, Failure> {
    let json = input::read_text(path, record::LONGEST)?;
    Record::parse(&json).doing(|| format!("cannot read `{}`", input::name(path)))
}

/// As it was typed, so far as a program can know: words that a shell would take apart are quoted. No argument of this
/// command is a secret.
fn command_line() -> String {
    let words = std::env::args_os().skip(1).map(|it| word(&it));
    std::iter::once("guest-rehearsal".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

fn word(word: &OsStr) -> String {
    let word = word.to_string_lossy().into_owned();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{OsStr, word};

    #[test]
    fn a_shell_reads_the_command_as_it_was() {
        for (given, shown) in [
            ("--at", "--at"),
            ("a=b/c.html", "a=b/c.html"),
            ("", "''"),
            ("my page", "'my page'"),
            ("it's", r"'it'\''s'"),
        ] {
            assert_eq!(word(OsStr::new(given)), shown);
        }
    }
}
