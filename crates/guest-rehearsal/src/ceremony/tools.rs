//! Finds the binaries next to the one that runs, and runs them in the folders of the personas.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use cli_kit::failure::DoingIo;
use cli_kit::{ExitCode, Failure};

use super::folders::User;

/// The binaries, in order of first use.
const NAMES: [&str; 5] =
    ["guest-rehearsal", "contract-signer", "contract-auditor", "workload-provider", "env-deployer"];

/// The folder of the binaries.
pub struct Tools(PathBuf);

/// The output of a command.
pub(super) struct Printed {
    /// Its standard output.
    pub stdout: String,
    /// The line that states the result.
    pub outcome: String,
}

impl Tools {
    /// Finds all binaries next to `executable`.
    pub fn beside(executable: &Path) -> Result<Self, Failure> {
        let folder = executable.parent().unwrap_or(Path::new(".")).to_owned();
        let missing: Vec<_> =
            NAMES.into_iter().filter(|name| !binary(&folder, name).is_file()).map(str::to_owned).collect();
        if missing.is_empty() {
            return Ok(Self(folder));
        }
        let build = if folder.ends_with("release") { "cargo build --release" } else { "cargo build" };
        Err(Failure::new(
            ExitCode::CouldNot,
            format!("cannot find `{}` in `{}`, next to this binary", missing.join("`, `"), folder.display()),
        )
        .hint(format!("build all of them with `{build} --workspace`")))
    }

    /// Runs a command in a folder, without a terminal: a ceremony asks nothing.
    pub(super) fn run(&self, folder: &Path, user: Option<User>, words: &[&str]) -> Result<Printed, Failure> {
        let (name, arguments) = words.split_first().unwrap_or((&"", &[]));
        let binary = binary(&self.0, name);
        let output = match user {
            None => Command::new(&binary).args(arguments).current_dir(folder).stdin(Stdio::null()).output(),
            Some(user) => run_as(user, &binary, arguments, folder),
        };
        let output = output.doing_io("run", &binary)?;
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            let outcome = outcome(&stdout, &stderr).unwrap_or("done");
            let outcome = outcome.strip_prefix(&format!("{name}: ")).unwrap_or(outcome).to_owned();
            return Ok(Printed { stdout, outcome });
        }
        let command = words.join(" ");
        let cause = stderr.lines().find_map(|line| line.split_once("error: ")).map(|(_, cause)| cause);
        Err(Failure::new(
            exit_code(output.status.code()),
            format!("`{command}` failed: {}", cause.or(last_line(&stderr)).unwrap_or("no output")),
        )
        .hint(format!("see all output: `cd {} && {command}`", folder.display())))
    }
}

/// Makes an SSH key without a passphrase, as the current user: `ssh-keygen` refuses users without an account.
pub(super) fn ssh_keygen(folder: &Path, comment: &str) -> Result<(), Failure> {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", "id_ed25519"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output();
    let output = made.map_err(|error| {
        Failure::from_io("cannot run `ssh-keygen`", &error)
            .hint("install it: `apt-get install openssh-client` or `dnf install openssh-clients`")
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let cause = last_line(&said).unwrap_or("no output");
    Err(Failure::new(ExitCode::CouldNot, format!("cannot make an SSH key: `ssh-keygen` failed: {cause}"))
        .hint("try it by hand: `ssh-keygen -t ed25519 -f id_ed25519`"))
}

/// Opens program and folder as root and names them by descriptor: the path may contain folders that only root can enter.
fn run_as(User(number): User, binary: &Path, arguments: &[&str], folder: &Path) -> io::Result<Output> {
    let (program, place) = (File::open(binary)?, File::open(folder)?);
    // the interpreter of a script opens it again
    rustix::io::fcntl_setfd(&program, rustix::io::FdFlags::empty())?;
    let descriptor = |file: &File| format!("/proc/self/fd/{}", file.as_raw_fd());
    Command::new(descriptor(&program))
        .arg0(binary)
        .args(arguments)
        .current_dir(descriptor(&place))
        .env("HOME", folder)
        // the folder may belong to another user
        .env_remove("TMPDIR")
        .uid(number)
        .gid(number)
        .stdin(Stdio::null())
        .output()
}

/// A ceremony fails with the exit code of the command that failed.
fn exit_code(code: Option<i32>) -> ExitCode {
    let same = |exit: &ExitCode| *exit != ExitCode::Done && code == Some(i32::from(exit.code()));
    ExitCode::ALL.into_iter().find(same).unwrap_or(ExitCode::CouldNot)
}

fn binary(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).with_extension(std::env::consts::EXE_EXTENSION)
}

/// The verdict on a named file, else what was written, else the last message, else the last or first line of the result.
fn outcome<'a>(stdout: &'a str, stderr: &'a str) -> Option<&'a str> {
    let judged = last_line(stderr).filter(|line| line.starts_with('`'));
    let wrote = stderr.lines().rfind(|line| line.starts_with("wrote "));
    let verdict = last_line(stdout).filter(|line| line.starts_with("the guest would"));
    judged.or(wrote).or_else(|| last_line(stderr)).or(verdict).or_else(|| stdout.lines().next())
}

fn last_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).rfind(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_is_the_verdict_else_what_was_written_else_the_last_message() {
        let said = "a warning\nwrote `key.pem`\nnext: give it away\n";
        assert_eq!(outcome("{}", said), Some("wrote `key.pem`"));
        assert_eq!(outcome("a table\nof lines\n", "it holds\n\n"), Some("it holds"));
        assert_eq!(outcome("a table\nof lines\n", ""), Some("a table"));
        let audited = "wrote `report.html`\n`it` is as expected: 7 lines equal\n";
        assert_eq!(outcome("", audited), Some("`it` is as expected: 7 lines equal"));
        assert_eq!(outcome("", "\n"), None);
    }

    #[test]
    fn a_missing_binary_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let release = folder.path().join("release");
        fs_err::create_dir(&release).unwrap();
        for name in NAMES.into_iter().filter(|name| *name != "contract-signer") {
            fs_err::write(binary(&release, name), "").unwrap();
        }
        let failure = Tools::beside(&release.join("guest-rehearsal")).err().unwrap();
        assert!(failure.message.contains("`contract-signer`"), "{failure:?}");
        assert_eq!(failure.hints, ["build all of them with `cargo build --release --workspace`"]);
    }
}
