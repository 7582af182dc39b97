//! What a command returns if it failed: a message, hints, an exit code.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use findings::Advice;

use crate::exit::ExitCode;
use crate::names;

/// Why a command stops. [`crate::run()`] shows it, and nothing else does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What could not be done, and the cause after a colon. If it is empty, nothing is reported.
    pub message: String,
    /// What to do next; each contains something to type.
    pub hints: Vec<String>,
    /// Who has to act.
    pub exit: ExitCode,
}

impl Failure {
    /// A failure without hints; see [`Failure::hint`].
    pub fn new(exit: ExitCode, message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), exit }
    }

    /// The command line is wrong in a way that clap cannot see.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// The context, the error and its causes, joined by colons.
    pub fn from_advice(context: &str, error: &(impl Advice + 'static)) -> Self {
        Self { message: chain(context, error), hints: error.hints(), exit: error.blame().into() }
    }

    /// The machine failed; the context names the file.
    pub fn from_io(context: &str, error: &io::Error) -> Self {
        let failure = Self::new(ExitCode::CouldNot, chain(context, error));
        match error.kind() {
            io::ErrorKind::NotFound => failure.hint("check the path, or name another file"),
            io::ErrorKind::PermissionDenied => failure.hint("see who may use it with `ls -l`"),
            io::ErrorKind::StorageFull => failure.hint("make room, see `df -h`, then run it again"),
            _ => failure,
        }
    }

    /// The reader of our standard output is gone (`… | head -1`), so nothing is reported.
    pub(crate) fn broken_pipe() -> Self {
        Self::new(ExitCode::CouldNot, "")
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// ``result.doing(|| format!("cannot encrypt `{}`", name))?``
pub trait Doing<T> {
    /// Turns an error of a library into a failure, with what was being done.
    fn doing(self, context: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T, E: Advice + 'static> Doing<T> for Result<T, E> {
    fn doing(self, context: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|error| Failure::from_advice(&context(), &error))
    }
}

/// ``File::open(path).doing_io("read", path)?``; apart from [`Doing`] because the machine's errors carry no advice.
pub trait DoingIo<T> {
    /// Turns an error of the machine into ``cannot <verb> `<path>`: <cause>``.
    fn doing_io(self, verb: &str, path: &Path) -> Result<T, Failure>;
}

impl<T> DoingIo<T> for io::Result<T> {
    fn doing_io(self, verb: &str, path: &Path) -> Result<T, Failure> {
        self.map_err(|error| Failure::from_io(&format!("cannot {verb} `{}`", names::name(path)), &error))
    }
}

/// What to return when standard output cannot be written.
pub(crate) fn stdout_failure(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::broken_pipe(),
        _ => Failure::from_io("cannot write to standard output", error),
    }
}

/// Joins an error and its sources to the context. A source that its error already contains is not repeated.
fn chain(context: &str, error: &(dyn Error + 'static)) -> String {
    let mut message = context.to_owned();
    let mut next = Some(error);
    while let Some(error) = next {
        let cause = plain(&error.to_string());
        if !message.ends_with(&cause) {
            let _ = write!(message, ": {cause}");
        }
        next = error.source();
    }
    message
}

/// Removes ` (os error 2)`, and begins the system's own messages in lower case.
fn plain(cause: &str) -> String {
    let Some((text, _)) = cause.rsplit_once(" (os error ") else { return cause.to_owned() };
    let (before, system) = text.split_at(text.rfind(": ").map_or(0, |colon| colon + 2));
    let mut letters = system.chars();
    let first = letters.next().map_or_else(String::new, |first| first.to_lowercase().to_string());
    [before, &first, letters.as_str()].concat()
}

/// The cause alone, as in [`Failure::from_io`].
pub fn cause(error: &io::Error) -> String {
    plain(&error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use findings::Blame;

    #[derive(Debug, thiserror::Error)]
    enum Bad {
        #[error("cannot read `ca.crt`")]
        Source(#[source] io::Error),
        #[error("cannot read `ca.crt`: {0}")]
        Repeated(#[source] io::Error),
    }

    impl Advice for Bad {
        fn blame(&self) -> Blame {
            Blame::Input
        }
        fn hints(&self) -> Vec<String> {
            vec!["look".into()]
        }
    }

    fn denied() -> io::Error {
        io::Error::from_raw_os_error(13)
    }

    #[test]
    fn sources_are_joined_once() {
        for bad in [Bad::Source(denied()), Bad::Repeated(denied())] {
            let failure = Err::<(), _>(bad).doing(|| "cannot encrypt `w.yaml`".into()).unwrap_err();
            assert_eq!(failure.message, "cannot encrypt `w.yaml`: cannot read `ca.crt`: permission denied");
            assert_eq!((failure.exit, failure.hints.as_slice()), (ExitCode::Rejected, &["look".into()][..]));
        }
    }

    #[test]
    fn a_missing_file_is_named_and_has_a_hint() {
        let failure = std::fs::read("none").doing_io("read", Path::new("none")).unwrap_err();
        assert_eq!(failure.message, "cannot read `none`: no such file or directory");
        assert_eq!((failure.exit, failure.hints.len()), (ExitCode::CouldNot, 1));
    }
}
