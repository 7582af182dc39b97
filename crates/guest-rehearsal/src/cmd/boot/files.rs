//! The files of a boot: with `--attest` the attestation record and its signature, with `--report` the page.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;

use cli_kit::failure::{Doing as _, DoingIo as _};
use cli_kit::names::{is_stdout, same_target};
use cli_kit::output::{Output, Visibility, commit_all, create_folder};
use cli_kit::protected::Protected;
use cli_kit::{ExitCode, Failure, Report, input};
use contract_core::contract::record::{self, Record};
use contract_pki::random::SystemRandomness;
use guest_rehearsal::attestation::{Attested, ENCRYPTED, PLAIN, SIGNATURE};
use guest_rehearsal::keys::ImageAttestationKey;
use guest_rehearsal::page::BootPage;
use guest_rehearsal::page::provenance::Provenance;
use guest_rehearsal::report::{AttestationFiles, BootReport};
use jiff::Timestamp;

use super::LARGEST_KEY;
use crate::cli::Boot;

/// The files to write.
pub struct Files<'a> {
    arguments: &'a Boot,
    attest: Option<Attest<'a>>,
    page: Option<Page<'a>>,
}

struct Attest<'a> {
    folder: &'a Path,
    key: ImageAttestationKey,
}

struct Page<'a> {
    target: &'a Path,
    output: Output,
    record: Option<Record>,
}

impl<'a> Files<'a> {
    /// Reads key and record, and checks that the files can be written, before the boot, which may take a while.
    pub fn open(arguments: &'a Boot, report: &Report) -> Result<Self, Failure> {
        let page =
            arguments.report.as_deref().map(|target| open_page(arguments, target, report)).transpose()?;
        let attest = arguments.attest.as_deref().map(|folder| open_attest(arguments, folder)).transpose()?;
        Ok(Self { arguments, attest, page })
    }

    /// Writes record and page, both or neither; returns their names for messages.
    pub fn write(
        self,
        boot_report: &mut BootReport,
        failure: Option<&Failure>,
        at: Timestamp,
    ) -> Result<Vec<String>, Failure> {
        let Self { arguments, attest, page } = self;
        let mut outputs = Vec::new();
        let mut named = Vec::new();
        // a guest makes its record before it validates the contract
        if let (Some(attest), true) = (attest, boot_report.attested) {
            let files = write_record(arguments, &attest, boot_report)?;
            named.push(files.each_ref().map(Output::quoted).join(" and "));
            outputs.extend(files);
        }
        let page = page.map(|page| write_page(arguments, page, boot_report, failure, at)).transpose();
        let written = page.and_then(|page| {
            named.extend(page.as_ref().map(Output::quoted));
            commit_all(outputs.into_iter().chain(page))
        });
        if written.is_err() {
            boot_report.written = None;
        }
        written.map(|()| named)
    }
}

fn open_attest<'a>(arguments: &'a Boot, folder: &'a Path) -> Result<Attest<'a>, Failure> {
    if is_stdout(folder) {
        return Err(Failure::usage("`--attest` takes a folder: two files are written")
            .hint("name one: `--attest attestation`"));
    }
    let file = attestation_key(arguments);
    let pem = input::read_secret_bytes(&file, LARGEST_KEY)
        .map_err(|failure| failure.hint("name the key with `--attestation-key`"))?;
    let key = ImageAttestationKey::from_pem(&pem)
        .doing(|| format!("cannot use `{}` as the image attestation key", file.display()))?;
    certified(&key, &file, &arguments.guest_key)?;
    if folder.exists() {
        for name in [PLAIN, ENCRYPTED, SIGNATURE] {
            // the contract decides between the first two
            output_in(arguments, folder, name)?;
        }
    }
    Ok(Attest { folder, key })
}

fn output_in(arguments: &Boot, folder: &Path, name: &str) -> Result<Output, Failure> {
    Output::create(&folder.join(name), arguments.force.force, Visibility::Public, &protected(arguments))
}

/// The key that signs the record: the named one, or the one next to the guest key.
fn attestation_key(arguments: &Boot) -> Cow<'_, Path> {
    arguments.attestation_key.as_deref().map_or_else(
        || Cow::Owned(arguments.guest_key.with_file_name("guest-attestation-key.pem")),
        Cow::Borrowed,
    )
}

/// What a boot reads, which none of its files may replace.
pub fn protected(arguments: &Boot) -> Protected {
    let mut protected = Protected::default();
    protected
        .add_inputs([&arguments.user_data, &arguments.guest_key])
        .add_inputs(&arguments.record)
        .add_inputs(&arguments.sealed_secret)
        .add_inputs([attestation_key(arguments)]);
    protected
}

/// The auditor verifies with the certificate: if it is next to the key, it must be for this key.
fn certified(key: &ImageAttestationKey, file: &Path, guest_key: &Path) -> Result<(), Failure> {
    let beside = [file, guest_key].map(|key| key.with_file_name("guest-attestation.crt"));
    let Some(certificate) = beside.iter().find(|certificate| certificate.exists()) else { return Ok(()) };
    let pem = input::read_bytes(certificate, LARGEST_KEY)?;
    if key.is_certified_by(&pem).doing(|| format!("cannot use `{}`", certificate.display()))? {
        return Ok(());
    }
    let message = format!("`{}` is not the key of `{}`", file.display(), certificate.display());
    Err(Failure::new(ExitCode::Rejected, message)
        .hint(
            "leave out `--attestation-key`: the default is `guest-attestation-key.pem` next to the guest key",
        )
        .hint("or make a pair: `guest-rehearsal keygen -o guest`"))
}

/// Writes record and signature, which get their names on commit. The report states these names.
fn write_record(
    arguments: &Boot,
    Attest { folder, key }: &Attest<'_>,
    boot_report: &mut BootReport,
) -> Result<[Output; 2], Failure> {
    let Attested { record, signature } = Attested::new(boot_report, key, &mut SystemRandomness)
        .doing(|| "cannot write the attestation record".to_owned())?;
    create_folder(folder)?;
    refuse_other_form(folder, record.0)?;
    let write = |(name, content): &(&str, Vec<u8>)| {
        let mut output = output_in(arguments, folder, name)?;
        output.write_all(content).doing_io("write", &folder.join(name))?;
        Ok::<_, Failure>(output)
    };
    let outputs = [write(&record)?, write(&signature)?];
    let [record_file, signature_file] = outputs.each_ref().map(Output::name);
    let encrypted = record.0 == ENCRYPTED;
    boot_report.written =
        Some(AttestationFiles { record: record_file, signature: signature_file, encrypted });
    Ok(outputs)
}

/// Refuses a folder with a record in the other form: one signature can't be for both.
fn refuse_other_form(folder: &Path, written: &str) -> Result<(), Failure> {
    let other = folder.join(if written == PLAIN { ENCRYPTED } else { PLAIN });
    if !other.exists() {
        return Ok(());
    }
    let message = format!(
        "cannot write `{written}`: `{}`, the record of another boot, is in the same folder",
        other.display()
    );
    Err(Failure::new(ExitCode::CouldNot, message)
        .hint("name another folder with `--attest`")
        .hint(format!("or remove it: `rm '{}'`", other.display())))
}

fn open_page<'a>(arguments: &'a Boot, target: &'a Path, report: &Report) -> Result<Page<'a>, Failure> {
    report.shares_stdout_with(target)?;
    let record = arguments.record.as_deref().map(read_record).transpose()?;
    // a disk may not be there yet
    if let Some(disk) = arguments.luks.iter().find(|disk| same_target(disk.path(), target)) {
        let message = format!("cannot write the page to `{}`: it is a disk", disk.path().display());
        return Err(Failure::usage(message).hint("name another file with `--report`"));
    }
    let output = Output::create(target, arguments.force.force, Visibility::Public, &protected(arguments))?;
    Ok(Page { target, output, record })
}

fn read_record(path: &Path) -> Result<Record, Failure> {
    let json = input::read_text(path, record::LONGEST)?;
    Record::parse(&json).doing(|| format!("cannot read `{}`", input::name(path)))
}

/// Writes the page, which gets its name on commit. Refuses the record of other user data.
fn write_page(
    arguments: &Boot,
    Page { target, mut output, record }: Page<'_>,
    boot_report: &BootReport,
    failure: Option<&Failure>,
    at: Timestamp,
) -> Result<Output, Failure> {
    let record_name = arguments.record.as_deref().map(input::name).unwrap_or_default();
    let provenance = Provenance::check(record, boot_report).doing(|| format!("`{record_name}`"))?;
    let page = BootPage {
        report: boot_report,
        failure,
        provenance: &provenance,
        subject: &input::name(&arguments.user_data),
        at,
        at_given: arguments.at.is_some(),
        command: &command_line(),
        version: env!("CARGO_PKG_VERSION"),
    };
    output.write_all(page.to_html().as_bytes()).doing_io("write", target)?;
    Ok(output)
}

/// The command as typed, with quotes where a shell needs them. No argument of this command is a secret.
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
