//! `--attest`: the record of a guest that boots, and its signature.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use cli_kit::failure::{Doing as _, DoingIo as _};
use cli_kit::output::{Output, Visibility, create_folder, is_stdout};
use cli_kit::{ExitCode, Failure, input, kept};
use contract_pki::random::SystemRandomness;
use guest_rehearsal::attestation::{Attested, ENCRYPTED, PLAIN, SIGNATURE};
use guest_rehearsal::keys::ImageAttestationKey;
use guest_rehearsal::report::{AttestationFiles, BootReport};

use super::LARGEST_KEY;
use crate::cli::Boot;

/// A record that is going to be written.
pub struct RecordFiles<'a> {
    arguments: &'a Boot,
    folder: &'a Path,
    key: ImageAttestationKey,
}

impl<'a> RecordFiles<'a> {
    /// Reads the key, and tries the way to the files before the boot, which may take a while.
    pub fn open(arguments: &'a Boot, folder: &'a Path) -> Result<Self, Failure> {
        if is_stdout(folder) {
            return Err(Failure::usage("`--attest` takes a folder: two files are written")
                .hint("name one: `--attest attestation`"));
        }
        let file = arguments.attestation_key.as_deref().map_or_else(
            || Cow::Owned(arguments.guest_key.with_file_name("guest-attestation-key.pem")),
            Cow::Borrowed,
        );
        let pem = input::read_secret_bytes(&file, LARGEST_KEY)
            .map_err(|failure| failure.hint("name the key with `--attestation-key`"))?;
        let key = ImageAttestationKey::from_pem(&pem)
            .doing(|| format!("cannot use `{}` as the guest's attestation key", file.display()))?;
        certified(&key, &file, &arguments.guest_key)?;
        let read = [arguments.user_data.as_path(), &arguments.guest_key, &file];
        read.into_iter().chain(arguments.record.as_deref()).for_each(kept::read_elsewhere);
        let files = Self { arguments, folder, key };
        if folder.exists() {
            for name in [PLAIN, ENCRYPTED, SIGNATURE] {
                // which of both the contract asks for, the boot tells
                files.output(name)?;
            }
        }
        Ok(files)
    }

    fn output(&self, name: &str) -> Result<Output, Failure> {
        Output::create(&self.folder.join(name), self.arguments.force.force, Visibility::Public)
    }

    /// Record and signature, complete and without their names yet; the report says which they will have.
    pub fn write(&self, report: &mut BootReport) -> Result<[Output; 2], Failure> {
        let Attested { record, signature } = Attested::of(report, &self.key, &mut SystemRandomness)
            .doing(|| "cannot write the attestation record".to_owned())?;
        create_folder(self.folder)?;
        self.refuse_other_form(record.0)?;
        let write = |(name, content): &(&str, Vec<u8>)| {
            let mut output = self.output(name)?;
            output.write_all(content).doing_io("write", &self.folder.join(name))?;
            Ok::<_, Failure>(output)
        };
        let outputs = [write(&record)?, write(&signature)?];
        let [record_file, signature_file] = outputs.each_ref().map(Output::name);
        let encrypted = record.0 == ENCRYPTED;
        report.written = Some(AttestationFiles { record: record_file, signature: signature_file, encrypted });
        Ok(outputs)
    }

    /// One signature beside two records would be that of one of them.
    fn refuse_other_form(&self, written: &str) -> Result<(), Failure> {
        let other: PathBuf = self.folder.join(if written == PLAIN { ENCRYPTED } else { PLAIN });
        if !other.exists() {
            return Ok(());
        }
        let message =
            format!("`{}` is a record of another boot, and would stand beside `{written}`", other.display());
        Err(Failure::new(ExitCode::CouldNot, message)
            .hint("name another folder with `--attest`")
            .hint(format!("or take it away: `rm '{}'`", other.display())))
    }
}

/// Whoever verifies the record has the certificate: where one lies at hand, it must be this key's.
fn certified(key: &ImageAttestationKey, file: &Path, guest_key: &Path) -> Result<(), Failure> {
    let beside = [file, guest_key].map(|key| key.with_file_name("guest-attestation.crt"));
    let Some(certificate) = beside.iter().find(|certificate| certificate.exists()) else { return Ok(()) };
    let pem = input::read_bytes(certificate, LARGEST_KEY)?;
    if key.is_certified_by(&pem).doing(|| format!("cannot use `{}`", certificate.display()))? {
        return Ok(());
    }
    let message = format!("`{}` is not the key that `{}` is about", file.display(), certificate.display());
    Err(Failure::new(ExitCode::Rejected, message)
        .hint("leave `--attestation-key` out: `guest-attestation-key.pem` beside the guest key is taken")
        .hint("or make a pair: `guest-rehearsal keygen -o guest`"))
}
