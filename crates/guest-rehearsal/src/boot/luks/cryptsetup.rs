//! The `cryptsetup` command, found on this machine.
//!
//! Passphrases go only to its standard input, never to an argument, a variable or a file. They are lower-case hex, so a line
//! is a passphrase. At most its last line of output is shown.

use std::ffi::OsStr;
use std::io::{self, PipeReader, Read as _, Write as _, pipe};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cli_kit::{ExitCode, Failure};
use rustix::fs::{OFlags, fcntl_setfl};

use super::passphrase::Passphrase;

/// On `PATH`, or where Debian and RHEL install it, outside the `PATH` of an ordinary user.
const PLACES: [&str; 3] = ["cryptsetup", "/usr/sbin/cryptsetup", "/sbin/cryptsetup"];

/// A disk from elsewhere may need seconds of Argon2 for each try.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Between two checks whether the process has ended.
const PAUSE: Duration = Duration::from_millis(4);

/// More than it ever prints.
const LONGEST_OUTPUT: u64 = 64 << 10;

/// Characters of its last line that are shown.
const LONGEST_LINE: usize = 200;

/// The passphrase has 256 bits: stretching it adds only time. No source states the parameters of the real guest.
const QUICK: [&str; 4] = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"];

/// Exit code for a passphrase that opens no key slot.
const NO_KEY: i32 = 2;

/// Exit code for a missing file, or one that can't contain a header; 1 is a plain no.
const NO_DEVICE: i32 = 4;

/// The installed program.
#[derive(Debug)]
pub struct Cryptsetup {
    program: &'static str,
    timeout: Duration,
}

/// The version of a LUKS header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luks {
    One,
    Two,
}

impl Cryptsetup {
    /// Finds the program.
    pub fn find() -> Result<Self, Failure> {
        Self::find_in(&PLACES)
    }

    fn find_in(places: &[&'static str]) -> Result<Self, Failure> {
        for &program in places {
            let found = Self { program, timeout: TIMEOUT };
            match found.execute(&[], &["--version".as_ref()]) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Failure::from_io(&format!("cannot run `{program}`"), &error)),
                Ok(_) => return Ok(found),
            }
        }
        Err(Failure::new(
            ExitCode::CouldNot,
            format!(
                "cannot find `cryptsetup`, neither on PATH nor as `{}`",
                places.get(1..).unwrap_or_default().join("` or `")
            ),
        )
        .hint("install it: `apt-get install cryptsetup-bin` on Debian, `dnf install cryptsetup` on RHEL")
        .hint("or leave `--luks` out"))
    }

    /// Whether the file has a header of this version; a damaged header with an intact copy counts.
    pub fn is_luks(&self, file: &Path, kind: Luks) -> Result<bool, Failure> {
        let kind = match kind {
            Luks::One => "luks1",
            Luks::Two => "luks2",
        };
        let ended = self.run("look at", file, &[], &["isLuks", "--type", kind])?;
        ended.answers(&[1, NO_DEVICE], "look at", file)
    }

    /// Formats a whole file as LUKS2; `name` is its final name, for messages.
    pub fn format(&self, file: &Path, name: &Path, passphrase: &Passphrase) -> Result<(), Failure> {
        let words =
            [&["luksFormat", "--type", "luks2", "--batch-mode", "--key-file", "-"], &QUICK[..]].concat();
        let ended = self.run("format", file, &[passphrase], &words)?;
        ended.answers(&[], "format", name).map(drop)
    }

    /// Whether the passphrase opens it. Maps and changes nothing.
    pub fn opens(&self, file: &Path, passphrase: &Passphrase) -> Result<bool, Failure> {
        let words = ["open", "--test-passphrase", "--type", "luks2", "--batch-mode", "--key-file", "-"];
        self.run("open", file, &[passphrase], &words)?.answers(&[NO_KEY], "open", file)
    }

    /// Adds a second passphrase to the disk; returns whether the first opened it. The volume key stays.
    pub fn add(&self, file: &Path, old: &Passphrase, new: &Passphrase) -> Result<bool, Failure> {
        let words = [&["luksAddKey", "--batch-mode"], &QUICK[..]].concat();
        let ended = self.run("add a passphrase to", file, &[old, new], &words)?;
        ended.answers(&[NO_KEY], "add a passphrase to", file)
    }

    /// Removes a passphrase once; returns whether it was there. The caller knows that another one opens the disk.
    pub fn remove(&self, file: &Path, passphrase: &Passphrase) -> Result<bool, Failure> {
        let words = ["luksRemoveKey", "--batch-mode", "--key-file", "-"];
        let verb = "remove a passphrase from";
        self.run(verb, file, &[passphrase], &words)?.answers(&[NO_KEY], verb, file)
    }

    fn run(
        &self,
        verb: &str,
        file: &Path,
        secrets: &[&Passphrase],
        words: &[&str],
    ) -> Result<Ended, Failure> {
        let mut arguments: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
        arguments.extend([OsStr::new("--"), file.as_os_str()]);
        let context = || format!("cannot {verb} `{}` with `{}`", file.display(), self.program);
        self.execute(secrets, &arguments).map_err(|error| Failure::from_io(&context(), &error))
    }

    fn execute(&self, secrets: &[&Passphrase], arguments: &[&OsStr]) -> io::Result<Ended> {
        let (reader, writer) = pipe()?;
        let mut child = Command::new(self.program)
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(lines(secrets)?)
            .stdout(Stdio::null())
            .stderr(writer)
            .spawn()?;
        let status = wait_for(&mut child, self.timeout)?;
        Ok(Ended { status, last_line: last_line(&output_of(reader)?, secrets) })
    }
}

/// A pipe that already contains all input: secrets of 64 characters fit into its buffer.
fn lines(secrets: &[&Passphrase]) -> io::Result<PipeReader> {
    let (reader, mut writer) = pipe()?;
    // a single secret is read as a key file, up to the end; two are read as lines
    let end = if secrets.len() > 1 { "\n" } else { "" };
    for secret in secrets {
        writer.write_all(secret.expose().as_bytes())?;
        writer.write_all(end.as_bytes())?;
    }
    Ok(reader)
}

/// The content of the pipe after the program has ended. Does not wait for a child that it left behind.
fn output_of(stderr: PipeReader) -> io::Result<String> {
    fcntl_setfl(&stderr, OFlags::NONBLOCK)?;
    let mut output = Vec::new();
    match stderr.take(LONGEST_OUTPUT).read_to_end(&mut output) {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(String::from_utf8_lossy(&output).into_owned()),
    }
}

fn wait_for(child: &mut Child, timeout: Duration) -> io::Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > timeout {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("it was still running after {} seconds, and was stopped", timeout.as_secs()),
            ));
        }
        thread::sleep(PAUSE);
    }
}

/// How the program ended.
struct Ended {
    status: ExitStatus,
    last_line: String,
}

impl Ended {
    /// Yes for 0, no for one of these codes, otherwise a failure.
    fn answers(&self, no: &[i32], verb: &str, file: &Path) -> Result<bool, Failure> {
        match self.status.code() {
            Some(0) => Ok(true),
            Some(code) if no.contains(&code) => Ok(false),
            _ => {
                let mut message =
                    format!("cannot {verb} `{}`: `cryptsetup` failed ({})", file.display(), self.status);
                if !self.last_line.is_empty() {
                    message = message + ": " + &self.last_line;
                }
                let hint = format!("look at the file: `cryptsetup luksDump {}`", file.display());
                Err(Failure::new(ExitCode::CouldNot, message).hint(hint))
            }
        }
    }
}

/// The last line of its output. Never one with a passphrase, in case a version prints it.
fn last_line(output: &str, secrets: &[&Passphrase]) -> String {
    let line = output.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    if secrets.iter().any(|secret| line.contains(secret.expose())) {
        return String::new();
    }
    line.trim_end_matches('.').chars().take(LONGEST_LINE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_its_package() {
        let failure = Cryptsetup::find_in(&["no-cryptsetup-here", "/nowhere/cryptsetup"]).unwrap_err();
        assert_eq!(failure.message, "cannot find `cryptsetup`, neither on PATH nor as `/nowhere/cryptsetup`");
        assert_eq!(failure.exit, ExitCode::CouldNot);
        assert!(failure.hints[0].contains("apt-get install cryptsetup-bin"), "{failure:?}");
    }

    #[test]
    fn a_slow_program_is_stopped() {
        let slow = Cryptsetup { program: "sleep", timeout: Duration::from_millis(40) };
        let error = slow.execute(&[], &["20".as_ref()]).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn only_the_last_line_is_shown() {
        assert_eq!(last_line("WARNING: x\nDevice d is too small.\n\n", &[]), "Device d is too small");
        assert_eq!(last_line("", &[]), "");
        assert_eq!(last_line(&"a".repeat(5000), &[]).len(), LONGEST_LINE);
    }
}
