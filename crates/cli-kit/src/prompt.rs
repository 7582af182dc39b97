//! Passphrases: from a file, a descriptor or the terminal.
//!
//! Never from an argument or the environment, where others on the machine can read them.

use std::cell::OnceCell;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::exit::ExitCode;
use crate::failure::{DoingIo, Failure};
use crate::input;
use crate::report::visible;
use crate::signals::{OnSignal, uninterrupted};

/// Bytes: more than anyone types, fewer than a file that is named by mistake.
const LONGEST: usize = 1024;

/// Characters: fewer are guessed too quickly by anyone who has the file.
const SHORTEST: usize = 8;

/// A passphrase as bytes, wiped after use: what a file holds need not be UTF-8.
pub type Passphrase = Zeroizing<Vec<u8>>;

/// What is asked for on a terminal, and what to do without one.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// In a sentence: `the passphrase`.
    pub what: &'static str,
    /// The hint if there is no terminal.
    pub otherwise: &'static str,
}

const PASSPHRASE: Wanted = Wanted {
    what: "the passphrase",
    otherwise: "name a file with `--passphrase-file FILE`, or an open descriptor with `--passphrase-fd N`",
};

impl Default for Wanted {
    fn default() -> Self {
        PASSPHRASE
    }
}

const AUTHORITY_PASSPHRASE: Wanted = Wanted {
    otherwise: "name a file with `--ca-passphrase-file FILE`, or an open descriptor with `--ca-passphrase-fd N`",
    ..PASSPHRASE
};

/// Asks for one line, typed without echo.
pub fn hidden(wanted: Wanted, question: &str) -> Result<Passphrase, Failure> {
    Terminal::open(wanted)?.ask(question)
}

/// Whether a person types the input of this program, who can be asked a question.
pub fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Asks for one line, typed with echo.
pub fn shown(wanted: Wanted, question: &str) -> Result<String, Failure> {
    let tty = OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(|_| wanted.no_terminal())?;
    let mut line = String::new();
    (&tty)
        .write_all(visible(question).as_bytes())
        .and_then(|()| BufReader::new((&tty).take(LONGEST as u64)).read_line(&mut line))
        .map_err(|error| wanted.failed(&error))?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

impl Wanted {
    fn no_terminal(self) -> Failure {
        no_secret(format!("there is no terminal to ask for {}", self.what)).hint(self.otherwise)
    }

    fn failed(self, error: &io::Error) -> Failure {
        Failure {
            exit: ExitCode::NoSecret,
            ..Failure::from_io(&format!("cannot ask for {}", self.what), error)
        }
    }
}

/// Where a passphrase comes from; by default, the terminal.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Keys")]
pub struct PassphraseSource {
    /// Read the passphrase from the first line of FILE, `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_fd")]
    pub passphrase_file: Option<PathBuf>,
    /// Read the passphrase from the first line of the open file descriptor N
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<u32>,
    #[arg(skip)]
    once: Once,
    #[arg(skip)]
    wanted: Wanted,
}

/// The passphrase that was read: a pipe can be read once, and several keys may need it.
#[derive(Clone, Default)]
struct Once(Rc<OnceCell<Passphrase>>);

/// Does not show the passphrase.
impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() { "read" } else { "not read" })
    }
}

/// Whether a new passphrase may be weak.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Dangerous")]
pub struct WeakPassphrase {
    /// Accept a new passphrase of fewer than 8 characters: for tests only
    #[arg(long)]
    pub danger_weak_passphrase: bool,
}

/// Where the passphrase of an identity comes from, if it is not that of the keys.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Keys")]
pub struct IdentityPassphrase {
    /// Read the identity's passphrase from the first line of FILE, if it has one
    #[arg(long, value_name = "FILE", conflicts_with = "identity_passphrase_fd")]
    identity_passphrase_file: Option<PathBuf>,
    /// Read the identity's passphrase from the first line of the open file descriptor N
    #[arg(long, value_name = "N")]
    identity_passphrase_fd: Option<u32>,
}

impl IdentityPassphrase {
    /// The source that is named, else the terminal.
    pub fn source(&self) -> PassphraseSource {
        PassphraseSource::new(self.identity_passphrase_file.clone(), self.identity_passphrase_fd)
    }

    /// The source that is named, else `general`.
    pub fn source_or(&self, general: &PassphraseSource) -> PassphraseSource {
        let own = self.source();
        if own.is_given() { own } else { general.clone() }
    }
}

impl PassphraseSource {
    fn new(file: Option<PathBuf>, descriptor: Option<u32>) -> Self {
        Self { passphrase_file: file, passphrase_fd: descriptor, ..Self::default() }
    }

    /// The passphrase of an authority's key, from `--ca-passphrase-file` or `--ca-passphrase-fd`.
    pub fn of_authority(file: Option<PathBuf>, descriptor: Option<u32>) -> Self {
        Self { wanted: AUTHORITY_PASSPHRASE, ..Self::new(file, descriptor) }
    }

    /// Whether a file or a descriptor is named, so that the terminal is not asked.
    pub fn is_given(&self) -> bool {
        self.passphrase_file.is_some() || self.passphrase_fd.is_some()
    }

    /// The passphrase of `owner`, ``the key `signing-key.pem` ``. A file is read once, for all owners.
    pub fn passphrase(&self, owner: &str) -> Result<Passphrase, Failure> {
        if let Some(read) = self.once.0.get() {
            return Ok(read.clone());
        }
        let Some(path) = self.file() else { return hidden(self.wanted, &format!("passphrase of {owner}: ")) };
        let line = first_line(&path)?;
        if line.is_empty() {
            let empty =
                format!("the passphrase of {owner} is empty: `{}` begins with no text", input::name(&path));
            return Err(no_secret(empty).hint("write it into the first line"));
        }
        Ok(self.once.0.get_or_init(|| line).clone())
    }

    /// Opens what may have a passphrase: `parse` asks for it if it needs it. A passphrase that is not available fails with
    /// the reason of the prompt, which has more to say than the parser.
    pub fn open<T>(
        &self,
        owner: &str,
        parse: impl FnOnce(&mut dyn FnMut() -> Result<Passphrase, String>) -> T,
    ) -> Result<T, Failure> {
        let mut refused = None;
        let parsed = parse(&mut || {
            self.passphrase(owner).map_err(|failure| {
                let reason = failure.message.clone();
                refused = Some(failure);
                reason
            })
        });
        refused.map_or(Ok(parsed), Err)
    }

    /// A passphrase for something new: not too short, asked twice on the terminal.
    pub fn new_passphrase(&self, owner: &str, weak: WeakPassphrase) -> Result<Passphrase, Failure> {
        let passphrase = match self.file() {
            Some(path) => first_line(&path)?,
            None => Terminal::open(self.wanted)?.ask_twice(owner)?,
        };
        if passphrase.is_empty() {
            return Err(
                no_secret(format!("the passphrase of {owner} is empty")).hint("choose one of several words")
            );
        }
        if !weak.danger_weak_passphrase && String::from_utf8_lossy(&passphrase).chars().count() < SHORTEST {
            return Err(no_secret(format!("the passphrase of {owner} has fewer than {SHORTEST} characters"))
                .hint("choose one of several words, or take the risk with `--danger-weak-passphrase`"));
        }
        // OpenSSL reads a passphrase file up to LF or NUL, and keeps a CR: it could not open what we protect
        if passphrase.iter().any(|byte| matches!(byte, 0 | b'\r')) {
            return Err(no_secret(format!(
                "the passphrase of {owner} contains a NUL or CR, which `openssl` reads differently"
            ))
            .hint("write one line that ends in a line feed: `printf '%s\\n' … > FILE`"));
        }
        Ok(passphrase)
    }

    /// The file or the descriptor that is named.
    pub fn file(&self) -> Option<PathBuf> {
        let descriptor = || self.passphrase_fd.map(|number| PathBuf::from(format!("/dev/fd/{number}")));
        self.passphrase_file.clone().or_else(descriptor)
    }
}

fn no_secret(message: impl Into<String>) -> Failure {
    Failure::new(ExitCode::NoSecret, message)
}

fn first_line(path: &Path) -> Result<Passphrase, Failure> {
    let unavailable = |failure: Failure| Failure { exit: ExitCode::NoSecret, ..failure };
    let file = input::open(path).map_err(|failure| match failure.exit {
        ExitCode::Usage => failure,
        _ => unavailable(failure),
    })?;
    input::warn_if_shared(path, "the passphrase file");
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST + 2));
    // a terminal or an open pipe has a first line, but no end
    for byte in unbuffered(file) {
        match byte.doing_io("read", path).map_err(unavailable)? {
            b'\n' => break,
            byte => line.push(byte),
        }
        if line.len() > LONGEST + 1 {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    if line.len() > LONGEST {
        return Err(no_secret(format!(
            "the first line of `{}` is longer than {LONGEST} bytes",
            input::name(path)
        ))
        .hint("check that this is the passphrase file"));
    }
    Ok(line)
}

#[expect(clippy::unbuffered_bytes, reason = "a buffer would keep a copy that nobody wipes")]
fn unbuffered(source: impl Read) -> impl Iterator<Item = io::Result<u8>> {
    source.bytes()
}

/// The terminal itself, so that a passphrase can be typed while standard input is a pipe. It is restored after use.
struct Terminal {
    tty: File,
    before: Termios,
    wanted: Wanted,
    _undo: OnSignal,
}

impl Terminal {
    /// Turns off echo, signals and line editing. Ctrl-C then arrives as a byte; a signal would end the process while the echo
    /// is off.
    fn open(wanted: Wanted) -> Result<Self, Failure> {
        let open = || -> io::Result<Self> {
            let tty = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
            let before = tcgetattr(&tty)?;
            let mut quiet = before.clone();
            quiet.local_modes -=
                LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ISIG | LocalModes::ICANON;
            quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
            quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
            let (theirs, original) = (tty.try_clone()?, before.clone());
            uninterrupted(|| {
                tcsetattr(&tty, OptionalActions::Flush, &quiet)?;
                let undo = move || {
                    let _ = tcsetattr(&theirs, OptionalActions::Now, &original);
                };
                Ok(Self { tty, before, wanted, _undo: OnSignal::new(undo) })
            })
        };
        open().map_err(|_| wanted.no_terminal())
    }

    fn ask(&mut self, question: &str) -> Result<Passphrase, Failure> {
        let wanted = self.wanted;
        let failed = |error: io::Error| wanted.failed(&error);
        self.tty.write_all(visible(question).as_bytes()).map_err(failed)?;
        let mut typed = Zeroizing::new(Vec::with_capacity(LONGEST));
        let ended = typed_line(&self.tty, &mut typed).map_err(failed);
        self.tty.write_all(b"\n").map_err(failed)?;
        if ended? { Ok(typed) } else { Err(no_secret("cancelled")) }
    }

    fn ask_twice(&mut self, owner: &str) -> Result<Passphrase, Failure> {
        let first = self.ask(&format!("new passphrase of {owner}: "))?;
        if first.is_empty() || *first == *self.ask("the same again: ")? {
            return Ok(first);
        }
        Err(no_secret("the two passphrases differ").hint("run it again and type the same one twice"))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.tty, OptionalActions::Drain, &self.before);
    }
}

/// Fills `typed` up to the end of the line, with a terminal's editing keys; false if it is cancelled.
fn typed_line(keys: impl Read, typed: &mut Vec<u8>) -> io::Result<bool> {
    for key in unbuffered(keys) {
        match key? {
            b'\n' | b'\r' => return Ok(true),
            // Ctrl-C, Ctrl-\; Ctrl-D on an empty line
            0x03 | 0x1c => return Ok(false),
            0x04 => return Ok(!typed.is_empty()),
            0x08 | 0x7f => while typed.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            // Ctrl-U
            0x15 => typed.clear(),
            byte if typed.len() < LONGEST => typed.push(byte),
            _ => return Err(io::Error::other(format!("more than {LONGEST} bytes"))),
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
