//! The `cryptsetup` command, found on this machine.
//!
//! Passphrases go to it through its standard input alone: no argument, no variable, no file holds one. They are lower-case
//! hex, so that a line of it is a passphrase. What it says is heard, and at most its last line is told.

use std::ffi::OsStr;
use std::io::{self, PipeReader, Read as _, Write as _, pipe};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cli_kit::{ExitCode, Failure};
use rustix::fs::{OFlags, fcntl_setfl};

use super::passphrase::Passphrase;

/// On `PATH`, else where Debian and RHEL put it: the `PATH` of an ordinary user there does not lead to it.
const PLACES: [&str; 3] = ["cryptsetup", "/usr/sbin/cryptsetup", "/sbin/cryptsetup"];

/// A disk of unknown origin may ask for seconds of Argon2 at each try.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at a process that is still at work.
const PAUSE: Duration = Duration::from_millis(4);

/// More than it ever says.
const LONGEST_TALK: u64 = 64 << 10;

/// Characters of its last line that are told.
const LONGEST_LINE: usize = 200;

/// The passphrase has 256 bits already: stretching it adds time alone. What the real guest takes, no source says.
const QUICK: [&str; 4] = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"];

/// Its code for a passphrase that opens no key slot.
const NO_KEY: i32 = 2;

/// Its code for no file at all, or nothing that could hold a header; 1 is a plain no.
const NO_DEVICE: i32 = 4;

/// The program that was found.
#[derive(Debug)]
pub struct Cryptsetup {
    program: &'static str,
    patience: Duration,
}

/// Which header a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luks {
    One,
    Two,
}

impl Cryptsetup {
    /// Looks for it.
    pub fn find() -> Result<Self, Failure> {
        Self::find_in(&PLACES)
    }

    fn find_in(places: &[&'static str]) -> Result<Self, Failure> {
        for &program in places {
            let tried = Self { program, patience: PATIENCE };
            match tried.heard(&[], &["--version".as_ref()]) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Failure::from_io(&format!("cannot run `{program}`"), &error)),
                Ok(_) => return Ok(tried),
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

    /// Whether the file has a header of this kind. A damaged header with a sound copy behind it counts.
    pub fn is_luks(&self, file: &Path, kind: Luks) -> Result<bool, Failure> {
        let kind = match kind {
            Luks::One => "luks1",
            Luks::Two => "luks2",
        };
        let said = self.run("look at", file, &[], &["isLuks", "--type", kind])?;
        said.answers(&[1, NO_DEVICE], "look at", file)
    }

    /// Makes a LUKS2 disk of a whole file, which people know by another name.
    pub fn format(&self, file: &Path, name: &Path, passphrase: &Passphrase) -> Result<(), Failure> {
        let words =
            [&["luksFormat", "--type", "luks2", "--batch-mode", "--key-file", "-"], &QUICK[..]].concat();
        let said = self.run("format", file, &[passphrase], &words)?;
        said.answers(&[], "format", name).map(drop)
    }

    /// Whether the passphrase opens it. Nothing is mapped, nothing is changed.
    pub fn opens(&self, file: &Path, passphrase: &Passphrase) -> Result<bool, Failure> {
        let words = ["open", "--test-passphrase", "--type", "luks2", "--batch-mode", "--key-file", "-"];
        self.run("open", file, &[passphrase], &words)?.answers(&[NO_KEY], "open", file)
    }

    /// Gives the disk a second passphrase, the volume key stays; says whether the first was good for that.
    pub fn add(&self, file: &Path, old: &Passphrase, new: &Passphrase) -> Result<bool, Failure> {
        let words = [&["luksAddKey", "--batch-mode"], &QUICK[..]].concat();
        let said = self.run("add a passphrase to", file, &[old, new], &words)?;
        said.answers(&[NO_KEY], "add a passphrase to", file)
    }

    /// Takes a passphrase away, once; says whether it was there. The caller knows that another one opens the disk.
    pub fn remove(&self, file: &Path, passphrase: &Passphrase) -> Result<bool, Failure> {
        let words = ["luksRemoveKey", "--batch-mode", "--key-file", "-"];
        let verb = "take a passphrase from";
        self.run(verb, file, &[passphrase], &words)?.answers(&[NO_KEY], verb, file)
    }

    fn run(&self, verb: &str, file: &Path, secrets: &[&Passphrase], words: &[&str]) -> Result<Said, Failure> {
        let mut arguments: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
        arguments.extend([OsStr::new("--"), file.as_os_str()]);
        let context = || format!("cannot {verb} `{}` with `{}`", file.display(), self.program);
        self.heard(secrets, &arguments).map_err(|error| Failure::from_io(&context(), &error))
    }

    fn heard(&self, secrets: &[&Passphrase], arguments: &[&OsStr]) -> io::Result<Said> {
        let (reader, writer) = pipe()?;
        let mut child = Command::new(self.program)
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(lines(secrets)?)
            .stdout(Stdio::null())
            .stderr(writer)
            .spawn()?;
        let status = ended(&mut child, self.patience)?;
        Ok(Said { status, last_line: last_line(&heard(reader)?, secrets) })
    }
}

/// A pipe that already holds all that will come out of it: secrets of 64 characters fill none.
fn lines(secrets: &[&Passphrase]) -> io::Result<PipeReader> {
    let (reader, mut writer) = pipe()?;
    // alone, it is a key file, which ends where the pipe does; two are lines
    let end = if secrets.len() > 1 { "\n" } else { "" };
    for secret in secrets {
        writer.write_all(secret.expose().as_bytes())?;
        writer.write_all(end.as_bytes())?;
    }
    Ok(reader)
}

/// What is in the pipe once the program has ended: a few lines. A child that it left behind is not waited for.
fn heard(stderr: PipeReader) -> io::Result<String> {
    fcntl_setfl(&stderr, OFlags::NONBLOCK)?;
    let mut talk = Vec::new();
    match stderr.take(LONGEST_TALK).read_to_end(&mut talk) {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(String::from_utf8_lossy(&talk).into_owned()),
    }
}

fn ended(child: &mut Child, patience: Duration) -> io::Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > patience {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("it was still at work after {} seconds, and was stopped", patience.as_secs()),
            ));
        }
        thread::sleep(PAUSE);
    }
}

/// What a run left to be judged.
struct Said {
    status: ExitStatus,
    last_line: String,
}

impl Said {
    /// Yes for 0, no for one of these codes, else the failure.
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
                let hint = format!("see what it says of the file: `cryptsetup luksDump {}`", file.display());
                Err(Failure::new(ExitCode::CouldNot, message).hint(hint))
            }
        }
    }
}

/// It never repeats what it was given; if a version ever does, nothing is told.
fn last_line(talk: &str, secrets: &[&Passphrase]) -> String {
    let line = talk.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
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
    fn what_takes_too_long_is_stopped() {
        let slow = Cryptsetup { program: "sleep", patience: Duration::from_millis(40) };
        let error = slow.heard(&[], &["20".as_ref()]).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn the_last_line_is_told_and_nothing_else() {
        assert_eq!(last_line("WARNING: x\nDevice d is too small.\n\n", &[]), "Device d is too small");
        assert_eq!(last_line("", &[]), "");
        assert_eq!(last_line(&"a".repeat(5000), &[]).len(), LONGEST_LINE);
    }
}
