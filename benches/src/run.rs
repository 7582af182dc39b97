//! Builds and runs processes, and measures their time and memory.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// Builds the binaries that are measured, in the release profile.
pub fn build_binaries() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--workspace", "--bins", "--locked", "--quiet", "--target-dir"])
        .arg(binaries().parent().expect("target/release has a parent"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .status()
        .expect("cargo starts");
    assert!(status.success(), "the binaries do not build");
}

/// The folder of this program and the other binaries.
pub fn binaries() -> PathBuf {
    let this = env::current_exe().expect("the system knows this program's path");
    this.parent().expect("a program is in a folder").to_owned()
}

/// A binary of ours, in `folder`, with arguments as one would type them.
pub fn ours(folder: &Path, line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(binaries().join(words.next().expect("a program's name")));
    command.args(words).current_dir(folder);
    command
}

/// A script of `benches/shell`, in `folder`.
pub fn shell(folder: &Path, script: &str) -> Command {
    let mut command = Command::new("bash");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("shell").join(script)).current_dir(folder);
    // `setup` makes vaults with our binaries
    let path = env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", binaries().display()));
    command
}

/// How long a command takes, from its start to its end; it must succeed.
pub fn timed(command: &mut Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    let output = command.output().expect("the command starts");
    let elapsed = start.elapsed();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    elapsed
}

/// The largest resident set of a command, in MB. The system reports only the maximum over all children of a process: so this
/// program starts itself again, for one child.
pub fn peak_megabytes(command: &Command) -> f64 {
    let mut wrapped = Command::new(env::current_exe().expect("the system knows this program's path"));
    wrapped.arg("peak").arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
    let output = wrapped.stdin(Stdio::null()).output().expect("this program starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    let kilobytes: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
    kilobytes * 1024.0 / 1e6
}

/// The other half of [`peak_megabytes`]: runs one command and prints its largest resident set in kB.
pub fn print_peak(command: &[String]) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else {
        return ExitCode::from(2);
    };
    let status =
        Command::new(program).args(arguments).stdout(Stdio::null()).status().expect("the command starts");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
    println!("{}", usage.max_rss());
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Times of one contestant.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The median, in milliseconds.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// `median (10th to 90th percentile)`, in milliseconds.
    pub fn shown(&self) -> String {
        format!("{:9.1} ms  ({:.1} to {:.1})", self.median(), self.quantile(0.1), self.quantile(0.9))
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index into a few dozen times"
    )]
    fn quantile(&self, share: f64) -> f64 {
        let mut times = self.0.clone();
        times.sort();
        let index = ((times.len() - 1) as f64 * share).round() as usize;
        times[index].as_secs_f64() * 1e3
    }
}
