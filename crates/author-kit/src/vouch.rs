//! Vouching: a persona's SSH signature over `statement.json`.
//!
//! Ed25519 and ECDSA keys in a file sign here. All others sign through `ssh-keygen -Y sign`, as in git: RSA, keys in
//! ssh-agent (then the `.pub` file is named), hardware keys. `ssh-keygen` inherits our terminal and standard error, to ask
//! for a passphrase, a PIN or a touch, without a time limit. It gets the statement on standard input and writes the
//! signature to standard output; no secret is exchanged. Every signature is verified before it is used.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use cli_kit::persona::expand_home;
use cli_kit::prompt::PassphraseSource;
use cli_kit::signals::OnSignal;
use cli_kit::{Doing as _, ExitCode, Failure, input};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use ssh_signatures::ssh_key::private::{self, PrivateKey};
use ssh_signatures::ssh_key::{Line, PublicKey};
use ssh_signatures::sshsig::{self, Namespace, Signature};

/// Who computed a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// This process.
    Ourselves,
    /// OpenSSH's `ssh-keygen`, with a key in a file, an agent or hardware.
    SshKeygen,
}

/// A signature over a statement, verified.
#[derive(Clone, Debug)]
pub struct Vouching {
    /// The content of `statement.json.sig`.
    pub armored: String,
    /// The key that signed.
    pub key: PublicKey,
    /// Who computed it.
    pub signer: Signer,
}

/// A key that is ready to sign.
pub struct VouchKey {
    /// The name that was given.
    name: String,
    path: PathBuf,
    key: Key,
    /// Whether a passphrase was given, which cannot be passed to `ssh-keygen`.
    passphrase_given: bool,
}

enum Key {
    Ours(PrivateKey),
    /// The public half, if a `.pub` file was named.
    ForSshKeygen(Option<PublicKey>),
}

impl VouchKey {
    /// Opens the key that `vouch-with` names: a private key, or the `.pub` file of a key in ssh-agent. Asks for a passphrase
    /// only if the key has one and signs here.
    pub fn open(key: &Path, passphrase: &PassphraseSource) -> Result<Self, Failure> {
        let path = expand_home(key)?;
        let name = key.display().to_string();
        let key = read(&path, passphrase, || cannot(&name))?;
        Ok(Self { name, path, key, passphrase_given: passphrase.is_given() })
    }

    /// Signs a statement.
    pub fn vouch(&self, statement: &[u8], namespace: Namespace) -> Result<Vouching, Failure> {
        let context = || cannot(&self.name);
        let (armored, expected, signer) = match &self.key {
            Key::Ours(private) => {
                let armored = private.sign(statement, namespace).doing(context)?;
                (armored, Some(private.public()), Signer::Ourselves)
            }
            Key::ForSshKeygen(expected) => {
                let armored = by_ssh_keygen(&self.path, statement, namespace, context)
                    .map_err(|failure| self.through_an_agent(failure))?;
                (armored, expected.as_ref(), Signer::SshKeygen)
            }
        };
        let verified = Signature::parse(&armored)
            .and_then(|signature| signature.verify(statement, namespace))
            .doing(context)?;
        match expected {
            Some(expected) if expected != verified.key() => Err(Failure::new(
                ExitCode::Refused,
                format!(
                    "{}: `ssh-keygen` signed with another key, {}",
                    context(),
                    verified.key().fingerprint()
                ),
            )
            .hint("list the keys of the agent: `ssh-add -l`")),
            _ => Ok(Vouching { armored, key: verified.key().clone(), signer }),
        }
    }
}

impl VouchKey {
    /// `ssh-keygen` asks for passphrases on the terminal; one from a file can only reach it through ssh-agent.
    fn through_an_agent(&self, failure: Failure) -> Failure {
        if !self.passphrase_given || self.path.extension() == Some(OsStr::new("pub")) {
            return failure;
        }
        let path = self.path.display();
        failure.hint(format!(
            "`ssh-keygen` does not take a passphrase from a file: add the key to the agent, `ssh-add {path}`, and vouch with `{path}.pub`"
        ))
    }
}

fn cannot(name: &str) -> String {
    format!("cannot vouch with `{name}`")
}

fn read(path: &Path, passphrase: &PassphraseSource, context: impl Fn() -> String) -> Result<Key, Failure> {
    let text = input::read_secret_text(path, input::LARGEST_KEY_FILE)?;
    if !text.contains("PRIVATE KEY-----") {
        let line = Line::parse_file(&text).doing(&context)?;
        return Ok(Key::ForSshKeygen(Some(line.key)));
    }
    input::warn_if_shared(path, "the key");
    let key = passphrase.open(&format!("the key `{}`", input::name(path)), |passphrase| {
        PrivateKey::parse(&text, passphrase)
    })?;
    match key {
        Err(private::Error::ForSshKeygen(_)) => Ok(Key::ForSshKeygen(None)),
        key => Ok(Key::Ours(key.doing(context)?)),
    }
}

/// Ends a child, and gives it five seconds to restore the terminal.
fn end_child(id: u32) -> impl FnOnce() + Send + 'static {
    move || {
        let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) else { return };
        let _ = kill_process(pid, Signal::TERM);
        for _ in 0..500 {
            if test_kill_process(pid).is_err() {
                return;
            }
            sleep(Duration::from_millis(10));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "no secret is passed to `ssh-keygen`, which asks for its own")]
fn by_ssh_keygen(
    path: &Path,
    statement: &[u8],
    namespace: Namespace,
    context: impl Fn() -> String,
) -> Result<String, Failure> {
    let failed = |message: &str| Failure::new(ExitCode::CouldNot, format!("{}: {message}", context()));
    let started = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", namespace.as_str(), "-f"])
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = started.map_err(|error| match error.kind() {
        ErrorKind::NotFound => failed("`ssh-keygen` is needed, and is not installed")
            .hint("install it: `apt-get install openssh-client` or `dnf install openssh-clients`")
            .hint("or vouch with an Ed25519 key: `ssh-keygen -t ed25519` makes one"),
        _ => Failure::from_io(&format!("{}: cannot start `ssh-keygen`", context()), &error),
    })?;
    // it may be asking for a passphrase without echo, and restores the terminal when it ends
    let _end = OnSignal::new(end_child(child.id()));
    // it may refuse before it reads: its exit status shows that
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(statement));
    let mut armored = String::new();
    let limit = sshsig::LONGEST as u64 + 1;
    let read = child.stdout.take().map(|stdout| stdout.take(limit).read_to_string(&mut armored));
    let status = child.wait().map_err(|error| Failure::from_io(&context(), &error))?;
    if status.success() && matches!(read, Some(Ok(_))) {
        return Ok(armored);
    }
    let is_public = path.extension() == Some(OsStr::new("pub"));
    let hint = if is_public {
        "check whether the agent has it: `ssh-add -l`".to_owned()
    } else {
        format!(
            "try it by hand: `ssh-keygen -Y sign -n {namespace} -f {} <statement.json`; a key that it cannot read, convert with `ssh-keygen -p -f KEY`",
            path.display()
        )
    };
    // a locked key, an agent without it, a hardware key without a touch
    Err(Failure { exit: ExitCode::NoSecret, ..failed("`ssh-keygen` did not sign; see its message above") }
        .hint(hint))
}
